"""Single episodes of cycles that are over, and what pages tell of a miner's and an environment's past."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from kinitro.client.verdicts import VerdictRow
from kinitro.database.cycles import NotRevealed
from kinitro.database.errors import UnknownCycle
from kinitro.database.pool import Connection, ConnectionPool, fetch_on, run_on
from kinitro.database.queries import Row, Statements
from kinitro.database.verifications import Verifications

SQL = Statements(Path(__file__).with_name("episodes.sql"))

LATENCY_CLASSES_MS: Final = (5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0)
"""Where the classes of latencies begin, but for the first, which begins at 0."""
MOST_FAILURES: Final = 8
"""Of a miner in a cycle."""
MOST_CYCLES: Final = 24
"""Of a history."""


class EpisodeStore:
    """Read-only queries; `netuid` None means any subnet of this database."""

    def __init__(self, connections: ConnectionPool, netuid: int | None = None) -> None:
        self._connections = connections
        self._netuid = netuid

    async def find(self, task_id: int) -> Row:
        """An episode with its result, timings (5 numbers, in milliseconds, or None) and trace (bytes, or None).

        Raises UnknownCycle if there is no such task, and NotRevealed, which says until when, before its cycle is over.
        """
        rows = await self._rows("EPISODE", task_id=task_id)
        if not rows:
            raise UnknownCycle(f"There is no task {task_id}.")
        if not rows[0].revealed:
            raise NotRevealed(
                f"The episode of task {task_id} is not public before the cycle is over, which will be the case at "
                f"{rows[0].deadline_at:%Y-%m-%d %H:%M} UTC or earlier, and some minutes later if it waits for verdicts."
            )
        return rows[0]

    async def failures(self, cycle_id: int) -> dict[int, list[Row]]:
        """By uid, the first failed episodes: task_id, env (its number), episode, outcome, reason, steps."""
        found: dict[int, list[Row]] = {}
        for row in await self._rows("FAILURES", cycle=cycle_id, most=MOST_FAILURES):
            found.setdefault(row.uid, []).append(row)
        return found

    async def faults(self, cycle_id: int, known_reasons: Sequence[str]) -> dict[int, list[Row]]:
        """By uid, what ended episodes: outcome (`policy_fault` or `void`), reason, how many; most frequent first."""
        found: dict[int, list[Row]] = {}
        for row in await self._rows("FAULTS", cycle=cycle_id, known=list(known_reasons)):
            found.setdefault(row.uid, []).append(row)
        return found

    async def verdicts(self, uid: int) -> list[VerdictRow]:
        """The newest public verdicts of verifications of a miner."""

        async def read(connection: Connection) -> list[VerdictRow]:
            return await Verifications(connection).of_miner(uid, None, self._netuid)

        return await run_on(self._connections, read)

    async def latencies(self, cycle_id: int) -> dict[int, list[int]]:
        """By uid, how many episodes had a 95th percentile of answers in each class: LATENCY_CLASSES_MS and below."""
        found: dict[int, list[int]] = {}
        for row in await self._rows("LATENCIES", cycle=cycle_id, bounds=list(LATENCY_CLASSES_MS)):
            found.setdefault(row.uid, [0] * (len(LATENCY_CLASSES_MS) + 1))[row.bucket] = row.episodes
        return found

    async def seeds(self, cycle_id: int) -> dict[int, list[Row]]:
        """By an environment's number, its episodes, first those that the fewest miners solved."""
        found: dict[int, list[Row]] = {}
        for row in sorted(await self._rows("SEEDS", cycle=cycle_id), key=lambda row: (row.solved, row.episode)):
            found.setdefault(row.env, []).append(row)
        return found

    async def history(self, uid: int) -> list[Row]:
        """A miner's explanations (JSON, None where it took no part) in the newest published cycles, newest first."""
        return await self._rows("HISTORY", uid=uid, most=MOST_CYCLES)

    async def trend(self, env_id: str) -> list[Row]:
        """The best and the middle success rate on an environment in the newest published cycles, the oldest first."""
        return await self._rows("TREND", env_id=env_id, most=MOST_CYCLES)

    async def pack(self, digest: str) -> bytes | None:
        """The sealed pack of a digest; only for episodes that are public. None if retention dropped it."""
        rows = await self._rows("PACK", digest=digest)
        return bytes(rows[0].data) if rows else None

    async def _rows(self, statement: str, **parameters: Any) -> list[Row]:
        return await fetch_on(self._connections, SQL(statement, netuid=self._netuid, **parameters))
