"""Who wins a tie between miners whom success cannot tell apart: the one that needs fewer steps.

Of the episodes that two miners both solved, let `faster` be those in which one needed fewer steps by more than the
margin, and `slower` those in which the other did. If both were equally fast, each of these would be a fair coin toss:
the exact one-sided sign test (see `mcnemar`, which has the same distribution). A policy and a copy of it are equally
fast, with noise or without.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from kinitro.scoring.mcnemar import critical_wins

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
StepArray = npt.NDArray[np.unsignedinteger]


SPEED_MARGIN = 0.05
"""The margin of new cycles: a twentieth of the slower one's steps."""


@dataclass(frozen=True, slots=True)
class SpeedComparison:
    """Compares any miners with any others in steps to success, when it is asked: a ranking needs few of all pairs."""

    steps: StepArray
    """(M, N * K): steps to success; more than any where an episode was not solved, or does not count."""
    limits: StepArray
    """(M, N * K): steps below this are fewer by more than the margin; 0 where an episode was not solved."""
    taking_part: BoolArray
    """(M,): the others are compared with nobody."""
    level: Fraction
    """The significance level of the test."""
    row: IntArray
    """(M,): equal for miners with equal outcomes and steps: exact copies of each other."""
    critical: IntArray
    """(N * K + 1,): the fewest of so many episodes in which it must be faster: see `critical_wins`."""

    def count_faster(self, one: int, others: npt.ArrayLike) -> IntArray:
        """Count, for each of `others`, episodes that both solved, the one in fewer steps by more than the margin."""
        others = np.asarray(others)
        counts = np.count_nonzero(self.steps[one] < self.limits[others], axis=-1)
        return np.where(self.taking_part[one] & self.taking_part[others], counts, 0)

    def count_slower(self, one: int, others: npt.ArrayLike) -> IntArray:
        """Count, for each of `others`, episodes that both solved, the other in fewer steps by more than the margin."""
        others = np.asarray(others)
        counts = np.count_nonzero(self.steps[others] < self.limits[one], axis=-1)
        return np.where(self.taking_part[one] & self.taking_part[others], counts, 0)

    def is_faster(self, one: int, others: npt.ArrayLike) -> BoolArray:
        """Find, for each of `others`, whether the one is faster than it by more than noise."""
        faster = self.count_faster(one, others)
        return np.asarray(faster >= self.critical.take(faster + self.count_slower(one, others)), dtype=np.bool_)

    def count_all(self) -> IntArray:
        """Count, for all pairs, as [i, j] of an array (M, M), the episodes in which i was faster than j."""
        everybody = np.arange(len(self.steps))
        return np.array([self.count_faster(one, everybody) for one in range(len(self.steps))], dtype=np.int64)


def compare_speed(
    solved: BoolArray, steps: IntArray, eligible: BoolArray, margin: float, alpha: float
) -> SpeedComparison:
    """Prepare the comparison of the steps to success of all miners.

    solved:   (M, N, K), false where an episode does not count.
    steps:    (M, N, K), control steps until success; any number where there was none.
    eligible: (M, N), who takes part where. The others are compared with nobody.
    margin:   the share by which the slower one's steps must exceed the faster one's, of the slower one's.

    Alpha is shared among as many comparisons as there are different rows of outcomes and steps among those who take
    part, minus one, so that exact copies do not count.
    """
    taking_part = np.asarray(eligible.any(axis=1))
    counted = np.where(solved, steps, 0).reshape(len(solved), -1)
    kind = np.dtype("uint16" if counted.max(initial=0) < 2**16 - 1 else "uint32")
    rows: StepArray = np.where(counted > 0, counted, 2 ** (8 * kind.itemsize) - 1).astype(kind)
    limits: StepArray = np.ceil((1.0 - margin) * counted).astype(kind)
    numbers: dict[bytes, int] = {}
    row = np.array([numbers.setdefault(values.tobytes(), len(numbers)) for values in rows], dtype=np.int64)
    level = Fraction(alpha) / max(1, len(np.unique(row[taking_part])) - 1)
    return SpeedComparison(rows, limits, taking_part, level, row, critical_wins(rows.shape[1], level))


def let_faster_pass(order: tuple[int, ...], beats: BoolArray, speed: SpeedComparison) -> tuple[int, ...]:
    """Return the order of ties after the faster ones have passed.

    order: by first commitment and success: the miners that take part, the first wins ties.
    beats: (M, M), [i, j] = i solves more than j over all environments, by more than noise.

    The miners come in their order, one by one, each behind those that came before it. It passes the one directly ahead
    as long as it is faster than that one and does not solve less. It stops at the first that it may not pass, so that
    no order between two of which one solves more is reversed. Exact copies stay directly behind the first of their
    kind: they pass nobody, and stand in nobody's way.
    """
    kinds: dict[int, list[int]] = {}
    for miner in order:
        kinds.setdefault(int(speed.row[miner]), []).append(miner)
    placed: list[int] = []
    for first, *_ in kinds.values():
        place, looked_at = len(placed), 1
        while place:  # twice as many at a time while it passes all: most pass none, and some pass hundreds
            ahead = placed[max(0, place - looked_at) : place][::-1]
            passes = speed.is_faster(first, ahead) & ~beats[ahead, first]
            passed = len(ahead) if passes.all() else int(passes.argmin())
            place -= passed
            if passed < len(ahead):
                break
            looked_at *= 2
        placed.insert(place, first)
    return tuple(miner for first in placed for miner in kinds[int(speed.row[first])])
