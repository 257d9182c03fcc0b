"""The interface of a variation, and the two distributions from which all variations draw."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
import numpy.typing as npt

from kinitro.environments.interface import Factor
from kinitro.environments.spec import RUNG_MARK

Group = Literal["lights", "cameras", "colours", "textures", "friction and damping", "mass", "actuators"]
"""What a policy may be sensitive to; every variation belongs to one."""
Drawn = dict[str, npt.NDArray[Any]]
"""What a variation drew for one episode, as arrays by name."""


class Variation(Protocol):
    """A value that changes one property of a model.

    A level is a tuple of variations, which draw in order from one stream.
    """

    group: ClassVar[Group]

    def draw(self, model: Any, random: np.random.Generator) -> Drawn:
        """Draw for one episode of `model`, a mujoco.MjModel, without changing it.

        The number of draws depends on the model only, never on values that were drawn before.
        """

    def apply(self, model: Any, drawn: Drawn) -> None:
        """Change `model`, which has nominal values, in place."""

    def describe(self, model: Any, drawn: Drawn) -> dict[str, Factor]:
        """Return what `drawn` means, by names of the model's parts: only what changes something in `model`."""


def count_own(names: Iterable[str]) -> int:
    """Count the parts of a model that are not a rung's: rungs add theirs at the end, with names that begin with `@`.

    A level draws for these alone, so that rungs do not change what it draws.
    """
    return sum(not name.startswith(RUNG_MARK) for name in names)


def pad(drawn: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.float64]:
    """Return factors for `count` parts: those drawn for the first of them, and 1 for the others."""
    return np.concatenate((drawn, np.ones((count - len(drawn), *drawn.shape[1:]))))


def draw_factors(
    random: np.random.Generator, spread: float, size: int | tuple[int, ...] = 1
) -> npt.NDArray[np.float64]:
    """Draw numbers that are uniform in [1 - spread, 1 + spread]: float64 of shape `size`."""
    return 1.0 + spread * draw_offsets(random, 1.0, size)


def draw_offsets(random: np.random.Generator, bound: float, size: int | tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Draw numbers that are uniform in [-bound, bound]: float64 of shape `size`."""
    return bound * (2.0 * random.random(size) - 1.0)
