"""From points to weights, as shares and as the chain stores them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal

import numpy as np
import numpy.typing as npt

from kinitro.scoring.errors import InvalidScoringInput

U16_MAX = 65535
"""The largest weight that the chain stores."""

_CONTEXT = Context(prec=40, Emin=-999_999, Emax=999_999)
"""Decimal arithmetic is the same on every machine; `exp` of the C library is not."""


def softmax_of_shares(points: Sequence[int], temperature: float) -> npt.NDArray[np.float64]:
    """The softmax of points / (all points) / temperature over the miners with points; the others get exactly 0.

    Sums to 1, or is all 0 when nobody has points.
    """
    weights = np.zeros(len(points), dtype=np.float64)
    total = sum(points)
    if total == 0:
        return weights
    highest = max(points)
    scale = _CONTEXT.multiply(Decimal(total), Decimal(temperature))
    exponentials = {
        value: _CONTEXT.exp(_CONTEXT.divide(Decimal(value - highest), scale)) for value in set(points) if value
    }
    everything = Decimal(0)
    for value in points:
        if value:
            everything = _CONTEXT.add(everything, exponentials[value])
    for index, value in enumerate(points):
        if value:
            weights[index] = float(_CONTEXT.divide(exponentials[value], everything))
    return weights


def to_u16(weights: npt.ArrayLike) -> npt.NDArray[np.uint16]:
    """Convert weights into the integers that the chain stores.

    The largest becomes 65535, zeros stay zero, and proportions are kept.

    The sum is the nearest integer to (sum of weights) * 65535 / (largest), so that the shares read back from the
    chain, value / (sum of values), differ from the shares given by at most 1/65535 of the largest. All zeros stay
    all zeros. Raises InvalidScoringInput for negative, infinite or NaN weights.
    """
    values = np.asarray(weights, dtype=np.float64)
    if values.ndim != 1 or not np.isfinite(values).all() or (values < 0).any():
        raise InvalidScoringInput(f"weights are {values.tolist()!s:.200}: give a list of finite numbers from 0 up.")
    largest = values.max(initial=0.0)
    if largest == 0:
        return np.zeros(len(values), dtype=np.uint16)
    exact = values / largest * U16_MAX
    floors = np.floor(exact)
    missing = round(float(exact.sum() - floors.sum()))
    remainders = np.where(values == largest, -1.0, exact - floors)
    stored = floors.astype(np.int64)
    for index in np.lexsort((np.arange(len(values)), -exact, -remainders))[:missing]:
        stored[index] += 1
    return np.asarray(stored, dtype=np.uint16)
