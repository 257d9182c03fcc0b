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

    agent_pos: float32 (p,): the numbers that `EnvironmentSpec.proprioception` describes, within its bounds.
    pixels:    by the names of `EnvironmentSpec.cameras`, uint8 (height, width, 3): RGB, upright, not mirrored.
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
    """The spec that `make` got: its cameras are those that `observe` renders."""

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
        """Do one control step with an action (m,) of finite numbers, which `EnvironmentSpec.action` describes.

        Each is clipped to its bounds; `kinitro.environments.actions.check_action` does this. Raises InvalidAction (and
        leaves the episode as it was), EpisodeNotRunning, and SimulationFailed.
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


@runtime_checkable
class PrivilegedEnvironment(Protocol):
    """An environment that can also say where things are. Families need not offer this."""

    def privileged_state(self) -> npt.NDArray[np.float64]:
        """Return the state (k,), in an order of the family: for experts and labels of training, never for policies."""


@runtime_checkable
class InstructedEnvironment(Protocol):
    """An environment whose instruction depends on the episode. Families need not offer this."""

    def read_instruction(self) -> str:
        """Return what the policy is asked in the present episode; the spec's instruction before the first `reset`."""


def read_instruction(environment: Environment) -> str:
    """Return what a policy is asked in the present episode of an environment of any kind."""
    if isinstance(environment, InstructedEnvironment):
        return environment.read_instruction()
    return environment.spec.instruction


class Expert(Protocol):
    """A scripted policy that sees the whole state of an environment; one is made for each episode."""

    def act(self) -> npt.NDArray[np.float32]:
        """Return the action (m,) for the present state."""
