"""The rungs of MetaWorld's environments: their names and laws. It loads no simulator; `scenes` has what makes them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from kinitro.environments.packs.versions import SEALED_RUNG
from kinitro.environments.rungs import Rung
from kinitro.environments.spec import EnvironmentSpec

DELAYS_STEPS: Final = (1, 2)
"""12.5 and 25 ms, as buses, drivers and controllers of arms take. With 3 the expert presses buttons in 87 % only."""
GAINS: Final = (0.7, 1.3)
BIAS: Final = (0.015, 0.015, 0.015, 0.05)
"""Of x, y and z in metres, and of the gripper's opening."""
NOISE: Final = (0.005, 0.005, 0.005, 0.03)
MOVED_STEPS: Final = (8, 24)
"""Between which steps the goal moves."""
MOVED_M: Final = 0.06
"""How far it moves at least."""
HURRY_STEPS: Final = {
    "reach": 45,
    "push": 90,
    "pick-place": 75,
    "drawer-open": 115,
    "drawer-close": 100,
    "peg-insert-side": 130,
    "door-open": 150,
    "button-press": 80,
}
"""Horizons, 1.25 times what the scripted expert took at most in 30 episodes at `standard`."""
TWO_GOALS: Final = ("reach", "push", "pick-place")
"""MetaWorld's names of the tasks whose goal is a place of its own, which can move and be there twice."""

WITH_PUCK: Final = ("push", "pick-place")
"""The tasks in which a puck is moved."""


def _hurry(spec: EnvironmentSpec) -> EnvironmentSpec:
    return replace(spec, max_steps=HURRY_STEPS[spec.task_name])


CHOICES: Final = {
    "reach": "move the gripper to the goal {goal}",
    "push": "push the puck {puck} to the goal {goal}",
    "pick-place": "pick up the puck {puck} and hold it at the goal {goal}",
}
"""Instructions; what stands for the braces is said per episode."""


def _choose(spec: EnvironmentSpec) -> EnvironmentSpec:
    named = {"goal": "that is named", "puck": "that is named"}
    return replace(spec, instruction=CHOICES[spec.task_name].format(**named))


_RUNGS: Final = (
    Rung("blackout", "seeing", "in every 100 steps one camera shows nothing for 20 to 60 steps, not in the first 10"),
    Rung(
        "cameras",
        "seeing",
        "cameras are moved by up to 15 cm (the hand's by 1.5 cm) and turned by up to 0.15 rad per axis",
    ),
    Rung(
        "choices",
        "saying",
        "there are two goals, and two pucks if there is one; the instruction says which by where they are as the robot "
        "sees them: on the left or right, nearer to or farther from it",
        change=_choose,
    ),
    Rung("delay", "acting", "every action is executed 1 or 2 steps late, the same in a whole episode"),
    Rung(
        "distractors",
        "seeing",
        "4 to 10 of 16 things stand on the table: boxes, bars and discs, and bodies of irregular shape; some have the "
        "colour of the puck and some its shape, none both; they touch nothing and hide neither object nor goal",
    ),
    Rung("gain", "acting", "the hand moves by 0.7 to 1.3 of what an action says, one factor in an episode"),
    Rung("hurry", "acting", "the horizon is 1.25 times what the scripted expert needs at most", change=_hurry),
    Rung("lights", "seeing", "lights have any direction in a wide cone, 0.4 to 1.6 of their brightness, and a colour"),
    Rung(
        "loads",
        "acting",
        "masses, frictions and dampings are 0.5 to 1.5 of their own; each body has one factor, each joint one, and "
        "friction one",
    ),
    Rung("moved", "acting", "the goal moves once, by 6 cm or more, at a step from 8 to 24", without=("choices",)),
    Rung(
        "noise",
        "acting",
        "the observed hand has a bias of up to 1.5 cm per axis and noise of up to 5 mm in every step, the gripper's "
        "opening 0.05 and 0.03",
    ),
    Rung("occluders", "seeing", "1 to 4 bars stand between one of the fixed cameras and the table"),
    Rung(
        SEALED_RUNG,
        "unseen",
        "surfaces show textures of a sealed pack, 3 to 8 of its meshes stand on the table, a puck has one of its "
        "shapes, and the instruction is one of its wordings",
    ),
    Rung(
        "sizes",
        "acting",
        "the puck is one of 8 discs and boxes: 2.8 to 5 cm wide, 2.4 to 5.6 cm high, of the same mass and colour",
        without=("choices",),
    ),
    Rung(
        "textures",
        "seeing",
        "each surface, and the robot, shows one of 24 generated textures in a colour of its own, with probability 0.85",
    ),
    Rung("wordings", "saying", "the instruction is said in one of many ways"),
)


def rungs(spec: EnvironmentSpec) -> tuple[Rung, ...]:
    """Return the rungs that an environment has."""
    only = {"choices": TWO_GOALS, "moved": TWO_GOALS, "hurry": HURRY_STEPS, "sizes": WITH_PUCK}
    return tuple(rung for rung in _RUNGS if rung.name not in only or spec.task_name in only[rung.name])
