"""Compositions: two or three of MetaWorld's tasks in one scene, to be done in order. It loads no simulator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kinitro.environments.metaworld.robot import ACTION, CAMERAS, PROPRIOCEPTION, ROBOT
from kinitro.environments.spec import EnvironmentSpec

VERSION: Final = "1"
"""Version of all compositions, see `EnvironmentSpec.version`."""
STEPS_PER_PART: Final = 250
"""The horizon, per part. The scripted experts need less than 200 steps per part, with the way between two parts."""
KEPT: Final = {"door-open": 2.0, "drawer-close": 2.0, "drawer-open": 3.0, "pick-place": 2.0, "push": 2.0}
"""Tasks whose result must still be there when the last part is done, and how many times farther away than for success
it may be then: a drawer rolls back a little. The result of others does not last: a button comes back, the hand goes on.
"""
MARKED: Final = ("pick-place", "push", "reach")
"""Tasks whose goal is a place, which a marker shows. In the others the thing itself shows it, and there is none."""


@dataclass(frozen=True, slots=True)
class Part:
    """One of MetaWorld's tasks as a part of a composition."""

    task: str
    """MetaWorld's name of the task, one of those in `success.SUCCESS_CONDITIONS`."""
    x_m: float
    """How far its things are moved to the right, so that those of two parts do not touch each other."""
    into: str = ""
    """The part in whose drawer its goal is, by the name of the task; else the goal is where MetaWorld has it."""


@dataclass(frozen=True, slots=True)
class Composition:
    """Parts that are done one after the other."""

    parts: tuple[Part, ...]
    instruction: str
    expert: float
    """Success rate of the scripted expert over 60 episodes at `standard` (`benchmarks/success_rates.py`)."""

    @property
    def name(self) -> str:
        """What the task of the environment is called."""
        return "-then-".join("put-in" if part.into else part.task for part in self.parts)


_ALL: Final = (
    Composition(
        (Part("drawer-open", 0.22), Part("pick-place", -0.22, into="drawer-open")),
        "open the drawer, then put the puck into it",
        1.0,
    ),
    Composition(
        (Part("push", -0.22), Part("button-press", 0.2)), "push the puck to the goal, then press the button", 1.0
    ),
    Composition(
        (Part("drawer-open", 0.22), Part("push", -0.22)), "open the drawer, then push the puck to the goal", 0.95
    ),
    Composition(
        (Part("drawer-close", 0.22), Part("pick-place", -0.22)),
        "close the drawer, then pick up the puck and hold it at the goal",
        1.0,
    ),
    Composition((Part("button-press", 0.25), Part("drawer-open", -0.2)), "press the button, then open the drawer", 1.0),
    Composition(
        (Part("door-open", 0.2), Part("reach", -0.25)), "open the door, then move the gripper to the goal", 1.0
    ),
    Composition(
        (Part("drawer-close", 0.35), Part("push", 0.0), Part("button-press", -0.35)),
        "close the drawer, push the puck to the goal, then press the button",
        0.98,
    ),
)
COMPOSITIONS: Final = {composition.name: composition for composition in _ALL}
"""By the name of the task."""


def specs() -> tuple[EnvironmentSpec, ...]:
    """Return the specs of all compositions, `metaworld/<one>-then-<other>-v1`."""
    return tuple(
        EnvironmentSpec(
            id=f"metaworld/{name}-v1",
            task_name=name,
            instruction=composition.instruction,
            category="composition",
            version=VERSION,
            scored=False,
            expert_success=composition.expert,
            random_success=0.0,
            robot=ROBOT,
            proprioception=PROPRIOCEPTION,
            action=ACTION,
            cameras=CAMERAS,
            max_steps=STEPS_PER_PART * len(composition.parts),
        )
        for name, composition in COMPOSITIONS.items()
    )
