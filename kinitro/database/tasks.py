"""The task pool: tasks go in by COPY, out under leases, and their results come back exactly once."""

from __future__ import annotations

import time
from array import array
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt
from psycopg.rows import TupleRow, dict_row
from psycopg.types.json import Jsonb

from kinitro.client.errors import LeaseLost
from kinitro.client.messages import FetchRequest, FetchResponse, SubmitStatus, Task, TaskResult, TaskStats
from kinitro.cycles.result_checks import Episode, refusal
from kinitro.database.creation import create_tasks
from kinitro.database.errors import UnknownCycle
from kinitro.database.keys import SQL as KEY_SQL
from kinitro.database.pool import Connection, ConnectionPool, run_on
from kinitro.database.statements import load_statements
from kinitro.database.verifications import SQL as VERIFICATION_SQL
from kinitro.database.verifications import Verifications

T = TypeVar("T")
SQL = load_statements(Path(__file__).with_name("tasks.sql"))

SEEN_EVERY_S = 5.0
"""How precise an executor's last-seen time is."""
_TIMINGS = attrgetter("policy_p50_ms", "policy_p95_ms", "policy_max_ms", "simulation_ms", "waiting_ms")
DROP_BATCH_ROWS = 20_000
FROZEN_CYCLES = 16
"""Of how many cycles what never changes is remembered."""


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """How patient the pool is."""

    lease_ttl_s: float = 60.0
    """Without a heartbeat for this long, a lease's tasks go to somebody else."""
    lease_max_age_s: float = 7200.0
    """No heartbeat extends a lease beyond this age."""
    max_faults: int = 3
    """Evaluator faults after which a task is void."""
    max_leases: int = 10
    """Leases of one task that may expire; a task that kills every executor is then void."""
    fault_retry_s: float = 10.0
    """How long a faulted task waits for another executor before the one that failed may have it again."""
    allow_mixed_physics: bool = False
    """Give tasks to executors whose physics fingerprint is not the cycle's."""


@dataclass(frozen=True, slots=True)
class StoredResult:
    """A report ready to be stored: `trace` and `recording` are decoded."""

    result: TaskResult
    trace: bytes | None = None
    recording: bytes | None = None


class TaskPool:
    """Queries on the task tables. Safe to share between coroutines; several instances may share a database."""

    def __init__(self, connections: ConnectionPool, limits: PoolLimits | None = None) -> None:
        self.connections = connections
        self.limits = limits or PoolLimits()
        self._frozen: dict[int, _Frozen] = {}
        self._executors: dict[str, int] = {}
        self._noted: dict[int, tuple[float, tuple[str, dict[str, str]]]] = {}

    async def create_tasks(
        self,
        cycle_id: int,
        uids: Sequence[int],
        seeds: Sequence[Sequence[bytes]],
        *,
        record: npt.NDArray[np.bool_] | None = None,
    ) -> int:
        """`create_tasks` in a transaction of its own."""
        async with self.connections.connection() as connection, connection.transaction():
            return await create_tasks(connection, cycle_id, uids, seeds, record=record)

    async def fetch(self, executor_id: int, request: FetchRequest) -> FetchResponse:
        """Lease up to `max_tasks` tasks of a running cycle to this executor."""
        parameters = {
            "executor": executor_id,
            "n": request.max_tasks,
            "families": request.env_families,
            "fingerprint": request.fingerprint,
            "mixed": self.limits.allow_mixed_physics,
            "retry_after": timedelta(seconds=self.limits.fault_retry_s),
            "ttl": timedelta(seconds=self.limits.lease_ttl_s),
        }

        await self._seen(executor_id, request)
        rows = await run_on(self.connections, _one("FETCH", parameters))
        if not rows:
            return await self._nothing(request)
        lease_id, cycle_id, *columns = rows[0]
        frozen = await self._frozen_of(cycle_id)
        tasks = [_task(cycle_id, frozen, row) for row in zip(*columns, strict=True)]
        return FetchResponse(lease_id=lease_id, ttl_s=self.limits.lease_ttl_s, tasks=tasks)

    async def refusals(self, results: Sequence[StoredResult]) -> list[str | None]:
        """For each report why no audit would accept it, None if it may be stored. Unknown tasks are not judged."""
        ids = list({stored.result.task_id for stored in results})
        episodes: dict[int, Episode] = {}
        for cycle_id, fingerprint, *columns in await run_on(self.connections, _one("EPISODES", {"ids": _array(ids)})):
            environments = (await self._frozen_of(cycle_id)).environments
            for task_id, env, seed in zip(*columns, strict=True):
                environment = environments[env]
                episodes[task_id] = Episode(
                    environment["id"], environment["version"], seed.hex(), environment["max_steps"], fingerprint
                )
        return [
            refusal(stored.result, stored.trace, stored.recording, episode)
            if (episode := episodes.get(stored.result.task_id))
            else None
            for stored in results
        ]

    async def submit(
        self, executor_id: int | None, lease_id: int, results: Sequence[StoredResult]
    ) -> list[SubmitStatus]:
        """Store reports on tasks of a lease; answers one status per report, in their order.

        `executor_id` None means that the caller vouches for the lease. Repeating a submit is harmless.
        """
        first: dict[int, StoredResult] = {}
        for stored in results:
            first.setdefault(stored.result.task_id, stored)
        unique = list(first.values())
        reports = [stored.result for stored in unique]
        parameters = {
            "executor": executor_id,
            "lease": lease_id,
            "max_faults": self.limits.max_faults,
            "ids": _array([report.task_id for report in reports]),
            "outcomes": _array([report.outcome for report in reports]),
            "reasons": _given([report.reason for report in reports]),
            "steps": _array([report.steps for report in reports]),
            "success_steps": _array([report.success_step for report in reports]),
            "rewards": _array([report.total_reward for report in reports]),
            "forfeits": _array([report.forfeits for report in reports]),
            "timings": _array(_timings(reports)),
            "traces": _given([stored.trace for stored in unique]),
        }

        recordings = {stored.result.task_id: stored.recording for stored in unique if stored.recording is not None}

        async def statement(connection: Connection) -> list[TupleRow]:
            rows = await (await connection.execute(SQL["SUBMIT"], parameters, binary=True)).fetchall()
            if recordings:
                await Verifications(connection).keep(executor_id, lease_id, recordings)
            return rows

        statuses = {task: status for status, tasks in await run_on(self.connections, statement) for task in tasks}
        return [_status(stored, first[stored.result.task_id], statuses) for stored in results]

    async def heartbeat(self, executor_id: int | None, lease_id: int) -> float:
        """Extend a lease; returns the seconds until it ends. Raises LeaseLost."""
        parameters = {
            "executor": executor_id,
            "lease": lease_id,
            "ttl": timedelta(seconds=self.limits.lease_ttl_s),
            "max_age": timedelta(seconds=self.limits.lease_max_age_s),
        }
        rows = await run_on(self.connections, _one("HEARTBEAT", parameters))
        if not rows or rows[0][0] <= 0:
            raise LeaseLost(f"Lease {lease_id} is gone: it expired or was finished, drop its work.", 409)
        return float(rows[0][0])

    async def release(self, executor_id: int | None, lease_id: int) -> int:
        """Give the tasks of a lease back untried, now; returns how many. Raises LeaseLost."""

        async def statements(connection: Connection) -> int | None:
            async with connection.transaction():
                cursor = await connection.execute(SQL["LOCK_LEASE"], {"executor": executor_id, "lease": lease_id})
                if not await cursor.fetchall():
                    return None
                return len(await self._give_back(connection, [lease_id], willingly=True))

        released = await run_on(self.connections, statements)
        if released is None:
            raise LeaseLost(f"Lease {lease_id} is gone: it expired or was finished.", 409)
        return released

    async def reap(self, *, batch: int = 200) -> tuple[int, int]:
        """End expired leases: (leases ended, tasks given back or voided). Any number of reapers may run at once."""

        async def statements(connection: Connection) -> tuple[int, int]:
            async with connection.transaction():
                cursor = await connection.execute(SQL["EXPIRED"], {"n": batch})
                leases = [int(row[0]) for row in await cursor.fetchall()]
                if not leases:
                    return 0, 0
                return len(leases), len(await self._give_back(connection, leases, willingly=False))

        return await run_on(self.connections, statements)

    async def executor_named(self, name: str) -> int:
        """The number of the executor with this display name, added if new; only where there are no keys."""
        if name not in self._executors:
            await run_on(self.connections, _one("ADD_EXECUTOR", {"name": name}, KEY_SQL))
            rows = await run_on(self.connections, _one("EXECUTOR_NAMED", {"name": name}, KEY_SQL))
            if len(self._executors) >= 1000:
                self._executors.clear()
            self._executors[name] = int(rows[0][0])
        return self._executors[name]

    async def stats(self, netuid: int | None = None) -> TaskStats:
        """Counts of the newest cycle."""
        newest = await run_on(self.connections, _one("NEWEST_CYCLE", {"netuid": netuid}))
        if not newest:
            return TaskStats(cycle_id=None, total=0, ready=0, leased=0, finished=0, by_outcome={}, by_environment={})
        cycle_id, environments = newest[0]

        async def statement(connection: Connection) -> list[dict[str, Any]]:
            cursor = await connection.cursor(row_factory=dict_row).execute(SQL["STATS"], {"cycle": cycle_id})
            return await cursor.fetchall()

        rows = await run_on(self.connections, statement)
        names = ("success", "failure", "policy_fault", "void", "cancelled")
        return TaskStats(
            cycle_id=cycle_id,
            total=sum(row["total"] for row in rows),
            ready=sum(row["ready"] for row in rows),
            leased=sum(row["leased"] for row in rows),
            finished=sum(row["finished"] for row in rows),
            by_outcome={name: sum(row[name] for row in rows) for name in names},
            by_environment={
                environments[row["env"]]["id"]: {name: row[name] for name in ("total", "finished", "success")}
                for row in rows
            },
        )

    async def drop_cycle_rows(self, cycle_id: int, *, tasks: bool = True, traces: bool = True) -> int:
        """Remove tasks and traces of a cycle that is over, in short transactions; returns the number of rows."""
        dropped = 0
        recordings = VERIFICATION_SQL["DROP_RECORDINGS"]
        drops = (
            (SQL["DROP_TRACES"], traces),
            (recordings, traces),
            (SQL["DROP_TASKS"], tasks),
            (SQL["DROP_DIGESTS"], tasks),
        )
        for sql, wanted in drops:
            while wanted:
                parameters = {"cycle": cycle_id, "n": DROP_BATCH_ROWS}

                async def statement(connection: Connection, sql: str = sql, of: dict[str, int] = parameters) -> int:
                    return (await connection.execute(sql, of)).rowcount

                count = await run_on(self.connections, statement)
                dropped += count
                if count < DROP_BATCH_ROWS:
                    break
        return dropped

    async def old_cycles(self, keep: int) -> list[int]:
        """Cycles that are over, newest first, but for the newest `keep`."""
        rows = await run_on(self.connections, _one("OLD_CYCLES", {"keep": keep}))
        return [int(row[0]) for row in rows]

    async def _give_back(self, connection: Connection, leases: list[int], *, willingly: bool) -> list[TupleRow]:
        cursor = await connection.execute(
            SQL["GIVE_BACK"], {"leases": leases, "willingly": willingly, "max_leases": self.limits.max_leases}
        )
        return await cursor.fetchall()

    async def _seen(self, executor_id: int, request: FetchRequest) -> None:
        """Note that this executor was here, when the last note is old or it changed."""
        told = (request.fingerprint, request.versions)
        noted = self._noted.get(executor_id)
        now = time.monotonic()
        if noted and noted[0] > now - SEEN_EVERY_S and noted[1] == told:
            return
        parameters = {"executor": executor_id, "fingerprint": told[0], "versions": Jsonb(told[1])}
        await run_on(self.connections, _one("SEEN", parameters))
        self._noted[executor_id] = (now, told)

    async def _nothing(self, request: FetchRequest) -> FetchResponse:
        running = await run_on(self.connections, _one("WHY_NOTHING", {}))
        reason = None
        if running and not self.limits.allow_mixed_physics:
            others = [(cycle, print_) for cycle, print_ in running if print_ not in (None, request.fingerprint)]
            if len(others) == len(running):
                reason = (
                    f"Cycle {others[0][0]} runs on the physics fingerprint {others[0][1]}, "
                    f"yours is {request.fingerprint}: use the same machine type and versions, "
                    "or let the API run with --allow-mixed-physics."
                )
        return FetchResponse(
            lease_id=None,
            ttl_s=self.limits.lease_ttl_s,
            retry_after_s=1.0 if running else 2.0,
            reason=reason,
            tasks=[],
        )

    async def _frozen_of(self, cycle_id: int) -> _Frozen:
        if cycle_id not in self._frozen:
            rows = await run_on(self.connections, _one("FROZEN", {"cycle": cycle_id}))
            if not rows:
                raise UnknownCycle(f"There is no cycle {cycle_id}.")
            if len(self._frozen) >= FROZEN_CYCLES:
                self._frozen.clear()
            environments, miners = rows[0]
            self._frozen[cycle_id] = _Frozen(environments, {int(uid): miner for uid, miner in miners.items()})
        return self._frozen[cycle_id]


@dataclass(frozen=True, slots=True)
class _Frozen:
    """What never changes in a running cycle."""

    environments: list[dict[str, Any]]
    miners: dict[int, tuple[str, str, int]]
    """By uid: hotkey, endpoint, and how many of its tasks may be out at once."""


async def fence_cycle(connection: Connection, cycle_id: int) -> int:
    """End all leases of a cycle; call it first in the transaction that takes the cycle out of `running`.

    Until that transaction ends no task is fetched; afterwards no report on an old lease is accepted.
    Returns how many leases were alive.
    """
    await connection.execute(SQL["FETCH_TURN"])
    return (await connection.execute(SQL["FENCE"], {"cycle": cycle_id})).rowcount


def _one(
    name: str, parameters: dict[str, Any], statements: dict[str, str] = SQL
) -> Callable[[Connection], Awaitable[list[TupleRow]]]:
    async def statement(connection: Connection) -> list[TupleRow]:
        cursor = await connection.execute(statements[name], parameters, binary=True)
        return await cursor.fetchall() if cursor.description else []

    return statement


def _task(cycle_id: int, frozen: _Frozen, row: tuple[int, int, int, int, bytes, int, bool]) -> Task:
    """From what `fetch_tasks` says of it."""
    task_id, uid, env, episode, seed, attempt, record = row
    environment = frozen.environments[env]
    hotkey, endpoint, max_concurrency = frozen.miners[uid]
    return Task(
        task_id,
        cycle_id,
        uid,
        hotkey,
        environment["id"],
        environment["version"],
        episode,
        seed.hex(),
        endpoint,
        environment["max_steps"],
        attempt,
        max_concurrency,
        record,
    )


def _array(numbers: Sequence[float | None]) -> str:
    """A PostgreSQL array of numbers as text, several times faster than through the driver's adapters."""
    return "{" + msgspec.json.encode(numbers)[1:-1].decode() + "}"


def _given(values: list[T | None]) -> list[T | None] | None:
    """Themselves, or nothing if all are absent, which PostgreSQL's `unnest` takes too: most reports have no reason."""
    return values if any(value is not None for value in values) else None


def _timings(reports: Sequence[TaskResult]) -> list[float]:
    """All in a row, in the precision of a `real`: PostgreSQL refuses smaller numbers."""
    numbers = chain.from_iterable(_TIMINGS(report.timings) for report in reports)
    return array("f", numbers).tolist()


def _status(stored: StoredResult, first: StoredResult, statuses: dict[int, str]) -> SubmitStatus:
    task_id = stored.result.task_id
    status = statuses.get(task_id, "stale")
    if status == "accepted" and stored is first:
        return SubmitStatus(task_id, "accepted")
    if stored is not first:
        status = "duplicate" if stored.result == first.result and status != "stale" else "conflict"
    if status == "conflict":
        reason = f"another outcome of task {task_id} was reported before under this lease"
        return SubmitStatus(task_id=task_id, status="rejected", reason=reason)
    if status == "stale":
        return SubmitStatus(task_id=task_id, status="stale", reason="this lease does not hold the task any more")
    return SubmitStatus(task_id=task_id, status="duplicate")
