"""The table of MetaWorld's 50 tasks."""

from __future__ import annotations

from typing import NamedTuple

from kinitro.environments.metaworld import compositions
from kinitro.environments.metaworld.robot import ACTION, CAMERAS, PROPRIOCEPTION, ROBOT
from kinitro.environments.spec import EnvironmentSpec

VERSION = "2"
"""Version of all MetaWorld environments, see `EnvironmentSpec.version`."""


class _Row(NamedTuple):
    """A task by MetaWorld's name; `expert` and `random` are success rates from 0 to 1."""

    task: str
    instruction: str
    category: str
    expert: float
    random: float


# Success rates were measured with `benchmarks/success_rates.py`: over 100 episodes for scored tasks, 25 for assembly to
# button-press-topdown-wall, 60 for stick-pull to window-open. From button-press-wall to soccer the expert's are over
# 12 episodes, and the 0.0 of random actions is assumed.
_SCORED = (
    _Row("pick-place", "pick up the puck and hold it at the goal", "pick-and-place", 1.0, 0.0),
    _Row("push", "push the puck to the goal", "push", 1.0, 0.0),
    _Row("drawer-open", "open the drawer", "articulated", 1.0, 0.0),
    _Row("peg-insert-side", "insert the peg into the hole in the box", "insertion", 1.0, 0.0),
    _Row("reach", "move the gripper to the goal", "reach", 1.0, 0.0),
    _Row("door-open", "open the door", "articulated", 0.97, 0.0),
    _Row("drawer-close", "close the drawer", "articulated", 1.0, 0.23),
    _Row("button-press", "press the button", "press", 1.0, 0.0),
)
_OTHERS = (
    _Row("assembly", "put the ring on the peg", "insertion", 1.0, 0.0),
    _Row("basketball", "put the ball into the basket", "pick-and-place", 0.92, 0.0),
    _Row("bin-picking", "move the cube into the other bin", "pick-and-place", 1.0, 0.0),
    _Row("box-close", "put the lid on the box", "pick-and-place", 0.92, 0.0),
    _Row("button-press-topdown", "press the button from above", "press", 1.0, 0.0),
    _Row("button-press-topdown-wall", "press the button behind the wall from above", "press", 1.0, 0.0),
    _Row("button-press-wall", "press the button behind the wall", "press", 1.0, 0.0),
    _Row("coffee-button", "press the button of the coffee machine", "press", 1.0, 0.0),
    _Row("coffee-pull", "pull the mug from the coffee machine to the goal", "push", 1.0, 0.0),
    _Row("coffee-push", "push the mug to the goal under the coffee machine", "push", 1.0, 0.0),
    _Row("dial-turn", "turn the dial", "articulated", 1.0, 0.0),
    _Row("disassemble", "lift the ring off the peg", "insertion", 1.0, 0.0),
    _Row("door-close", "close the door", "articulated", 1.0, 0.0),
    _Row("door-lock", "lock the door", "articulated", 1.0, 0.0),
    _Row("door-unlock", "unlock the door", "articulated", 1.0, 0.0),
    _Row("faucet-close", "close the faucet", "articulated", 1.0, 0.0),
    _Row("faucet-open", "open the faucet", "articulated", 1.0, 0.0),
    _Row("hammer", "drive in the nail with the hammer", "tool", 1.0, 0.0),
    _Row("hand-insert", "put the gripper with the puck into the hole", "insertion", 1.0, 0.0),
    _Row("handle-press", "press the handle down", "press", 1.0, 0.0),
    _Row("handle-press-side", "press the handle down from the side", "press", 1.0, 0.0),
    _Row("handle-pull", "pull the handle up", "articulated", 1.0, 0.0),
    _Row("handle-pull-side", "pull the handle up from the side", "articulated", 1.0, 0.0),
    _Row("lever-pull", "pull the lever up", "articulated", 1.0, 0.0),
    _Row("peg-unplug-side", "pull the peg out of the hole", "insertion", 1.0, 0.0),
    _Row("pick-out-of-hole", "pick the puck out of the hole and hold it at the goal", "pick-and-place", 1.0, 0.0),
    _Row("pick-place-wall", "lift the puck over the wall and hold it at the goal", "pick-and-place", 1.0, 0.0),
    _Row("plate-slide", "slide the plate forward into the goal", "push", 1.0, 0.0),
    _Row("plate-slide-back", "slide the plate back out to the goal", "push", 1.0, 0.0),
    _Row("plate-slide-back-side", "slide the plate sideways out to the goal", "push", 1.0, 0.0),
    _Row("plate-slide-side", "slide the plate sideways into the goal", "push", 1.0, 0.0),
    _Row("push-back", "pull the puck back to the goal", "push", 1.0, 0.0),
    _Row("push-wall", "push the puck around the wall to the goal", "push", 1.0, 0.0),
    _Row("reach-wall", "move the gripper over the wall to the goal", "reach", 1.0, 0.0),
    _Row("shelf-place", "put the puck on the shelf", "pick-and-place", 1.0, 0.0),
    _Row("soccer", "kick the ball into the goal", "push", 0.67, 0.0),
    _Row("stick-pull", "pull the container to the goal with the stick", "tool", 0.9, 0.0),
    _Row("stick-push", "push the container to the goal with the stick", "tool", 1.0, 0.0),
    _Row("sweep", "sweep the cube to the goal off the table", "push", 1.0, 0.0),
    _Row("sweep-into", "sweep the cube into the hole", "push", 0.95, 0.0),
    _Row("window-close", "close the window", "articulated", 1.0, 0.0),
    _Row("window-open", "open the window", "articulated", 1.0, 0.0),
)
_NAMES = {"peg-insert-side": "peg-insert"}
"""MetaWorld's name of a task -> its name in the id, if that is another one."""


def specs() -> tuple[EnvironmentSpec, ...]:
    """Return the specs of all 50 tasks, `metaworld/<task>-v3`, the scored ones first, and of the compositions."""
    rows = [(row, True) for row in _SCORED] + [(row, False) for row in _OTHERS]
    tasks = tuple(
        EnvironmentSpec(
            id=f"metaworld/{_NAMES.get(row.task, row.task)}-v3",
            task_name=row.task,
            instruction=row.instruction,
            category=row.category,
            version=VERSION,
            scored=scored,
            expert_success=row.expert,
            random_success=row.random,
            robot=ROBOT,
            proprioception=PROPRIOCEPTION,
            action=ACTION,
            cameras=CAMERAS,
        )
        for row, scored in rows
    )
    return (*tasks, *compositions.specs())
