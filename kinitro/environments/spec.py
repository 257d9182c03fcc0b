"""What is known about an environment without running it."""

from __future__ import annotations

from dataclasses import dataclass

CAMERAS = ("corner", "corner4", "gripper")
"""Cameras a policy sees, in this order; part of the environment version."""
IMAGE_SIZE_PX = 84


@dataclass(frozen=True, slots=True)
class EnvironmentSpec:
    """One environment. Success rates are under standard randomization, with success at some step counting."""

    id: str
    """`family/name`."""
    task_name: str
    """The family's own name of the task."""
    instruction: str
    """What a policy is told to do, as an imperative clause."""
    category: str
    """The skill it asks for, such as `insertion`; tasks of one category are alike."""
    version: str
    """Anything that changes what a seed means changes this: placements, physics, randomization, cameras, images."""
    scored: bool
    """Scored by default."""
    expert_success: float
    """Success rate of a scripted expert that sees the whole state: how far the task can be solved at all."""
    random_success: float
    """Success rate of uniformly random actions: the floor a miner must beat."""
    max_steps: int = 500
    control_hz: float = 80.0

    @property
    def family(self) -> str:
        """The part of the id before the slash."""
        return self.id.partition("/")[0]
