"""The task pool: tasks go in by COPY, out under leases, and their results come back exactly once."""

from __future__ import annotations

import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt
from psycopg.types.json import Jsonb

from kinitro.client.errors import LeaseLost
from kinitro.client.messages import (
    POLICY_VERSION,
    FetchRequest,
    FetchResponse,
    HostingLimits,
    SubmitStatus,
    Task,
    TaskResult,
    TaskStats,
)
from kinitro.client.records import REFERENCE_UID, TaskOutcome
from kinitro.cycles.result_checks import Episode, refusal
from kinitro.database.creation import create_tasks
from kinitro.database.errors import UnknownCycle
from kinitro.database.keys import SQL as KEY_SQL
from kinitro.database.pool import Connection, ConnectionPool, fetch_on, run_on
from kinitro.database.queries import Row, Statements, execute, fetch
from kinitro.database.verifications import SQL as VERIFICATION_SQL
from kinitro.database.verifications import Verifications
from kinitro.evaluation.outcomes import Outcome

T = TypeVar("T")
SQL = Statements(Path(__file__).with_name("tasks.sql"))

SEEN_EVERY_S = 5.0
"""An executor's last-seen time is written at most this often, in seconds."""
_TIMINGS = attrgetter("policy_p50_ms", "policy_p95_ms", "policy_max_ms", "simulation_ms", "waiting_ms")
REPORTED = {int(outcome): outcome.name.lower() for outcome in Outcome}
"""What `submit_results` calls the outcomes that executors report as numbers."""
DROP_BATCH_ROWS = 20_000
FROZEN_CYCLES = 16
"""How many cycles are remembered; what is remembered of them never changes."""


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """How long the pool waits for executors, and how often a task may fail."""

    lease_ttl_s: float = 60.0
    """A lease ends when no heartbeat came for this long; its tasks then go to somebody else."""
    lease_max_age_s: float = 7200.0
    """No heartbeat extends a lease beyond this age."""
    max_faults: int = 3
    """A task is void after so many evaluator faults."""
    max_leases: int = 10
    """A task is void after so many leases that expired: it may be the one that kills every executor."""
    fault_retry_s: float = 10.0
    """After a fault, the executor that failed may have the task again only when this long has passed."""
    allow_mixed_physics: bool = False
    """Give tasks to executors whose physics fingerprint is not the cycle's."""


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
        """Call `create_tasks` in a transaction of its own."""
        async with self.connections.connection() as connection, connection.transaction():
            return await create_tasks(connection, cycle_id, uids, seeds, record=record)

    async def fetch(self, executor_id: int, request: FetchRequest) -> FetchResponse:
        """Lease up to `max_tasks` tasks of a running cycle to this executor."""
        await self._note_seen(executor_id, request)
        rows = await self._rows(
            "FETCH",
            executor=executor_id,
            n=request.max_tasks,
            families=request.env_families,
            fingerprint=request.fingerprint,
            policies=[digest for name, digest in request.versions.items() if name.startswith(POLICY_VERSION)],
            hosts=request.hosts or 0,
            warm=request.warm or [],
            mixed=self.limits.allow_mixed_physics,
            retry_after=timedelta(seconds=self.limits.fault_retry_s),
            ttl=timedelta(seconds=self.limits.lease_ttl_s),
        )
        if not rows:
            return await self._explain_nothing(request)
        lease_id, cycle_id, *columns = rows[0]
        frozen = await self._frozen_of(cycle_id)
        tasks = [_make_task(cycle_id, frozen, row) for row in zip(*columns, strict=True)]
        hosting = frozen.hosting if any(task.upload is not None for task in tasks) else None
        return FetchResponse(lease_id=lease_id, ttl_s=self.limits.lease_ttl_s, tasks=tasks, hosting=hosting)

    async def refusals(self, results: Sequence[TaskResult]) -> list[str | None]:
        """For each report why no audit would accept it, None if it may be stored. Unknown tasks are not judged."""
        ids = list({result.task_id for result in results})
        episodes: dict[int, Episode] = {}
        for cycle_id, fingerprint, *columns in await self._rows("EPISODES", ids=_write_array(ids)):
            environments = (await self._frozen_of(cycle_id)).environments
            for task_id, env, seed in zip(*columns, strict=True):
                environment = environments[env]
                episodes[task_id] = Episode(
                    environment["id"], environment["version"], seed.hex(), environment["max_steps"], fingerprint
                )
        return [
            refusal(result, result.trace, result.recording, episode)
            if (episode := episodes.get(result.task_id))
            else None
            for result in results
        ]

    async def submit(self, executor_id: int | None, lease_id: int, results: Sequence[TaskResult]) -> list[SubmitStatus]:
        """Store reports on tasks of a lease; answers one status per report, in their order.

        `executor_id` None means that the caller vouches for the lease. Repeating a submit is harmless.
        """
        first: dict[int, TaskResult] = {}
        for result in results:
            first.setdefault(result.task_id, result)
        reports = list(first.values())
        query = SQL(
            "SUBMIT",
            executor=executor_id,
            lease=lease_id,
            max_faults=self.limits.max_faults,
            ids=_write_array([report.task_id for report in reports]),
            outcomes=_write_array([REPORTED[report.outcome] for report in reports]),
            reasons=_none_if_empty([report.reason for report in reports]),
            steps=_write_array([report.steps for report in reports]),
            success_steps=_write_array([report.success_step for report in reports]),
            rewards=_write_array([report.total_reward for report in reports]),
            forfeits=_write_array([report.forfeits for report in reports]),
            timings=_write_array(_list_timings(reports)),
            traces=_none_if_empty([report.trace for report in reports]),
        )
        recordings = {report.task_id: report.recording for report in reports if report.recording is not None}

        async def store(connection: Connection) -> list[Row]:
            rows = await fetch(connection, query)
            if recordings:
                await Verifications(connection).keep(executor_id, lease_id, recordings)
            return rows

        statuses = {task: row.status for row in await run_on(self.connections, store) for task in row.ids}
        return [_status_of(result, first[result.task_id], statuses) for result in results]

    async def heartbeat(self, executor_id: int | None, lease_id: int) -> float:
        """Extend a lease; returns the seconds until it ends. Raises LeaseLost."""
        rows = await self._rows(
            "HEARTBEAT",
            executor=executor_id,
            lease=lease_id,
            ttl=timedelta(seconds=self.limits.lease_ttl_s),
            max_age=timedelta(seconds=self.limits.lease_max_age_s),
        )
        if not rows or rows[0].left_s <= 0:
            raise LeaseLost(f"Lease {lease_id} is gone: it expired or was finished, drop its work.", 409)
        return float(rows[0].left_s)

    async def release(self, executor_id: int | None, lease_id: int) -> int:
        """Give the tasks of a lease back untried, now; returns how many. Raises LeaseLost."""

        async def statements(connection: Connection) -> int | None:
            async with connection.transaction():
                if not await fetch(connection, SQL("LOCK_LEASE", executor=executor_id, lease=lease_id)):
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
                leases = [int(row.id) for row in await fetch(connection, SQL("EXPIRED", n=batch))]
                if not leases:
                    return 0, 0
                return len(leases), len(await self._give_back(connection, leases, willingly=False))

        return await run_on(self.connections, statements)

    async def executor_named(self, name: str) -> int:
        """The number of the executor with this display name, added if new; only where there are no keys."""
        if name not in self._executors:
            await fetch_on(self.connections, KEY_SQL("ADD_EXECUTOR", name=name))
            rows = await fetch_on(self.connections, KEY_SQL("EXECUTOR_NAMED", name=name))
            if len(self._executors) >= 1000:
                self._executors.clear()
            self._executors[name] = int(rows[0].id)
        return self._executors[name]

    async def stats(self, netuid: int | None = None, *, public: bool = False) -> TaskStats:
        """Counts of the tasks of the newest cycle; of the subnet, or of the database if `netuid` is None.

        `public`: without what became of tasks until that is revealed. Whoever saw the counts grow, task by task, could
        tell how single episodes of a miner ended.
        """
        newest = await self._rows("NEWEST_CYCLE", netuid=netuid)
        if not newest:
            return TaskStats(cycle_id=None, total=0, ready=0, leased=0, finished=0, by_outcome={}, by_environment={})
        cycle_id, environments, revealed = newest[0]
        rows = await self._rows("STATS", cycle=cycle_id)
        told = revealed or not public
        names = [outcome.name.lower() for outcome in TaskOutcome] if told else []
        kinds = ("total", "finished", "success") if told else ("total", "finished")
        return TaskStats(
            cycle_id=cycle_id,
            total=sum(row.total for row in rows),
            ready=sum(row.ready for row in rows),
            leased=sum(row.leased for row in rows),
            finished=sum(row.finished for row in rows),
            by_outcome={name: sum(getattr(row, name) for row in rows) for name in names},
            by_environment={environments[row.env]["id"]: {kind: getattr(row, kind) for kind in kinds} for row in rows},
        )

    async def drop_cycle_rows(self, cycle_id: int, *, tasks: bool = True, traces: bool = True) -> int:
        """Remove tasks, traces and pack of a cycle that is over, in short transactions; returns the number of rows."""
        dropped = 0
        batch = {"cycle": cycle_id, "n": DROP_BATCH_ROWS}
        drops = (
            (SQL("DROP_TRACES", **batch), traces),
            (VERIFICATION_SQL("DROP_RECORDINGS", **batch), traces),
            (SQL("DROP_PACK", **batch), traces),
            (SQL("DROP_TASKS", **batch), tasks),
            (SQL("DROP_DIGESTS", **batch), tasks),
        )
        for query, wanted in drops:
            while wanted:
                count = await run_on(self.connections, partial(execute, query=query))
                dropped += count
                if count < DROP_BATCH_ROWS:
                    break
        return dropped

    async def old_cycles(self, keep: int) -> list[int]:
        """The numbers of cycles that are over, newest first, without the newest `keep`."""
        return [int(row.id) for row in await self._rows("OLD_CYCLES", keep=keep)]

    async def _rows(self, statement: str, **parameters: Any) -> list[Row]:
        return await fetch_on(self.connections, SQL(statement, **parameters))

    async def _give_back(self, connection: Connection, leases: list[int], *, willingly: bool) -> list[Row]:
        max_leases = self.limits.max_leases
        return await fetch(connection, SQL("GIVE_BACK", leases=leases, willingly=willingly, max_leases=max_leases))

    async def _note_seen(self, executor_id: int, request: FetchRequest) -> None:
        """Note that this executor was here, unless that was noted a moment ago and nothing changed since."""
        told = (request.fingerprint, request.versions)
        noted = self._noted.get(executor_id)
        now = time.monotonic()
        if noted and noted[0] > now - SEEN_EVERY_S and noted[1] == told:
            return
        await self._rows("SEEN", executor=executor_id, fingerprint=told[0], versions=Jsonb(told[1]))
        self._noted[executor_id] = (now, told)

    async def _explain_nothing(self, request: FetchRequest) -> FetchResponse:
        running = await self._rows("WHY_NOTHING")
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
            rows = await self._rows("FROZEN", cycle=cycle_id)
            if not rows:
                raise UnknownCycle(f"There is no cycle {cycle_id}.")
            if len(self._frozen) >= FROZEN_CYCLES:
                self._frozen.clear()
            environments, reference, hosting, miners = rows[0]
            by_uid = {int(uid): tuple(miner) for uid, miner in (miners or {}).items()}
            if reference is not None:
                by_uid[REFERENCE_UID] = (reference["name"], "", reference["max_concurrency"], reference["digest"], None)
            limits = None if hosting is None else HostingLimits.model_validate(hosting)
            self._frozen[cycle_id] = _Frozen(environments, by_uid, limits)
        return self._frozen[cycle_id]


@dataclass(frozen=True, slots=True)
class _Frozen:
    """What never changes in a running cycle."""

    environments: list[dict[str, Any]]
    miners: dict[int, tuple[str, str, int, str | None, str | None]]
    """By uid: hotkey, endpoint, how many of its tasks may be out at once, and, where there is no endpoint, the digest
    of a shipped policy or an upload."""
    hosting: HostingLimits | None


async def fence_cycle(connection: Connection, cycle_id: int) -> int:
    """End all leases of a cycle; call it first in the transaction that takes the cycle out of `running`.

    Until that transaction ends no task is fetched; afterwards no report on an old lease is accepted.
    Returns how many leases were alive.
    """
    await fetch(connection, SQL("FETCH_TURN"))
    return await execute(connection, SQL("FENCE", cycle=cycle_id))


def _make_task(cycle_id: int, frozen: _Frozen, row: tuple[int, int, int, int, bytes, int, bool]) -> Task:
    """A task as executors get it, from one row of what `fetch_tasks` returned."""
    task_id, uid, env, episode, seed, attempt, record = row
    environment = frozen.environments[env]
    hotkey, endpoint, max_concurrency, shipped, upload = frozen.miners[uid]
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
        shipped,
        upload,
    )


def _write_array(values: Sequence[float | str | None]) -> str:
    """A PostgreSQL array of numbers or names as text, several times faster than through the driver's adapters."""
    return "{" + msgspec.json.encode(values)[1:-1].decode() + "}"


def _none_if_empty(values: list[T | None]) -> list[T | None] | None:
    """None if every value is None, otherwise the list. `unnest` takes both, and most reports have no reason."""
    return values if any(value is not None for value in values) else None


def _list_timings(reports: Sequence[TaskResult]) -> list[float]:
    """Five numbers per report, in a row, rounded to float32: PostgreSQL refuses what is too small for a `real`."""
    numbers = chain.from_iterable(_TIMINGS(report.timings) for report in reports)
    return array("f", numbers).tolist()


def _status_of(result: TaskResult, first: TaskResult, statuses: dict[int, str]) -> SubmitStatus:
    """`first` is the first report on the same task in this submit; `statuses` are those of the first reports."""
    task_id = result.task_id
    status = statuses.get(task_id, "stale")
    if status == "accepted" and result is first:
        return SubmitStatus(task_id, "accepted")
    if result is not first:
        status = "duplicate" if result == first and status != "stale" else "conflict"
    if status == "conflict":
        reason = f"another outcome of task {task_id} was reported before under this lease"
        return SubmitStatus(task_id=task_id, status="rejected", reason=reason)
    if status == "stale":
        return SubmitStatus(task_id=task_id, status="stale", reason="this lease does not hold the task any more")
    return SubmitStatus(task_id=task_id, status="duplicate")
