"""Confidence intervals of success rates."""

from __future__ import annotations

from functools import lru_cache
from math import sqrt
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


def newcombe_interval(
    both: int, only_first: int, only_second: int, episodes: int, confidence: float
) -> tuple[float, float]:
    """The interval of the second success rate less the first, of paired episodes; (-1, 1) where there are none.

    both: episodes that both solved.
    confidence: two-sided, such as 0.95.

    It contains Wilson's interval of each rate and their correlation. R. G. Newcombe, Statistics in Medicine 17 (1998),
    2635-2650, method 10.
    """
    if episodes == 0:
        return -1.0, 1.0
    first, second = both + only_first, both + only_second
    neither = episodes - both - only_first - only_second
    z = normal_quantile((1 + confidence) / 2)
    lower, upper = wilson_interval(np.array([first, second]), np.array([episodes, episodes]), z)
    rates = first / episodes, second / episodes
    below = [rate - float(bound) for rate, bound in zip(rates, lower, strict=True)]
    above = [float(bound) - rate for rate, bound in zip(rates, upper, strict=True)]
    correlation = _correlate(both, only_first, only_second, neither)
    difference = rates[1] - rates[0]
    return (
        max(-1.0, difference - _combine(below[1], above[0], correlation)),
        min(1.0, difference + _combine(above[1], below[0], correlation)),
    )


def _combine(one: float, other: float, correlation: float) -> float:
    return sqrt(max(0.0, one * one - 2 * correlation * one * other + other * other))


def _correlate(both: int, only_first: int, only_second: int, neither: int) -> float:
    """The correlation of two outcomes, with Newcombe's correction for continuity where it is positive."""
    product = (both + only_first) * (only_second + neither) * (both + only_second) * (only_first + neither)
    if product == 0:
        return 0.0
    covariance: float = both * neither - only_first * only_second
    if covariance > 0:
        covariance = max(0.0, covariance - (both + only_first + only_second + neither) / 2)
    return covariance / sqrt(product)
