"""The store of timelines: which cycles there are, when each of their steps was, and when a running one will be over."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from kinitro.client.timelines import CYCLES_PAGE, CycleList, CycleProgress, CycleSummary
from kinitro.cycles.forecast import Forecast, MinerPace, choose_window, forecast
from kinitro.database.errors import UnknownCycle
from kinitro.database.pool import ConnectionPool, fetch_on
from kinitro.database.queries import Row, Statements

SQL = Statements(Path(__file__).with_name("timelines.sql"))


class Timelines:
    """Read-only queries; with `netuid` only cycles of that subnet exist."""

    def __init__(self, connections: ConnectionPool, netuid: int | None = None) -> None:
        self._connections = connections
        self._netuid = netuid

    async def page(self, before: int | None = None, limit: int = CYCLES_PAGE) -> CycleList:
        """Return the newest cycles with numbers below `before`, the newest first."""
        rows = await self._rows("SUMMARIES", cycle=None, before=before, limit=limit + 1)
        shown = [_read_summary(row) for row in rows[:limit]]
        return CycleList(cycles=shown, next_before=shown[-1].cycle_id if len(rows) > limit else None)

    async def find(self, cycle_id: int) -> CycleSummary:
        """Raises UnknownCycle if there is none, or if it is of another subnet."""
        rows = await self._rows("SUMMARIES", cycle=cycle_id, before=None, limit=1)
        if not rows:
            raise UnknownCycle(f"There is no cycle {cycle_id}.")
        return _read_summary(rows[0])

    async def state(self, cycle_id: int) -> str:
        """Raises UnknownCycle."""
        rows = await self._rows("STATE", cycle=cycle_id)
        if not rows:
            raise UnknownCycle(f"There is no cycle {cycle_id}.")
        return str(rows[0].state)

    async def progress(self, cycle_id: int) -> CycleProgress:
        """Count the tasks of a cycle, and forecast when a running one will be over. Raises UnknownCycle."""
        rows = await self._rows("CLOCK", cycle=cycle_id)
        if not rows:
            raise UnknownCycle(f"There is no cycle {cycle_id}.")
        clock = rows[0]
        window_s = choose_window(clock.elapsed_s) if clock.elapsed_s is not None else 0.0
        counted = await self._rows("PACES", cycle=cycle_id, window_s=window_s)
        paces = [MinerPace(row.total, row.finished, row.recent) for row in counted]
        expected = Forecast(None, None, at_deadline=False)
        if clock.state == "running" and clock.elapsed_s is not None:
            expected = forecast(paces, clock.elapsed_s, clock.deadline_s)
        expected_at = None if expected.left_s is None else clock.now + timedelta(seconds=expected.left_s)
        return CycleProgress(
            cycle_id=cycle_id,
            state=clock.state,
            total=sum(pace.total for pace in paces),
            finished=sum(pace.finished for pace in paces),
            rate_per_s=expected.rate_per_s,
            left_s=expected.left_s,
            expected_at=None if expected_at is None else expected_at.isoformat(timespec="seconds"),
            at_deadline=expected.at_deadline,
            deadline_at=clock.deadline_at.isoformat(),
            checks=clock.checks,
        )

    async def _rows(self, statement: str, **parameters: Any) -> list[Row]:
        return await fetch_on(self._connections, SQL(statement, netuid=self._netuid, **parameters))


def _read_summary(row: Row) -> CycleSummary:
    times = ("created_at", "tasks_created_at", "deadline_at", "scoring_at", "published_at", "revealed_at")
    moments = {name: getattr(row, name) for name in times}
    told = {name: moment.isoformat() if moment is not None else None for name, moment in moments.items()}
    return CycleSummary(**row._asdict() | told)
