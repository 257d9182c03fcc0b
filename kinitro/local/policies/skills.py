"""Fixed skills: how to do each task once it is known where things are.

A skill is a generator: it yields actions and is sent the hand's position. Positions are metres in the world frame
(x right, y away from the robot, z up); an action is a displacement in units of 1 cm per step, and the gripper.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float32]
Skill = Generator[Vector, Vector, None]
Move = Generator[Vector, Vector, Vector]

OPEN, STILL, CLOSE = -1.0, 0.0, 1.0
FINGERS = np.array([0, 0, 0.045], dtype=np.float32)
"""The offset, in metres, from the point between the fingers to the hand, whose position is observed."""


DEPTH = np.array([0.04, -0.04, 0.03], dtype=np.float32)
"""The displacement, in metres, in which the images tell least where something is."""
SEARCH = (DEPTH, -DEPTH, 2 * DEPTH, -2 * DEPTH)


class Scene(NamedTuple):
    """Where the thing to be manipulated and the goal are; a task may need only one of them."""

    thing: Vector
    goal: Vector


def at(x: float, y: float, z: float) -> Vector:
    return np.array([x, y, z], dtype=np.float32)


def step_towards(hand: Vector, target: Vector, grip: float, gain: float = 10.0) -> Vector:
    """Return the action that moves the hand towards `target`, at full speed when further than 1/gain metres."""
    step = np.clip(gain * (target - hand), -1, 1)
    return np.array([*step, grip], dtype=np.float32)


def move(
    hand: Vector, target: Vector, grip: float, *, gain: float = 10.0, tolerance: float = 0.02, patience: int
) -> Move:
    """Go to `target` until every coordinate is within `tolerance` metres, or for `patience` steps."""
    for _ in range(patience):
        if np.abs(target - hand).max() < tolerance:
            break
        hand = yield step_towards(hand, target, grip, gain)
    return hand


def hold(hand: Vector, target: Vector, grip: float, gain: float = 10.0) -> Skill:
    """Go to `target` and stay there."""
    while True:
        hand = yield step_towards(hand, target, grip, gain)


def reach(hand: Vector, scene: Scene) -> Skill:
    """Go where the goal seems to be, then search around it: nearer to the cameras, further away, and to all sides."""
    goal = scene.goal + FINGERS
    hand = yield from move(hand, goal, STILL, patience=60)
    for offset in SEARCH:
        hand = yield from move(hand, goal + offset, STILL, gain=20, patience=20)
    yield from hold(hand, goal, STILL)


def press_button(hand: Vector, scene: Scene) -> Skill:
    button = scene.thing
    height = button[2] - 0.07
    hand = yield from move(hand, at(button[0], hand[1] - 0.05, height), CLOSE, gain=25, patience=60)
    yield from hold(hand, at(button[0], button[1] + 0.25, height), CLOSE, gain=25)


def close_drawer(hand: Vector, scene: Scene) -> Skill:
    handle = scene.thing
    front = handle + at(0, -0.075, -0.02)
    if hand[1] > front[1]:
        hand = yield from move(hand, at(hand[0], hand[1], handle[2] + 0.2), CLOSE, tolerance=0.04, patience=30)
        hand = yield from move(hand, front + at(0, -0.02, 0.22), CLOSE, tolerance=0.03, patience=60)
    hand = yield from move(hand, front, CLOSE, tolerance=0.03, patience=50)
    yield from hold(hand, front + at(0, 0.35, 0), CLOSE, gain=25)


def open_drawer(hand: Vector, scene: Scene) -> Skill:
    handle = scene.thing
    behind = handle + at(0, 0, -0.02)
    hand = yield from move(hand, behind + at(0, 0, 0.15), OPEN, gain=8, tolerance=0.02, patience=70)
    hand = yield from move(hand, behind, OPEN, gain=8, tolerance=0.025, patience=40)
    yield from hold(hand, behind + at(0, -0.35, 0), OPEN, gain=25)


def open_door(hand: Vector, scene: Scene) -> Skill:
    handle = scene.thing
    hinge = handle + at(-0.376, 0.108, 0)
    hook = handle + at(0.01, 0.035, 0)
    hand = yield from move(hand, hook + at(0, 0, 0.15), CLOSE, gain=25, tolerance=0.03, patience=60)
    hand = yield from move(hand, hook + at(0, 0, -0.01), CLOSE, gain=25, tolerance=0.03, patience=40)
    for angle in np.linspace(0.15, 1.9, 70):
        hand = yield step_towards(hand, rotate(hook, hinge, -angle), CLOSE, gain=25)
    yield from hold(hand, rotate(hook, hinge, -1.9), CLOSE, gain=25)


def rotate(point: Vector, pivot: Vector, angle_rad: float) -> Vector:
    """Rotate `point` around the vertical axis through `pivot`, counter-clockwise from above."""
    x, y, z = point - pivot
    cosine, sine = np.cos(angle_rad), np.sin(angle_rad)
    return pivot + at(cosine * x - sine * y, sine * x + cosine * y, z)


SKILLS: dict[str, Callable[[Vector, Scene], Skill]] = {
    "reach-v3": reach,
    "button-press-v3": press_button,
    "drawer-close-v3": close_drawer,
    "drawer-open-v3": open_drawer,
    "door-open-v3": open_door,
}
"""Skills by task: the part of the environment's id after the slash."""
