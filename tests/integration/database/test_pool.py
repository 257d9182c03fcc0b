"""The pool gives every task to one executor at a time and counts every result once."""

from __future__ import annotations

import asyncio
import json
from collections import Counter

import numpy as np
import psycopg
import pytest

from kinitro.client.errors import LeaseLost
from kinitro.client.messages import FetchResponse, SubmitStatus, TaskResult
from kinitro.client.records import REFERENCE_UID
from kinitro.database import cycles
from kinitro.database.creation import create_tasks
from kinitro.database.pool import ConnectionPool
from kinitro.database.tasks import PoolLimits, TaskPool, fence_cycle
from tests.fakes.pool_rows import add_cycle, add_executor, add_tasks, report, request, rows

RESULTS = cycles.SQL("RESULTS").text


@pytest.fixture
def cycle(database: str) -> int:
    """4 miners, 2 environments, 3 episodes: 24 tasks; executor 1 is gpu-1."""
    add_executor(database)
    cycle_id = add_cycle(database)
    add_tasks(database, cycle_id, uids=[0, 1, 2, 3])
    return cycle_id


def statuses(answers: list[SubmitStatus]) -> list[str]:
    return [answer.status for answer in answers]


def lease_of(response: FetchResponse) -> int:
    assert response.lease_id is not None, response
    return response.lease_id


async def test_created_tasks_carry_their_seeds_and_marks(database: str, pool: TaskPool) -> None:
    cycle_id = add_cycle(database)
    add_executor(database)
    seeds = [[bytes([env, episode]) * 8 for episode in range(3)] for env in range(2)]
    record = np.zeros((3, 2, 4), dtype=bool)
    record[1, 0, 2] = True
    assert await pool.create_tasks(cycle_id, [0, 1, 2, 3], seeds, record=record) == 24
    tasks = (await pool.fetch(1, request(100))).tasks
    assert all(task.seed == (bytes([tasks_env(task.env_id), task.episode]) * 8).hex() for task in tasks)
    assert [(task.episode, task.env_id, task.uid) for task in tasks if task.record] == [(1, "metaworld/reach-v3", 2)]
    assert {(task.hotkey, task.endpoint) for task in tasks if task.uid == 3} == {("hotkey-3", "http://miner-3")}


def tasks_env(env_id: str) -> int:
    return {"metaworld/reach-v3": 0, "metaworld/push-v3": 1}[env_id]


async def test_reading_a_cycle_does_not_wade_through_its_neighbours(database: str, pool: TaskPool) -> None:
    numbers = [add_cycle(database, netuid=netuid) for netuid in range(3)]
    for cycle_id in numbers:
        assert await pool.create_tasks(cycle_id, range(8), [[bytes(16)] * 50] * 2) == 800
    rows(database, "update task set outcome = 'success', lease_id = 0")
    rows(database, "vacuum analyze task")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("set enable_bitmapscan = off")  # what the planner chooses when a cycle is a part of many
        for cycle_id in numbers:
            parameters = {"cycle_id": cycle_id, "after": 0, "limit": 1000}
            found = connection.execute(RESULTS, parameters).fetchall()
            plan = connection.execute("explain (analyze, timing off) " + RESULTS, parameters).fetchall()
            assert len(found) == 800
            assert not [line for (line,) in plan if "Rows Removed by Filter" in line], plan


async def test_a_seed_of_the_wrong_size_creates_nothing(database: str, connections: ConnectionPool) -> None:
    cycle_id = add_cycle(database)
    async with connections.connection() as connection:
        with pytest.raises(ValueError, match="16 bytes"):
            async with connection.transaction():
                await create_tasks(connection, cycle_id, [0], [[b"short"]])
    assert rows(database, "select count(*) from task") == [(0,)]


async def test_all_miners_meet_an_episode_before_anyone_meets_the_next(cycle: int, pool: TaskPool) -> None:
    episodes = []
    while (response := await pool.fetch(1, request(5))).tasks:
        episodes += [task.episode for task in response.tasks]
    assert episodes == sorted(episodes)
    assert len(episodes) == 24


async def test_no_miner_gets_more_at_once_than_it_declared(database: str, pool: TaskPool) -> None:
    add_executor(database)
    cycle_id = add_cycle(database, miners={0: 1, 1: 2, 2: 5})
    add_tasks(database, cycle_id, uids=[0, 1, 2], episodes=10)
    responses = await asyncio.gather(*(pool.fetch(1, request(3)) for _ in range(12)))
    out = Counter(task.uid for response in responses for task in response.tasks)
    assert out == {0: 1, 1: 2, 2: 5}
    holder = next(r for r in responses if any(task.uid == 0 for task in r.tasks))
    mine = next(task.task_id for task in holder.tasks if task.uid == 0)
    await pool.submit(1, lease_of(holder), [report(mine)])
    assert [task.uid for task in (await pool.fetch(1, request(10))).tasks] == [0]


async def test_busy_miners_at_the_head_do_not_hide_the_work_behind(database: str, pool: TaskPool) -> None:
    add_executor(database)
    cycle_id = add_cycle(database, miners={0: 1, 1: 1})
    add_tasks(database, cycle_id, uids=[0], episodes=50)
    add_tasks(database, cycle_id, uids=[1], episodes=1)
    assert {task.uid for task in (await pool.fetch(1, request(2))).tasks} == {0, 1}


@pytest.mark.parametrize("miners", [1, 2, 40])
async def test_a_fetch_does_not_read_what_is_finished(
    database: str, connections: ConnectionPool, pool: TaskPool, miners: int
) -> None:
    add_executor(database)
    cycle_id = add_cycle(database, miners=miners)
    add_tasks(database, cycle_id, uids=list(range(miners)), episodes=8000 // miners)
    rows(database, "update task set outcome = 'success', lease_id = 1 where id <= 10000")
    rows(database, "update cycle set next_task = 10001")
    rows(database, "vacuum analyze task")
    read = "select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables where relname = 'task'"
    async with connections.connection() as connection:
        for room in (100, 1):  # the head of the queue is enough; it is not, and every miner is looked at
            await connection.execute("update cycle_miner set max_concurrency = %s", (room,))
            async with connection.transaction():
                call = (
                    "select cardinality(task_ids) "
                    "from fetch_tasks(1, 10, null, 'physics-a', '{}', 0, '{}', false, '0', '1 min')"
                )
                found = await (await connection.execute(call)).fetchone()
                touched = await (await connection.execute(read)).fetchone()
            assert found == ((10,) if room == 100 or miners == 40 else None)
            assert touched is not None
            assert touched[0] < 400


async def test_an_excluded_miner_and_a_cycle_that_is_not_running_give_nothing(database: str, pool: TaskPool) -> None:
    add_executor(database)
    for netuid, state in enumerate(("open", "scoring", "published", "failed", "cancelled")):
        add_tasks(database, add_cycle(database, netuid=netuid, state=state), uids=[0])
    cycle_id = add_cycle(database, netuid=9)
    add_tasks(database, cycle_id, uids=[0])
    rows(database, "update cycle_miner set excluded = 'a reason' where cycle_id = %s", cycle_id)
    assert (await pool.fetch(1, request())).tasks == []


async def test_an_executor_gets_the_families_it_can_run(database: str, pool: TaskPool) -> None:
    add_executor(database)
    cycle_id = add_cycle(database, environments=("metaworld/reach-v3", "other/x"))
    add_tasks(database, cycle_id, uids=[0, 1])
    tasks = (await pool.fetch(1, request(100, env_families=["other"]))).tasks
    assert {task.env_id for task in tasks} == {"other/x"}
    assert len(tasks) == 6
    assert (await pool.fetch(1, request(100, env_families=["nothing"]))).lease_id is None


async def test_two_running_cycles_do_not_share_a_lease(database: str, pool: TaskPool) -> None:
    add_executor(database)
    for netuid in (1, 2):
        add_tasks(database, add_cycle(database, netuid=netuid), uids=[0, 1])
    first, second = [await pool.fetch(1, request(100)) for _ in range(2)]
    assert len({task.cycle_id for task in first.tasks}) == len({task.cycle_id for task in second.tasks}) == 1
    assert len(first.tasks) == len(second.tasks) == 12


async def test_one_physics_per_cycle_unless_the_operator_mixes(
    database: str, cycle: int, connections: ConnectionPool, pool: TaskPool
) -> None:
    assert (await pool.fetch(1, request(1))).tasks
    other = await pool.fetch(1, request(1, fingerprint="physics-b"))
    assert other.tasks == []
    assert "physics-a" in str(other.reason)
    assert "--allow-mixed-physics" in str(other.reason)
    assert rows(database, "select fingerprint, mixed_physics from cycle") == [("physics-a", False)]
    mixed = TaskPool(connections, PoolLimits(allow_mixed_physics=True))
    assert (await mixed.fetch(1, request(1, fingerprint="physics-b"))).tasks
    assert rows(database, "select fingerprint, mixed_physics from cycle") == [("physics-a", True)]


async def test_the_same_report_twice_is_a_duplicate_and_a_changed_one_is_rejected(cycle: int, pool: TaskPool) -> None:
    response = await pool.fetch(1, request(3))
    reports = [report(task.task_id, total_reward=1.5) for task in response.tasks]
    lease = lease_of(response)
    assert statuses(await pool.submit(1, lease, reports)) == ["accepted"] * 3
    assert statuses(await pool.submit(1, lease, reports)) == ["duplicate"] * 3
    changed = await pool.submit(1, lease, [report(response.tasks[0].task_id, 2)])
    assert statuses(changed) == ["rejected"]
    assert "another outcome" in str(changed[0].reason)
    assert (await pool.stats()).by_outcome["success"] == 3


async def test_two_reports_of_one_task_in_one_batch(cycle: int, pool: TaskPool) -> None:
    response = await pool.fetch(1, request(1))
    task = response.tasks[0].task_id
    answers = await pool.submit(1, lease_of(response), [report(task), report(task), report(task, 2)])
    assert statuses(answers) == ["accepted", "duplicate", "rejected"]


async def test_simultaneous_copies_of_one_submit_are_counted_once(cycle: int, pool: TaskPool) -> None:
    response = await pool.fetch(1, request(8))
    reports = [report(task.task_id) for task in response.tasks]
    answers = await asyncio.gather(*(pool.submit(1, lease_of(response), reports) for _ in range(8)))
    counts = Counter(status for answer in answers for status in statuses(answer))
    assert counts == {"accepted": 8, "duplicate": 56}


async def test_a_report_after_the_lease_was_lost_is_stale(database: str, cycle: int, pool: TaskPool) -> None:
    late = await pool.fetch(1, request(4))
    rows(database, "update lease set expires_at = now() - interval '1 s'")
    assert await pool.reap() == (1, 4)
    again = await pool.fetch(1, request(4))
    assert {task.task_id for task in again.tasks} == {task.task_id for task in late.tasks}
    assert {task.attempt for task in again.tasks} == {2}
    lies = [report(task.task_id, 2) for task in late.tasks]
    assert statuses(await pool.submit(1, lease_of(late), lies)) == ["stale"] * 4
    truth = [report(task.task_id, 1) for task in again.tasks]
    assert statuses(await pool.submit(1, lease_of(again), truth)) == ["accepted"] * 4
    assert statuses(await pool.submit(1, lease_of(late), lies)) == ["stale"] * 4
    assert (await pool.stats()).by_outcome["success"] == 4


async def test_an_expired_lease_that_nobody_reaped_still_counts(database: str, cycle: int, pool: TaskPool) -> None:
    response = await pool.fetch(1, request(1))
    rows(database, "update lease set expires_at = now() - interval '1 s'")
    assert statuses(await pool.submit(1, lease_of(response), [report(response.tasks[0].task_id)])) == ["accepted"]


async def test_nobody_reports_for_another_executor(database: str, cycle: int, pool: TaskPool) -> None:
    other, _ = add_executor(database, "gpu-2")
    response = await pool.fetch(1, request(2))
    reports = [report(task.task_id) for task in response.tasks]
    assert statuses(await pool.submit(other, lease_of(response), reports)) == ["stale", "stale"]
    with pytest.raises(LeaseLost):
        await pool.heartbeat(other, lease_of(response))
    with pytest.raises(LeaseLost):
        await pool.release(other, lease_of(response))
    assert statuses(await pool.submit(1, lease_of(response), reports)) == ["accepted", "accepted"]
    assert statuses(await pool.submit(other, lease_of(response), reports)) == ["stale", "stale"]


async def test_tasks_that_are_not_in_the_lease_are_stale(cycle: int, pool: TaskPool) -> None:
    first, second = await pool.fetch(1, request(1)), await pool.fetch(1, request(1))
    ids = [second.tasks[0].task_id, first.tasks[0].task_id, 10**15]
    answers = await pool.submit(1, lease_of(first), [report(task) for task in ids])
    assert statuses(answers) == ["stale", "accepted", "stale"]


async def test_an_evaluator_fault_gives_the_task_back_until_it_is_void(
    database: str, cycle: int, pool: TaskPool
) -> None:
    rows(database, "delete from task where id > 1")
    for attempt in (1, 2, 3):
        response = await pool.fetch(1, request())
        assert [task.attempt for task in response.tasks] == [attempt]
        fault = report(response.tasks[0].task_id, 4, reason="simulator_crashed")
        assert statuses(await pool.submit(1, lease_of(response), [fault])) == ["accepted"]
        assert statuses(await pool.submit(1, lease_of(response), [fault])) == ["duplicate"]
    stats = await pool.stats()
    assert (stats.ready, stats.finished, stats.by_outcome["void"]) == (0, 1, 1)
    assert rows(database, "select reason, faults from task") == [("simulator_crashed", 3)]


async def test_a_fault_goes_to_another_executor_first(database: str, cycle: int, connections: ConnectionPool) -> None:
    rows(database, "delete from task where id > 1")
    patient = TaskPool(connections, PoolLimits(fault_retry_s=60.0))
    response = await patient.fetch(1, request())
    await patient.submit(1, lease_of(response), [report(response.tasks[0].task_id, 4)])
    assert (await patient.fetch(1, request())).tasks == []
    other, _ = add_executor(database, "gpu-2")
    assert (await patient.fetch(other, request())).tasks


async def test_a_task_that_ends_every_lease_is_void_in_the_end(
    database: str, cycle: int, connections: ConnectionPool
) -> None:
    rows(database, "delete from task where id > 1")
    pool = TaskPool(connections, PoolLimits(max_leases=2))
    for _ in range(2):
        await pool.fetch(1, request())
        rows(database, "update lease set expires_at = now() - interval '1 s'")
        await pool.reap()
    assert (await pool.fetch(1, request())).tasks == []
    assert rows(database, "select outcome, reason from task") == [("void", "lease_expired")]


async def test_released_tasks_come_back_at_once_and_untried(cycle: int, pool: TaskPool) -> None:
    response = await pool.fetch(1, request(4))
    await pool.submit(1, lease_of(response), [report(response.tasks[0].task_id)])
    assert await pool.release(1, lease_of(response)) == 3
    with pytest.raises(LeaseLost, match="is gone"):
        await pool.release(1, lease_of(response))
    again = await pool.fetch(1, request(3))
    assert [task.task_id for task in again.tasks] == [task.task_id for task in response.tasks[1:]]
    assert {task.attempt for task in again.tasks} == {1}


async def test_a_heartbeat_keeps_a_lease_but_not_for_ever(
    database: str, cycle: int, connections: ConnectionPool
) -> None:
    pool = TaskPool(connections, PoolLimits(lease_ttl_s=60.0, lease_max_age_s=600.0))
    lease = lease_of(await pool.fetch(1, request(1)))
    rows(database, "update lease set expires_at = now() + interval '1 s'")
    assert await pool.heartbeat(1, lease) == pytest.approx(60.0, abs=1.0)
    rows(database, "update lease set created_at = now() - interval '590 s', expires_at = now() + interval '5 s'")
    assert await pool.heartbeat(1, lease) == pytest.approx(10.0, abs=1.0)
    rows(database, "update lease set created_at = now() - interval '2 h', expires_at = now() - interval '1 s'")
    with pytest.raises(LeaseLost, match="is gone"):
        await pool.heartbeat(1, lease)


async def test_a_finished_lease_is_gone(database: str, cycle: int, pool: TaskPool) -> None:
    response = await pool.fetch(1, request(2))
    await pool.submit(1, lease_of(response), [report(task.task_id) for task in response.tasks])
    assert rows(database, "select count(*) from lease") == [(0,)]
    with pytest.raises(LeaseLost):
        await pool.heartbeat(1, lease_of(response))


async def test_no_report_changes_a_cycle_that_left_running(
    database: str, cycle: int, connections: ConnectionPool, pool: TaskPool
) -> None:
    response = await pool.fetch(1, request(4))
    async with connections.connection() as connection, connection.transaction():
        assert await fence_cycle(connection, cycle) == 1
        waiting = asyncio.create_task(pool.fetch(1, request(4)))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        await connection.execute("update cycle set state = 'scoring' where id = %s", (cycle,))
    assert (await waiting).tasks == []
    assert (
        statuses(await pool.submit(1, lease_of(response), [report(t.task_id) for t in response.tasks])) == ["stale"] * 4
    )
    assert (await pool.stats()).finished == 0


async def test_traces_are_kept_with_results_and_not_with_faults(database: str, cycle: int, pool: TaskPool) -> None:
    response = await pool.fetch(1, request(2))
    first, second = (task.task_id for task in response.tasks)
    await pool.submit(1, lease_of(response), [report(first, 1, trace=b"actions"), report(second, 4, trace=b"half")])
    assert rows(database, "select task_id, cycle_id, data from trace") == [(first, cycle, b"actions")]


async def test_measurements_arrive_as_they_were_sent(database: str, cycle: int, pool: TaskPool) -> None:
    response = await pool.fetch(1, request(1))
    timings = {
        "policy_p50_ms": 1.5,
        "policy_p95_ms": 2.5,
        "policy_max_ms": 1e9,
        "simulation_ms": 0.25,
        "waiting_ms": 3e-309,
    }
    text = "it said \"x', \\ {1,2} ünïcode"
    stored = report(response.tasks[0].task_id, 3, reason=text, total_reward=-1e300, forfeits=3, timings=timings)
    await pool.submit(1, lease_of(response), [stored])
    found = rows(database, "select outcome, reason, steps, success_step, forfeits, total_reward, timings from task "
                           "where outcome is not null")  # fmt: skip
    assert found == [("policy_fault", text, 7, None, 3, -1e300, [1.5, 2.5, 1e9, 0.25, 0.0])]


async def test_a_broken_connection_is_replaced(database: str, cycle: int, pool: TaskPool) -> None:
    response = await pool.fetch(1, request(1))
    rows(database, "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() "
                   "and pid <> pg_backend_pid()")  # fmt: skip
    assert statuses(await pool.submit(1, lease_of(response), [report(response.tasks[0].task_id)])) == ["accepted"]


async def test_stats_and_drop(database: str, cycle: int, pool: TaskPool) -> None:
    response = await pool.fetch(1, request(5))
    await pool.submit(1, lease_of(response), [report(task.task_id, trace=b"x") for task in response.tasks[:3]])
    stats = await pool.stats()
    assert (stats.cycle_id, stats.total, stats.ready, stats.leased, stats.finished) == (cycle, 24, 19, 2, 3)
    assert stats.by_environment["metaworld/reach-v3"] == {"total": 12, "finished": 3, "success": 3}
    assert await pool.old_cycles(0) == []
    rows(database, "update cycle set state = 'published'")
    assert await pool.old_cycles(0) == [cycle]
    assert await pool.drop_cycle_rows(cycle) == 24 + 3
    assert rows(database, "select count(*) from task") == rows(database, "select count(*) from trace") == [(0,)]


async def test_a_release_and_a_report_at_once_agree(cycle: int, pool: TaskPool) -> None:
    for _ in range(10):
        response = await pool.fetch(1, request(2))
        reports: list[TaskResult] = [report(task.task_id) for task in response.tasks]
        answer, released = await asyncio.gather(
            pool.submit(1, lease_of(response), reports), pool.release(1, lease_of(response)), return_exceptions=True
        )
        assert not isinstance(answer, BaseException)
        won = statuses(answer).count("accepted")
        assert (won, released) in ((0, 2), (2, released))
        assert won == 0 or isinstance(released, LeaseLost)


def test_after_a_restore_no_old_lease_number_is_given_again(database: str, cycle: int) -> None:
    from kinitro.database import schema

    async def lease_one() -> int:
        from kinitro.database.pool import open_pool

        async with await open_pool(database, size=2) as connections:
            return lease_of(await TaskPool(connections).fetch(1, request(1)))

    old = asyncio.run(lease_one())
    assert schema.after_restore(database) == 1
    assert asyncio.run(lease_one()) > old + 10**9
    with psycopg.connect(database) as connection:
        assert connection.execute("select count(*) from lease").fetchone() == (1,)


async def test_the_reference_is_played_by_executors_that_have_it(database: str, pool: TaskPool) -> None:
    add_executor(database)
    cycle_id = add_cycle(database, miners=2)
    digest = "ab" * 32
    reference = json.dumps({"reference": {"name": "baseline", "digest": digest, "max_concurrency": 4}})
    rows(database, "update cycle set config = config || %s::jsonb", reference)
    add_tasks(database, cycle_id, uids=[0, 1, REFERENCE_UID])
    others = await pool.fetch(1, request(100, versions={"policy:baseline": "cd" * 32, "mujoco": digest}))
    assert {task.uid for task in others.tasks} == {0, 1}
    assert "shipped" not in others.model_dump_json(), "executors from before there were references can read it"
    first = await pool.fetch(1, request(100, versions={"policy:baseline": digest}))
    assert [(task.uid, task.shipped, task.endpoint) for task in first.tasks] == [(REFERENCE_UID, digest, "")] * 4
    assert FetchResponse.model_validate_json(first.model_dump_json()) == first
    results = [report(task.task_id) for task in first.tasks]
    assert set(statuses(await pool.submit(1, lease_of(first), results))) == {"accepted"}
    rest = await pool.fetch(1, request(100, versions={"policy:baseline": digest}))
    assert len(rest.tasks) == 2
