"""A lying operator against the chain: seed keys, beacons and openings that were chosen after the fact."""

from __future__ import annotations

from typing import Any, cast

import pytest

from kinitro.audit.binding import check_binding
from kinitro.audit.report import AuditVerdict, Check
from kinitro.chain.errors import ChainUnavailable
from kinitro.chain.interface import Wallet
from kinitro.chain.seed_commitments import SeedCommitment, decode_seed_commitment
from kinitro.client.errors import ApiNotFound
from kinitro.client.http import ApiClient
from kinitro.client.records import Manifest, digest_opening
from kinitro.cycles.seeds import compute_beacon_number
from kinitro.database.errors import UnknownCycle
from kinitro.scheduler.binding import KeyBinding
from tests.fakes.chain import FakeChain
from tests.fakes.executor import run_tasks
from tests.fakes.subnet import Subnet, by_skill, subnet
from tests.standin.worlds import NETUID, World

OPERATOR = Wallet("operator", "operator-hotkey")
BOUND: dict[str, Any] = {"wallet_name": OPERATOR.name, "hotkey_name": OPERATOR.hotkey}


async def publish(net: Subnet, **options: Any) -> Manifest:
    """One cycle more, to its end."""
    net.chain.owner = OPERATOR.hotkey
    await net.reach("running", **BOUND | options)
    await run_tasks(net.pool, net.executor_id, by_skill)
    return await net.store.manifest((await net.reach("published", **BOUND | options)).id)


async def check(net: Subnet, manifest: Manifest, operator: str | None = None) -> Check:
    """What an auditor finds who has the chain and what is published."""

    class Api:
        async def get(self, path: str, model: type[Manifest]) -> Manifest:
            try:
                return await net.store.manifest(int(path.split("/")[3]))
            except UnknownCycle as error:
                raise ApiNotFound(str(error), 404) from None

    return await check_binding(cast("ApiClient", Api()), manifest, net.chain, operator)


def difference(found: Check) -> str:
    assert found.verdict is AuditVerdict.FAILED, found
    return found.differences[0]


async def test_every_cycle_of_an_honest_operator_is_proven(empty_database: str) -> None:
    """Also after cycles that were cancelled before and after their beacon, and those that never had miners."""
    async with subnet(empty_database) as net:
        first = await publish(net)
        found = await check(net, first)
        assert (found.verdict, "the first of this hotkey" in found.detail) == (AuditVerdict.PASSED, True), found

        for state in ("open", "running"):
            cycle = await net.reach(state, **BOUND)
            if state == "open":
                await net.scheduler(**BOUND).step()
                assert decode_seed_commitment(net.chain.commitments[OPERATOR.hotkey].data) == SeedCommitment(
                    cycle.id, digest_opening(await net.store.manifest(cycle.id))
                )
            await net.store.cancel(cycle.id, "worthless")
            later = await publish(net)
            found = await check(net, later)
            assert found.verdict is AuditVerdict.PASSED, found
            assert f"after cycle {cycle.id} (cancelled)" in found.detail
        assert (await check(net, first)).verdict is AuditVerdict.PASSED, "old cycles stay proven"


async def test_the_commitment_is_no_miner(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        net.chain.add_raw(0, SeedCommitment(7, b"d" * 32).encode())
        manifest = await publish(net)
        assert [miner.uid for miner in manifest.miners] == [2, 5, 9]


async def test_a_key_that_was_chosen_after_the_beacon_is_named(empty_database: str) -> None:
    """Red team: 300 keys were tried once the beacon was known, and the best one stored."""
    async with subnet(empty_database) as net:
        manifest = await publish(net)
        chosen = manifest.model_copy(update={"seed_key": "ab" * 32, "key_hash": "cd" * 32})
        assert "what was published of cycle 1 gives" in difference(await check(net, chosen))


async def test_a_beacon_that_was_chosen_is_named(empty_database: str) -> None:
    """Red team: the key is bound, and the block whose hash makes the seeds is picked among many."""
    async with subnet(empty_database) as net:
        manifest = await publish(net)
        later = manifest.key_committed_block + 1
        chosen = manifest.model_copy(
            update={"key_committed_block": later, "beacon_block": compute_beacon_number(later)}
        )
        assert f"is of block {manifest.key_committed_block}" in difference(await check(net, chosen))


@pytest.mark.parametrize("what", ["a miner excluded", "another configuration", "other miners' blocks"])
async def test_an_opening_that_was_changed_afterwards_is_named(empty_database: str, what: str) -> None:
    async with subnet(empty_database) as net:
        manifest = await publish(net)
        miners = list(manifest.miners)
        changes = {
            "a miner excluded": {"miners": [miners[0].model_copy(update={"excluded": "was too good"}), *miners[1:]]},
            "another configuration": {"config": manifest.config.model_copy(update={"environments": []})},
            "other miners' blocks": {"block": manifest.block - 1},
        }
        chosen = manifest.model_copy(update=changes[what])
        assert "what was published of cycle 1 gives" in difference(await check(net, chosen))


async def test_many_commitments_to_one_cycle_are_a_choice(empty_database: str) -> None:
    """Red team: a commitment in every block, each with a key of its own, and the best of them published."""
    async with subnet(empty_database) as net:
        await publish(net)
        await net.chain.commit(1, OPERATOR, SeedCommitment(2, b"t" * 32).encode())
        assert "there was a choice" in difference(await check(net, await publish(net)))
        assert (await check(net, await publish(net))).verdict is AuditVerdict.PASSED, "the next one is not to blame"


async def test_trials_cannot_hide_behind_an_older_cycle(empty_database: str) -> None:
    """Red team: a trial, then the cycle before committed to once more, then the cycle."""
    async with subnet(empty_database) as net:
        await publish(net)
        known = net.chain.commitments[OPERATOR.hotkey].data
        await net.chain.commit(1, OPERATOR, SeedCommitment(2, b"t" * 32).encode())
        await net.chain.commit(1, OPERATOR, known)
        assert "cycle 1 was committed to in block" in difference(await check(net, await publish(net)))


async def test_trials_cannot_hide_behind_a_cancelled_cycle(empty_database: str) -> None:
    """Red team: the same with a cycle that was given up before it had a beacon, so that its block is nowhere noted."""
    async with subnet(empty_database) as net:
        cancelled = await net.reach("open", **BOUND)
        await net.store.cancel(cancelled.id, "worthless")
        data = SeedCommitment(cancelled.id, digest_opening(await net.store.manifest(cancelled.id))).encode()
        await net.chain.commit(1, OPERATOR, SeedCommitment(2, b"t" * 32).encode())
        await net.chain.commit(1, OPERATOR, data)
        assert "there was a choice" in difference(await check(net, await publish(net)))


async def test_cycles_that_are_kept_back_are_named(empty_database: str) -> None:
    """Red team: trials under numbers of their own, which the API does not know."""
    async with subnet(empty_database) as net:
        await net.chain.commit(1, OPERATOR, SeedCommitment(0, b"t" * 32).encode())
        await net.chain.commit(
            1, OPERATOR, SeedCommitment(0, bytes(32), b"k" * 32).encode()
        )  # its key, which hides nothing
        assert "There is no cycle 0" in difference(await check(net, await publish(net)))


async def test_something_else_in_between_is_named(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        await publish(net)
        await net.chain.commit(1, OPERATOR, b"something else")
        assert "something other than a cycle" in difference(await check(net, await publish(net)))


async def test_without_a_commitment_nothing_is_proven(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        manifest = await publish(net, wallet_name=None)
        for operator in (None, "somebody else"):
            found = await check(net, manifest, operator)
            assert found.verdict is AuditVerdict.SKIPPED
            assert found.detail.startswith("not proven: ")


async def test_the_first_of_two_equal_commitments_counts(empty_database: str) -> None:
    """What became of a transaction may be unknown, so that it is sent again; nobody gains a choice by that."""

    class Forgetful(FakeChain):
        lost = 2

        async def commit(self, netuid: int, wallet: Wallet, data: bytes) -> int:
            block = await super().commit(netuid, wallet, data)
            if self.lost:
                self.lost -= 1
                raise ChainUnavailable("The fate of the transaction is unknown.")
            return block

    async with subnet(empty_database) as net:
        chain = Forgetful()
        chain.neurons, chain.commitments, chain.owner = net.chain.neurons, net.chain.commitments, OPERATOR.hotkey
        net.chain = chain
        opened = await net.reach("open", **BOUND)
        with pytest.raises(ChainUnavailable):
            await net.scheduler(**BOUND).step()
        data = chain.written[0][1].data
        with pytest.raises(ChainUnavailable):
            await chain.commit(1, OPERATOR, data)
        manifest = await publish(net)
        assert manifest.cycle_id == opened.id
        assert len({raw.data for _, raw in chain.written}) == 1
        assert len(chain.written) == 2, "a scheduler that starts again finds its commitment on the chain"
        assert manifest.key_committed_block == chain.written[0][1].block
        assert (await check(net, manifest)).verdict is AuditVerdict.PASSED
        assert (await check(net, await publish(net))).verdict is AuditVerdict.PASSED


async def test_on_a_real_chain(world: World) -> None:
    """The same binding on the local chain and on Bittensor's, as the stand-in node speaks it."""
    await world.register("owner")
    wallet, hotkey = world.wallet("owner")
    assert (await world.chain.snapshot(NETUID, (await world.chain.head()).number)).owner_hotkey == hotkey
    data = [SeedCommitment(number, bytes([number]) * 32).encode() for number in (1, 2)]
    blocks = []
    for opening in data:
        binding = KeyBinding(world.chain, NETUID, wallet)
        assert await binding.committed_block(opening) is None
        for _ in range(50):
            await world.advance(1)
            if (block := await binding.committed_block(opening)) is not None:
                break
        assert await KeyBinding(world.chain, NETUID, wallet).committed_block(opening) == block
        blocks.append(block)
    first, second = blocks
    assert first is not None
    assert second is not None
    assert first < second
    shown = [(await world.chain.snapshot(NETUID, number)).commitments.get(hotkey) for number in (first - 1, second - 1)]
    assert [raw.data if raw else None for raw in shown] == [None, data[0]]
