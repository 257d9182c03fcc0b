"""Which subsets of environments each miner wins, counted by size without listing them.

Sets of environments, and sets of miners, are bit masks in Python integers. A subset goes to the first miner, by
priority, that leads all of it.

`count_won_subsets` decides the environments one by one, for all miners at once. After the first n of them, subsets
differ only in the miners that lead all that was chosen; so a *state* is such a set of miners, with the number of ways
to reach it for each size (a decision diagram, cut into levels). Three things keep the states few:

* A miner whose undecided environments lie within those of an earlier one can win nothing any more and is dropped.
* Where two miners are left, the first wins all that it leads, and the second what the first does not lead.
* Environments that miners of high priority lack are decided first: once none of them is chosen, the first miner wins
  whatever follows.

How many can they become? Counting such subsets is counting the solutions of a monotone formula, which is #P-hard
(L. G. Valiant, SIAM J. Comput. 8 (1979), 410-421), so no method is fast for every input; this one is bounded instead.
It gives up after a fixed number of steps or with too many states at once, on every machine at the same one; then
`kinitro.scoring.sampling` takes over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import comb

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]

STEPS_PER_STATE = 20
"""A count that has more states at once than steps / this will not end in time: it is given up early."""
_FEW = 2
"""With this many miners left, it is known at once what each wins."""


def count_won_subsets(leads: Sequence[int], steps: int) -> list[list[int]] | None:
    """Count, for each lead and s = 0 ... |lead|, the s-element subsets that its miner wins; None beyond `steps`.

    `leads` are by falling priority, distinct, and none lies within an earlier one. The empty subset counts for nobody.
    A step takes about a microsecond: it is one state, one miner examined for being dropped, or half a finished state.
    """
    environments = sorted(_list_bits(_unite(leads)), key=lambda n: [lead >> n & 1 for lead in leads])
    table = np.array([[lead >> n & 1 for n in environments] for lead in leads], dtype=np.bool_)
    table = table.reshape(len(leads), len(environments))
    # A polynomial in x, x**s for size s, is one integer: its value at x = 2**width, where no coefficient reaches it.
    width = len(environments) + 1
    undecided = [_make_mask(row) for row in table]
    finished = [[0] * width for _ in leads]  # by miner and s: how often any subset of s environments counts for it
    states = {(1 << len(leads)) - 1: 1}
    most_states = steps // STEPS_PER_STATE
    for n, level in enumerate(_list_levels(table)):
        undecided = [lead & ~(1 << n) for lead in undecided]
        following: dict[int, int] = {}
        for state, ways in states.items():
            without = state
            if state & level.any_dropper and state & level.any_dropped:
                without, looked_at = level.drop(state)
                steps -= looked_at
            steps -= 1
            for miners, count in ((without, ways), (state & level.leaders, ways << width)):
                if miners in following:
                    following[miners] += count
                elif miners.bit_count() > _FEW:
                    following[miners] = count
                elif miners:
                    _finish(miners, count, undecided, finished)
                    steps -= 2
            if steps < 0:
                return None
        states = following
        if len(states) > most_states:
            return None
    coefficient = (1 << width) - 1
    won = []
    for lead, row in zip(leads, finished, strict=True):
        ways = sum(count * _expand_all_subsets(size, width) for size, count in enumerate(row) if count)
        won.append([0, *(ways >> width * size & coefficient for size in range(1, lead.bit_count() + 1))])
    return won


def count_uncovered_subsets(universe: int, covers: Iterable[int]) -> list[int]:
    """Count, for s = 0 ... |universe|, how many s-element subsets of `universe` lie in none of a few `covers`.

    The empty set lies in every cover; without covers it is counted. At most 2**covers steps.
    """
    terms = {universe: 1}
    for cover in covers:
        for common, sign in list(terms.items()):
            terms[common & cover] = terms.get(common & cover, 0) - sign
    counts = [0] * (universe.bit_count() + 1)
    for common, sign in terms.items():
        for size in range(common.bit_count() + 1):
            counts[size] += sign * comb(common.bit_count(), size)
    return counts


@dataclass(frozen=True, slots=True)
class _Level:
    """What deciding one environment does to the miners that lead all that was chosen before."""

    leaders: int
    """The miners that remain if it is chosen."""
    droppers: dict[int, int]
    """If it is not chosen: by miner, the miners of lower priority whose undecided environments lie within its own."""
    dropped: dict[int, int]
    """The same relation the other way round: by the miner that is dropped, the miners that drop it."""
    any_dropper: int
    any_dropped: int

    def drop(self, state: int) -> tuple[int, int]:
        """The miners that can still win something if the environment is not chosen, and how many were looked at."""
        droppers, dropped = state & self.any_dropper, state & self.any_dropped
        left, looked_at = state, min(droppers.bit_count(), dropped.bit_count())
        if droppers.bit_count() == looked_at:
            for miner in _list_bits(droppers):
                left &= ~self.droppers[miner]
        else:
            for miner in _list_bits(dropped):
                if state & self.dropped[miner]:
                    left ^= 1 << miner
        return left, looked_at


def _list_levels(table: BoolArray) -> Iterator[_Level]:
    """One level per column of `table`: bool (miners by priority, environments in the order of decision).

    A miner gets into another's undecided environments only where it leads the decided one and the other does not.
    """
    miners = len(table)
    # [i, j]: undecided environments that j leads and i does not, for i of higher priority
    lacking = np.rint((~table).astype(np.float32) @ table.T.astype(np.float32)).astype(np.int32)
    lacking[np.tril_indices(miners)] = -1
    for column in table.T:
        outside, inside = np.flatnonzero(~column), np.flatnonzero(column)
        pairs = lacking[np.ix_(outside, inside)] - 1
        lacking[np.ix_(outside, inside)] = pairs
        contained = np.zeros((miners, miners), dtype=np.bool_)
        contained[np.ix_(outside, inside)] = pairs == 0
        rows, columns = np.flatnonzero(contained.any(axis=1)).tolist(), np.flatnonzero(contained.any(axis=0)).tolist()
        yield _Level(
            leaders=_make_mask(column),
            droppers={miner: _make_mask(contained[miner]) for miner in rows},
            dropped={miner: _make_mask(contained[:, miner]) for miner in columns},
            any_dropper=sum(1 << miner for miner in rows),
            any_dropped=sum(1 << miner for miner in columns),
        )


def _finish(miners: int, ways: int, leads: Sequence[int], finished: Sequence[list[int]]) -> None:
    """The first miner wins all subsets of what it leads, the second those that the first does not lead."""
    first = (miners & -miners).bit_length() - 1
    second = miners.bit_length() - 1
    finished[first][leads[first].bit_count()] += ways
    if second != first:
        finished[second][leads[second].bit_count()] += ways
        finished[second][(leads[first] & leads[second]).bit_count()] -= ways


@lru_cache(maxsize=1024)
def _expand_all_subsets(size: int, width: int) -> int:
    """Expand (1 + x)**size at x = 2**width."""
    return sum(comb(size, s) << width * s for s in range(size + 1))


def _list_bits(mask: int) -> Iterator[int]:
    """The numbers in a set, lowest first."""
    while mask:
        bit = mask & -mask
        yield bit.bit_length() - 1
        mask ^= bit


def _unite(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union


def _make_mask(flags: BoolArray) -> int:
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")
