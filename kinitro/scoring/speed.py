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


SPEED_MARGIN = 0.05
"""The margin of new cycles: a twentieth of the slower one's steps."""


BLOCK = 512
"""Episodes that are compared at a time, so that those of all miners stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class SpeedComparison:
    """All miners against each other in steps to success."""

    faster: npt.NDArray[np.int32]
    """(M, M): [i, j] = episodes that both solved and for which i needed fewer steps by more than the margin."""
    level: Fraction
    """The significance level of the test."""
    wins: BoolArray
    """(M, M): [i, j] = i is faster than j by more than noise."""
    row: IntArray
    """(M,): equal for miners with equal outcomes and steps: exact copies of each other."""


def compare_speed(
    solved: BoolArray, steps: IntArray, eligible: BoolArray, margin: float, alpha: float
) -> SpeedComparison:
    """Compare the steps to success of all miners.

    solved:   (M, N, K), false where an episode does not count.
    steps:    (M, N, K), control steps until success; any number where there was none.
    eligible: (M, N), who takes part where. The others are compared with nobody.
    margin:   the share by which the slower one's steps must exceed the faster one's, of the slower one's.

    Alpha is shared among as many comparisons as there are different rows of outcomes and steps among those who take
    part, minus one, so that exact copies do not count.
    """
    miners = len(solved)
    taking_part = np.flatnonzero(eligible.any(axis=1))
    faster = np.zeros((miners, miners), dtype=np.int32)
    kind = np.uint16 if steps[solved].max(initial=0) < np.iinfo(np.uint16).max else np.uint32
    none = np.iinfo(kind).max  # stands for the steps of an episode that was not solved: more than any
    rows = np.where(solved, steps, none).reshape(miners, -1).astype(kind)
    for start in range(0, rows.shape[1], BLOCK):
        some = np.ascontiguousarray(rows[taking_part, start : start + BLOCK])
        # steps below this are fewer by more than the margin; none are where it failed itself
        limits = np.where(some < none, np.ceil((1.0 - margin) * some), 0).astype(kind)
        for one, limit in zip(taking_part, limits, strict=True):
            faster[taking_part, one] += np.count_nonzero(some < limit, axis=1).astype(np.int32)
    numbers: dict[bytes, int] = {}
    row = np.array([numbers.setdefault(values.tobytes(), len(numbers)) for values in rows], dtype=np.int64)
    level = Fraction(alpha) / max(1, len(np.unique(row[taking_part])) - 1)
    discordant = faster + faster.T
    critical = critical_wins(int(discordant.max(initial=0)), level)
    wins = np.asarray(faster >= critical.take(discordant), dtype=np.bool_)
    return SpeedComparison(faster, level, wins, row)


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
        place = len(placed)
        while place and speed.wins[first, placed[place - 1]] and not beats[placed[place - 1], first]:
            place -= 1
        placed.insert(place, first)
    return tuple(miner for first in placed for miner in kinds[int(speed.row[first])])
