"""What is known about an environment without loading a simulator."""

from __future__ import annotations

from dataclasses import dataclass

CAMERAS = ("corner", "corner4", "gripper")
"""Cameras a policy sees, in this order; part of the environment version."""
IMAGE_SIZE_PX = 84
"""Height and width of the images that a policy sees; part of the environment version."""


@dataclass(frozen=True, slots=True)
class EnvironmentSpec:
    """One environment.

    Success rates were measured with standard randomization; an episode is a success if the task is solved at some step.
    """

    id: str
    """`family/name`."""
    task_name: str
    """The family's own name of the task."""
    instruction: str
    """What the policy is asked to do, as an imperative clause."""
    category: str
    """The skill that the task needs, such as `insertion`; tasks of one category are alike."""
    version: str
    """Changes with anything that changes what a seed means: placements, physics, randomization, cameras, images."""
    scored: bool
    """Whether the environment is scored by default."""
    expert_success: float
    """Success rate of a scripted expert that sees the whole state: an estimate of how far the task can be solved."""
    random_success: float
    """Success rate of uniformly random actions: the floor that a policy must beat."""
    max_steps: int = 500
    """The horizon: an episode ends after so many control steps at the latest."""
    control_hz: float = 80.0
    """Control steps per second of simulated time."""

    @property
    def family(self) -> str:
        """The part of the id before the slash."""
        return self.id.partition("/")[0]
