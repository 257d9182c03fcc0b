"""A cycle goes from the chain to a publication, whatever happens to the scheduler on the way."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from kinitro.chain import ChainSnapshot, UnknownSubnet
from kinitro.chain.commitments import Commitment, SealedEndpoint, encode
from kinitro.client.records import compute_results_root
from kinitro.client.verdicts import Evidence, VerificationReport
from kinitro.cycles.seeds import BEACON_LAG_BLOCKS
from kinitro.database.cycles import CycleConflict, CycleStore, NotRevealed
from kinitro.database.pool import connect_async
from kinitro.database.publications import PublicationStore
from kinitro.database.verifications import NOT_IN_TIME, Verifications
from kinitro.environments import get_spec, scored_specs
from kinitro.environments.seeds import derive_seed
from kinitro.environments.sets import COMPOSED
from kinitro.errors import ConfigurationError
from kinitro.policies.errors import PolicyUnreachable, Reason
from kinitro.policies.messages import PolicyHealth
from kinitro.scheduler.service import Scheduler, run_scheduler
from kinitro.scheduler.settings import SchedulerSettings
from tests.fakes.executor import report, run_tasks, skill
from tests.fakes.subnet import ENVIRONMENTS, by_skill, healthy, subnet
from tests.fakes.verifier import verify


async def test_from_the_chain_to_a_publication(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        running = await net.reach("running")
        assert running.key_hash == hashlib.sha256(running.seed_key).digest()
        assert running.beacon_block == running.key_committed_block + BEACON_LAG_BLOCKS
        assert running.beacon_hash == await net.chain.block_hash(running.beacon_block)
        assert await run_tasks(net.pool, net.executor_id, by_skill) == 3 * 2 * 20
        done = await net.reach("published")
        assert (done.published_at, done.revealed_at) != (None, None)

        rows = await net.store.all_results(done)
        assert [row.uid for row in rows[:3]] == [2, 5, 9], "all miners meet an episode at about the same time"
        for row in rows:
            version = get_spec(row.env_id).version
            assert row.seed == derive_seed(done.seed_key, done.beacon_hash, row.env_id, version, row.episode).hex()
            assert row.outcome == (1 if skill(row.uid, row.seed) else 2)
            assert (
                row.trace_sha256 == hashlib.sha256(hashlib.sha256(f"{row.uid}{row.seed}".encode()).digest()).hexdigest()
            )
        assert done.results_root == compute_results_root(rows)

        scores, weights = await net.one("select scores, weights from publication where cycle_id = %s", done.id)
        assert scores["miners"][0]["uid"] == 9
        assert weights["weights"] == {"9": 1.0}
        assert weights["weights_u16"] == {"9": 65535}
        for miner in scores["miners"]:
            for environment in miner["environments"]:
                mine = [r for r in rows if r.uid == miner["uid"] and r.env_id == environment["env_id"]]
                assert environment["successes"] == sum(row.outcome == 1 for row in mine)


async def test_before_the_reveal_only_counts_are_public(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        cycle = await net.reach("running")
        await run_tasks(net.pool, net.executor_id, by_skill, limit=50)
        manifest = await net.store.manifest(cycle.id)
        assert manifest.seed_key is None
        assert manifest.key_hash == cycle.key_hash.hex()
        assert manifest.counts == {"total": 120, "finished": 50}
        assert manifest.executors == []
        with pytest.raises(NotRevealed, match="not public before"):
            await net.store.results_page(cycle.id, 0, 10)
        task = await net.one("select min(task_id) from trace")
        with pytest.raises(NotRevealed):
            await net.store.trace(task[0])
        await run_tasks(net.pool, net.executor_id, by_skill)
        await net.reach("published")
        revealed = await net.store.manifest(cycle.id)
        assert revealed.seed_key == cycle.seed_key.hex()
        assert revealed.counts["success"] + revealed.counts["failure"] == 120
        assert (await net.store.trace(task[0])).task_id == task[0]


async def test_pages_of_results_are_complete_and_in_order(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        cycle = await net.reach("running")
        await run_tasks(net.pool, net.executor_id, by_skill)
        await net.reach("published")
        after: int | None = 0
        rows = []
        while after is not None:
            page = await net.store.results_page(cycle.id, after, 40)
            rows += page.results
            after = page.next_after
        assert rows == await net.store.all_results(await net.store.find(cycle.id))


@pytest.mark.parametrize("state", ["open", "running", "scoring"])
async def test_a_new_scheduler_goes_on_where_the_old_one_was_killed(empty_database: str, state: str) -> None:
    async with subnet(empty_database) as net:
        if state == "scoring":
            await net.reach("running")
            await run_tasks(net.pool, net.executor_id, by_skill)
        before = await net.reach(state)
        if state != "scoring":
            await net.reach("running")
            await run_tasks(net.pool, net.executor_id, by_skill)
        after = await net.reach("published")
        assert (after.id, after.seed_key) == (before.id, before.seed_key)
        assert await net.one("select count(*) from task") == (120,)


class Killed(Exception):
    """Stands for SIGKILL: nothing after it is executed."""


async def test_killed_between_any_two_statements_publishes_once(empty_database: str) -> None:
    """One cycle for every n: its scheduler's session dies before the n-th statement, and a new one goes on."""
    async with subnet(empty_database) as net:
        settings = net.settings(episodes_per_env=2)
        statements, killed = 0, True
        while killed:
            statements += 1
            connection = await connect_async(net.url)
            store = CycleStore(connection)
            _die_before(store, connection, statements)
            dying = Scheduler(settings, net.chain, healthy, store, asyncio.Event())
            killed = False
            while not dying.published and not killed:
                try:
                    await dying.step()
                except (Killed, psycopg.Error):
                    killed = True
                await run_tasks(net.pool, net.executor_id, by_skill)
            await connection.close()
            published = await net.one("select count(*) from publication")
            while published != (statements,):
                await net.scheduler(episodes_per_env=2).step()
                await run_tasks(net.pool, net.executor_id, by_skill)
                published = await net.one("select count(*) from publication")
        assert statements > 20, "it was killed at many places"
        assert await net.one("select count(*) from cycle") == (statements,)
        assert await net.one("select count(*) from cycle where state = 'published'") == (statements,)
        rows = "select count(*), count(distinct (cycle_id, uid, env, episode)) from task"
        assert await net.one(rows) == (12 * statements, 12 * statements)


def _die_before(store: CycleStore, connection: psycopg.AsyncConnection[Any], statements: int) -> None:
    left = [statements]

    def counted(run: Callable[..., Any]) -> Callable[..., Any]:
        async def wrapper(*arguments: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                connection.pgconn.finish()
                raise Killed
            return await run(*arguments, **named)

        return wrapper

    for name in ("_one", "_all"):
        setattr(store, name, counted(getattr(store, name)))
    connection.execute = counted(connection.execute)  # type: ignore[method-assign]


async def test_void_episodes_count_for_no_miner(empty_database: str) -> None:
    async with subnet(empty_database, max_faults=1) as net:
        cycle = await net.reach("running")

        def rule(task: Any) -> int:
            return 4 if (task.uid, task.env_id, task.episode) == (5, ENVIRONMENTS[1], 3) else by_skill(task)

        await run_tasks(net.pool, net.executor_id, rule)
        await net.reach("published")
        (scores,) = await net.one("select scores from publication where cycle_id = %s", cycle.id)
        assert scores["void_episodes"] == 1
        episodes = {e["env_id"]: e["episodes"] for miner in scores["miners"] for e in miner["environments"]}
        assert episodes == {ENVIRONMENTS[0]: 20, ENVIRONMENTS[1]: 19}
        assert "1 of 20 episodes do not count" in scores["notes"][0]


async def test_the_rest_of_a_void_episode_is_not_run(empty_database: str) -> None:
    async with subnet(empty_database, max_faults=1) as net:
        cycle = await net.reach("running")
        await run_tasks(net.pool, net.executor_id, lambda task: 4, limit=1)
        await net.scheduler().step()
        cancelled = "select count(*) from task where outcome = 'cancelled' and cycle_id = %s"
        assert await net.one(cancelled, cycle.id) == (2,)


async def test_too_many_void_episodes_fail_the_cycle(empty_database: str) -> None:
    async with subnet(empty_database, max_faults=1) as net:
        await net.reach("running", max_void_share=0.1)
        await run_tasks(net.pool, net.executor_id, lambda task: 4 if task.episode < 3 else by_skill(task))
        failed = await net.reach("failed")
        assert failed.reason is not None
        assert "3 of 20 episodes of metaworld/reach-v3 are void" in failed.reason
        assert failed.revealed_at is not None


async def test_past_its_deadline_a_cycle_counts_what_is_complete_for_all(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        cycle = await net.reach("running", min_episodes=10)
        await run_tasks(net.pool, net.executor_id, by_skill, limit=2 * 3 * 12 + 4)
        late = await net.pool.fetch(net.executor_id, _request())
        assert late.lease_id is not None
        await net.connection.execute("update cycle set deadline_at = now() where id = %s", (cycle.id,))
        await net.reach("published")
        (scores,) = await net.one("select scores from publication where cycle_id = %s", cycle.id)
        episodes = {e["env_id"]: e["episodes"] for miner in scores["miners"] for e in miner["environments"]}
        assert episodes == {ENVIRONMENTS[0]: 13, ENVIRONMENTS[1]: 12}
        status = await report(net.pool, net.executor_id, late.lease_id, late.tasks[0], 1)
        assert status.status == "stale", "a late report changes nothing that was scored"
        rows = await net.store.all_results(await net.store.find(cycle.id))
        assert (await net.store.find(cycle.id)).results_root == compute_results_root(rows)


async def test_too_few_complete_episodes_fail_the_cycle_and_keep_the_last_weights(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        await net.reach("running")
        await run_tasks(net.pool, net.executor_id, by_skill)
        first = await net.reach("published")
        await net.reach("running")
        await run_tasks(net.pool, net.executor_id, by_skill, limit=7)
        await net.connection.execute("update cycle set deadline_at = now() where state = 'running'")
        failed = await net.reach("failed")
        assert failed.reason is not None
        assert "Only 1 of 20 episodes" in failed.reason
        assert await net.one("select max(cycle_id) from publication") == (first.id,)


async def test_a_miner_that_is_too_slow_does_not_spoil_the_cycle_for_the_others(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        net.chain.add_miner(1, block=45)
        cycle = await net.reach("running")
        await run_tasks(net.pool, net.executor_id, by_skill, limit=2 * 4 * 3)
        await net.connection.execute("update cycle_miner set max_concurrency = 0 where uid = 1")
        await run_tasks(net.pool, net.executor_id, by_skill)
        await net.connection.execute("update cycle set deadline_at = now() where id = %s", (cycle.id,))
        await net.reach("published")
        (scores,) = await net.one("select scores from publication where cycle_id = %s", cycle.id)
        assert scores["notes"][0] == "uid 1 finished 6 of 40 episodes by the deadline; the rest count as failed."
        slow = next(miner for miner in scores["miners"] if miner["uid"] == 1)
        assert [(e["episodes"], e["faults"]) for e in slow["environments"]] == [(20, 17), (20, 17)]


async def test_when_half_of_the_miners_are_too_slow_the_cycle_fails(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        net.chain.add_miner(1, block=45)
        cycle = await net.reach("running")
        await net.connection.execute("update cycle_miner set max_concurrency = 0 where uid in (1, 2)")
        await run_tasks(net.pool, net.executor_id, by_skill)
        await net.connection.execute("update cycle set deadline_at = now() where id = %s", (cycle.id,))
        assert "Only 0 of 20 episodes" in str((await net.reach("failed")).reason)


async def test_every_cycle_has_its_own_key_and_seeds(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        for _ in range(2):
            await net.reach("running")
            await run_tasks(net.pool, net.executor_id, by_skill)
            await net.reach("published")
        assert await net.one("select count(distinct seed_key) from cycle") == (2,)
        assert await net.one("select count(distinct seed) from task") == (2 * 2 * 20,)


async def test_nobody_qualified_publishes_no_weights_and_says_so(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        await net.reach("running")
        await run_tasks(net.pool, net.executor_id, lambda task: 2)
        done = await net.reach("published")
        scores, weights = await net.one("select scores, weights from publication where cycle_id = %s", done.id)
        assert (weights["weights"], weights["fallback"]) == ({}, "nobody_qualified")
        assert "there are no weights" in scores["notes"][0]


async def test_only_refused_miners_fail_the_cycle_with_public_reasons(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        net.chain.neurons.clear()
        net.chain.add_raw(7, b"\x00\xff garbage")
        net.chain.add_miner(8, endpoint="http://127.0.0.1:80")
        failed = await net.reach("failed")
        assert failed.reason == "No miner has a commitment that can be evaluated."
        reasons = {miner.uid: miner.excluded for miner in await net.store.miners(failed.id)}
        assert "format" in str(reasons[7])
        assert "not public" in str(reasons[8])


async def test_miners_declare_how_many_episodes_they_bear(empty_database: str) -> None:
    async def probe(endpoint: str) -> PolicyHealth:
        if "miner-2" in endpoint:
            raise PolicyUnreachable(Reason.ADDRESS_REFUSED, "The host leads to 10.0.0.1, which is not public.")
        if "miner-5" in endpoint:
            raise PolicyUnreachable(Reason.CONNECTION_REFUSED, "Nobody listens.")
        return PolicyHealth(max_concurrent_episodes=8)

    async with subnet(empty_database) as net:
        scheduler = net.scheduler()
        scheduler.probe = probe
        await scheduler.step()
        cycle = await net.store.latest(1)
        assert cycle is not None
        miners = {miner.uid: miner for miner in await net.store.miners(cycle.id)}
        assert "not public" in str(miners[2].excluded)
        assert (miners[5].excluded, miners[5].max_concurrency) == (None, 1)
        assert miners[9].max_concurrency == 8


async def test_a_sealed_endpoint_reaches_executors_and_nobody_else(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        sealed = Commitment("owner/secretive", "c" * 40, SealedEndpoint(b"s" * 60))
        net.chain.add_raw(3, encode(sealed), block=44)
        net.chain.add_raw(4, encode(sealed), block=44)
        opened = {"hotkey-3": "https://secret.example.com", "hotkey-4": "http://127.0.0.1"}
        scheduler = net.scheduler()
        scheduler.unseal = lambda endpoint, hotkey: opened[hotkey]
        while await net.one("select count(*) from task") == (0,):
            await scheduler.step()
        lease = await net.pool.fetch(net.executor_id, _request())
        assert "https://secret.example.com" in {task.endpoint for task in lease.tasks}
        manifest = await net.store.manifest(lease.tasks[0].cycle_id)
        shown = {miner.uid: miner for miner in manifest.miners}
        assert (shown[3].endpoint, shown[3].sealed, shown[3].excluded) == (None, True, None)
        assert shown[4].excluded == "the sealed endpoint leads to where no policy server may be"
        assert "secret.example" not in manifest.model_dump_json()
        miners = await PublicationStore(net.pool.connections, 1).miners()
        assert {row.uid: row.endpoint for row in miners}[3] is None


async def test_a_spare_takes_over_when_the_leader_is_gone(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        settings = net.settings(cycles=1, episodes_per_env=10)
        stops = [asyncio.Event(), asyncio.Event()]
        leader = asyncio.create_task(run_scheduler(settings, net.chain, healthy, stops[0]))
        await _until(lambda: net.one("select count(*) from cycle where state = 'running'"), (1,))
        spare = asyncio.create_task(run_scheduler(settings, net.chain, healthy, stops[1]))
        await asyncio.sleep(0.2)
        assert await net.one("select count(*) from pg_locks where locktype = 'advisory' and objid > 1000") == (1,)
        leader.cancel()
        await asyncio.gather(leader, return_exceptions=True)
        await run_tasks(net.pool, net.executor_id, by_skill)
        assert await asyncio.wait_for(spare, 20) == 1
        assert await net.one("select count(*) from publication") == (1,)


async def test_a_lost_database_session_costs_nothing_but_time(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        stop = asyncio.Event()
        task = asyncio.create_task(run_scheduler(net.settings(cycles=1, episodes_per_env=10), net.chain, healthy, stop))
        await _until(lambda: net.one("select count(*) from cycle where state = 'running'"), (1,))
        await net.connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'kinitro scheduler'"
        )
        await run_tasks(net.pool, net.executor_id, by_skill)
        assert await asyncio.wait_for(task, 20) == 1
        assert await net.one("select count(*) from publication") == (1,)


async def test_a_spare_that_loses_its_session_comes_back(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        await net.one("select pg_advisory_lock(1263095382, 1001)")
        settings = net.settings(cycles=1, episodes_per_env=10)
        task = asyncio.create_task(run_scheduler(settings, net.chain, healthy, asyncio.Event()))
        standing_by = "select count(*) from pg_stat_activity where application_name = 'kinitro scheduler'"
        await _until(lambda: net.one(standing_by), (1,))
        await asyncio.sleep(0.2)
        await net.connection.execute(standing_by.replace("count(*)", "pg_terminate_backend(pid)"))
        await net.one("select pg_advisory_unlock(1263095382, 1001)")
        await _until(lambda: net.one("select count(*) from cycle where state = 'running'"), (1,))
        await run_tasks(net.pool, net.executor_id, by_skill)
        assert await asyncio.wait_for(task, 20) == 1


async def test_a_chain_that_fails_now_and_then_is_asked_again(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kinitro.scheduler.service.RETRY_S", 0.01)
    async with subnet(empty_database) as net:
        net.chain.failures = 3
        task = asyncio.create_task(
            run_scheduler(net.settings(cycles=1, episodes_per_env=10), net.chain, healthy, asyncio.Event())
        )
        await _until(lambda: net.one("select count(*) from cycle where state = 'running'"), (1,))
        await run_tasks(net.pool, net.executor_id, by_skill)
        assert await asyncio.wait_for(task, 20) == 1


async def test_a_node_that_denies_a_subnet_that_was_seen_is_asked_again(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also by a scheduler that has just started: the database knows earlier cycles."""
    monkeypatch.setattr("kinitro.scheduler.service.RETRY_S", 0.01)
    async with subnet(empty_database) as net:
        real, denials = net.chain.snapshot, 0

        async def denies(netuid: int, block: int | None = None) -> ChainSnapshot:
            nonlocal denials
            denials += 1
            net.chain.snapshot = real  # type: ignore[method-assign]
            raise UnknownSubnet(f"There is no subnet {netuid}.")

        net.chain.snapshot = denies  # type: ignore[method-assign]
        with pytest.raises(UnknownSubnet):  # never seen: it is probably mistyped
            await run_scheduler(net.settings(cycles=1), net.chain, healthy, asyncio.Event())
        for published in (1, 2):
            stop = asyncio.Event()
            if published == 2:
                net.chain.snapshot = denies  # type: ignore[method-assign]
            task = asyncio.create_task(
                run_scheduler(net.settings(cycles=1, episodes_per_env=10), net.chain, healthy, stop)
            )
            await _until(lambda: net.one("select count(*) from cycle where state = 'running'"), (1,))
            await run_tasks(net.pool, net.executor_id, by_skill)
            assert await asyncio.wait_for(task, 20) == 1
        assert denials == 2


async def test_a_subnet_that_was_seen_without_miners_may_be_denied_too(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kinitro.scheduler.service.RETRY_S", 0.01)
    async with subnet(empty_database) as net:
        miners, stop, looks = net.chain.neurons, asyncio.Event(), 0
        real = net.chain.snapshot

        async def flickers(netuid: int, block: int | None = None) -> ChainSnapshot:
            nonlocal looks
            looks += 1
            if looks == 2:
                raise UnknownSubnet(f"There is no subnet {netuid}.")
            if looks == 4:
                stop.set()
            return await real(netuid, block)

        net.chain.neurons = []
        net.chain.snapshot = flickers  # type: ignore[method-assign]
        assert await run_scheduler(net.settings(), net.chain, healthy, stop) == 0
        assert looks == 4
        net.chain.neurons = miners


async def test_without_a_later_finalized_block_it_waits(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        scheduler = net.scheduler()
        await scheduler.step()
        await scheduler.step()
        net.chain.blocks_per_call = 0
        for _ in range(5):
            await scheduler.step()
        cycle = await net.store.latest(1)
        assert cycle is not None
        assert (cycle.state, cycle.beacon_hash) == ("open", None)


async def test_two_schedulers_at_once_never_open_two_cycles(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        await net.reach("open")
        latest = await net.store.latest(1)
        assert latest is not None
        with pytest.raises(CycleConflict, match="already has an active cycle"):
            await net.store.open(1, "fake", latest.config, 1, b"x" * 32, b"k" * 32, b"h" * 32, [])


async def test_cancelled_by_hand(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        cycle = await net.reach("running")
        lease = await net.pool.fetch(net.executor_id, _request())
        assert lease.lease_id is not None
        await net.store.cancel(cycle.id, "wrong environments")
        status = await report(net.pool, net.executor_id, lease.lease_id, lease.tasks[0], 1)
        assert status.status == "stale"
        found = await net.store.find(cycle.id)
        assert (found.state, found.reason) == ("cancelled", "wrong environments")
        with pytest.raises(CycleConflict, match="is cancelled already"):
            await net.store.cancel(cycle.id, "again")


async def test_traces_of_old_cycles_are_dropped_and_their_digests_stay(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        cycles = []
        for _ in range(3):
            await net.reach("running", keep_traces=2)
            await run_tasks(net.pool, net.executor_id, by_skill)
            cycles.append(await net.reach("published", keep_traces=2))
        manifests = [await net.store.manifest(cycle.id) for cycle in cycles]
        assert [manifest.traces_kept for manifest in manifests] == [False, True, True]
        rows = await net.store.all_results(cycles[0])
        assert all(row.trace_sha256 for row in rows)
        assert cycles[0].results_root == compute_results_root(rows)


async def test_a_cheat_is_disqualified_and_somebody_else_leads(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        await net.reach("running")
        await run_tasks(net.pool, net.executor_id, by_skill)
        assert await verify(Verifications(net.connection), net.executor_id, "physics-1", cheats={9}) == 9
        done = await net.reach("published")
        scores, weights, explanations = await net.one("select scores, weights, explanations from publication")
        assert weights["weights"] == {"5": 1.0}
        cheat = next(miner for miner in scores["miners"] if miner["uid"] == 9)
        assert (cheat["disqualified"], cheat["verdicts"]) == (True, {"mismatch": 3})
        assert not any(environment["leader"] for environment in cheat["environments"])
        sentence = "3 of 3 checks failed: the deployed policy did not act as the committed one in 3"
        assert any("uid 9 is disqualified" in note and sentence in note for note in scores["notes"])
        assert sentence in explanations["9"]["summary"]
        assert len(await Verifications(net.connection).verdicts(done.id)) == 9


async def test_only_unproven_commitments_are_always_recorded(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        marked = "select array_agg(distinct uid), count(*) from task where record and cycle_id = %s"
        cycle = await net.reach("running")
        assert await net.one(marked, cycle.id) == ([2, 5, 9], 9)
        await run_tasks(net.pool, net.executor_id, by_skill)
        await verify(Verifications(net.connection), net.executor_id, "physics-1", cheats={2})
        await net.reach("published")
        net.chain.commitments["hotkey-5"] = replace(net.chain.commitments["hotkey-5"], block=90)
        cycle = await net.reach("running")
        assert await net.one(marked, cycle.id) == ([2, 5], 6), "uid 9 matched; uid 5 did, but committed anew"
        await run_tasks(net.pool, net.executor_id, by_skill)
        await net.reach("published", verification_timeout="0")
        cycle = await net.reach("running", verification_checks=0)
        assert await net.one(marked, cycle.id) == (None, 0)


async def test_verdicts_are_waited_for_as_long_as_somebody_works_on_them(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        await net.reach("running")
        await run_tasks(net.pool, net.executor_id, by_skill)
        store = Verifications(net.connection)
        begun = await store.claim(net.executor_id, "physics-1")
        assert begun is not None
        cycle = await net.reach("scoring")
        for _ in range(5):
            await net.scheduler().step()
        assert (await net.store.find(cycle.id)).state == "scoring"
        await net.connection.execute("update verification set ready_at = now()")
        assert await verify(store, net.executor_id, "physics-1") == 9
        await net.scheduler().step()
        assert (await net.store.find(cycle.id)).state == "published"


@pytest.mark.parametrize("why", ["late", "nobody"])
async def test_what_is_not_verified_in_time_costs_nobody_anything(empty_database: str, why: str) -> None:
    async with subnet(empty_database) as net:
        await net.reach("running")
        await run_tasks(net.pool, net.executor_id, by_skill)
        store = Verifications(net.connection)
        begun = await store.claim(net.executor_id, "physics-1")
        assert begun is not None
        if why == "nobody":
            await net.connection.execute("update executor set verified_at = now() - interval '1 hour'")
        done = await net.reach("published", verification_timeout="0" if why == "late" else "1h")
        late = VerificationReport(
            task_id=begun.task_id,
            lease_id=begun.lease_id,
            verdict="mismatch",
            evidence=Evidence(
                compared=9,
                repo=begun.repo,
                revision=begun.revision,
                tolerance=begun.rule.tolerance,
                required_share=begun.rule.required_share,
            ),
        )
        assert await store.report(net.executor_id, late) == "stale"
        verdicts = await store.verdicts(done.id)
        assert {(row.verdict, row.evidence.reason) for row in verdicts} == {("error", NOT_IN_TIME)}
        (weights,) = await net.one("select weights from publication")
        assert weights["weights"] == {"9": 1.0}


async def test_recordings_go_with_the_traces_and_verdicts_stay(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        for _ in range(2):
            cycle = await net.reach("running")
            await run_tasks(net.pool, net.executor_id, by_skill)
            await net.reach("published", keep_traces=1)
        kept = "select count(*) filter (where cycle_id < %s), count(*) filter (where cycle_id = %s) from "
        assert await net.one(kept + "recording", cycle.id, cycle.id) == (0, 9)
        assert await net.one(kept + "verification", cycle.id, cycle.id) == (9, 9)


def test_the_exam_is_scored_by_default_and_the_mission_by_its_name() -> None:
    given: dict[str, Any] = {"netuid": 1, "database_url": "postgresql://localhost/x"}
    mission = [spec.id for spec in scored_specs()]
    config = SchedulerSettings.load(**given).cycle_config()
    assert [environment.id.partition("@")[0] for environment in config.environments] == [*mission, *COMPOSED]
    assert all("@cameras@" in environment.id for environment in config.environments)
    named = SchedulerSettings.load(**given, environments="mission").cycle_config()
    assert [environment.id for environment in named.environments] == mission


def test_impossible_settings_are_refused(tmp_path: Path) -> None:
    given: dict[str, Any] = {"netuid": 1, "database_url": "postgresql://localhost/x"}
    with pytest.raises(ConfigurationError, match="never be reached"):
        SchedulerSettings.load(**given, episodes_per_env=5, min_episodes=6).cycle_config()
    with pytest.raises(ConfigurationError, match="did you mean"):
        SchedulerSettings.load(**given, environments="metaworld/reach").cycle_config()
    with pytest.raises(ConfigurationError, match="--eval-interval"):
        SchedulerSettings.load(**given, eval_interval="soon")


def _request() -> Any:
    from kinitro.client.messages import FetchRequest

    return FetchRequest(max_tasks=5, fingerprint="physics-1")


async def _until(look: Callable[[], Any], wanted: Any, seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while await look() != wanted:  # noqa: ASYNC110  what it waits for happens in PostgreSQL
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("asked", ["snapshot", "finalized_head"])
async def test_a_block_that_never_comes_does_not_keep_it_from_stopping(
    empty_database: str, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    """As when a whole subnet on one machine stops, and its chain stops before the scheduler does."""
    waits = asyncio.Event()

    async def never(*_arguments: object) -> None:
        waits.set()
        await asyncio.Event().wait()

    async with subnet(empty_database) as net:
        monkeypatch.setattr(net.chain, asked, never)
        monkeypatch.setattr("kinitro.scheduler.service.STOP_GRACE_S", 600.0)
        stop = asyncio.Event()
        task = asyncio.create_task(run_scheduler(net.settings(), net.chain, healthy, stop))
        await asyncio.wait_for(waits.wait(), 60)
        stop.set()
        assert await asyncio.wait_for(task, 60) == 0
