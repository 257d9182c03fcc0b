"""Scripted experts: they make demonstrations, and show how far a task can be solved.

They are MetaWorld's, except for two that waste time or fail there; see `reach` and `insert_peg`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Final, Protocol

import kinitro.environments.mujoco_import  # noqa: F401

# isort: split

import numpy as np
import numpy.typing as npt
from metaworld.policies import ENV_POLICY_MAP

from kinitro.environments.metaworld.compositions import COMPOSITIONS, Part
from kinitro.environments.spec import EnvironmentSpec

Array = npt.NDArray[np.float64]

OBJECT: Final = slice(4, 7)
"""Where the position of the task's object stands in MetaWorld's state (39,); the hand's is in front of it."""
GOAL: Final = slice(36, 39)
"""Where the position of the goal stands."""
FINGERTIPS_BELOW_HAND_M = 0.045
OVER_WALLS_M = 0.22
"""How high the hand carries a puck above the goal in a drawer, whose walls end 8 cm above it."""
NEAR_M = 0.03
"""How near the hand comes to a point on its way between two parts."""


BETWEEN_PARTS_M: Final = 0.36
"""How high the hand goes between two parts of a composition: over all things."""
BEFORE_A_PART: Final = np.array([0.0, 0.6, BETWEEN_PARTS_M])
"""Where the hand goes before the next part, in its coordinates: above the place where MetaWorld's episodes begin."""


class Privileged(Protocol):
    """An environment that gives its whole state to scripted experts."""

    spec: EnvironmentSpec

    @property
    def privileged_part(self) -> int: ...

    def privileged_state(self) -> Array: ...


class ScriptedExpert:
    """Acts on MetaWorld's state, which holds the positions of objects and goal. Make one per episode.

    In a composition the parts' experts act one after the other. Between them the hand opens, rises, and goes to where
    the next part begins.
    """

    def __init__(self, environment: Privileged) -> None:
        self._environment = environment
        name = environment.spec.task_name
        if name in COMPOSITIONS:
            self._experts = [_make_part_expert(part) for part in COMPOSITIONS[name].parts]
        else:
            self._experts = [make_expert(name)]
        self._part = 0
        self._way: list[Array] = []

    def act(self) -> npt.NDArray[np.float32]:
        """Return the expert's action in the present state: float32 (4,), clipped to [-1, 1]."""
        state, part = self._environment.privileged_state(), self._environment.privileged_part
        hand = state[:3]
        if part != self._part and part < len(self._experts):
            self._part, self._way = part, [np.array([hand[0], hand[1], BETWEEN_PARTS_M]), BEFORE_A_PART]
        while self._way and np.linalg.norm(hand - self._way[0]) < NEAR_M:
            del self._way[0]
        action = move(hand, self._way[0], 10.0, -1.0) if self._way else self._experts[self._part](state)
        return action.astype(np.float32)


def make_expert(task_name: str) -> Callable[[Array], Array]:
    """Return a function from MetaWorld's state (39,) to an action (4,) in [-1, 1]; make one per episode.

    `task_name` is MetaWorld's name without the version, "push" for example.
    """
    if task_name in _OURS:
        return _OURS[task_name]
    policy = ENV_POLICY_MAP[f"{task_name}-v3"]()

    def decide(state: Array) -> Array:
        with warnings.catch_warnings():
            # MetaWorld warns whenever an expert asks for more than the fastest motion
            warnings.simplefilter("ignore", UserWarning)
            clipped: Array = np.clip(policy.get_action(state), -1.0, 1.0)
        return clipped

    return decide


def move(hand: Array, target: Array, gain: float, grip: float) -> Array:
    """Return the action (4,) in [-1, 1] that moves the hand towards `target` at a speed proportional to the distance.

    Positions are in metres in the world frame; `grip` is +1 to close and -1 to open the gripper.
    """
    action: Array = np.clip(np.append(gain * (target - hand), grip), -1.0, 1.0)
    return action


def reach(state: Array) -> Array:
    """Bring the fingertips to the goal.

    MetaWorld's expert brings the hand there, 45 mm above the fingertips, whose distance from the goal is what counts.
    """
    return move(state[:3], state[GOAL] + np.array([0, 0, FINGERTIPS_BELOW_HAND_M]), 10.0, 0.0)


def insert_peg(state: Array) -> Array:
    """Grasp the peg, lift it to the height of the hole, and insert it.

    MetaWorld's expert lifts when the hand is at most 25 mm above the peg, and the closed gripper often rests a hair
    higher than that. This one lifts when the gripper has closed around the peg.
    """
    hand, opening, peg = state[:3], state[3], state[OBJECT]
    hole = np.array([-0.35, state[GOAL][1], 0.16])
    aside, above = np.linalg.norm(hand[:2] - peg[:2]), abs(hand[2] - peg[2])
    if opening < 0.45 and above < 0.06 and aside < 0.07:
        in_line = np.linalg.norm(hand[1:] - hole[1:]) <= 0.03
        return move(hand, hole if in_line else hole + np.array([0.4, 0, 0]), 25.0, 0.6)
    if aside > 0.04:
        return move(hand, peg + np.array([0, 0, 0.3 if aside > 0.1 else 0.2]), 25.0, -1.0)
    return move(hand, peg, 25.0, -1.0 if above > 0.15 else 0.6)


def _make_part_expert(part: Part) -> Callable[[Array], Array]:
    """Return the expert of a part, which cannot count on the hand beginning where MetaWorld has it."""
    if part.into:
        return put_into
    return push if part.task == "push" else make_expert(part.task)


def push(state: Array) -> Array:
    """Close the gripper around the puck and push it to the goal.

    MetaWorld's expert does not open the gripper when the puck has slipped away, and cannot take it again.
    """
    hand, puck = state[:3], state[OBJECT] + np.array([-0.005, 0.0, 0.0])
    held = state[3] < 0.75
    if np.linalg.norm(hand[:2] - puck[:2]) > (0.04 if held else 0.02):
        return move(hand, puck + np.array([0.0, 0.0, 0.2 if hand[2] - puck[2] > 0.1 else 0.12]), 10.0, -1.0)
    if abs(hand[2] - puck[2]) > 0.04:
        return move(hand, puck + np.array([0.0, 0.0, 0.03]), 10.0, -1.0 if abs(hand[2] - puck[2]) > 0.085 else 0.6)
    return move(hand, state[GOAL], 10.0, 0.6)


def put_into(state: Array) -> Array:
    """Grasp the puck, lift it over the walls of a drawer, and lower it to the goal in there."""
    hand, opening, puck, goal = state[:3], state[3], state[OBJECT], state[GOAL]
    if opening > 0.73 or np.linalg.norm(hand - puck) > 0.07:
        return _GRASP(state)
    if np.linalg.norm(hand[:2] - goal[:2]) < 0.03:
        return move(hand, goal, 10.0, 1.0)
    over = goal[2] + OVER_WALLS_M
    return move(hand, np.array([*(goal[:2] if hand[2] > over - 0.03 else hand[:2]), over]), 10.0, 1.0)


_OURS: Final = {"reach": reach, "peg-insert-side": insert_peg}
"""Experts of our own by MetaWorld's name of the task."""
_GRASP: Final = make_expert("pick-place")
"""It keeps nothing between two calls."""
