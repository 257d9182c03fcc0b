"""A committed policy may be slow in proportion to the deployed one, and no more."""

from __future__ import annotations

import asyncio
import math

import numpy as np
import numpy.typing as npt
import pytest

from kinitro.environments.interface import Observation
from kinitro.policies.messages import PolicyHealth, TaskConfig
from kinitro.verification.pace import SPARE_S, PacedPolicy, TooSlow, compute_budget_s

SEEN = Observation(np.zeros(4, np.float32), {})


class Sleeper:
    """Every answer takes `answer_s` by its own clock."""

    def __init__(self, answer_s: float) -> None:
        self.answer_s, self.now_s, self.answers = answer_s, 0.0, 0

    async def health(self) -> PolicyHealth:
        return PolicyHealth()

    async def reset(self, task: TaskConfig) -> None: ...

    async def act(self, episode_id: str, step: int, observation: Observation) -> npt.NDArray[np.float32]:
        self.now_s += self.answer_s
        self.answers += 1
        await asyncio.sleep(0)
        return np.zeros((1, 4), np.float32)

    async def close(self) -> None: ...


def test_the_budget_follows_what_the_deployed_server_needed() -> None:
    assert compute_budget_s(150, 20.0) == SPARE_S + 180.0
    assert compute_budget_s(150, 0.0) == SPARE_S
    assert compute_budget_s(150, 20.0, slowdown=2.0) == SPARE_S + 6.0
    assert compute_budget_s(150, None) == math.inf


async def test_who_sleeps_three_seconds_per_answer_is_ended_after_the_budget() -> None:
    sleeper = Sleeper(3.0)
    policy = PacedPolicy(sleeper, compute_budget_s(150, 1.0), clock=lambda: sleeper.now_s)
    for step in range(23):
        await policy.act("", step, SEEN)
    with pytest.raises(TooSlow, match="took longer than 69 s"):
        await policy.act("", 23, SEEN)
    assert sleeper.answers == 24, "instead of 150"


async def test_without_a_budget_nobody_is_too_slow() -> None:
    sleeper = Sleeper(1e6)
    policy = PacedPolicy(sleeper, math.inf, clock=lambda: sleeper.now_s)
    for step in range(10):
        await policy.act("", step, SEEN)


async def test_an_answer_that_never_comes_is_given_up() -> None:
    class Silent(Sleeper):
        async def act(self, episode_id: str, step: int, observation: Observation) -> npt.NDArray[np.float32]:
            await asyncio.Event().wait()
            raise AssertionError

    with pytest.raises(TooSlow):
        await PacedPolicy(Silent(0.0), 0.05).act("", 0, SEEN)
