"""Policies without a wire, for tests of what runs episodes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from kinitro.environments import Observation
from kinitro.policies.errors import PolicyError, PolicyMisbehaved, PolicyUnreachable
from kinitro.policies.messages import PolicyHealth, TaskConfig

Answer = Sequence[Sequence[float]] | PolicyError
FORWARD = (1.0, 0.0, 0.0, 1.0)
LATE = PolicyMisbehaved("timeout", "It did not answer within 500 ms.")
GONE = PolicyUnreachable("connect", "Nobody listens there.")


class ScriptedPolicy:
    """Answers what `script(step)` says after `delay_s`; an error is raised."""

    def __init__(
        self,
        script: Callable[[int], Answer] = lambda step: [FORWARD],
        *,
        delay_s: float = 0.0,
        resets: Sequence[PolicyError | None] = (),
    ) -> None:
        self.script = script
        self.delay_s = delay_s
        self.resets = list(resets)
        self.tasks: list[TaskConfig] = []
        self.asked: list[int] = []
        self.seen: list[Observation] = []

    async def health(self) -> PolicyHealth:
        return PolicyHealth()

    async def reset(self, task: TaskConfig) -> None:
        self.tasks.append(task)
        if self.resets and (error := self.resets.pop(0)) is not None:
            raise error

    async def act(self, episode_id: str, step: int, observation: Observation) -> npt.NDArray[np.float32]:
        self.asked.append(step)
        self.seen.append(observation)
        await asyncio.sleep(self.delay_s)
        answer = self.script(step)
        if isinstance(answer, PolicyError):
            raise answer
        return np.array(answer, np.float32)

    async def close(self) -> None: ...


def connect(endpoint: str, **_options: object) -> ScriptedPolicy:
    """What a worker process calls instead of HttpPolicy: `fake://forward`, `fake://late`, `fake://forward?20` (ms)."""
    name, _, delay_ms = endpoint.removeprefix("fake://").partition("?")
    delay_s = float(delay_ms or 0) / 1000
    if name == "late":
        return ScriptedPolicy(lambda step: LATE, delay_s=delay_s)
    if name == "still":
        return ScriptedPolicy(lambda step: [(0.0, 0.0, 0.0, -1.0)], delay_s=delay_s)
    return ScriptedPolicy(delay_s=delay_s)
