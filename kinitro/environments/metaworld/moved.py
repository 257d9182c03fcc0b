"""The rung `moved`: a goal that moves in the middle of the episode."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kinitro.environments.interface import Factor
from kinitro.environments.metaworld.rungs import MOVED_M, MOVED_STEPS
from kinitro.environments.metaworld.task import MetaWorldTask
from kinitro.environments.randomization.effects import Effect, Places

CANDIDATES: Final = 12
"""Goals that are drawn; the first that is far enough from the old one is taken, else the farthest."""


class MovedGoal(Effect):
    """Moves the goal, and its marker, once, to another place of those from which MetaWorld draws it."""

    def __init__(self, task: MetaWorldTask) -> None:
        self._task = task
        self._random = np.random.Generator(np.random.Philox(key=0))
        self._left = 0
        self._at = 0
        self._goal: npt.NDArray[np.float64] = np.zeros(3)

    def begin(self, random: np.random.Generator) -> None:
        """Keep the generator."""
        self._random = random

    def arrange(self, model: Any, data: Any, taken: Places) -> None:  # noqa: ARG002
        """Draw the step and the place."""
        low, high = MOVED_STEPS
        self._left = self._at = low + int(self._random.random() * (high - low + 1))
        goals = [self._task.draw_goal(self._random) for _ in range(CANDIDATES)]
        self._goal = choose_apart(goals, self._task.read_goal(), MOVED_M)

    def advance(self) -> None:
        """Move the goal when its step has come."""
        self._left -= 1
        if self._left == 0:
            self._task.move_goal(self._goal)

    def describe(self) -> dict[str, Factor]:
        """Return the step and the place."""
        return {"goal moves after step": float(self._at), "new goal": self._goal.tolist()}


def choose_apart(
    places: list[npt.NDArray[np.float64]], other: npt.NDArray[np.float64], apart_m: float
) -> npt.NDArray[np.float64]:
    """Return the first of `places` that is at least `apart_m` from `other` along x or y, else the one that is most."""
    apart = [float(np.abs(place - other)[:2].max()) for place in places]
    far_enough = (place for place, far in zip(places, apart, strict=True) if far >= apart_m)
    return next(far_enough, places[int(np.argmax(apart))])
