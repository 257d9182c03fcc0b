"""The Bittensor chain in our own types. Only this module and the two beside it import the Bittensor SDK."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import bittensor as bt

from kinitro.chain.bittensor_connection import NodeConnection
from kinitro.chain.bittensor_transactions import Transactions, explain_refusal
from kinitro.chain.commitments import MAX_DATA_BYTES, fields
from kinitro.chain.drand import QUICKNET, DrandNetwork
from kinitro.chain.errors import (
    ChainError,
    ChainUnavailable,
    TransactionRefused,
    UnknownBlock,
    UnknownSubnet,
    UnknownWallet,
)
from kinitro.chain.interface import Block, ChainSnapshot, Hyperparameters, Neuron, RawCommitment, Wallet

CONNECT_TIMEOUT_S = 30.0
READ_TIMEOUT_S = 30.0

_STORAGE = bt.storage.SubtensorModule
_RAO_PER_ALPHA = 1e9
DRAND = QUICKNET
"""The drand network that the chain records."""


class BittensorChain:
    """Implements `kinitro.chain.Chain` on a Bittensor node."""

    def __init__(self, network: str) -> None:
        self._connection = NodeConnection(network)
        self._transactions = Transactions(self._connection)
        self._deadline = self._connection.deadline
        self._node = self._connection.node

    @classmethod
    async def connect(cls, network: str) -> Self:
        """Connect to finney, test, local, archive or a ws(s):// URL; raises UnknownNetwork, ChainUnavailable."""
        logging.getLogger("bittensor").setLevel(logging.WARNING)
        chain = cls(network)
        async with chain._deadline(CONNECT_TIMEOUT_S, "connecting"):
            pass
        return chain

    @property
    def _substrate(self) -> Any:
        return self._connection.substrate

    @property
    def _client(self) -> Any:
        return self._connection.client

    async def head(self) -> Block:
        async with self._deadline(READ_TIMEOUT_S, "reading the head"):
            return await self._read_block(await self._substrate.block_number())

    async def finalized_head(self) -> Block:
        async with self._deadline(READ_TIMEOUT_S, "reading the finalized head"):
            return await self._read_block(await self._substrate.finalized_block_number())

    async def block_hash(self, number: int) -> bytes:
        async with self._deadline(READ_TIMEOUT_S, f"reading the hash of block {number}"):
            return (await self._require_block(number)).hash

    @property
    def drand(self) -> DrandNetwork | None:
        return DRAND

    async def time_of(self, number: int) -> float:
        async with self._deadline(READ_TIMEOUT_S, f"reading the time of block {number}"):
            await self._require_block(number)
            return int(await bt.Snapshot(self._client, number).query(bt.storage.Timestamp.Now, []) or 0) / 1000

    async def drand_signature(self, number: int) -> bytes | None:
        async with self._deadline(READ_TIMEOUT_S, f"reading round {number} of drand"):
            view = bt.Snapshot(self._client, await self._substrate.block_number())
            pulse = await _read_if_present(view.query(bt.storage.Drand.Pulses, [number]))
            return _decode_bytes(pulse.get("signature")) if isinstance(pulse, dict) else None

    async def snapshot(self, netuid: int, block: int | None = None) -> ChainSnapshot:
        async with self._deadline(READ_TIMEOUT_S, f"reading subnet {netuid}"):
            number = await self._substrate.finalized_block_number() if block is None else block
            at = await self._require_block(number)
            view = bt.Snapshot(self._client, number)
            metagraph, owner, parameters, epochs, commitments = await asyncio.gather(
                view.subnets.metagraph(netuid, commitments=False),
                view.query(_STORAGE.SubnetOwnerHotkey, [netuid]),
                _read_hyperparameters(view, netuid),
                _read_epochs(view, netuid),
                view.query_map(bt.storage.Commitments.CommitmentOf, [netuid]),
            )
            if metagraph is None:
                raise UnknownSubnet(f"There is no subnet {netuid} on {self._node}: check --netuid and --network.")
            if block is not None and (again := await self._require_block(number)) != at:
                raise ChainUnavailable(
                    f"Block {number} was replaced by {again.hash.hex()} while it was read: try again."
                )
            return ChainSnapshot(
                netuid=netuid,
                block=at,
                neurons=[_read_neuron(entry) for entry in metagraph.neurons],
                commitments=_decode_commitments(commitments),
                owner_hotkey=str(owner) if owner else None,
                hyperparameters=parameters,
                next_epoch_block=None if epochs.next is None else max(epochs.next, number + 1),
                last_epoch_block=epochs.last,
            )

    async def hotkey_address(self, wallet: Wallet) -> str:
        return str(_load_public_hotkey(wallet).ss58_address)

    async def balance(self, coldkey: str) -> float | None:
        async with self._deadline(READ_TIMEOUT_S, f"reading the balance of {coldkey}"):
            view = bt.Snapshot(self._client, await self._substrate.block_number())
            account = await view.query(bt.storage.System.Account, [coldkey])
            return int(account["data"]["free"]) / _RAO_PER_ALPHA if account else 0.0

    async def commit(self, netuid: int, wallet: Wallet, data: bytes) -> int:
        if not 0 < len(data) <= MAX_DATA_BYTES:
            raise TransactionRefused(
                f"A commitment of {len(data)} bytes is refused: 1 to {MAX_DATA_BYTES} are allowed."
            )
        signer = _load_signing_hotkey(wallet)
        before = (await self.head()).number
        if await self._transactions.settle(signer.ss58_address):
            present = await self._read_commitment(netuid, signer.ss58_address)
            if present is not None and present.data == data and present.block > before:
                return present.block
        info = {"fields": [[{f"Raw{len(field)}": field} for field in fields(data)]]}

        async def compose() -> Any:
            return await self._substrate.compose(bt.calls.Commitments.set_commitment(netuid=netuid, info=info))

        return await self._transactions.send("committing", signer, compose)

    async def set_weights(self, netuid: int, wallet: Wallet, weights: Mapping[int, int], version: int = 0) -> int:
        intent = bt.SetWeights(netuid=netuid, weights={**weights}, version_key=version)
        signer = _load_signing_hotkey(wallet)
        await self._transactions.settle(signer.ss58_address)

        async def compose() -> Any:
            try:
                plan = await self._client.plan(intent, signer)
            except bt.BittensorError as error:
                raise explain_refusal(self._node, error) or error from error
            if not plan.ok:
                raise TransactionRefused(f"Weights were not sent to {self._node}: {'; '.join(plan.violations)}")
            return plan.call

        return await self._transactions.send("setting weights", signer, compose)

    async def weights(self, netuid: int, hotkey: str) -> Mapping[int, int]:
        async with self._deadline(READ_TIMEOUT_S, "reading weights"):
            view = bt.Snapshot(self._client, await self._substrate.block_number())
            uid = await view.query(_STORAGE.Uids, [netuid, hotkey])
            if uid is None:
                return {}
            row = await view.query(_STORAGE.Weights, [netuid, int(uid)])
            return {int(target): int(value) for target, value in row or () if int(value)}

    async def close(self) -> None:
        """Close the connection; never raises, never waits long. A later call opens a new one."""
        await self._connection.close()

    async def _read_commitment(self, netuid: int, hotkey: str) -> RawCommitment | None:
        async with self._deadline(READ_TIMEOUT_S, f"reading the commitment of {hotkey}"):
            view = bt.Snapshot(self._client, await self._substrate.block_number())
            record = await view.query(bt.storage.Commitments.CommitmentOf, [netuid, hotkey])
            return _decode_commitments([(hotkey, record)])[hotkey] if record else None

    async def _read_block(self, number: int) -> Block:
        return Block(number, bytes.fromhex((await self._substrate.block_hash(number)).removeprefix("0x")))

    async def _require_block(self, number: int) -> Block:
        head = await self._substrate.block_number()
        if not 0 <= number <= head:
            raise UnknownBlock(f"There is no block {number} on {self._node}: its head is {head}.")
        return await self._read_block(number)


@dataclass(frozen=True, slots=True)
class _Epochs:
    """The blocks in which the newest epoch began and the next one is expected; None if the chain does not tell."""

    last: int | None
    next: int | None


async def _read_epochs(view: Any, netuid: int) -> _Epochs:
    """Read the epochs. Some runtimes lack one item or the other, which must not make the snapshot fail."""
    last, following, tempo = await asyncio.gather(
        _read_if_present(view.query(_STORAGE.LastEpochBlock, [netuid])),
        _read_if_present(view.epochs.next_epoch_start_block(netuid)),
        view.query(_STORAGE.Tempo, [netuid]),
    )
    if following is None and last and tempo:
        following = int(last) + int(tempo)
    return _Epochs(int(last) if last else None, int(following) if following else None)


async def _read_if_present(read: Awaitable[Any]) -> Any:
    """The result of a read, or None if the runtime has no such item or call."""
    try:
        return await read
    except Exception as error:
        if "not found" in str(error).lower():
            return None
        raise


async def _read_hyperparameters(view: Any, netuid: int) -> Hyperparameters:
    tempo, version, rate_limit, commit_reveal, threshold, reveal, fewest, largest = await asyncio.gather(
        view.query(_STORAGE.Tempo, [netuid]),
        view.query(_STORAGE.WeightsVersionKey, [netuid]),
        view.query(_STORAGE.WeightsSetRateLimit, [netuid]),
        view.query(_STORAGE.CommitRevealWeightsEnabled, [netuid]),
        view.query(_STORAGE.StakeThreshold, []),
        _read_if_present(view.query(_STORAGE.RevealPeriodEpochs, [netuid])),
        _read_if_present(view.query(_STORAGE.MinAllowedWeights, [netuid])),
        _read_if_present(view.query(_STORAGE.MaxWeightsLimit, [netuid])),
    )
    return Hyperparameters(
        tempo=int(tempo),
        weights_version=int(version or 0),
        weights_rate_limit=int(rate_limit or 0),
        commit_reveal=bool(commit_reveal),
        min_stake=int(threshold or 0) / _RAO_PER_ALPHA,
        reveal_period_epochs=int(reveal or 1),
        min_allowed_weights=int(fewest or 0),
        max_weight_limit=int(largest) if largest is not None else 65535,
    )


def _read_neuron(entry: Any) -> Neuron:
    return Neuron(
        uid=int(entry.uid),
        hotkey=str(entry.hotkey),
        coldkey=str(entry.coldkey),
        registered_block=int(entry.block_at_registration),
        validator_permit=bool(entry.validator_permit),
        stake=int(entry.total_stake.rao) / _RAO_PER_ALPHA,
        last_update=int(entry.last_update),
    )


def _decode_commitments(rows: list[tuple[Any, Any]]) -> dict[str, RawCommitment]:
    """Decode commitments: by hotkey, the raw fields of each joined in order; other kinds of fields are left out."""
    found = {}
    for hotkey, record in rows:
        info = record.get("info") if isinstance(record, dict) else None
        data = b"".join(_decode_field(entry) for entry in (info or {}).get("fields") or ())
        found[str(hotkey)] = RawCommitment(int((record or {}).get("block") or 0), data)
    return found


def _decode_field(entry: Any) -> bytes:
    """Decode a field such as `{"Raw5": "0x68656c6c6f"}`, or `{"BigRaw": "0x..."}`, which older miners used."""
    if isinstance(entry, list | tuple):
        return b"".join(_decode_field(inner) for inner in entry)
    if not isinstance(entry, dict):
        return b""
    for kind, value in entry.items():
        if kind.removeprefix("Big").startswith("Raw"):
            return _decode_bytes(value)
    return b""


def _decode_bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return bytes.fromhex(value[2:]) if value.startswith("0x") else value.encode()
    return bytes(value or b"")


def _open_wallet(wallet: Wallet) -> Any:
    try:
        return bt.Wallet(wallet.name, wallet.hotkey, **({"path": wallet.path} if wallet.path else {}))
    except ValueError as error:
        raise UnknownWallet(f"{wallet.name!r} and {wallet.hotkey!r} name no wallet: {error}.") from None


def _load_public_hotkey(wallet: Wallet) -> Any:
    """Load the public key, if possible from the file that holds nothing else, which newer wallets have."""
    _check_permission(wallet)
    try:
        return _open_wallet(wallet).hotkeypub
    except FileNotFoundError:
        return _load_signing_hotkey(wallet)
    except Exception as error:
        raise UnknownWallet(
            f"The public hotkey of {_describe_wallet(wallet)} cannot be read: {type(error).__name__}."
        ) from None


def _load_signing_hotkey(wallet: Wallet) -> Any:
    """Load the key pair that signs; the coldkey is never touched. No error message shows the file's content."""
    _check_permission(wallet)
    try:
        return _open_wallet(wallet).hotkey
    except FileNotFoundError:
        known = sorted(path.name for path in _find_directory(wallet).glob("*/hotkeys/*") if path.suffix != ".txt")
        there = f"; hotkeys there: {', '.join(known[:10])}" if known else ""
        raise UnknownWallet(
            f"There is no {_describe_wallet(wallet)}: check --wallet-name and --hotkey-name{there}."
        ) from None
    except ChainError:
        raise
    except Exception as error:
        raise UnknownWallet(
            f"The {_describe_wallet(wallet)} cannot be opened ({type(error).__name__}): is it readable, and if it is "
            "encrypted, is its password in the environment?"
        ) from None


def _check_permission(wallet: Wallet) -> None:
    """Raise UnknownWallet if this user may not read the wallet, which the SDK would report as a missing one."""
    path = _find_directory(wallet) / wallet.name / "hotkeys" / wallet.hotkey
    try:
        path.open("rb").close()
    except PermissionError:
        raise UnknownWallet(
            f"The {_describe_wallet(wallet)} may not be read by this user (number {os.getuid()}): wallets are their "
            'owner\'s, so run as that user; in a container with `docker run --user "$(id -u):$(id -g)"`.'
        ) from None
    except OSError:
        return  # the SDK finds out, and has other files to look at


def _find_directory(wallet: Wallet) -> Path:
    return Path(wallet.path or Path.home() / ".bittensor" / "wallets").expanduser()


def _describe_wallet(wallet: Wallet) -> str:
    return f"hotkey {wallet.hotkey!r} of wallet {wallet.name!r} in {_find_directory(wallet)}"
