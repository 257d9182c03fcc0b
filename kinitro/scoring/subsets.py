"""Which subsets of environments a miner wins, counted by size without listing them.

Sets of environments are bit masks in Python integers: bit n is environment n. A miner who leads `universe` wins the
subsets of it that no miner of higher priority leads too, that is, those inside none of the `covers` (what the others
lead). The count is by inclusion-exclusion over the distinct intersections of the covers.

How large can that become? Counting such subsets is counting the solutions of a monotone formula, which is #P-hard
(L. G. Valiant, SIAM J. Comput. 8 (1979), 410-421), so no method is fast for every input; this one is bounded
instead. Where the intersections are too many, one environment is decided (in the subset or not) and the two smaller
problems are counted: when the environment is in, all covers without it drop out, and when it is out, covers merge.
That makes at most 2**N problems, and each costs at most `_MAX_TERMS` per cover. A `Budget` gives up the exact count
of a cycle after a fixed number of terms, the same on every machine; then `kinitro.scoring.sampling` takes over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import comb

_MAX_TERMS = 512
"""Distinct intersections kept at once before an environment is decided instead."""


class Budget:
    """Terms that may still be spent on exact counts; shared by the miners of one cycle."""

    def __init__(self, terms: int) -> None:
        self.left = terms

    def spend(self, terms: int) -> bool:
        """Whether there were that many left."""
        self.left -= terms
        return self.left >= 0


def won_subsets(universe: int, covers: Iterable[int], budget: Budget) -> list[int] | None:
    """For s = 0 ... |universe|, how many s-element subsets of `universe` lie in no cover; None beyond the budget.

    The empty set lies in every cover; without covers it is counted.
    """
    size = universe.bit_count()
    gaps = _minimal(universe & ~cover for cover in covers)
    tally: Counter[tuple[int, int]] = Counter()
    if not _tally(gaps, size, 0, tally, budget):
        return None
    counts = [0] * (size + 1)
    for (chosen, free), coefficient in tally.items():
        for more, ways in enumerate(_binomials(free)):
            counts[chosen + more] += coefficient * ways
    return counts


def _tally(gaps: Sequence[int], free: int, chosen: int, tally: Counter[tuple[int, int]], budget: Budget) -> bool:
    """Add to `tally[chosen, free]` how often "these are in, any of those free may be" must be counted.

    A subset lies in no cover when it meets every gap (the part of the universe that a cover lacks). `free`
    environments are undecided and `chosen` are in. False when the budget is spent.
    """
    if gaps and gaps[0] == 0:
        return True  # a cover holds everything: no subset escapes
    certain = sum(gap.bit_count() == 1 for gap in gaps)  # one environment meets such a gap: it is in
    gaps, free, chosen = gaps[certain:], free - certain, chosen + certain
    terms = _intersections(gaps, budget)
    if terms is not None:
        for missing, coefficient in terms.items():
            tally[chosen, free - missing.bit_count()] += coefficient
        return True
    if budget.left < 0:
        return False
    pivot = _most_frequent(gaps)
    met = [gap for gap in gaps if not gap & pivot]
    out = _minimal(gap & ~pivot for gap in gaps)
    return _tally(met, free - 1, chosen + 1, tally, budget) and _tally(out, free - 1, chosen, tally, budget)


def _intersections(gaps: Sequence[int], budget: Budget) -> dict[int, int] | None:
    """Unions of gaps (complements of intersections of covers) with the sum of their signs; None if too many."""
    terms = {0: 1}
    for gap in gaps:
        if not budget.spend(len(terms)):
            return None
        for union, coefficient in list(terms.items()):
            merged = union | gap
            total = terms.get(merged, 0) - coefficient
            if total:
                terms[merged] = total
            else:
                terms.pop(merged, None)
        if len(terms) > _MAX_TERMS:
            return None
    return terms


def _minimal(gaps: Iterable[int]) -> list[int]:
    """The gaps that contain no other, smallest first: meeting those is meeting all."""
    kept: list[int] = []
    for gap in sorted(set(gaps), key=lambda mask: (mask.bit_count(), mask)):
        if not any(small & gap == small for small in kept):
            kept.append(gap)
    return kept


def _most_frequent(gaps: Sequence[int]) -> int:
    """The bit in most gaps; of those equal, the lowest."""
    counts: Counter[int] = Counter()
    for gap in gaps:
        while gap:
            bit = gap & -gap
            counts[bit] += 1
            gap ^= bit
    return max(counts, key=lambda bit: (counts[bit], -bit))


@lru_cache(maxsize=1024)
def _binomials(free: int) -> tuple[int, ...]:
    return tuple(comb(free, chosen) for chosen in range(free + 1))
