"""What is known about an environment without loading a simulator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MAX_NUMBERS = 64
"""The largest number of proprioceptive numbers, and of numbers of an action: a chunk of 50 actions then fits into an
answer of 64 KiB."""
RUNG_MARK = "@"
"""What stands before the name of a rung in an id; see `kinitro.environments.rungs`."""


@dataclass(frozen=True, slots=True)
class StateNumber:
    """One proprioceptive number of an observation."""

    name: str
    unit: str
    """Such as `m`, `rad` or `rad/s`; `1` for a number without a unit."""
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ActionNumber:
    """One number of an action. What a policy sends is clipped to [low, high]."""

    name: str
    meaning: str
    """What the number does, with the unit or the scale in which it does it."""
    low: float
    high: float
    neutral: float = 0.0
    """What is executed in a forfeited step, for which the policy gave no usable answer."""
    held: bool = False
    """Whether a forfeited step repeats what was executed last instead; `neutral` is then for the first step."""


@dataclass(frozen=True, slots=True)
class CameraSpec:
    """One camera whose images are in every observation."""

    name: str
    height_px: int
    width_px: int


@dataclass(frozen=True, slots=True)
class EnvironmentSpec:
    """One environment.

    Success rates were measured with standard randomization; an episode is a success if the task is solved at some step.
    """

    id: str
    """`family/name`, and behind it the rungs, such as `family/name@delay@noise`."""
    task_name: str
    """The family's own name of the task."""
    instruction: str
    """What the policy is asked to do, as an imperative clause."""
    category: str
    """The skill that the task needs, such as `insertion`; tasks of one category are alike."""
    version: str
    """Changes with anything that changes what a seed means: placements, physics, randomization, cameras, images."""
    scored: bool
    """Whether it is one of the mission's eight, which are scored by default, on the rungs of the exam and beside some
    compositions (`kinitro.environments.sets`)."""
    expert_success: float
    """Success rate of a scripted expert that sees the whole state: an estimate of how far the task can be solved."""
    random_success: float
    """Success rate of uniformly random actions: the floor that a policy must beat."""
    robot: str
    """The robot's name, such as `sawyer`; environments of one robot have equal `proprioception` and `action`."""
    proprioception: tuple[StateNumber, ...]
    """What the numbers of `Observation.agent_pos` are, in their order; part of the version."""
    action: tuple[ActionNumber, ...]
    """What the numbers of an action are, in their order; part of the version."""
    cameras: tuple[CameraSpec, ...]
    """The cameras of an observation, in their order; part of the version. `make` can choose others."""
    max_steps: int = 500
    """The horizon: an episode ends after so many control steps at the latest."""
    control_hz: float = 80.0
    """Control steps per second of simulated time."""
    rungs: tuple[str, ...] = ()
    """The names of the rungs that the environment is on, see `kinitro.environments.rungs`."""

    @property
    def family(self) -> str:
        """The part of the id before the slash."""
        return self.id.partition("/")[0]

    @property
    def base_id(self) -> str:
        """The id without rungs."""
        return self.id.partition(RUNG_MARK)[0]

    @property
    def base_version(self) -> str:
        """The version without that of the rungs: with `base_id`, what the placement of a seed depends on."""
        return self.version.partition("+")[0] if self.rungs else self.version

    @property
    def camera_names(self) -> tuple[str, ...]:
        """The names of the cameras, in their order."""
        return tuple(camera.name for camera in self.cameras)


Bounds = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]
"""The lower and the upper bounds of each number."""


def list_bounds(numbers: tuple[StateNumber, ...] | tuple[ActionNumber, ...]) -> Bounds:
    """Return the lower and the upper bounds, each float32 (n,)."""
    low, high = [number.low for number in numbers], [number.high for number in numbers]
    return np.array(low, np.float32), np.array(high, np.float32)
