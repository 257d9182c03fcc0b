"""What a variation is, and the two laws from which all of them draw."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt


class Variation(Protocol):
    """A value that changes one property of a model. Compose several in a tuple; they are applied in order."""

    def __call__(self, model: Any, random: np.random.Generator) -> None:
        """Change `model` (mujoco.MjModel, holding nominal values) in place.

        The number of draws depends on the model only, never on values drawn before.
        """


def factors(random: np.random.Generator, spread: float, size: int | tuple[int, ...] = 1) -> npt.NDArray[np.float64]:
    """Uniform in [1 - spread, 1 + spread]."""
    return 1.0 + spread * offsets(random, 1.0, size)


def offsets(random: np.random.Generator, bound: float, size: int | tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Uniform in [-bound, bound]."""
    return bound * (2.0 * random.random(size) - 1.0)
