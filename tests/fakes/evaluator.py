"""An Evaluator without processes: takes some time for every episode and notes what ran at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from kinitro.evaluation import EpisodeResult, Outcome
from kinitro.evaluation.errors import EvaluatorUnavailable
from kinitro.evaluation.jobs import Job

SOLVED = EpisodeResult(Outcome.SUCCESS, steps=3, success_step=3, total_reward=1.0)


class FakeEvaluator:
    """Answers what `answer(job)` says after `takes_s` seconds."""

    def __init__(
        self, answer: Callable[[Job], EpisodeResult] = lambda job: SOLVED, *, takes_s: float = 0.02, capacity: int = 16
    ) -> None:
        self.answer = answer
        self.takes_s = takes_s
        self.capacity = capacity
        self.fingerprint = "fake-physics"
        self.versions: dict[str, str] = {}
        self.jobs: list[Job] = []
        self.running: list[str] = []
        """Endpoints."""
        self.most_at_once: dict[str, int] = {}
        self.done = 0
        self.cancelled = 0
        self.broken = False

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def evaluate(self, job: Job) -> EpisodeResult:
        if self.broken:
            raise EvaluatorUnavailable("The workers do not start.")
        self.jobs.append(job)
        self.running.append(job.endpoint)
        at_once = self.running.count(job.endpoint)
        self.most_at_once[job.endpoint] = max(at_once, self.most_at_once.get(job.endpoint, 0))
        try:
            await asyncio.sleep(self.takes_s)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running.remove(job.endpoint)
        self.done += 1
        return self.answer(job)
