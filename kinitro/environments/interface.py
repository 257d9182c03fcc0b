"""The interface that every environment implements, and what it returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from kinitro.environments.spec import EnvironmentSpec

Factor = float | list[float] | str
"""One thing that was drawn for an episode."""
Factors = dict[str, dict[str, Factor]]
"""What was drawn for an episode: for each group of the randomization, such as "lights", what was drawn by name."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What the policy sees: never the position of an object, never the seed.

    agent_pos: float32 (4,): the hand's position x, y, z in metres in the world frame, and the gripper's opening.
    pixels:    by camera name, uint8 (height, width, 3): RGB, upright, not mirrored.

    The opening is from 0 to 1: the distance between the fingers over the distance that counts as fully open. For
    MetaWorld's gripper it is 1 when open and about 0.30 (0.28 to 0.30) when closed on nothing, not 0, because the
    distance is measured between the origins of the fingers. With an object between the fingers it is larger.
    """

    agent_pos: npt.NDArray[np.float32]
    pixels: Mapping[str, npt.NDArray[np.uint8]]


class Transition(NamedTuple):
    """The result of one control step. The episode is over if `terminated` (success) or `truncated` (horizon) is set.

    reward:     the environment's own; scores do not depend on it. It is 0 if rewards are switched off.
    success:    whether the task is solved in the new state.
    terminated: equal to `success`, since an episode ends at its first success.
    truncated:  whether this was the last step of the horizon, and no success.
    """

    reward: float
    success: bool
    terminated: bool
    truncated: bool


class Environment(Protocol):
    """One simulated environment. It is not thread-safe; several may be stepped by turns in one process."""

    spec: EnvironmentSpec

    def reset(self, seed: int) -> None:
        """Begin the episode that the seed (0 <= seed < 2**128), the environment's id and its version determine.

        Raises InvalidSeed, and SimulationFailed if the simulator fails. A refused seed leaves the episode as it was.
        """

    def observe(self) -> Observation:
        """Return the observation of the present state, also after the episode's end; its arrays belong to the caller.

        Images are rendered here and nowhere else. Rendering changes no physics. Raises EpisodeNotRunning before the
        first `reset`.
        """

    def step(self, action: npt.ArrayLike) -> Transition:
        """Do one control step with an action of four finite numbers, each clipped to [-1, 1].

        The action is the hand's motion dx, dy, dz (1 is the fastest) and the gripper: +1 closes it, -1 opens it.
        Raises InvalidAction (and leaves the episode as it was), EpisodeNotRunning, and SimulationFailed.
        """

    def digest(self) -> bytes:
        """Return 16 bytes that identify the physical state.

        For MuJoCo: blake2b of the bytes of `qpos`, then `qvel`, as little-endian float64.
        """

    def close(self) -> None:
        """Free what the environment holds. Further calls do nothing."""


@runtime_checkable
class RandomizedEnvironment(Protocol):
    """An environment that can also say what was drawn for its episode. Families need not offer this."""

    def privileged_factors(self) -> Factors:
        """Return what was drawn for the present episode: for its evaluation, never for a policy.

        Every factor of the level of randomization that changes something is there, rounded to four digits, and the
        placement under "placement". It is empty before the first `reset`.
        """
