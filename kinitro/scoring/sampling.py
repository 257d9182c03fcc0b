"""Estimates of what each miner wins, for cycles whose exact count would take too long.

Draw a miner with a chance proportional to what all subsets of its lead are worth, then a subset of its lead with a
chance proportional to its worth. The winner of that subset is credited with 1 / (number of miners that lead all of
it), because that many miners could have drawn it. Credits are then unbiased for points up to one common factor
(R. M. Karp, M. Luby, N. Madras, J. Algorithms 10 (1989), 429-448). The standard error of a share of all points is at
most 1 / sqrt(effective draws), where effective draws = (sum of credits)**2 / (sum of squared credits).

Every machine must find the same numbers: random bits come from SHAKE-128 of what is estimated, and everything that is
added up is an integer, so that no order of additions matters.
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
"""How many subsets are drawn at once, which bounds memory."""
_CREDIT = 1 << 32
"""The credit of a subset that one miner leads; 2**31 of them fit into an int64."""

IntArray = npt.NDArray[np.int64]


def estimate_subsets(
    masks: Sequence[int], worth: Callable[[int], int], effective_draws: int = EFFECTIVE_DRAWS
) -> list[list[int]]:
    """Estimate, for each lead in `masks` (by falling priority) and s = 0, 1, ..., how many s-element subsets it wins.

    `masks` are distinct and none lies within an earlier one, so each wins at least the subset of everything it leads;
    that one is counted exactly. The draws are a function of the arguments: the same on every machine. It takes at
    most effective_draws * len(masks) draws.
    """
    environments = max(mask.bit_length() for mask in masks)
    leads = np.array([[mask >> n & 1 for n in range(environments)] for mask in masks], dtype=np.float32)
    sizes = leads.sum(axis=1).astype(np.int64)
    worth_of = [worth(size) for size in range(environments + 1)]
    worths = {size: [worth_of[s] * comb(size, s) for s in range(size + 1)] for size in set(sizes.tolist())}
    worth_of_all = {size: sum(likelihoods) for size, likelihoods in worths.items()}
    totals = [worth_of_all[size] for size in sizes.tolist()]
    bits = _Bits(repr((masks, effective_draws)))
    credited = np.zeros((len(masks), environments + 1), dtype=np.int64)
    shared_by = np.zeros(len(masks) + 1, dtype=np.int64)
    while not _is_enough(shared_by, effective_draws):
        drawers = _pick(bits, totals, _CHUNK)
        chosen = np.empty(_CHUNK, dtype=np.int64)
        for size, likelihoods in worths.items():
            of_size = np.flatnonzero(sizes[drawers] == size)
            chosen[of_size] = _pick(bits, likelihoods, len(of_size))
        members = _draw_subsets(bits, leads[drawers], chosen)
        led_by = members @ (1 - leads).T == 0
        leading = led_by.sum(axis=1)
        np.add.at(credited, (led_by.argmax(axis=1), chosen), _CREDIT // leading)
        shared_by += np.bincount(leading, minlength=len(shared_by))
    draws = int(shared_by.sum())
    total = sum(totals)
    return [
        _convert_credits(row, total, draws, worth_of, size)
        for row, size in zip(credited.tolist(), sizes.tolist(), strict=True)
    ]


class _Bits:
    """An endless stream of random bits from SHAKE-128, the same on every machine."""

    def __init__(self, seed: str) -> None:
        self._seed = hashlib.sha256(seed.encode()).digest()
        self._block = 0

    def draw(self, count: int, bits: int) -> npt.NDArray[np.uint64]:
        """Draw `count` numbers of 32 or 64 bits."""
        self._block += 1
        shake = hashlib.shake_128(self._seed + self._block.to_bytes(8, "big"))
        return np.frombuffer(shake.digest(bits // 8 * count), dtype=f"<u{bits // 8}").astype(np.uint64)


def _is_enough(shared_by: IntArray, effective_draws: int) -> bool:
    """Whether the draws are worth `effective_draws`; shared_by[m] of them are led by m miners."""
    shares = [(_CREDIT // leading, int(count)) for leading, count in enumerate(shared_by) if leading]
    summed = sum(credit * count for credit, count in shares)
    squared = sum(credit * credit * count for credit, count in shares)
    return 0 < effective_draws * squared <= summed * summed


def _pick(bits: _Bits, likelihoods: Sequence[int], draws: int) -> IntArray:
    """Draw indices with these relative likelihoods, by inversion with 64-bit thresholds."""
    total = sum(likelihoods)
    thresholds = [min((reached << 64) // total, (1 << 64) - 1) for reached in accumulate(likelihoods)]
    edges = np.array(thresholds[:-1], dtype=np.uint64)
    return np.searchsorted(edges, bits.draw(draws, 64), side="right").astype(np.int64)


def _draw_subsets(bits: _Bits, leads: npt.NDArray[np.float32], sizes: IntArray) -> npt.NDArray[np.float32]:
    """Draw, for each row of `leads` (draws, N), a uniformly random subset of its ones with `sizes` elements."""
    keys = (bits.draw(leads.size, 32) << np.uint64(31)).reshape(leads.shape)
    keys |= np.arange(leads.shape[1], dtype=np.uint64)  # no two alike, so that there are exactly as many as wanted
    keys[leads == 0] = np.iinfo(np.uint64).max
    limits = np.take_along_axis(np.sort(keys, axis=1), sizes[:, None] - 1, axis=1)
    return (keys <= limits).astype(np.float32)


def _convert_credits(credited: Sequence[int], total: int, draws: int, worth: Sequence[int], size: int) -> list[int]:
    """Convert credits by size into numbers of subsets by size; the subset of the whole lead is certain."""
    scaled = [credit * total // (draws * _CREDIT) for credit in credited]
    return [0] + [min(comb(size, s), (2 * scaled[s] + worth[s]) // (2 * worth[s])) for s in range(1, size)] + [1]
