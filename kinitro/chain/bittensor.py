"""Bittensor. The only module that imports its SDK.

The SDK is asynchronous and reconnects by itself, but a request may wait for ever when a node closes the connection
politely, and a node that answers nonsense raises whatever the decoder stumbles over. So every call here has a
deadline, everything it raises becomes one of our errors, and after ChainUnavailable the next call connects anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import bittensor as bt
from bittensor.settings import default_archive_endpoints, default_fallback_endpoints, resolve_endpoint

from kinitro.chain.commitments import MAX_DATA_BYTES, fields
from kinitro.chain.errors import (
    ChainError,
    ChainUnavailable,
    TransactionRefused,
    UnknownBlock,
    UnknownNetwork,
    UnknownSubnet,
    UnknownWallet,
)
from kinitro.chain.interface import Block, Hyperparameters, Neuron, RawCommitment, Snapshot, Wallet
from kinitro.logs import public_url

CONNECT_TIMEOUT_S = 30.0
READ_TIMEOUT_S = 30.0
CLOSE_TIMEOUT_S = 5.0
TRANSACTION_TIMEOUT_S = 180.0
"""Until finalized; three blocks of twelve seconds when all is well."""
SUBMISSION_RETRIES = 2
"""Of a transaction that the pool rejects for a reason that passes, one block apart."""

_EXPLANATIONS = {
    "AccountNotAllowedCommit": "the hotkey is not registered on this subnet",
    "HotKeyNotRegisteredInSubNet": "the hotkey is not registered on this subnet",
    "SpaceLimitExceeded": "the hotkey committed too many bytes in this epoch, wait for the next one",
    "NeuronNoValidatorPermit": "the hotkey has no validator permit on this subnet",
    "NotEnoughStakeToSetWeights": "the hotkey has too little stake to set weights",
    "IncorrectWeightVersionKey": "the subnet demands weights of a newer version, upgrade kinitro",
    "SettingWeightsTooFast": "weights were set a short while ago, wait for the rate limit",
    "CommittingWeightsTooFast": "weights were committed a short while ago, wait for the rate limit",
}
"""Of the chain's error names, for people."""

_FATE_UNKNOWN = (None, "Retracted", "FinalityTimeout")
"""Errors after which a transaction may still be included: a lost connection, a reorganisation, a stalled finality."""

_STORAGE = bt.storage.SubtensorModule
_RAO_PER_ALPHA = 1e9


class BittensorChain:
    """Implements `kinitro.chain.Chain` on a Bittensor node."""

    def __init__(self, network: str) -> None:
        try:
            self._label, self._endpoint = resolve_endpoint(network)
            if not urlsplit(self._endpoint).hostname:
                raise ValueError
        except ValueError:
            raise UnknownNetwork(
                f"There is no network {public_url(network)!r}: --network takes finney, test, local, local-dev, "
                "or the ws:// or wss:// URL of a node."
            ) from None
        self._node = public_url(network)
        self._substrate: Any = None
        self._client: Any = None
        self._connecting = asyncio.Lock()

    @classmethod
    async def connect(cls, network: str) -> Self:
        """Connect to finney, test, local, archive or a ws(s):// URL; raises UnknownNetwork, ChainUnavailable."""
        logging.getLogger("bittensor").setLevel(logging.WARNING)
        chain = cls(network)
        async with chain._deadline(CONNECT_TIMEOUT_S, "connecting"):
            pass
        return chain

    async def head(self) -> Block:
        async with self._deadline(READ_TIMEOUT_S, "reading the head"):
            return await self._block(await self._substrate.block_number())

    async def finalized_head(self) -> Block:
        async with self._deadline(READ_TIMEOUT_S, "reading the finalized head"):
            return await self._block(await self._substrate.finalized_block_number())

    async def block_hash(self, number: int) -> bytes:
        async with self._deadline(READ_TIMEOUT_S, f"reading the hash of block {number}"):
            return (await self._existing_block(number)).hash

    async def snapshot(self, netuid: int, block: int | None = None) -> Snapshot:
        async with self._deadline(READ_TIMEOUT_S, f"reading subnet {netuid}"):
            number = await self._substrate.finalized_block_number() if block is None else block
            at = await self._existing_block(number)
            view = bt.Snapshot(self._client, number)
            metagraph, owner, parameters, epoch, commitments = await asyncio.gather(
                view.subnets.metagraph(netuid, commitments=False),
                view.query(_STORAGE.SubnetOwnerHotkey, [netuid]),
                _hyperparameters(view, netuid),
                view.epochs.next_epoch_start_block(netuid),
                view.query_map(bt.storage.Commitments.CommitmentOf, [netuid]),
            )
            if metagraph is None:
                raise UnknownSubnet(f"There is no subnet {netuid} on {self._node}: check --netuid and --network.")
            if block is not None and (again := await self._existing_block(number)) != at:
                raise ChainUnavailable(
                    f"Block {number} was replaced by {again.hash.hex()} while it was read: try again."
                )
            return Snapshot(
                netuid=netuid,
                block=at,
                neurons=[_neuron(entry) for entry in metagraph.neurons],
                commitments=_commitments(commitments),
                owner_hotkey=str(owner) if owner else None,
                hyperparameters=parameters,
                next_epoch_block=int(epoch) if epoch and int(epoch) > number else None,
            )

    async def hotkey_address(self, wallet: Wallet) -> str:
        return str(_public_hotkey(wallet).ss58_address)

    async def commit(self, netuid: int, wallet: Wallet, data: bytes) -> int:
        if not 0 < len(data) <= MAX_DATA_BYTES:
            raise TransactionRefused(
                f"A commitment of {len(data)} bytes is refused: 1 to {MAX_DATA_BYTES} are allowed."
            )
        info = {"fields": [[{f"Raw{len(field)}": field} for field in fields(data)]]}
        call = bt.calls.Commitments.set_commitment(netuid=netuid, info=info)
        signer = _signing_hotkey(wallet)
        async with self._deadline(TRANSACTION_TIMEOUT_S, "committing"):
            return self._included(await self._client.submit_call(call, signer, signer="hotkey"))

    async def set_weights(self, netuid: int, wallet: Wallet, weights: Mapping[int, int], version: int = 0) -> int:
        intent = bt.SetWeights(netuid=netuid, weights={**weights}, version_key=version)
        signer = _signing_hotkey(wallet)
        async with self._deadline(TRANSACTION_TIMEOUT_S, "setting weights"):
            try:
                result = await self._client.execute(intent, signer, retries=SUBMISSION_RETRIES)
            except bt.BittensorError as error:
                if _is_of_transport(error):
                    raise
                raise TransactionRefused(f"Weights were not sent to {self._node}: {error}") from error
            return self._included(result)

    async def weights(self, netuid: int, hotkey: str) -> Mapping[int, int]:
        async with self._deadline(READ_TIMEOUT_S, "reading weights"):
            view = bt.Snapshot(self._client, await self._substrate.block_number())
            uid = await view.query(_STORAGE.Uids, [netuid, hotkey])
            if uid is None:
                return {}
            row = await view.query(_STORAGE.Weights, [netuid, int(uid)])
            return {int(target): int(value) for target, value in row or () if int(value)}

    async def close(self) -> None:
        """Close the connection; never raises, never waits long. A later call would open another."""
        substrate, self._substrate, self._client = self._substrate, None, None
        if substrate is None:
            return
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await substrate.close()
        except Exception as error:
            logging.getLogger(__name__).debug("closing the connection to %s failed: %r", self._node, error)

    async def _open(self) -> None:
        async with self._connecting:
            if self._substrate is not None:
                return
            substrate = _Substrate(
                self._endpoint,
                fallback_endpoints=[url for url in default_fallback_endpoints(self._label) if url != self._endpoint],
                archive_endpoints=default_archive_endpoints(self._label),
            )
            try:
                await substrate.connect()
            except BaseException:
                await substrate.close()
                raise
            self._substrate, self._client = substrate, bt.Client(self._endpoint, substrate=substrate)

    async def _block(self, number: int) -> Block:
        return Block(number, bytes.fromhex((await self._substrate.block_hash(number)).removeprefix("0x")))

    async def _existing_block(self, number: int) -> Block:
        head = await self._substrate.block_number()
        if not 0 <= number <= head:
            raise UnknownBlock(f"There is no block {number} on {self._node}: its head is {head}.")
        return await self._block(number)

    def _included(self, result: Any) -> int:
        """The block of a transaction; raises TransactionRefused if it failed, with the chain's reason."""
        if not result.success:
            name = getattr(result.error, "name", None)
            if result.block_hash is None and name in _FATE_UNKNOWN:
                raise ChainUnavailable(
                    f"The fate of the transaction sent to {self._node} is unknown, look at the chain: {result.message}"
                )
            reason = f"{_EXPLANATIONS.get(name, result.message)} ({name})" if name else result.message
            raise TransactionRefused(f"{self._node} refused the transaction: {reason}")
        return int(result.extrinsic_id.partition("-")[0])

    @asynccontextmanager
    async def _deadline(self, seconds: float, doing: str) -> AsyncIterator[None]:
        """Bound a call in time, and turn everything it raises into our errors."""
        try:
            async with asyncio.timeout(seconds):
                await self._open()
                yield
        except ChainUnavailable:
            await self.close()
            raise
        except ChainError:
            raise
        except TimeoutError:
            await self.close()
            raise ChainUnavailable(f"{self._node} gave no answer within {seconds:.0f} s while {doing}.") from None
        except Exception as error:
            if "state discarded" in str(error).lower():
                raise UnknownBlock(
                    f"{self._node} has pruned the state while {doing}: use --network archive."
                ) from error
            await self.close()
            reason = " ".join(str(error).split())[:300] or type(error).__name__
            raise ChainUnavailable(f"{self._node} failed while {doing}: {reason}") from error


class _Substrate(bt.RpcSubstrate):  # type: ignore[misc]
    """The SDK loses track of a connection whose opening is cancelled, by a deadline for example: this closes it."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._opened: list[Any] = []

    def _interface(self, endpoint: str, fallbacks: list[str]) -> Any:
        connection = super()._interface(endpoint, fallbacks)
        self._opened.append(connection)
        return connection

    async def close(self) -> None:
        await super().close()
        while self._opened:
            await self._opened.pop().close()


async def _hyperparameters(view: Any, netuid: int) -> Hyperparameters:
    tempo, version, rate_limit, commit_reveal, threshold, reveal, fewest, largest = await asyncio.gather(
        view.query(_STORAGE.Tempo, [netuid]),
        view.query(_STORAGE.WeightsVersionKey, [netuid]),
        view.query(_STORAGE.WeightsSetRateLimit, [netuid]),
        view.query(_STORAGE.CommitRevealWeightsEnabled, [netuid]),
        view.query(_STORAGE.StakeThreshold, []),
        view.query(_STORAGE.RevealPeriodEpochs, [netuid]),
        view.query(_STORAGE.MinAllowedWeights, [netuid]),
        view.query(_STORAGE.MaxWeightsLimit, [netuid]),
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


def _neuron(entry: Any) -> Neuron:
    return Neuron(
        uid=int(entry.uid),
        hotkey=str(entry.hotkey),
        coldkey=str(entry.coldkey),
        registered_block=int(entry.block_at_registration),
        validator_permit=bool(entry.validator_permit),
        stake=int(entry.total_stake.rao) / _RAO_PER_ALPHA,
        last_update=int(entry.last_update),
    )


def _commitments(rows: list[tuple[Any, Any]]) -> dict[str, RawCommitment]:
    """The bytes of the raw fields of each commitment, one after the other. Other kinds of fields have no bytes."""
    found = {}
    for hotkey, record in rows:
        info = record.get("info") if isinstance(record, dict) else None
        data = b"".join(_field_bytes(entry) for entry in (info or {}).get("fields") or ())
        found[str(hotkey)] = RawCommitment(int((record or {}).get("block") or 0), data)
    return found


def _field_bytes(entry: Any) -> bytes:
    """`{"Raw5": "0x68656c6c6f"}` and `{"BigRaw": "0x..."}`; older miners used the latter."""
    if isinstance(entry, list | tuple):
        return b"".join(_field_bytes(inner) for inner in entry)
    if not isinstance(entry, dict):
        return b""
    for kind, value in entry.items():
        if kind.removeprefix("Big").startswith("Raw"):
            return _bytes(value)
    return b""


def _bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return bytes.fromhex(value[2:]) if value.startswith("0x") else value.encode()
    return bytes(value or b"")


def _files(wallet: Wallet) -> Any:
    try:
        return bt.Wallet(wallet.name, wallet.hotkey, **({"path": wallet.path} if wallet.path else {}))
    except ValueError as error:
        raise UnknownWallet(f"{wallet.name!r} and {wallet.hotkey!r} name no wallet: {error}.") from None


def _public_hotkey(wallet: Wallet) -> Any:
    """The public part; the file with only that, which newer wallets have, is preferred."""
    try:
        return _files(wallet).hotkeypub
    except FileNotFoundError:
        return _signing_hotkey(wallet)
    except Exception as error:
        raise UnknownWallet(f"The public hotkey of {_where(wallet)} cannot be read: {type(error).__name__}.") from None


def _signing_hotkey(wallet: Wallet) -> Any:
    """The key pair, which signs; the coldkey is never touched. What went wrong is told without the file's content."""
    try:
        return _files(wallet).hotkey
    except FileNotFoundError:
        known = sorted(path.name for path in _directory(wallet).glob("*/hotkeys/*") if path.suffix != ".txt")
        there = f"; hotkeys there: {', '.join(known[:10])}" if known else ""
        raise UnknownWallet(f"There is no {_where(wallet)}: check --wallet-name and --hotkey-name{there}.") from None
    except ChainError:
        raise
    except Exception as error:
        raise UnknownWallet(
            f"The {_where(wallet)} cannot be opened ({type(error).__name__}): is it readable, and if it is encrypted, "
            "is its password in the environment?"
        ) from None


def _directory(wallet: Wallet) -> Path:
    return Path(wallet.path or Path.home() / ".bittensor" / "wallets").expanduser()


def _where(wallet: Wallet) -> str:
    return f"hotkey {wallet.hotkey!r} of wallet {wallet.name!r} in {_directory(wallet)}"


def _is_of_transport(error: Exception) -> bool:
    """Whether the connection failed, rather than a check; the SDK raises its ChainError for both."""
    if isinstance(error, bt.ChainError):
        return error.code is bt.ErrorCode.UNKNOWN
    return isinstance(error, bt.RpcConnectionError | bt.ConnectionNotReady)
