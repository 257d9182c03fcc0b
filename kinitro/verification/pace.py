"""Limits how long a committed policy may take: in proportion to what the deployed one took for the same episode.

A verifier may be slower than a miner's server, so it grants many times as much. But an upload that sleeps only in the
sandbox must not keep a verifier busy for a quarter of an hour with every recording.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from kinitro.environments.interface import Observation
from kinitro.errors import KinitroError
from kinitro.policies.messages import Policy, PolicyHealth, TaskConfig

SLOWDOWN = 60.0
"""How many times as long as the deployed server, as `ANSWER_S` is to the deadline that evaluators set."""
SPARE_S = 60.0
"""Seconds that are added for every episode, whatever the deployed server took."""


class TooSlow(KinitroError):
    """The committed policy used up its time for the episode."""


def compute_budget_s(exchanges: int, answer_ms: float | None, slowdown: float = SLOWDOWN) -> float:
    """Return the seconds that a policy may take for all answers of an episode.

    answer_ms: the 95th percentile of what the deployed server took for an answer; None if unknown, which sets no limit.
    """
    return math.inf if answer_ms is None else SPARE_S + slowdown * exchanges * answer_ms / 1000


class PacedPolicy:
    """Wraps a policy whose answers together may take `budget_s` seconds; then `act` raises TooSlow."""

    def __init__(self, policy: Policy, budget_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._policy = policy
        self._budget_s = budget_s
        self._left_s = budget_s
        self._clock = clock

    async def health(self) -> PolicyHealth:
        """Ask the policy's server what it can do."""
        return await self._policy.health()

    async def reset(self, task: TaskConfig) -> None:
        """Begin an episode of the policy."""
        await self._policy.reset(task)

    async def act(self, episode_id: str, step: int, observation: Observation) -> npt.NDArray[np.float32]:
        """Ask the policy; raises TooSlow when the time for the episode is used up."""
        began = self._clock()
        try:
            async with asyncio.timeout(self._left_s if math.isfinite(self._left_s) else None):
                return await self._policy.act(episode_id, step, observation)
        except TimeoutError:
            raise TooSlow(f"Its answers took longer than {self._budget_s:.0f} s") from None
        finally:
            self._left_s -= self._clock() - began

    async def close(self) -> None:
        """Close the policy."""
        await self._policy.close()
