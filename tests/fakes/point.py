"""A tiny environment family for tests of what runs episodes: a point that a policy moves to a goal.

`fake/point` behaves; the others misbehave at the step after which `TROUBLE_STEP` control steps were taken.
"""

from __future__ import annotations

import hashlib
import os
import time
from typing import Any

import numpy as np
import numpy.typing as npt

from kinitro.environments import CameraSpec, EnvironmentSpec, Observation, Transition
from kinitro.environments.errors import SimulationFailed, UnknownEnvironment
from kinitro.environments.metaworld.robot import ACTION, PROPRIOCEPTION

TROUBLE_STEP = 5
SIZE_PX = 8


def spec(name: str = "point", **changes: Any) -> EnvironmentSpec:
    fields: dict[str, Any] = {
        "id": f"fake/{name}",
        "task_name": name,
        "instruction": "move the point to the goal",
        "category": "fake",
        "version": "1",
        "scored": False,
        "expert_success": 1.0,
        "random_success": 0.0,
        "max_steps": 120,
        "robot": "sawyer",
        "proprioception": PROPRIOCEPTION,
        "action": ACTION,
        "cameras": (CameraSpec("corner", SIZE_PX, SIZE_PX), CameraSpec("gripper", SIZE_PX, SIZE_PX)),
    }
    return EnvironmentSpec(**fields | changes)


class PointEnvironment:
    """Success when x exceeds 1; an action adds a hundredth of its first three numbers to the position."""

    def __init__(self, name: str = "point", *, healed: bool = False, **changes: Any) -> None:
        self.spec = spec(name, **changes)
        self.healed = healed
        self.position = np.zeros(3)
        self.gripper = 1.0
        self.steps = 0
        self.resets = 0
        self.closed = False

    def reset(self, seed: int) -> None:
        if self.spec.task_name == "stillborn":
            raise SimulationFailed("there never was a point")
        self.position = np.random.default_rng(seed).uniform(-0.1, 0.1, 3)
        self.gripper = 1.0
        self.steps = 0
        self.resets += 1

    def observe(self) -> Observation:
        image = np.full((SIZE_PX, SIZE_PX, 3), self.steps % 256, np.uint8)
        agent_pos = np.array([*self.position, self.gripper], np.float32)
        return Observation(agent_pos, {"corner": image, "gripper": 255 - image})

    def step(self, action: npt.ArrayLike) -> Transition:
        values = np.asarray(action, np.float64)
        self.steps += 1
        if self.steps > TROUBLE_STEP:
            self._trouble()
        self.position += 0.01 * values[:3]
        self.gripper = float(values[3] < 0)
        success = bool(self.position[0] > 1.0)
        priceless = self.spec.task_name == "priceless" and self.steps > TROUBLE_STEP
        return Transition(
            float("nan") if priceless else float(self.position[0]), success, success, self.steps >= self.spec.max_steps
        )

    def digest(self) -> bytes:
        return hashlib.blake2b(self.position.astype("<f8").tobytes(), digest_size=16).digest()

    def close(self) -> None:
        self.closed = True

    def _trouble(self) -> None:
        kind = self.spec.task_name
        if kind == "diverging" and not self.healed:
            raise SimulationFailed("the point went away")
        if kind == "broken":
            raise ZeroDivisionError("a mistake of ours")
        if kind == "crashing":
            os._exit(9)
        if kind == "hanging":
            time.sleep(3600)
        if kind == "slow":
            time.sleep(0.003)


def make(env_id: str) -> PointEnvironment:
    """What a worker process calls instead of `kinitro.environments.make`."""
    if env_id == "fake/unheard-of":
        raise UnknownEnvironment(f"There is no {env_id}.")
    return PointEnvironment(env_id.partition("/")[2])


def fingerprint() -> str:
    return "fake-physics"
