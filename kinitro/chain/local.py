"""A chain for one machine, kept in PostgreSQL (schema `local_chain`) and shared by all processes that know its URL.

No process produces blocks: they advance with the database's clock.

    number    = floor((now - genesis) / block time)
    hash      = sha256(genesis hash, number as 8 bytes big-endian)
    finalized = head - FINALITY_LAG_BLOCKS
    drand     = a network of one signer, whose key everybody knows (`drand_test_network`)

A transaction is included in the block after the head and returns when that block is there. History is kept, so a
snapshot of an old block is what it was. Wallets need no files: a wallet's address is a digest of its names, and
whoever can write to the database may act for every wallet. Never use it where money is.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb

from kinitro.chain.commitments import MAX_DATA_BYTES
from kinitro.chain.drand import DrandNetwork
from kinitro.chain.drand_test_network import TEST_NETWORK, sign_round
from kinitro.chain.errors import ChainUnavailable, TransactionRefused, TransactionUndecided, UnknownBlock
from kinitro.chain.interface import Block, ChainSnapshot, Neuron, RawCommitment, Wallet
from kinitro.chain.local_rules import (
    ChainState,
    Cursor,
    check_weights,
    find_last_epoch,
    find_next_epoch,
    read_hyperparameters,
    read_state,
    read_subnet,
)
from kinitro.chain.ss58 import encode_address
from kinitro.chain.weights import upscale_weights
from kinitro.errors import ConfigurationError
from kinitro.settings import normalize_database_url

URL_VARIABLE = "KINITRO_LOCAL_CHAIN_URL"
FINALITY_LAG_BLOCKS = 2
MAX_NEURONS = 256
CONNECT_TIMEOUT_S = 10
OUTAGE_TIMEOUT_S = 30.0
"""How long the database may be away while a transaction that is written waits for its block."""
_LOCK = 0x6B696E69
"""The advisory lock under which transactions are written one after the other."""


class LocalChain:
    """Implements `kinitro.chain.Chain`; see the module's docstring. One connection per call: nothing to reconnect."""

    def __init__(self, url: str) -> None:
        self._url = url

    @classmethod
    async def from_environment(cls) -> Self:
        """The chain whose database KINITRO_LOCAL_CHAIN_URL names; raises ConfigurationError, ChainUnavailable."""
        url = os.environ.get(URL_VARIABLE, "").strip()
        if not url:
            raise ConfigurationError(
                f"The network local-dev needs {URL_VARIABLE}: set it to the URL of the PostgreSQL database "
                "that holds the local chain (`kinitro demo --keep-running` names a file that has it)."
            )
        chain = cls(normalize_database_url(url, URL_VARIABLE))
        await chain.head()
        return chain

    @classmethod
    async def create(
        cls,
        url: str,
        netuid: int,
        *,
        block_time_s: float = 12.0,
        tempo: int = 360,
        weights_version: int = 0,
        weights_rate_limit: int = 0,
        commit_reveal: bool = False,
        min_stake: float = 0.0,
    ) -> Self:
        """Make the chain (genesis is now) and a subnet whose owner has the wallet ("owner", "default") and uid 0.

        What exists already stays as it is, hyperparameters included.
        """
        chain = cls(url)
        async with chain._cursor() as cursor:
            await cursor.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
            await cursor.execute(Path(__file__).with_name("local.sql").read_bytes())
            await cursor.execute(
                "insert into local_chain.chain (genesis_hash, block_time_s) values (%s, %s) on conflict do nothing",
                (secrets.token_bytes(32), block_time_s),
            )
            await cursor.execute(
                "insert into local_chain.subnet (netuid, owner_hotkey, tempo, weights_version, weights_rate_limit,"
                " commit_reveal, min_stake) values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
                (
                    netuid,
                    derive_local_address(OWNER),
                    tempo,
                    weights_version,
                    weights_rate_limit,
                    commit_reveal,
                    min_stake,
                ),
            )
            await cursor.execute(
                "insert into local_chain.neuron (netuid, uid, hotkey, coldkey, permit, stake, from_block)"
                " select %s, 0, %s, %s, false, 0, 0"
                " where not exists (select from local_chain.neuron where netuid = %s)",
                (netuid, derive_local_address(OWNER), derive_local_address(Wallet(OWNER.name, "")), netuid),
            )
        return chain

    async def register(
        self, netuid: int, wallet: Wallet, *, validator_permit: bool = False, stake: float = 0.0, uid: int | None = None
    ) -> int:
        """Give a wallet's hotkey a slot, from the next block on; returns its uid. Idempotent.

        `uid` names the slot to take, from whoever has it; the default is the first free one.
        """
        async with self._transaction(netuid) as (cursor, block):
            hotkey = derive_local_address(wallet)
            await cursor.execute(
                "select uid, hotkey from local_chain.neuron where netuid = %s and until_block is null", (netuid,)
            )
            taken: dict[int, str] = {row["uid"]: row["hotkey"] for row in await cursor.fetchall()}
            for present, occupant in taken.items():
                if occupant == hotkey:
                    return present
            if uid is None:
                uid = next(number for number in range(MAX_NEURONS + 1) if number not in taken)
            if not 0 <= uid < MAX_NEURONS:
                raise TransactionRefused(f"Subnet {netuid} has {MAX_NEURONS} slots, and all are taken.")
            await cursor.execute(
                "update local_chain.neuron set until_block = %s where netuid = %s and uid = %s and until_block is null",
                (block, netuid, uid),
            )
            await cursor.execute(
                "insert into local_chain.neuron (netuid, uid, hotkey, coldkey, permit, stake, from_block)"
                " values (%s, %s, %s, %s, %s, %s, %s)",
                (netuid, uid, hotkey, derive_local_address(Wallet(wallet.name, "")), validator_permit, stake, block),
            )
        await self._wait_for(block)
        return uid

    async def advance(self, blocks: int) -> None:
        """Let this many blocks pass at once, by moving the genesis into the past."""
        async with self._cursor() as cursor:
            await cursor.execute(
                "update local_chain.chain set genesis = genesis - %s * block_time_s * interval '1 second'", (blocks,)
            )

    async def head(self) -> Block:
        return (await self._state()).block(0)

    async def finalized_head(self) -> Block:
        return (await self._state()).block(FINALITY_LAG_BLOCKS)

    async def block_hash(self, number: int) -> bytes:
        state = await self._state()
        if not 0 <= number <= state.number:
            raise UnknownBlock(f"There is no block {number} yet: the head of the chain is {state.number}.")
        return state.hash(number)

    @property
    def drand(self) -> DrandNetwork | None:
        return TEST_NETWORK

    async def time_of(self, number: int) -> float:
        state = await self._state()
        if not 0 <= number <= state.number:
            raise UnknownBlock(f"There is no block {number} yet: the head of the chain is {state.number}.")
        return state.genesis_s + number * state.block_time_s

    async def drand_signature(self, number: int) -> bytes | None:
        return await asyncio.to_thread(sign_round, number)

    async def snapshot(self, netuid: int, block: int | None = None) -> ChainSnapshot:
        async with self._cursor() as cursor:
            state = await read_state(cursor)
            number = state.block(FINALITY_LAG_BLOCKS).number if block is None else block
            if not 0 <= number <= state.number:
                raise UnknownBlock(f"There is no block {number}: the head of the chain is {state.number}.")
            subnet = await read_subnet(cursor, netuid)
            await cursor.execute(
                "select n.*, coalesce((select max(w.block) from local_chain.weights w where w.netuid = n.netuid"
                " and w.hotkey = n.hotkey and w.block between n.from_block and %(block)s), n.from_block) as last_update"
                " from local_chain.neuron n where netuid = %(netuid)s and from_block <= %(block)s"
                " and (until_block is null or until_block > %(block)s) order by uid",
                {"netuid": netuid, "block": number},
            )
            neurons = [
                Neuron(
                    uid=row["uid"],
                    hotkey=row["hotkey"],
                    coldkey=row["coldkey"],
                    registered_block=row["from_block"],
                    validator_permit=row["permit"],
                    stake=row["stake"],
                    last_update=row["last_update"],
                )
                for row in await cursor.fetchall()
            ]
            await cursor.execute(
                "select distinct on (hotkey) hotkey, block, data from local_chain.commitment"
                " where netuid = %s and block <= %s order by hotkey, block desc",
                (netuid, number),
            )
            commitments = {row["hotkey"]: RawCommitment(row["block"], row["data"]) for row in await cursor.fetchall()}
        hyperparameters = read_hyperparameters(subnet)
        return ChainSnapshot(
            netuid=netuid,
            block=Block(number, state.hash(number)),
            neurons=neurons,
            commitments=commitments,
            owner_hotkey=subnet["owner_hotkey"],
            hyperparameters=hyperparameters,
            next_epoch_block=find_next_epoch(number, hyperparameters.tempo),
            last_epoch_block=find_last_epoch(number, hyperparameters.tempo),
        )

    async def hotkey_address(self, wallet: Wallet) -> str:
        return derive_local_address(wallet)

    async def balance(self, coldkey: str) -> float | None:  # noqa: ARG002
        return None

    async def commit(self, netuid: int, wallet: Wallet, data: bytes) -> int:
        if not 0 < len(data) <= MAX_DATA_BYTES:
            raise TransactionRefused(
                f"A commitment of {len(data)} bytes is refused: 1 to {MAX_DATA_BYTES} are allowed."
            )
        async with self._transaction(netuid) as (cursor, block):
            await self._require_registered(cursor, netuid, wallet)
            await cursor.execute(
                "insert into local_chain.commitment values (%s, %s, %s, %s)"
                " on conflict (netuid, hotkey, block) do update set data = excluded.data",
                (netuid, derive_local_address(wallet), block, data),
            )
        await self._wait_for(block)
        return block

    async def set_weights(self, netuid: int, wallet: Wallet, weights: Mapping[int, int], version: int = 0) -> int:
        async with self._transaction(netuid) as (cursor, block):
            neuron = await self._require_registered(cursor, netuid, wallet)
            subnet = await read_subnet(cursor, netuid)
            await check_weights(cursor, subnet, neuron, weights, version, block)
            reveal = block
            if subnet["commit_reveal"]:
                for _ in range(subnet["reveal_period_epochs"]):
                    reveal = find_next_epoch(reveal, subnet["tempo"])
            await cursor.execute(
                "insert into local_chain.weights values (%s, %s, %s, %s, %s, %s)"
                " on conflict (netuid, hotkey, block) do update set row = excluded.row",
                (
                    netuid,
                    neuron["uid"],
                    neuron["hotkey"],
                    block,
                    reveal,
                    Jsonb(upscale_weights(weights)),
                ),
            )
        await self._wait_for(block)
        return block

    async def weights(self, netuid: int, hotkey: str) -> Mapping[int, int]:
        async with self._cursor() as cursor:
            state = await read_state(cursor)
            await cursor.execute(
                "select w.row from local_chain.weights w join local_chain.neuron n"
                " on n.netuid = w.netuid and n.uid = w.uid and n.hotkey = w.hotkey and n.until_block is null"
                " and w.block >= n.from_block"
                " where w.netuid = %s and w.hotkey = %s and w.reveal_block <= %s order by w.block desc limit 1",
                (netuid, hotkey, state.number),
            )
            found = await cursor.fetchone()
        return {} if found is None else {int(uid): value for uid, value in found["row"].items()}

    async def close(self) -> None:
        """Do nothing: every call closes its own connection."""

    async def _state(self) -> ChainState:
        async with self._cursor() as cursor:
            return await read_state(cursor)

    async def _wait_for(self, block: int) -> None:
        """Wait until the block exists. Its transaction is written already, so the database may go away meanwhile."""
        deadline = time.monotonic() + OUTAGE_TIMEOUT_S
        while time.monotonic() < deadline:
            try:
                state = await self._state()
            except ChainUnavailable:
                await asyncio.sleep(0.5)
                continue
            if state.number >= block:
                return
            deadline = time.monotonic() + OUTAGE_TIMEOUT_S
            await asyncio.sleep(min(1.0, max(0.01, state.until_next_s)))

    @staticmethod
    async def _require_registered(cursor: Cursor, netuid: int, wallet: Wallet) -> DictRow:
        await cursor.execute(
            "select * from local_chain.neuron where netuid = %s and hotkey = %s and until_block is null",
            (netuid, derive_local_address(wallet)),
        )
        row = await cursor.fetchone()
        if row is None:
            raise TransactionRefused(
                f"The hotkey {derive_local_address(wallet)} (wallet {wallet.name}/{wallet.hotkey}) is not registered on"
                f" subnet {netuid}: register it first."
            )
        return row

    @asynccontextmanager
    async def _transaction(self, netuid: int) -> AsyncIterator[tuple[Cursor, int]]:
        """A cursor and the block of its changes; raises TransactionUndecided if only the end is in doubt."""
        written: tuple[str, int] | None = None
        try:
            async with self._cursor() as cursor:
                await cursor.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
                await read_subnet(cursor, netuid)
                block = (await read_state(cursor)).number + 1
                await cursor.execute("select pg_current_xact_id()::text as id")
                row = await cursor.fetchone()
                yield cursor, block
                written = (row["id"] if row else "", block)
        except ChainUnavailable as error:
            if written is None or not await self._was_committed(*written):
                raise error

    async def _was_committed(self, transaction: str, block: int) -> bool:
        """Whether PostgreSQL has kept a transaction whose end was not heard; raises TransactionUndecided."""
        deadline = time.monotonic() + OUTAGE_TIMEOUT_S
        while time.monotonic() < deadline:
            try:
                async with self._cursor() as cursor:
                    await cursor.execute("select pg_xact_status(%s::xid8) as status", (transaction,))
                    row = await cursor.fetchone()
            except ChainUnavailable:
                row = None
            if row is not None and row["status"] in ("committed", "aborted"):
                return bool(row["status"] == "committed")
            await asyncio.sleep(0.1)
        raise TransactionUndecided(
            f"The local chain's database went away while a transaction was written, which block {block} may hold: look "
            "at the chain before you try again.",
            block,
        )

    @asynccontextmanager
    async def _cursor(self) -> AsyncIterator[Cursor]:
        try:
            timeout: dict[str, Any] = (
                {} if "connect_timeout" in conninfo_to_dict(self._url) else {"connect_timeout": CONNECT_TIMEOUT_S}
            )
            connection = await psycopg.AsyncConnection.connect(self._url, row_factory=dict_row, **timeout)
            try:
                async with connection:
                    # whoever waited for the lock sees what its holder committed, whatever the database's default is
                    await connection.set_isolation_level(psycopg.IsolationLevel.READ_COMMITTED)
                    async with connection.cursor() as cursor:
                        yield cursor
            finally:
                await connection.close()  # which psycopg does not do when its commit fails or is cancelled
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
            raise ChainUnavailable(
                f"The database that {URL_VARIABLE} names holds no local chain: create one with `kinitro demo`."
            ) from None
        except (psycopg.OperationalError, psycopg.ProgrammingError) as error:
            sentence = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
            raise ChainUnavailable(f"The local chain's database does not answer: {sentence}") from error


OWNER = Wallet("owner", "default")
"""The wallet that owns every subnet of a local chain."""


def derive_local_address(wallet: Wallet) -> str:
    """The SS58 address that stands for a wallet on local chains; nobody has its private key."""
    names = f"{wallet.name}\0{wallet.hotkey}".encode()
    return encode_address(sha256(b"kinitro local wallet\0" + names).digest())
