"""Whatever executors do in whatever order, the pool behaves as a small model in memory."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from kinitro.client.errors import LeaseLost
from kinitro.client.records import TaskOutcome
from kinitro.database.pool import open_pool
from kinitro.database.tasks import PoolLimits, TaskPool, fence_cycle
from tests.fakes.pool_rows import add_cycle, add_executor, add_tasks, report, request

MAX_FAULTS = 2
MAX_LEASES = 3
EXECUTORS = (1, 2)


@dataclass
class ModelTask:
    uid: int
    attempt: int = 0
    faults: int = 0
    failed_by: int | None = None
    failed_lease: int | None = None
    lease: int | None = None
    outcome: int | None = None


@dataclass
class ModelLease:
    executor: int
    alive: bool = True
    tasks: list[int] = field(default_factory=list)


class PoolMachine(RuleBasedStateMachine):
    """`database` is set by the test."""

    database: str

    @initialize(rooms=st.lists(st.integers(1, 3), min_size=1, max_size=3), episodes=st.integers(1, 4))
    def begin(self, rooms: list[int], episodes: int) -> None:
        self.looker = psycopg.connect(self.database, autocommit=True)
        self.looker.execute("truncate cycle, cycle_miner, task, lease, trace, publication restart identity cascade")
        self.runner = asyncio.Runner()
        self.connections = self.runner.run(open_pool(self.database, size=2))
        limits = PoolLimits(max_faults=MAX_FAULTS, max_leases=MAX_LEASES, fault_retry_s=3600.0)
        self.pool = TaskPool(self.connections, limits)
        self.rooms = dict(enumerate(rooms))
        self.cycle = add_cycle(self.database, miners=self.rooms)
        add_tasks(self.database, self.cycle, uids=list(self.rooms), episodes=episodes)
        order = [uid for _ in range(episodes) for _ in range(2) for uid in self.rooms]
        self.tasks = {number: ModelTask(uid) for number, uid in enumerate(order, start=1)}
        self.leases: dict[int, ModelLease] = {}
        self.running = True

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.runner.run(self.connections.close())
            self.runner.close()
            self.looker.close()

    @rule(executor=st.sampled_from(EXECUTORS), n=st.integers(1, 6))
    def fetch(self, executor: int, n: int) -> None:
        response = self.runner.run(self.pool.fetch(executor, request(n)))
        assert [task.task_id for task in response.tasks] == self._expected(executor, n)
        if response.lease_id is not None:
            assert response.lease_id > max(self.leases, default=0)
            self.leases[response.lease_id] = ModelLease(executor)
            for task in response.tasks:
                model = self.tasks[task.task_id]
                model.lease, model.attempt = response.lease_id, model.attempt + 1
                assert task.attempt == model.attempt
                self.leases[response.lease_id].tasks.append(task.task_id)

    @rule(
        data=st.data(),
        executor=st.sampled_from(EXECUTORS),
        outcomes=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    )
    def submit(self, data: st.DataObject, executor: int, outcomes: list[int]) -> None:
        if not self.leases:
            return
        lease = data.draw(st.sampled_from(sorted(self.leases)))
        held = self.leases[lease].tasks
        ids = data.draw(
            st.lists(st.sampled_from([*held, *held, *self.tasks]), min_size=1, max_size=len(outcomes), unique=True)
        )
        pairs = list(zip(ids, outcomes, strict=False))
        answers = self.runner.run(self.pool.submit(executor, lease, [report(task, outcome) for task, outcome in pairs]))
        assert [a.status for a in answers] == [self._report(executor, lease, task, outcome) for task, outcome in pairs]

    @rule(data=st.data(), executor=st.sampled_from(EXECUTORS))
    def heartbeat(self, data: st.DataObject, executor: int) -> None:
        if self.leases:
            lease = data.draw(st.sampled_from(sorted(self.leases)))
            assert self._succeeds(self.pool.heartbeat(executor, lease)) == self._holds(executor, lease)

    @rule(data=st.data(), executor=st.sampled_from(EXECUTORS))
    def release(self, data: st.DataObject, executor: int) -> None:
        if self.leases:
            lease = data.draw(st.sampled_from(sorted(self.leases)))
            expected = self._holds(executor, lease)
            assert self._succeeds(self.pool.release(executor, lease)) == expected
            if expected:
                for model in self._end(lease):
                    model.attempt, model.lease = model.attempt - 1, None

    @rule(data=st.data())
    def expire(self, data: st.DataObject) -> None:
        alive = [number for number, lease in self.leases.items() if lease.alive]
        if alive:
            lease = data.draw(st.sampled_from(alive))
            self.looker.execute("update lease set expires_at = now() - interval '1 s' where id = %s", (lease,))
            ended = self._end(lease)
            assert self.runner.run(self.pool.reap()) == (1, len(ended))
            for model in ended:
                if model.attempt >= MAX_LEASES:
                    model.outcome = 4
                else:
                    model.lease = None

    @rule()
    def leave_running(self) -> None:
        async def change() -> int:
            async with self.connections.connection() as connection, connection.transaction():
                ended = await fence_cycle(connection, self.cycle)
                await connection.execute("update cycle set state = 'scoring'")
                return ended

        if len(self.leases) < 4:
            return  # leave the pool running long enough for something to happen
        alive = [number for number, lease in self.leases.items() if lease.alive]
        assert self.runner.run(change()) == len(alive)
        for number in alive:
            self.leases[number].alive = False
        self.running = False

    @invariant()
    def rows_agree(self) -> None:
        if not hasattr(self, "tasks"):
            return
        found = self.looker.execute("select id, lease_id, attempt, faults, outcome from task order by id").fetchall()
        alive = self.looker.execute("select id, task_ids from lease order by id").fetchall()
        assert found == [
            (n, None, t.attempt - (t.lease is not None), t.faults, None)  # its lease has not ended
            if t.outcome is None else (n, t.lease, t.attempt, t.faults, TaskOutcome(t.outcome).name.lower())
            for n, t in self.tasks.items()
        ]  # fmt: skip
        stats = self.runner.run(self.pool.stats())
        assert (stats.ready, stats.leased) == (
            sum(t.lease is None and t.outcome is None for t in self.tasks.values()),
            sum(t.lease is not None and t.outcome is None for t in self.tasks.values()),
        )
        assert [(number, sorted(ids)) for number, ids in alive] == [
            (number, sorted(self._out(number))) for number, lease in sorted(self.leases.items()) if lease.alive
        ]

    def _expected(self, executor: int, n: int) -> list[int]:
        """The first n ready tasks such that no miner gets more than it bears, nobody their own fault again."""
        room = {
            uid: limit - sum(self._is_out(t) and t.uid == uid for t in self.tasks.values())
            for uid, limit in self.rooms.items()
        }
        chosen: list[int] = []
        for number, task in self.tasks.items():
            ready = task.lease is None and task.outcome is None and task.failed_by != executor
            if self.running and ready and room[task.uid] > 0 and len(chosen) < n:
                chosen.append(number)
                room[task.uid] -= 1
        return chosen

    def _report(self, executor: int, lease: int, number: int, outcome: int) -> str:
        task, mine = self.tasks[number], self.leases[lease].executor == executor
        if mine and self.leases[lease].alive and task.lease == lease and task.outcome is None:
            if outcome == 4:
                task.faults, task.failed_lease = task.faults + 1, lease
            task.failed_by = executor
            if outcome == 4 and task.faults < MAX_FAULTS:
                task.lease = None
            else:
                task.outcome = outcome
            if not self._out(lease):
                self.leases[lease].alive = False
            return "accepted"
        if task.failed_by != executor or not mine:
            return "stale"
        if task.lease == lease and task.outcome is not None:
            return "duplicate" if task.outcome == outcome else "rejected"
        return "duplicate" if task.failed_lease == lease and outcome == 4 else "stale"

    def _is_out(self, task: ModelTask) -> bool:
        return task.outcome is None and task.lease is not None and self.leases[task.lease].alive

    def _out(self, lease: int) -> list[int]:
        return [n for n in self.leases[lease].tasks if self.tasks[n].lease == lease and self.tasks[n].outcome is None]

    def _end(self, lease: int) -> list[ModelTask]:
        ended = [self.tasks[number] for number in self._out(lease)]
        self.leases[lease].alive = False
        return ended

    def _holds(self, executor: int, lease: int) -> bool:
        return self.leases[lease].alive and self.leases[lease].executor == executor

    def _succeeds(self, call: object) -> bool:
        try:
            self.runner.run(call)  # type: ignore[arg-type]
            return True
        except LeaseLost:
            return False


@pytest.mark.parametrize("examples", [15, pytest.param(300, marks=pytest.mark.slow)])
def test_the_pool_behaves_as_its_model(database: str, examples: int) -> None:
    for name in ("gpu-1", "gpu-2"):
        add_executor(database, name)
    machine = type("Machine", (PoolMachine,), {"database": database})
    chosen = settings(
        max_examples=examples, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(machine, settings=chosen)
