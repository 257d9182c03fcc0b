"""The local chain: blocks that pass by themselves, shared state, and refusals like the real chain's."""

from __future__ import annotations

import asyncio
import gc
from hashlib import sha256

import psycopg
import pytest

from kinitro.chain import ChainUnavailable, TransactionRefused, UnknownSubnet, Wallet, connect
from kinitro.chain.local import FINALITY_LAG_BLOCKS, OWNER, LocalChain, derive_local_address
from kinitro.chain.ss58 import decode_address
from kinitro.errors import ConfigurationError, UnavailableError

NETUID = 7
MINER = Wallet("miner", "one")
VALIDATOR = Wallet("validator", "default")


@pytest.fixture
async def chain(empty_database: str) -> LocalChain:
    return await LocalChain.create(empty_database, NETUID, block_time_s=0.05, tempo=10)


async def test_blocks_pass_and_every_connection_sees_the_same(chain: LocalChain, empty_database: str) -> None:
    await chain.advance(100)
    other = LocalChain(empty_database)
    head = await chain.head()
    assert head.number >= 100
    assert await other.block_hash(head.number) == head.hash
    assert (await other.head()).number >= head.number
    finalized = await chain.finalized_head()
    assert finalized.number >= head.number - FINALITY_LAG_BLOCKS
    assert len({await chain.block_hash(number) for number in range(5)}) == 5


async def test_block_hash_is_a_digest_of_genesis_and_number(chain: LocalChain, empty_database: str) -> None:
    with psycopg.connect(empty_database) as connection:
        row = connection.execute("select genesis_hash from local_chain.chain").fetchone()
    assert row is not None
    assert await chain.block_hash(0) == sha256(row[0] + bytes(8)).digest()


async def test_create_is_idempotent(chain: LocalChain, empty_database: str) -> None:
    genesis = await chain.block_hash(0)
    again = await LocalChain.create(empty_database, NETUID, block_time_s=99, tempo=99)
    assert await again.block_hash(0) == genesis
    assert (await again.snapshot(NETUID)).hyperparameters.tempo == 10


async def test_a_registration_is_finalized_before_it_shows_by_default(chain: LocalChain) -> None:
    await chain.register(NETUID, MINER)
    await chain.advance(FINALITY_LAG_BLOCKS)
    assert [neuron.hotkey for neuron in (await chain.snapshot(NETUID)).neurons] == [
        derive_local_address(OWNER),
        derive_local_address(MINER),
    ]


async def test_refusals_name_the_reason(empty_database: str) -> None:
    chain = await LocalChain.create(
        empty_database, NETUID, block_time_s=0.05, weights_version=3, weights_rate_limit=100, min_stake=10
    )
    await chain.register(NETUID, MINER, stake=20)
    await chain.register(NETUID, VALIDATOR, validator_permit=True, stake=20)
    poor = Wallet("poor", "default")
    await chain.register(NETUID, poor, validator_permit=True, stake=1)
    await chain.advance(100)
    refused = [
        (Wallet("nobody", "x"), {0: 1}, 3, "not registered"),
        (VALIDATOR, {0: 1}, 2, "version 2"),
        (MINER, {2: 1}, 3, "no validator permit"),
        (poor, {1: 1}, 3, "stake of 1"),
        (VALIDATOR, {77: 1}, 3, "uid 77"),
        (VALIDATOR, {}, 3, "integers"),
        (VALIDATOR, {0: 70000}, 3, "integers"),
    ]
    for wallet, weights, version, says in refused:
        with pytest.raises(TransactionRefused, match=says):
            await chain.set_weights(NETUID, wallet, weights, version)
    await chain.set_weights(NETUID, VALIDATOR, {0: 1}, 3)
    with pytest.raises(TransactionRefused, match="every 100 blocks"):
        await chain.set_weights(NETUID, VALIDATOR, {0: 1}, 3)
    await chain.advance(100)
    await chain.set_weights(NETUID, VALIDATOR, {0: 1}, 3)
    with pytest.raises(TransactionRefused, match="not registered"):
        await chain.commit(NETUID, Wallet("nobody", "x"), b"data")
    with pytest.raises(TransactionRefused, match="385 bytes"):
        await chain.commit(NETUID, MINER, bytes(385))
    with pytest.raises(UnknownSubnet, match="subnet 99"):
        await chain.snapshot(99)


async def test_all_slots_taken(chain: LocalChain, empty_database: str) -> None:
    with psycopg.connect(empty_database) as connection:
        connection.execute(
            "insert into local_chain.neuron select %s, n, 'h' || n, 'c', false, 0, 0 from generate_series(1, 255) n",
            (NETUID,),
        )
    with pytest.raises(TransactionRefused, match="256 slots"):
        await chain.register(NETUID, MINER)


async def test_addresses_are_valid_and_differ() -> None:
    wallets = [OWNER, MINER, VALIDATOR, Wallet("miner", "two"), Wallet("min", "erone")]
    assert len({decode_address(derive_local_address(wallet)) for wallet in wallets}) == len(wallets)


async def test_from_environment(chain: LocalChain, empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KINITRO_LOCAL_CHAIN_URL", raising=False)
    with pytest.raises(ConfigurationError, match="KINITRO_LOCAL_CHAIN_URL"):
        await connect("local-dev")
    monkeypatch.setenv("KINITRO_LOCAL_CHAIN_URL", empty_database)
    assert await (await connect("local-dev")).block_hash(0) == await chain.block_hash(0)
    monkeypatch.setenv("KINITRO_LOCAL_CHAIN_URL", "postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(UnavailableError, match="does not answer"):
        await connect("local-dev")


async def test_a_database_without_a_chain(empty_database: str) -> None:
    with pytest.raises(ChainUnavailable, match="kinitro demo"):
        await LocalChain(empty_database).head()


async def test_a_transaction_whose_end_was_not_heard_is_looked_up(
    chain: LocalChain, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await chain.register(NETUID, MINER)
    real = psycopg.AsyncConnection.commit

    async def lost(self: psycopg.AsyncConnection) -> None:
        monkeypatch.undo()
        await real(self)
        raise psycopg.OperationalError("the connection was lost")

    monkeypatch.setattr(psycopg.AsyncConnection, "commit", lost)
    block = await chain.commit(NETUID, MINER, b"data")
    assert (await chain.snapshot(NETUID, block)).commitments[derive_local_address(MINER)].data == b"data"

    async def refused(self: psycopg.AsyncConnection) -> None:
        monkeypatch.undo()
        await self.rollback()
        raise psycopg.OperationalError("the connection was lost")

    monkeypatch.setattr(psycopg.AsyncConnection, "commit", refused)
    with pytest.raises(ChainUnavailable, match="the connection was lost"):
        await chain.commit(NETUID, MINER, b"other")
    head = (await chain.head()).number
    assert (await chain.snapshot(NETUID, head)).commitments[derive_local_address(MINER)].data == b"data"


async def test_a_commit_stands_when_the_database_goes_away_before_its_block(
    chain: LocalChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    await chain.register(NETUID, MINER)
    states = chain._state
    failures = iter([ChainUnavailable("away")] * 3)

    async def away() -> object:
        if (failure := next(failures, None)) is not None:
            raise failure
        return await states()

    monkeypatch.setattr(chain, "_state", away)
    block = await chain.commit(NETUID, MINER, b"data")
    assert (await chain.snapshot(NETUID, block)).commitments[derive_local_address(MINER)].data == b"data"


async def test_a_call_that_is_cancelled_while_it_ends_leaves_no_connection_open(
    chain: LocalChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cancelled(self: psycopg.AsyncConnection) -> None:
        monkeypatch.undo()
        raise asyncio.CancelledError

    monkeypatch.setattr(psycopg.AsyncConnection, "commit", cancelled)
    with pytest.raises(asyncio.CancelledError):
        await chain.head()
    gc.collect()  # a connection that is still open warns here, and a warning is an error
    assert (await chain.head()).number >= 0
