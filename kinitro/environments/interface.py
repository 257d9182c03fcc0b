"""The contract between an environment and whoever runs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from kinitro.environments.spec import EnvironmentSpec


@dataclass(frozen=True, slots=True)
class Observation:
    """What the policy sees. Never object positions, never the seed.

    agent_pos: float32 (4,): hand x, y, z in metres in the world frame, and the gripper's opening: 1 is open, and
        closed on nothing it reads .28 to .30.
    pixels:    camera name -> uint8 (height, width, 3), RGB, upright, unmirrored.
    """

    agent_pos: npt.NDArray[np.float32]
    pixels: Mapping[str, npt.NDArray[np.uint8]]


class Transition(NamedTuple):
    """What one control step did. The episode is over when `terminated` (success) or `truncated` (horizon)."""

    reward: float
    success: bool
    terminated: bool
    truncated: bool


class Environment(Protocol):
    """One simulated environment. Not thread-safe; several may be stepped alternately in one process."""

    spec: EnvironmentSpec

    def reset(self, seed: int) -> None:
        """Begin the episode that (seed, environment id, version) determines; 0 <= seed < 2**128."""

    def observe(self) -> Observation:
        """The present observation. Images are rendered here and nowhere else; rendering changes no physics."""

    def step(self, action: npt.ArrayLike) -> Transition:
        """One control step with a finite action (4,), clipped to [-1, 1]: hand dx, dy, dz and gripper (+1 closes)."""

    def digest(self) -> bytes:
        """16 bytes: blake2b of the float64 little-endian bytes of `qpos`, then `qvel`."""

    def close(self) -> None:
        """Free what the environment holds; idempotent."""
