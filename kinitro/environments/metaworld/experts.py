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

from kinitro.environments.spec import EnvironmentSpec

Array = npt.NDArray[np.float64]

OBJECT: Final = slice(4, 7)
"""Where the position of the task's object stands in MetaWorld's state (39,); the hand's is in front of it."""
GOAL: Final = slice(36, 39)
"""Where the position of the goal stands."""
FINGERTIPS_BELOW_HAND_M = 0.045


class Privileged(Protocol):
    """An environment that gives its whole state to scripted experts."""

    spec: EnvironmentSpec

    def privileged_state(self) -> Array: ...


class ScriptedExpert:
    """Acts on MetaWorld's state, which holds the positions of objects and goal. Make one per episode."""

    def __init__(self, environment: Privileged) -> None:
        self._environment = environment
        self._decide = make_expert(environment.spec.task_name)

    def act(self) -> npt.NDArray[np.float32]:
        """Return the expert's action in the present state: float32 (4,), clipped to [-1, 1]."""
        return self._decide(self._environment.privileged_state()).astype(np.float32)


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


_OURS: Final = {"reach": reach, "peg-insert-side": insert_peg}
"""Experts of our own by MetaWorld's name of the task."""
