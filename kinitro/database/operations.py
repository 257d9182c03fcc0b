"""The store of operations: what an operator wants to know about executors, leases, verifiers and the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from kinitro.client.operations import ExecutorReport, LeaseReport, Operations, Refusal, TableReport
from kinitro.database.pool import ConnectionPool, fetch_on
from kinitro.database.queries import Row, Statements

SQL = Statements(Path(__file__).with_name("operations.sql"))

WINDOW_S = 600.0
"""Speeds are those of the last so many seconds."""
SILENT_S = 900.0
"""An executor that has tasks and is not seen for longer is a concern; as in deploy/monitoring/alerts.yml."""
WEIGHTS_OLD_S = 6 * 3600.0
POOL_OLD_S = 2 * 3600.0
FAILED_TASKS = 20
VERIFICATION_ERRORS = 10
STANDBY_LAG_S = 60.0
DEAD_SHARE = 0.5
DEAD_ROWS = 100_000
"""Fewer dead rows than this are no concern, whatever their share."""


class OperationsStore:
    """Read-only queries; `netuid` None means any subnet of this database."""

    def __init__(self, connections: ConnectionPool, netuid: int | None = None) -> None:
        self._connections = connections
        self._netuid = netuid

    async def report(self, refusals: Sequence[Refusal], trouble: str | None) -> Operations:
        """Read everything. `refusals` and `trouble` (a sentence, or None) are those of the instance that asks."""
        tasks = await self._rows("TASKS", netuid=self._netuid)
        (ages,) = await self._rows("AGES", netuid=self._netuid)
        (server,) = await self._rows("SERVER", **locks_of(self._netuid))
        (out,) = await self._rows("OUT")
        machines = await self._rows("MACHINES", netuid=self._netuid, window_s=WINDOW_S)
        cycle = tasks[0] if tasks else None
        running = cycle is not None and cycle.state == "running" and cycle.finished < cycle.total
        found = Operations(
            concerns=[],
            cycle_id=cycle.cycle_id if cycle else None,
            cycle_state=cycle.state if cycle else None,
            tasks=cycle.total if cycle else 0,
            tasks_finished=cycle.finished if cycle else 0,
            tasks_out=out.tasks,
            pool_age_s=ages.tasks_age_s if running else None,
            weights_age_s=ages.weights_age_s,
            leaders=server.leaders,
            database_bytes=server.bytes,
            standby_lag_s=server.standby_lag_s,
            tables=[
                TableReport(name=row.name, live_rows=row.live, dead_rows=row.dead, total_bytes=row.bytes)
                for row in await self._rows("TABLES")
            ],
            executors=[_read_machine(row) for row in machines],
            leases=[LeaseReport(**row._asdict()) for row in await self._rows("LEASES")],
            leases_total=ages.leases,
            checks_open=out.checks,
            verdicts={row.verdict: row.count for row in await self._rows("VERDICTS") if row.verdict != "open"},
            refusals=list(refusals),
        )
        return found.model_copy(update={"concerns": [*([trouble] if trouble else []), *find_concerns(found)]})

    async def _rows(self, statement: str, **parameters: Any) -> list[Row]:
        return await fetch_on(self._connections, SQL(statement, **parameters))


def locks_of(netuid: int | None) -> dict[str, int]:
    """The second numbers of the advisory locks that leading schedulers hold: of one subnet, or of all."""
    if netuid is None:
        return {"first_lock": 1000, "last_lock": 66535}
    return dict.fromkeys(("first_lock", "last_lock"), 1000 + netuid)


def find_concerns(found: Operations) -> Iterator[str]:
    """Find what needs somebody's attention; the bounds are those of the alerts in deploy/monitoring."""
    if found.leaders == 0:
        yield "No scheduler leads, so no cycle moves on: is one running, and does it reach the database?"
    elif found.leaders > 1:
        yield f"{found.leaders} sessions lead: for one subnet there should be one."
    if found.weights_age_s is not None and found.weights_age_s > WEIGHTS_OLD_S:
        yield f"The newest weights are {found.weights_age_s / 3600:.0f} hours old."
    if found.pool_age_s is not None and found.pool_age_s > POOL_OLD_S:
        yield f"Tasks have been waiting for {found.pool_age_s / 3600:.1f} hours: are there enough executors?"
    for machine in found.executors:
        if machine.tasks and (machine.silent_s is None or machine.silent_s > SILENT_S):
            yield f"The executor {machine.name} has {machine.tasks} tasks and was not seen for a quarter of an hour."
        if machine.failed_tasks > FAILED_TASKS:
            why = f", most often by {machine.failure}" if machine.failure else ""
            yield f"{machine.failed_tasks} tasks failed on the executor {machine.name}{why}."
    if found.pool_age_s is not None and not any(_was_here(machine) for machine in found.executors):
        yield "There are tasks, and no executor has asked for any in the last quarter of an hour."
    if found.verdicts.get("error", 0) > VERIFICATION_ERRORS:
        yield f"{found.verdicts['error']} verifications ended with an error: see the verifiers' logs."
    if found.standby_lag_s is not None and found.standby_lag_s > STANDBY_LAG_S:
        yield f"A standby is {found.standby_lag_s:.0f} s behind."
    for table in found.tables:
        if table.dead_rows > max(DEAD_ROWS, DEAD_SHARE * table.live_rows):
            yield f"The table {table.name} has {table.dead_rows} dead rows: does autovacuum run?"


def _was_here(machine: ExecutorReport) -> bool:
    return machine.silent_s is not None and machine.silent_s < SILENT_S


def _read_machine(row: Row) -> ExecutorReport:
    return ExecutorReport(
        name=row.name,
        fingerprint=row.fingerprint,
        versions={str(name): str(version) for name, version in row.versions.items()},
        silent_s=row.silent_s,
        verifier_silent_s=row.verifier_silent_s,
        episodes_per_min=60 * row.episodes / WINDOW_S,
        steps_per_s=float(row.steps) / WINDOW_S,
        leases=row.leases,
        tasks=row.tasks,
        failed_tasks=row.failed,
        failure=row.failure,
    )
