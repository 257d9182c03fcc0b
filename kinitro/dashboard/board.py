"""What the pages show, read from the database at most once per interval."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kinitro.client.messages import EnvironmentScore, MinerScore, Scores
from kinitro.client.timelines import CycleProgress
from kinitro.cycles.explanations import Explanation
from kinitro.database.publications import NewestCycle, PublicationStore
from kinitro.database.timelines import Timelines
from kinitro.scoring import MinerExplanation

MAX_AGE_S = 2.0


@dataclass(frozen=True, slots=True)
class BoardState:
    """The newest cycle and the last published one, which may be the same."""

    newest: NewestCycle
    progress: CycleProgress | None
    """Of the newest cycle; None without one."""
    frozen: list[Any]
    """The miners of the newest cycle: uid, hotkey, first_block, repo, revision, excluded and more. Endpoints
    may be sealed and are never shown."""
    scores: Scores | None

    @property
    def excluded(self) -> list[dict[str, Any]]:
        return [miner for miner in self.frozen if miner.excluded is not None]

    def ranking(self, env_id: str) -> list[tuple[int, MinerScore, EnvironmentScore]]:
        """Place (equal successes share one), miner and score on one environment; empty for an unknown one."""
        rows = [
            (miner, score)
            for miner in (self.scores.miners if self.scores else [])
            for score in miner.environments
            if score.env_id == env_id
        ]
        rows.sort(key=lambda row: (-row[1].success_rate, row[0].uid))
        return [
            (1 + sum(other.successes > score.successes for _, other in rows), miner, score) for miner, score in rows
        ]


class Board:
    """Reads what pages show, at most once per interval, however many people look.

    What never changes is read once: the scores of a published cycle, the miners that a cycle froze, and the counts of
    a cycle that is over.
    """

    def __init__(
        self,
        publications: PublicationStore,
        timelines: Timelines,
        max_age_s: float = MAX_AGE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._publications = publications
        self._timelines = timelines
        self._max_age_s = max_age_s
        self._clock = clock
        self._lock = asyncio.Lock()
        self._known: tuple[float, BoardState] | None = None

    async def snapshot(self) -> BoardState:
        """Return a state at most `max_age_s` old, or twenty times what reading it took, if that is more."""
        if self._known is not None and self._known[0] > self._clock():
            return self._known[1]
        async with self._lock:
            if self._known is not None and self._known[0] > self._clock():
                return self._known[1]
            began = self._clock()
            state = await self._read(self._known[1] if self._known else None)
            cost_s = self._clock() - began
            self._known = (self._clock() + max(self._max_age_s, 20 * cost_s), state)
            return state

    async def _read(self, before: BoardState | None) -> BoardState:
        newest = await self._publications.newest_cycle()
        same = before if before is not None and before.newest.cycle_id == newest.cycle_id else None
        progress = same.progress if same is not None and same.newest.is_over else None
        if progress is None and newest.cycle_id is not None:
            progress = await self._timelines.progress(newest.cycle_id)
        return BoardState(
            newest=newest,
            progress=progress,
            frozen=(same.frozen if same is not None else []) or await self._publications.miners(),
            scores=await self._read_scores(before.scores if before else None),
        )

    async def _read_scores(self, before: Scores | None) -> Scores | None:
        cycle_id = await self._publications.latest_cycle()
        if cycle_id is None or (before is not None and before.cycle_id == cycle_id):
            return before if cycle_id is not None else None
        published = await self._publications.of_cycle(cycle_id)
        # 256 miners on 50 environments take a tenth of a second to check, in which others should be served
        return await asyncio.to_thread(Scores.model_validate, published.scores) if published else None

    async def explanation(self, uid: int, cycle_id: int) -> MinerExplanation | None:
        """Why a miner earned what it earned in a published cycle; None if it took no part."""
        found = await self._publications.miner(uid, cycle_id)
        if found is None or found.explanation is None or found.hotkey is None:
            return None
        return Explanation.model_validate(
            {"cycle_id": found.cycle_id, "hotkey": found.hotkey, "explanation": found.explanation}
        ).explanation
