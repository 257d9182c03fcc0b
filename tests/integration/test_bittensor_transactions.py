"""The fate of transactions on nodes that fall silent, hang up, forget and upgrade; the rules of the chain."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from kinitro.chain import ChainUnavailable, TransactionRefused, TransactionUndecided
from kinitro.chain import bittensor_transactions as transactions
from kinitro.chain.bittensor import BittensorChain
from tests.standin.runtime import Runtime
from tests.standin.worlds import NETUID, StandinWorld

DATA = b"data"
SUBMIT = "author_submitExtrinsic"
Action = Callable[[StandinWorld], Awaitable[int]]


@pytest.fixture
async def standin(standin: StandinWorld) -> StandinWorld:
    """With a validator, uid 1, who may do everything."""
    await standin.register("validator", permit=True, stake=10.0)
    return standin


async def committing(standin: StandinWorld) -> int:
    return await standin.chain.commit(NETUID, standin.wallet("validator")[0], DATA)


async def setting(standin: StandinWorld) -> int:
    return await standin.chain.set_weights(NETUID, standin.wallet("validator")[0], {0: 7})


async def sealing(standin: StandinWorld) -> int:
    await standin.set_rules(commit_reveal=True)
    return await setting(standin)


ACTIONS = [committing, setting, sealing]


def nonce(standin: StandinWorld) -> int:
    """How many transactions of the validator were included."""
    hotkey = standin.wallet("validator")[1]
    return standin.node.on_chain(lambda runtime: int(runtime.get("System", "Account", hotkey)["nonce"]))


def traces(standin: StandinWorld) -> set[int]:
    """Blocks in which the chain says that the validator did something."""
    hotkey = standin.wallet("validator")[1]

    def look(runtime: Runtime) -> set[int]:
        updated = int(runtime.get("SubtensorModule", "LastUpdate", NETUID)[1])
        commitment = runtime.get("Commitments", "CommitmentOf", NETUID, hotkey)
        return {updated} | ({int(commitment["block"])} if commitment else set())

    return standin.node.on_chain(look)


# --- what may go wrong while a transaction is on its way -------------------------------------------------------------


@pytest.mark.parametrize("trouble", ["silent", "lost", "polite", "forgotten"])
@pytest.mark.parametrize("action", ACTIONS)
async def test_what_was_sent_is_followed_to_its_end(
    standin: StandinWorld, monkeypatch: pytest.MonkeyPatch, action: Action, trouble: str
) -> None:
    monkeypatch.setattr(transactions, "STEP_TIMEOUT_S", 0.5)
    standin.node.troubles[SUBMIT] = trouble
    work = asyncio.create_task(action(standin))
    await asyncio.to_thread(standin.node.wait_for_request, SUBMIT)
    standin.node.mood = "well"
    block = await work
    assert block in traces(standin)
    assert nonce(standin) == 1, "it was included once, however often it was sent"


PREPARING = (
    "account_nextIndex",
    "chain_getFinalizedHead",
    "chain_getHeader",
    "chain_getBlockHash",
    "state_getStorageAt",
)


@pytest.mark.parametrize("method", PREPARING)
@pytest.mark.parametrize("action", ACTIONS)
async def test_a_polite_end_of_the_connection_while_a_transaction_is_prepared_costs_no_time(
    standin: StandinWorld, action: Action, method: str
) -> None:
    standin.node.troubles[method] = "polite"
    await asyncio.wait_for(action(standin), transactions.PREPARE_TIMEOUT_S / 4)
    assert nonce(standin) == 1


async def test_a_node_that_restarts_while_it_is_waited_for(standin: StandinWorld) -> None:
    work = asyncio.create_task(committing(standin))
    await asyncio.to_thread(standin.node.wait_for_request, SUBMIT)
    await asyncio.to_thread(standin.node.stop)
    await asyncio.to_thread(standin.node.start)
    assert await work in traces(standin)


async def test_a_reorganisation_moves_a_transaction_to_another_block(standin: StandinWorld) -> None:
    standin.node.seals = False
    work = asyncio.create_task(committing(standin))
    await asyncio.to_thread(standin.node.wait_for_request, SUBMIT)
    await standin.advance(1)
    first = traces(standin)
    await asyncio.to_thread(standin.node.reorganise, 1)
    assert traces(standin) != first
    standin.node.seals = True
    assert await work in traces(standin)
    assert nonce(standin) == 1


@pytest.mark.parametrize("action", ACTIONS)
async def test_a_node_that_stays_away_leaves_it_undecided_and_says_until_when(
    standin: StandinWorld, monkeypatch: pytest.MonkeyPatch, action: Action
) -> None:
    monkeypatch.setattr(transactions, "STALL_TIMEOUT_S", 0.5)
    standin.node.seals = False
    await standin.advance(1)
    work = asyncio.create_task(action(standin))
    await asyncio.to_thread(standin.node.wait_for_request, SUBMIT)
    await asyncio.to_thread(standin.node.stop)
    with pytest.raises(TransactionUndecided, match=r"may still be included: look at the chain") as caught:
        await work
    await asyncio.to_thread(standin.node.start)
    await standin.advance(1)
    assert nonce(standin) == 1, "it was included after all"
    assert max(traces(standin)) <= caught.value.until_block


async def test_what_is_included_counts_even_where_nothing_becomes_final(
    standin: StandinWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "STALL_TIMEOUT_S", 0.5)
    standin.node.finality_lag_blocks = 10_000
    assert await committing(standin) in traces(standin)


async def test_a_transaction_that_comes_too_late_is_known_not_to_be_included(
    standin: StandinWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "ERA_BLOCKS", 8)
    monkeypatch.setattr(transactions, "RESEND_BLOCKS", 1000)
    standin.node.troubles[SUBMIT] = "forgotten"
    with pytest.raises(ChainUnavailable, match=r"for committing was not included by block \d+, and cannot be any more"):
        await committing(standin)
    assert nonce(standin) == 0


async def test_another_transaction_in_its_place_is_named(
    standin: StandinWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "RESEND_BLOCKS", 1000)
    standin.node.troubles[SUBMIT] = "forgotten"
    work = asyncio.create_task(committing(standin))
    await asyncio.to_thread(standin.node.wait_for_request, SUBMIT)
    other = await BittensorChain.connect(standin.network)
    await other.commit(NETUID, standin.wallet("validator")[0], b"other")
    await other.close()
    with pytest.raises(TransactionRefused, match="is the hotkey in use elsewhere"):
        await work
    assert nonce(standin) == 1


async def test_the_same_commitment_on_its_way_is_not_sent_again(standin: StandinWorld) -> None:
    """A command that was killed after it sent, and is started again before a block came."""
    standin.node.seals = False
    killed = asyncio.create_task(committing(standin))
    await asyncio.to_thread(standin.node.wait_for_request, SUBMIT)
    killed.cancel()
    again = asyncio.create_task(committing(standin))
    indices = standin.node.requests.count("account_nextIndex")
    await asyncio.to_thread(standin.node.wait_for_request, "account_nextIndex", indices + 2)
    standin.node.seals = True
    assert await again in traces(standin)
    assert nonce(standin) == 1


async def test_two_who_take_one_nonce_both_get_through(standin: StandinWorld) -> None:
    other = await BittensorChain.connect(standin.network)
    wallet = standin.wallet("validator")[0]
    standin.node.seals = False
    work = [
        asyncio.create_task(chain.commit(NETUID, wallet, name))
        for chain, name in ((standin.chain, b"one"), (other, b"two"))
    ]
    await asyncio.to_thread(standin.node.wait_for_request, SUBMIT, 2)
    standin.node.seals = True
    assert len(set(await asyncio.gather(*work))) in (1, 2)
    await other.close()
    assert nonce(standin) == 2


@pytest.mark.parametrize("action", ACTIONS)
async def test_an_upgrade_of_the_runtime_while_connected(standin: StandinWorld, action: Action) -> None:
    standin.node.on_chain(lambda runtime: runtime.upgrade(9001))
    assert await action(standin) in traces(standin)


@pytest.mark.parametrize("action", ACTIONS)
async def test_a_runtime_whose_transactions_the_sdk_cannot_sign(standin: StandinWorld, action: Action) -> None:
    standin.node.on_chain(lambda runtime: runtime.upgrade(9001, new_extension=True))
    await standin.chain.close()
    with pytest.raises(TransactionRefused, match=r"version 9001.*upgrade kinitro and bittensor.*ProveSomethingNew"):
        await action(standin)
    assert await standin.chain.weights(NETUID, standin.wallet("validator")[1]) == {}, "what is read needs no signature"


# --- the chain's rules -----------------------------------------------------------------------------------------------


async def test_commitment_space_per_epoch(standin: StandinWorld) -> None:
    await standin.set_rules(tempo=1000)
    wallet, _ = standin.wallet("validator")
    for _ in range(8):
        await standin.chain.commit(NETUID, wallet, bytes(384))
    with pytest.raises(TransactionRefused, match="too many bytes in this epoch"):
        await standin.chain.commit(NETUID, wallet, bytes(384))
    await standin.advance(1001)
    await standin.chain.commit(NETUID, wallet, bytes(384))


async def test_rows_that_break_the_subnets_limits(standin: StandinWorld) -> None:
    await standin.set_rules(min_allowed_weights=2)
    with pytest.raises(TransactionRefused, match="at least 2"):
        await setting(standin)


@pytest.mark.parametrize("commit_reveal", [False, True])
async def test_a_subnet_smaller_than_its_minimum_takes_a_row_for_all(
    standin: StandinWorld, commit_reveal: bool
) -> None:
    await standin.set_rules(min_allowed_weights=8, commit_reveal=commit_reveal)
    wallet, _ = standin.wallet("validator")
    snapshot = await standin.chain.snapshot(NETUID, (await standin.chain.head()).number)
    assert snapshot.hyperparameters.min_allowed_weights == len(snapshot.neurons) == 2
    assert await standin.chain.set_weights(NETUID, wallet, {0: 1, 1: 1}) in traces(standin)
    with pytest.raises(TransactionRefused, match="at least 2"):
        await standin.chain.set_weights(NETUID, wallet, {0: 1})


@pytest.mark.parametrize("action", [setting, sealing])
async def test_too_little_stake_is_refused_in_the_pool(standin: StandinWorld, action: Action) -> None:
    await standin.set_rules(min_stake=11.0)
    with pytest.raises(TransactionRefused, match=r"too little stake to set weights, add stake \(StakeAmountTooLow\)"):
        await action(standin)
    assert nonce(standin) == 0
    owner, hotkey = standin.wallet("owner")
    await standin.set_rules(commit_reveal=False)
    await standin.chain.set_weights(NETUID, owner, {1: 1})
    assert await standin.chain.weights(NETUID, hotkey) == {1: 65535}, "the owner needs no stake"


async def test_an_epoch_is_tempo_blocks_from_the_last_one_and_can_move(standin: StandinWorld) -> None:
    chain, node = standin.chain, standin.node
    node.seals = False
    await standin.set_rules(tempo=20)
    await standin.advance(40)

    async def told() -> tuple[int, int | None, int | None]:
        snapshot = await chain.snapshot(NETUID, (await chain.head()).number)
        return snapshot.block.number, snapshot.last_epoch_block, snapshot.next_epoch_block

    number, last, following = await told()
    assert last is not None
    assert following == last + 20
    await standin.advance(following - number)
    assert await told() == (following, following, following + 20)
    node.on_chain(lambda runtime: runtime.trigger_epoch(NETUID, following + 5))
    await standin.advance(1)
    assert await told() == (following + 1, following, following + 5)
    node.on_chain(lambda runtime: setattr(runtime, "epochs_deferred", True))
    await standin.advance(7)
    assert await told() == (following + 8, following, following + 9), (
        "it is due, and comes with the next block that may"
    )
    node.on_chain(lambda runtime: setattr(runtime, "epochs_deferred", False))
    await standin.advance(1)
    assert await told() == (following + 9, following + 9, following + 29)
