"""Confidence intervals of success rates."""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@lru_cache(maxsize=32)
def normal_quantile(probability: float) -> float:
    """The quantile z of the standard normal distribution: P[Z <= z] = probability."""
    return NormalDist().inv_cdf(probability)


def wilson_interval(successes: IntArray, episodes: IntArray, z: float) -> tuple[FloatArray, FloatArray]:
    """Lower and upper Wilson score bounds of success rates, within [0, 1]; (0, 1) where there are no episodes.

    `z` = 1.64 gives a one-sided 95 % bound, 1.96 a two-sided 95 % interval. Uses only operations that IEEE 754
    rounds correctly, so every machine gets the same bits. E. B. Wilson, J. Am. Stat. Assoc. 22 (1927), 209-212.
    """
    n = np.maximum(episodes, 1)
    rate = successes / n
    centre = rate + z * z / (2 * n)
    spread = z * np.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    lower = np.where(successes == 0, 0.0, np.clip((centre - spread) / scale, 0.0, 1.0))
    upper = np.where(successes >= episodes, 1.0, np.clip((centre + spread) / scale, 0.0, 1.0))
    return lower, upper


def find_fewest_successes(episodes: int, floor: float, z: float) -> int | None:
    """The smallest number of successes whose Wilson lower bound exceeds `floor`; None if not even all successes do."""
    counts = np.arange(episodes + 1)
    lower, _ = wilson_interval(counts, np.full(episodes + 1, episodes), z)
    above = np.flatnonzero(lower > floor)
    return int(above[0]) if above.size else None
