"""Functions of real numbers that give the same bits on every x86-64 machine.

The C library picks its sine by CPU, and numpy its vectorized one, so the last bit differs between machines. Addition,
multiplication, division and square root are correctly rounded everywhere (IEEE 754): these functions use nothing else.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt


def unit_circle(points: int) -> npt.NDArray[np.float64]:
    """Return `points` equidistant points of the unit circle, counter-clockwise from (1, 0): float64 (points, 2).

    Starting from a quadrant, arcs are halved by adding the vectors of their ends and scaling the sum to length 1.
    Raises ValueError unless `points` is a power of two and at least 4.
    """
    if points < 4 or points & (points - 1):
        raise ValueError(f"A circle can have 4, 8, 16, ... points, not {points}.")
    quadrant = [(1.0, 0.0), (0.0, 1.0)]
    while 4 * (len(quadrant) - 1) < points:
        finer = [quadrant[0]]
        for (ax, ay), (bx, by) in itertools.pairwise(quadrant):
            length = math.sqrt((ax + bx) * (ax + bx) + (ay + by) * (ay + by))
            finer += [((ax + bx) / length, (ay + by) / length), (bx, by)]
        quadrant = finer
    x, y = np.array(quadrant[:-1]).T
    return np.concatenate([np.stack(pair, axis=1) for pair in ((x, y), (-y, x), (-x, -y), (y, -x))])


def tangent(angle: float) -> float:
    """Return the tangent of an angle in radians, 0 <= angle < pi / 2, with a relative error of about 1e-14.

    The Taylor series of sine and cosine give the tangent of an eighth of the angle, the double-angle formula, three
    times, that of the angle. Raises ValueError for other angles.
    """
    if not 0 <= angle < math.pi / 2:
        raise ValueError(f"The angle must be at least 0 and below pi / 2, not {angle}.")
    x = angle / 8
    square = x * x
    sine = cosine = 0.0
    for n in range(8, -1, -1):
        sine = sine * -square / ((2 * n + 2) * (2 * n + 3)) + 1
        cosine = cosine * -square / ((2 * n + 1) * (2 * n + 2)) + 1
    result = x * sine / cosine
    for _ in range(3):
        result = 2 * result / (1 - result * result)
    return result


def normalize(vectors: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Scale vectors (..., 3) to length 1, as float64; zero vectors stay zero."""
    v = np.asarray(vectors, np.float64)
    length = np.sqrt(v[..., 0] * v[..., 0] + v[..., 1] * v[..., 1] + v[..., 2] * v[..., 2])
    unit: npt.NDArray[np.float64] = v / np.where(length > 0, length, 1.0)[..., None]
    return unit
