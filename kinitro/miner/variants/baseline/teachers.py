"""Scripted experts that bear errors of a centimetre in the positions they are given: what the controller imitates.

MetaWorld's own experts decide by positions alone and stand still at their thresholds when those are wrong. Where that
matters, these decide by the gripper's opening, which is known exactly: closed on nothing it reads .28 to .30, on the
puck about .45.
"""

from __future__ import annotations

import warnings

import numpy as np
from metaworld.policies import ENV_POLICY_MAP
from policy import TASKS

OBJECT, GOAL = slice(4, 7), slice(36, 39)
"""Where the two positions stand in MetaWorld's state (39,)."""
FINGERTIPS_BELOW_HAND_M = 0.045
METAWORLD_NAMES = {"peg-insert-v3": "peg-insert-side-v3"}


def make_teacher(task: int):
    """A function of MetaWorld's state (39,) that returns an action (4,); one per episode."""
    name = TASKS[task]
    if name in TEACHERS:
        return TEACHERS[name]
    expert = ENV_POLICY_MAP[METAWORLD_NAMES.get(name, name)]()

    def act(state: np.ndarray) -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # it warns whenever it asks for more than the fastest motion
            return np.clip(expert.get_action(state.copy()), -1, 1)

    return act


def action(hand: np.ndarray, towards: np.ndarray, gain: float, grip: float) -> np.ndarray:
    """Proportional control of the hand."""
    return np.clip([*(gain * (towards - hand)), grip], -1, 1)


def reach(state: np.ndarray) -> np.ndarray:
    """What counts is where the fingertips are."""
    return action(state[:3], state[GOAL] + [0, 0, FINGERTIPS_BELOW_HAND_M], 10, 0.0)


def push(state: np.ndarray) -> np.ndarray:
    """Above the puck, down, grasp it, and go to the goal."""
    hand, opening, puck, goal = state[:3], state[3], state[OBJECT] + [-0.005, 0, 0], state[GOAL]
    aside, above = np.linalg.norm(hand[:2] - puck[:2]), abs(hand[2] - puck[2])
    if opening < 0.8 and aside < 0.035 and above < 0.06:
        towards = goal
    elif aside > 0.02:
        towards = puck + [0, 0, 0.2]
    elif above > 0.04:
        towards = puck + [0, 0, 0.03]
    else:
        towards = goal
    return action(hand, towards, 10, 0.6 if aside < 0.035 and above < 0.1 else 0.0)


def pick_place(state: np.ndarray) -> np.ndarray:
    """As `push`, but it holds on when the fingers are on something, wherever the puck seems to be."""
    hand, opening, puck, goal = state[:3], state[3], state[OBJECT] + [-0.005, 0, 0], state[GOAL]
    aside, above = np.linalg.norm(hand[:2] - puck[:2]), abs(hand[2] - puck[2])
    distance = np.linalg.norm(hand - state[OBJECT])
    holds = 0.36 < opening < 0.73 and distance < 0.12
    if holds or (opening < 0.73 and distance < 0.08):
        towards = goal
    elif aside > 0.02:
        towards = puck + [0, 0, 0.1]
    elif above > 0.05:
        towards = puck + [0, 0, 0.03]
    else:
        towards = hand
    return action(hand, towards, 10, 1.0 if holds or distance < 0.08 else 0.0)


def insert_peg(state: np.ndarray) -> np.ndarray:
    """Grasp the peg, lift it to the height of the hole, and go in."""
    hand, opening, peg, goal = state[:3], state[3], state[OBJECT], state[GOAL]
    hole = np.array([-0.35, goal[1], 0.16])
    aside, above = np.linalg.norm(hand[:2] - peg[:2]), abs(hand[2] - peg[2])
    if opening < 0.45 and above < 0.06 and aside < 0.07:
        before = 0.4 * (np.linalg.norm(hand[1:] - hole[1:]) > 0.03)
        return action(hand, hole + [before, 0, 0], 25, 0.6)
    if aside > 0.04:
        return action(hand, peg + [0, 0, 0.3 if aside > 0.1 else 0.2], 25, -1.0)
    return action(hand, peg, 25, -1.0 if above > 0.15 else 0.6)


TEACHERS = {"reach-v3": reach, "push-v3": push, "pick-place-v3": pick_place, "peg-insert-v3": insert_peg}
