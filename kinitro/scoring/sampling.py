"""Estimates of what each miner wins, for cycles whose exact count would take too long.

Draw a miner with a chance proportional to what all subsets of its lead are worth, then a subset of its lead with a
chance proportional to its worth. The winner of that subset is credited with 1 / (number of miners that lead all of
it), because that many miners could have drawn it. Credits are then unbiased for points up to one common factor
(R. M. Karp, M. Luby, N. Madras, J. Algorithms 10 (1989), 429-448). The standard error of a share of all points is at
most 1 / sqrt(effective draws), where effective draws = (sum of credits)**2 / (sum of squared credits).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from itertools import accumulate
from math import comb

import numpy as np
import numpy.typing as npt

EFFECTIVE_DRAWS = 1 << 14
"""The standard error of a share of all points is then at most 1 / 128, typically below 0.4 %."""
_CHUNK = 1 << 13
"""Subsets drawn at once; bounds memory."""

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def estimated_subsets(
    masks: Sequence[int], worth: Callable[[int], int], effective_draws: int = EFFECTIVE_DRAWS
) -> list[list[int]]:
    """For each lead in `masks`, by falling priority, and s = 0, 1, ...: about how many s-element subsets it wins.

    `masks` are distinct and none lies within an earlier one, so each wins at least the subset of everything it leads;
    that one is counted exactly. The draws are a function of the arguments: the same on every machine. It takes at
    most effective_draws * len(masks) draws.
    """
    environments = max(mask.bit_length() for mask in masks)
    leads = np.array([[mask >> n & 1 for n in range(environments)] for mask in masks], dtype=np.float32)
    sizes = leads.sum(axis=1).astype(np.int64)
    worths = {int(size): [worth(s) * comb(int(size), s) for s in range(size + 1)] for size in sizes}
    totals = [sum(worths[int(size)]) for size in sizes]
    digest = hashlib.sha256(repr((masks, effective_draws)).encode()).digest()
    source = np.random.PCG64(int.from_bytes(digest, "big"))  # its raw output is the same in every version of numpy
    credited = np.zeros((len(masks), environments + 1))
    draws, summed, squared = 0, 0.0, 0.0
    while summed * summed < effective_draws * squared or not draws:
        drawers = _pick(source, totals, _CHUNK)
        chosen = np.empty(_CHUNK, dtype=np.int64)
        for size, likelihoods in worths.items():
            of_size = np.flatnonzero(sizes[drawers] == size)
            chosen[of_size] = _pick(source, likelihoods, len(of_size))
        members = _subsets(source, leads[drawers], chosen)
        led_by = members @ (1 - leads).T == 0
        credit = 1 / led_by.sum(axis=1)
        np.add.at(credited, (led_by.argmax(axis=1), chosen), credit)
        draws += _CHUNK
        summed += float(credit.sum())
        squared += float((credit * credit).sum())
    return [_counts(row, sum(totals), draws, worth, int(size)) for row, size in zip(credited, sizes, strict=True)]


def _pick(source: np.random.PCG64, likelihoods: Sequence[int], draws: int) -> IntArray:
    """Indices with these relative likelihoods, by inversion with 64-bit thresholds."""
    total = sum(likelihoods)
    thresholds = [min((reached << 64) // total, (1 << 64) - 1) for reached in accumulate(likelihoods)]
    edges = np.array(thresholds[:-1], dtype=np.uint64)
    return np.searchsorted(edges, source.random_raw(draws), side="right").astype(np.int64)


def _subsets(source: np.random.PCG64, leads: npt.NDArray[np.float32], sizes: IntArray) -> npt.NDArray[np.float32]:
    """For each row of `leads` (draws, N), a uniformly random subset of its ones with `sizes` elements."""
    keys = (source.random_raw(leads.size) >> np.uint64(1)).reshape(leads.shape)
    keys[leads == 0] = np.iinfo(np.uint64).max
    limits = np.take_along_axis(np.sort(keys, axis=1), sizes[:, None] - 1, axis=1)
    return (keys <= limits).astype(np.float32)


def _counts(credited: FloatArray, total: int, draws: int, worth: Callable[[int], int], size: int) -> list[int]:
    """Credits by size -> subsets by size; the subset of the whole lead is certain."""
    scaled = [int(credit * (1 << 32)) * total // (draws << 32) for credit in credited]
    return [0] + [min(comb(size, s), (2 * scaled[s] + worth(s)) // (2 * worth(s))) for s in range(1, size)] + [1]
