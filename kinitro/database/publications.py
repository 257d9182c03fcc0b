"""What the public may read: published scores and weights, the miners and state of the newest cycle."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinitro.database.pool import ConnectionPool, fetch_on
from kinitro.database.queries import Row, Statements

SQL = Statements(Path(__file__).with_name("publications.sql"))


@dataclass(frozen=True, slots=True)
class Publication:
    """`scores` and `weights` are the JSON of `messages.Scores` and `messages.Weights`."""

    cycle_id: int
    scores: dict[str, Any]
    weights: dict[str, Any]


@dataclass(frozen=True, slots=True)
class NewestCycle:
    """All None when there was no cycle yet."""

    cycle_id: int | None
    state: str | None
    reason: str | None
    netuid: int | None
    executors_seen: int

    @property
    def is_over(self) -> bool:
        """Whether nothing of the cycle changes any more."""
        return self.state in ("published", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class PublishedMiner:
    """`hotkey` is None for a uid that the cycle did not know, `explanation` for one that took no part."""

    cycle_id: int
    hotkey: str | None
    excluded: str | None
    explanation: dict[str, Any] | None


class PublicationStore:
    """Read-only queries; `netuid` None means whatever is newest in this database."""

    def __init__(self, connections: ConnectionPool, netuid: int | None = None) -> None:
        self._connections = connections
        self._netuid = netuid

    async def latest(self) -> Publication | None:
        """The one of the newest published cycle."""
        return await self._publication("LATEST")

    async def latest_cycle(self) -> int | None:
        """The number of the newest published cycle."""
        rows = await self._rows("LATEST_CYCLE")
        return int(rows[0].cycle_id) if rows else None

    async def of_cycle(self, cycle_id: int) -> Publication | None:
        """None if this cycle has published nothing."""
        return await self._publication("OF_CYCLE", cycle=cycle_id)

    async def standings(self, cycle_id: int) -> list[Row]:
        """Of the miners that took part in a cycle: uid, repo, hosted, new; see STANDINGS."""
        return await self._rows("STANDINGS", cycle=cycle_id)

    async def at_block(self, block: int) -> Publication | None:
        """The newest one whose snapshot block is not after `block`."""
        return await self._publication("AT_BLOCK", block=block)

    async def miner(self, uid: int, cycle_id: int | None = None) -> PublishedMiner | None:
        """One miner of a cycle, or of the last published one; None if that is not published."""
        rows = await self._rows("EXPLANATION", uid=uid, cycle=cycle_id)
        return PublishedMiner(*rows[0]) if rows else None

    async def newest_cycle(self) -> NewestCycle:
        """The newest cycle, whatever its state."""
        return NewestCycle(*(await self._rows("STATUS"))[0])

    async def miners(self) -> list[Row]:
        """Rows of the newest cycle's frozen list, by uid; empty without a cycle."""
        return await self._rows("MINERS")

    async def newest(self) -> Row | None:
        """The newest cycle with its snapshot block, deadline and number of episodes per miner; None without one."""
        rows = await self._rows("NEWEST")
        return rows[0] if rows else None

    async def progress(self, cycle_id: int, known_reasons: Iterable[str]) -> list[Row]:
        """How far each miner's tasks of a cycle are, apart by whose fault ended them and why; see PROGRESS."""
        return await self._rows("PROGRESS", cycle=cycle_id, known=list(known_reasons))

    async def _publication(self, statement: str, **parameters: int) -> Publication | None:
        rows = await self._rows(statement, **parameters)
        return Publication(*rows[0]) if rows else None

    async def _rows(self, statement: str, **parameters: Any) -> list[Row]:
        return await fetch_on(self._connections, SQL(statement, netuid=self._netuid, **parameters))
