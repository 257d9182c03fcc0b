"""What every chain must do: one suite over the local chain, and over the unmodified Bittensor SDK on a stand-in node.

KINITRO_TEST_WS=ws://host:port runs the part that only reads against a live node, on subnet KINITRO_TEST_NETUID.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from kinitro.chain import Chain, TransactionRefused, UnknownBlock, UnknownSubnet
from kinitro.chain.bittensor import BittensorChain
from kinitro.chain.commitments import MAX_DATA_BYTES, Commitment, decode, encode
from tests.standin.worlds import NETUID, World, local_world, standin_world

COMMITMENT = Commitment("alice/pi0", "0123456789abcdef" * 2 + "01234567", "https://pi0.example.com")


@pytest.fixture(params=["local", "bittensor", "live"])
async def reading(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Chain, int]]:
    """A chain that need not be ours, and a subnet on it."""
    if request.param == "local":
        async with local_world(request.getfixturevalue("empty_database")) as local:
            yield local.chain, NETUID
    elif request.param == "bittensor":
        async with standin_world(tmp_path) as standin:
            yield standin.chain, NETUID
    elif "KINITRO_TEST_WS" in os.environ:
        chain = await BittensorChain.connect(os.environ["KINITRO_TEST_WS"])
        yield chain, int(os.environ.get("KINITRO_TEST_NETUID", "1"))
        await chain.close()
    else:
        pytest.skip("KINITRO_TEST_WS names no live node")


async def weights_become(world: World, hotkey: str, expected: Mapping[int, int]) -> None:
    deadline = time.monotonic() + 20
    while (found := await world.chain.weights(NETUID, hotkey)) != expected:
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.05)


# --- reading -------------------------------------------------------------------------------------------------------


async def test_heads_and_hashes_agree(reading: tuple[Chain, int]) -> None:
    chain, _ = reading
    finalized, head = await chain.finalized_head(), await chain.head()
    assert 0 <= head.number - finalized.number < 100
    assert len(head.hash) == 32
    assert await chain.block_hash(finalized.number) == finalized.hash
    assert await chain.block_hash(finalized.number - 1) != finalized.hash


async def test_blocks_that_do_not_exist(reading: tuple[Chain, int]) -> None:
    chain, netuid = reading
    for number in (2**31 - 1, -1):
        with pytest.raises(UnknownBlock, match=str(number)):
            await chain.block_hash(number)
        with pytest.raises(UnknownBlock, match=str(number)):
            await chain.snapshot(netuid, number)


async def test_subnets_that_do_not_exist(reading: tuple[Chain, int]) -> None:
    chain, _ = reading
    with pytest.raises(UnknownSubnet, match="subnet 4000"):
        await chain.snapshot(4000)


async def test_a_snapshot_is_of_one_block_finalized_by_default(reading: tuple[Chain, int]) -> None:
    chain, netuid = reading
    before, snapshot, after = await chain.finalized_head(), await chain.snapshot(netuid), await chain.finalized_head()
    assert before.number <= snapshot.block.number <= after.number
    assert await chain.block_hash(snapshot.block.number) == snapshot.block.hash
    assert [neuron.uid for neuron in snapshot.neurons] == list(range(len(snapshot.neurons)))
    rules = snapshot.hyperparameters
    assert snapshot.next_epoch_block is not None
    assert 0 < snapshot.next_epoch_block - snapshot.block.number <= rules.tempo
    assert snapshot.last_epoch_block is None or snapshot.last_epoch_block <= snapshot.block.number
    assert await chain.weights(netuid, "5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM") == {}


# --- neurons and rules ---------------------------------------------------------------------------------------------


async def test_a_snapshot_tells_neurons_rules_and_owner(world: World) -> None:
    await world.register("validator", permit=True, stake=12.5)
    await world.set_rules(
        tempo=20, weights_version=3, weights_rate_limit=9, min_stake=1.5, reveal_period_epochs=2, commit_reveal=True
    )
    snapshot = await world.chain.snapshot(NETUID, (await world.chain.head()).number)
    owner, validator = snapshot.neurons
    assert snapshot.owner_hotkey == owner.hotkey == world.wallet("owner")[1]
    assert (validator.uid, validator.hotkey) == (1, world.wallet("validator")[1])
    assert (validator.validator_permit, validator.stake) == (True, 12.5)
    assert (validator.last_update, validator.has_set_weights) == (validator.registered_block, False)
    assert 0 <= owner.registered_block < validator.registered_block <= snapshot.block.number
    rules = snapshot.hyperparameters
    assert (rules.tempo, rules.weights_version, rules.weights_rate_limit) == (20, 3, 9)
    assert (rules.min_stake, rules.commit_reveal, rules.reveal_period_epochs) == (1.5, True, 2)


async def test_old_blocks_stay_what_they_were(world: World) -> None:
    uid = await world.register("miner")
    old = await world.chain.commit(NETUID, world.wallet("miner")[0], b"first")
    await world.register("newcomer", uid=uid)
    head = (await world.chain.head()).number
    then = [neuron.hotkey for neuron in (await world.chain.snapshot(NETUID, old)).neurons]
    assert then == [world.wallet("owner")[1], world.wallet("miner")[1]]
    newcomer = (await world.chain.snapshot(NETUID, head)).neurons[uid]
    assert newcomer.hotkey == world.wallet("newcomer")[1]
    assert newcomer.registered_block > old


async def test_addresses_of_wallets(world: World) -> None:
    wallet, address = world.wallet("someone")
    assert await world.chain.hotkey_address(wallet) == address


# --- commitments ---------------------------------------------------------------------------------------------------


async def test_a_commitment_is_read_back_with_its_block(world: World) -> None:
    await world.register("miner")
    wallet, hotkey = world.wallet("miner")
    block = await world.chain.commit(NETUID, wallet, encode(COMMITMENT))
    raw = (await world.chain.snapshot(NETUID, block)).commitments[hotkey]
    assert (raw.block, decode(raw.data)) == (block, COMMITMENT)
    assert hotkey not in (await world.chain.snapshot(NETUID, block - 1)).commitments


async def test_the_newest_commitment_counts(world: World) -> None:
    await world.register("miner")
    wallet, hotkey = world.wallet("miner")
    first = await world.chain.commit(NETUID, wallet, b"first")
    second = await world.chain.commit(NETUID, wallet, b"second \xff\x00")
    assert second > first
    raw = (await world.chain.snapshot(NETUID, second)).commitments[hotkey]
    assert (raw.block, raw.data) == (second, b"second \xff\x00")


@pytest.mark.parametrize("data", [b"x", bytes(range(128)), bytes(129), bytes(MAX_DATA_BYTES), b"0x6869", b"hi"])
async def test_bytes_survive_the_chain(world: World, data: bytes) -> None:
    await world.register("miner")
    wallet, hotkey = world.wallet("miner")
    block = await world.chain.commit(NETUID, wallet, data)
    assert (await world.chain.snapshot(NETUID, block)).commitments[hotkey].data == data


async def test_commitments_that_are_refused(world: World) -> None:
    await world.register("miner")
    with pytest.raises(TransactionRefused, match=r"not registered|AccountNotAllowedCommit"):
        await world.chain.commit(NETUID, world.wallet("stranger")[0], b"data")
    for size in (0, MAX_DATA_BYTES + 1):
        with pytest.raises(TransactionRefused, match=f"{size} bytes"):
            await world.chain.commit(NETUID, world.wallet("miner")[0], bytes(size))


# --- weights -------------------------------------------------------------------------------------------------------


async def test_weights_are_stored_upscaled_without_zeros(world: World) -> None:
    for name in ("one", "two", "three"):
        await world.register(name)
    await world.register("validator", permit=True)
    wallet, hotkey = world.wallet("validator")
    block = await world.chain.set_weights(NETUID, wallet, {0: 100, 1: 50, 2: 0})
    assert await world.chain.weights(NETUID, hotkey) == {0: 65535, 1: 32768}
    neurons = (await world.chain.snapshot(NETUID, block)).neurons
    assert [neuron.uid for neuron in neurons if neuron.has_set_weights] == [4]
    assert neurons[4].last_update == block
    assert all(neuron.last_update == neuron.registered_block for neuron in neurons[:4])


async def test_weights_that_are_refused(world: World) -> None:
    await world.set_rules(weights_version=3, min_stake=5)
    await world.register("miner", stake=9)
    await world.register("validator", permit=True, stake=9)
    await world.register("poor", permit=True, stake=4)
    refused = [
        ("stranger", {0: 1}, 3, "(?i)not.?registered"),
        ("validator", {0: 1}, 2, "(?i)version"),
        ("miner", {2: 1}, 3, "(?i)validator.?permit"),
        ("poor", {0: 1}, 3, "(?i)stake"),
        ("validator", {77: 1}, 3, "(?i)uid"),
    ]
    for name, weights, version, says in refused:
        with pytest.raises(TransactionRefused, match=says):
            await world.chain.set_weights(NETUID, world.wallet(name)[0], weights, version)


async def test_the_rate_limit_counts_from_the_registration(world: World) -> None:
    await world.set_rules(weights_rate_limit=1000)
    await world.register("validator", permit=True)
    validator, hotkey = world.wallet("validator")
    for row in ({0: 1}, {0: 1, 1: 1}):
        with pytest.raises(TransactionRefused, match="1000 blocks"):
            await world.chain.set_weights(NETUID, validator, row)
        await world.advance(1000)
        await world.chain.set_weights(NETUID, validator, row)
    assert await world.chain.weights(NETUID, hotkey) == {0: 65535, 1: 65535}


async def test_the_owner_has_uid_0_from_the_start_and_needs_neither_permit_nor_stake(world: World) -> None:
    await world.set_rules(min_stake=5)
    await world.register("miner")
    snapshot = await world.chain.snapshot(NETUID, (await world.chain.head()).number)
    assert snapshot.neurons[0].hotkey == snapshot.owner_hotkey == world.wallet("owner")[1]
    await world.chain.set_weights(NETUID, world.wallet("owner")[0], {1: 1})
    assert await world.chain.weights(NETUID, world.wallet("owner")[1]) == {1: 65535}


async def test_a_row_of_oneself_needs_no_permit(world: World) -> None:
    uid = await world.register("miner")
    await world.chain.set_weights(NETUID, world.wallet("miner")[0], {uid: 1})
    assert await world.chain.weights(NETUID, world.wallet("miner")[1]) == {uid: 65535}


async def test_at_most_ten_commits_of_weights_wait_in_one_epoch(world: World) -> None:
    await world.set_rules(commit_reveal=True, tempo=2000)
    await world.register("validator", permit=True)
    validator = world.wallet("validator")[0]
    for _ in range(10):
        await world.chain.set_weights(NETUID, validator, {0: 1})
    with pytest.raises(TransactionRefused, match=r"10 commits of weights .* wait for the next epoch"):
        await world.chain.set_weights(NETUID, validator, {0: 1})
    await world.advance(2000)
    await world.chain.set_weights(NETUID, validator, {0: 1})


async def test_committed_weights_show_after_their_reveal(world: World) -> None:
    await world.register("miner")
    await world.register("validator", permit=True)
    await world.set_rules(commit_reveal=True, tempo=2000)
    wallet, hotkey = world.wallet("validator")
    block = await world.chain.set_weights(NETUID, wallet, {0: 7})
    assert (await world.chain.snapshot(NETUID, block)).neurons[2].last_update == block
    assert await world.chain.weights(NETUID, hotkey) == {}
    await world.reveal("validator", {0: 65535})
    await weights_become(world, hotkey, {0: 65535})


async def test_a_new_occupant_inherits_no_weights(world: World) -> None:
    uid = await world.register("validator", permit=True)
    await world.chain.set_weights(NETUID, world.wallet("validator")[0], {uid: 1})
    await world.register("newcomer", permit=True, uid=uid)
    for name in ("validator", "newcomer"):
        assert await world.chain.weights(NETUID, world.wallet(name)[1]) == {}


async def test_many_calls_at_once(world: World) -> None:
    await world.register("miner")
    snapshots = await asyncio.gather(*(world.chain.snapshot(NETUID) for _ in range(8)))
    assert len({snapshot.block.hash for snapshot in snapshots}) <= 8
    assert await asyncio.gather(*(world.chain.block_hash(3) for _ in range(8))) == [await world.chain.block_hash(3)] * 8
