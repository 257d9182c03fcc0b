"""Scripted experts that bear errors of a centimetre in the positions they are given: what the controller imitates.

They are Kinitro's, except for two. MetaWorld's experts for `push` and `pick-place` decide by positions alone and stand
still at their thresholds when those are wrong. These decide by the gripper's opening, which is known exactly: closed on
nothing it reads .28 to .30, on the puck about .45.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from policy import TASKS

from kinitro import environments
from kinitro.environments.metaworld.experts import GOAL, OBJECT, make_expert, move

GRASP_ASIDE = np.array([-0.005, 0, 0])
"""Where the puck is grasped, relative to its middle, in metres."""


def make_teacher(task: int) -> Callable[[np.ndarray], np.ndarray]:
    """A function from MetaWorld's state (39,) to an action (4,) in [-1, 1]; make one per episode."""
    name = TASKS[task]
    return TEACHERS.get(name) or make_expert(environments.get_spec(f"metaworld/{name}").task_name)


def push(state: np.ndarray) -> np.ndarray:
    """Go above the puck and down, grasp it, and go to the goal."""
    hand, opening, puck, goal = state[:3], state[3], state[OBJECT] + GRASP_ASIDE, state[GOAL]
    aside, above = np.linalg.norm(hand[:2] - puck[:2]), abs(hand[2] - puck[2])
    if opening < 0.8 and aside < 0.035 and above < 0.06:
        target = goal
    elif aside > 0.02:
        target = puck + np.array([0, 0, 0.2])
    elif above > 0.04:
        target = puck + np.array([0, 0, 0.03])
    else:
        target = goal
    return move(hand, target, 10, 0.6 if aside < 0.035 and above < 0.1 else 0.0)


def pick_place(state: np.ndarray) -> np.ndarray:
    """Like `push`, but it holds on as long as the fingers are around something, wherever the puck seems to be."""
    hand, opening, puck, goal = state[:3], state[3], state[OBJECT] + GRASP_ASIDE, state[GOAL]
    aside, above = np.linalg.norm(hand[:2] - puck[:2]), abs(hand[2] - puck[2])
    distance = np.linalg.norm(hand - state[OBJECT])
    holds = 0.36 < opening < 0.73 and distance < 0.12
    if holds or (opening < 0.73 and distance < 0.08):
        target = goal
    elif aside > 0.02:
        target = puck + np.array([0, 0, 0.1])
    elif above > 0.05:
        target = puck + np.array([0, 0, 0.03])
    else:
        target = hand
    return move(hand, target, 10, 1.0 if holds or distance < 0.08 else 0.0)


TEACHERS = {"push-v3": push, "pick-place-v3": pick_place}
