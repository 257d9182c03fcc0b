"""The rung `choices`: two goals and two pucks that look alike, and an instruction that says which is meant."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kinitro.environments.interface import Factor
from kinitro.environments.metaworld.moved import choose_apart
from kinitro.environments.metaworld.rungs import CHOICES
from kinitro.environments.metaworld.task import MetaWorldTask
from kinitro.environments.mujoco_import import mujoco
from kinitro.environments.randomization.effects import Effect, Places
from kinitro.environments.spec import EnvironmentSpec

Place = npt.NDArray[np.float64]
GOAL, PUCK, JOINT = "@second goal", "@second puck", "@second puck's joint"
CANDIDATES: Final = 40
GOALS_APART_M: Final = 0.07
"""How far the goals are apart along x or y at least, if one of the candidates is."""
PUCKS_APART_M: Final = 0.08
CLEARANCE_M: Final = 0.09
"""Least distance of the second puck from the hand, from both goals, and from the way of the first to its goal."""


def add_choices(scene: Any) -> None:
    """Add a second puck, which is like the first, and a second marker to a scene, a mujoco.MjSpec."""
    marker = scene.site("goal")
    goal = scene.worldbody.add_body(name=GOAL, pos=(0.0, 0.85, 0.05))
    goal.add_site(name=GOAL, type=marker.type, size=marker.size, rgba=marker.rgba)
    first = scene.body("obj")
    body = scene.worldbody.add_body(name=PUCK, pos=(0.3, 0.75, 0.02))
    joint = first.first_joint()
    body.add_joint(name=JOINT, type=joint.type, damping=joint.damping, armature=joint.armature)
    body.mass, body.inertia, body.ipos, body.explicitinertial = (
        first.mass,
        first.inertia,
        first.ipos,
        first.explicitinertial,
    )
    geom = first.first_geom()
    copy = body.add_geom(name=PUCK)
    for name in _GEOM_FIELDS:
        setattr(copy, name, getattr(geom, name))


_GEOM_FIELDS: Final = (
    *("type", "size", "pos", "quat", "rgba", "material", "mass", "density", "friction", "solref", "solimp", "condim"),
    *("margin", "gap", "contype", "conaffinity", "group", "priority", "solmix"),
)
"""What the second puck has of the first one's geom."""


class Choices(Effect):
    """Places the second goal and the second puck, and says which of the two is meant."""

    def __init__(self, spec: EnvironmentSpec, task: MetaWorldTask) -> None:
        self._task = task
        self._template = CHOICES[spec.task_name]
        self._random = np.random.Generator(np.random.Philox(key=0))
        self._words: dict[str, str] = {}
        self._places: dict[str, Factor] = {}

    def begin(self, random: np.random.Generator) -> None:
        """Keep the generator."""
        self._random = random

    def arrange(self, model: Any, data: Any, taken: Places) -> None:
        """Draw the places, and put the two there. `taken` are the places of the hand and the puck, among others."""
        goal, puck, hand = self._task.read_goal(), data.body("obj").xpos.copy(), taken[0]
        goals = [self._task.draw_goal(self._random) for _ in range(CANDIDATES)]
        pucks = [self._task.draw_object(self._random) for _ in range(CANDIDATES)]
        second_goal = choose_apart(goals, goal, GOALS_APART_M)
        # what the radius of the marker takes into the table is not seen
        site = model.site(GOAL).id
        model.site_size[site] = model.site_size[model.site("goal").id]
        model.body_pos[model.body(GOAL).id] = second_goal
        for place in pucks:
            place[:2] = 1.6 * place[:2] - 0.6 * np.array([0.0, 0.65])  # a wider field than MetaWorld's own
        free = [place for place in pucks if _is_free(place, puck, goal, second_goal, hand)]
        second_puck = choose_apart(free or pucks, puck, PUCKS_APART_M)
        address = int(model.jnt_qposadr[model.joint(JOINT).id])
        data.qpos[address : address + 3] = second_puck
        data.qpos[address + 3 : address + 7] = (1.0, 0.0, 0.0, 0.0)
        velocity = int(model.jnt_dofadr[model.joint(JOINT).id])
        data.qvel[velocity : velocity + 6] = 0.0
        mujoco.mj_forward(model, data)
        self._words = {"goal": _tell_apart(goal, second_goal), "puck": _tell_apart(puck, second_puck)}
        self._places = {"second goal": second_goal.tolist(), "second puck": second_puck.tolist()}

    def change_instruction(self, instruction: str) -> str:  # noqa: ARG002 - it is said anew
        """Return the instruction that says which goal and which puck."""
        return self._template.format(**self._words)

    def describe(self) -> dict[str, Factor]:
        """Return where the second goal and the second puck are."""
        return self._places


def _is_free(place: Place, puck: Place, goal: Place, second_goal: Place, hand: Place) -> bool:
    """Whether a second puck may lie at a place."""
    way = goal[:2] - puck[:2]
    share = min(max(float(((place[:2] - puck[:2]) * way).sum()) / max(float((way * way).sum()), 1e-12), 0.0), 1.0)
    spots = (puck[:2], goal[:2], second_goal[:2], hand[:2], puck[:2] + share * way)
    return all(float(((place[:2] - spot) ** 2).sum()) > CLEARANCE_M**2 for spot in spots)


def _tell_apart(one: Place, other: Place) -> str:
    """Say where one place is, in contrast to another one, for a robot that looks along y and has x on its right."""
    x, y = (one - other)[:2].tolist()
    if abs(x) >= abs(y):
        return "on the right" if x > 0 else "on the left"
    return "farther from the robot" if y > 0 else "nearer to the robot"
