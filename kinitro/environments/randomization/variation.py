"""The interface of a variation, and the two distributions from which all variations draw."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt


class Variation(Protocol):
    """A value that changes one property of a model when it is called.

    A level is a tuple of variations, which are applied in order.
    """

    def __call__(self, model: Any, random: np.random.Generator) -> None:
        """Change `model`, a mujoco.MjModel with nominal values, in place.

        The number of draws depends on the model only, never on values that were drawn before.
        """


def draw_factors(
    random: np.random.Generator, spread: float, size: int | tuple[int, ...] = 1
) -> npt.NDArray[np.float64]:
    """Draw numbers that are uniform in [1 - spread, 1 + spread]: float64 of shape `size`."""
    return 1.0 + spread * draw_offsets(random, 1.0, size)


def draw_offsets(random: np.random.Generator, bound: float, size: int | tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Draw numbers that are uniform in [-bound, bound]: float64 of shape `size`."""
    return bound * (2.0 * random.random(size) - 1.0)
