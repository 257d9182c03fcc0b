"""Miners against the best of each environment, and against each other."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from kinitro.scoring.mcnemar import critical_wins, p_values

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
CountArray = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class SignificanceLevels:
    """A difference is significant if its p-value is below the level."""

    environment: Fraction
    overall: Fraction


@dataclass(frozen=True, slots=True)
class Comparisons:
    """The comparisons of M miners on N environments; the fields are explained in `CycleScores`."""

    best: IntArray
    only_best: IntArray
    only_miner: IntArray
    p_values: FloatArray
    leaders: BoolArray
    overall_wins: CountArray
    frontier: BoolArray


def share_significance_level(solved: BoolArray, eligible: BoolArray, alpha: float) -> SignificanceLevels:
    """Divide alpha among all comparisons that could go wrong (Bonferroni); see `_count_rivals`."""
    environments = max(1, solved.shape[1])
    overall = Fraction(alpha) / _count_rivals(solved, eligible)
    return SignificanceLevels(environment=overall / environments, overall=overall)


def _count_rivals(solved: BoolArray, eligible: BoolArray) -> int:
    """Count the distinct rows of outcomes among miners that are eligible anywhere, minus one; at least 1.

    Exact copies and idle accounts do not count, so nobody can weaken the tests by adding them.
    """
    return max(1, len(list_rows(solved, eligible)) - 1)


def list_rows(solved: BoolArray, taking_part: BoolArray) -> set[bytes]:
    """List the distinct rows of outcomes (M, N, K) of those who take part (M, N) anywhere, packed."""
    some = solved[taking_part.any(axis=1)]
    rows = np.packbits(some.reshape(len(some), solved.shape[1] * solved.shape[2]), axis=1)
    return {row.tobytes() for row in rows}


def compare(
    solved: BoolArray,
    episodes: IntArray,
    eligible: BoolArray,
    arrival: IntArray,
    levels: SignificanceLevels,
    epsilon: float,
) -> Comparisons:
    """Make all comparisons of one cycle. `arrival`: indices of all miners, earliest first block first."""
    miners, environments, length = solved.shape
    critical = critical_wins(length, levels.environment)
    rank = np.empty(miners, dtype=np.int64)
    rank[arrival] = np.arange(miners)
    best = np.full(environments, -1, dtype=np.int64)
    only_best = np.zeros((miners, environments), dtype=np.int64)
    only_miner = np.zeros((miners, environments), dtype=np.int64)
    leaders = np.zeros((miners, environments), dtype=np.bool_)
    overall_wins = np.zeros((miners, miners), dtype=np.int32)
    better_somewhere = np.zeros((miners, miners), dtype=np.bool_)
    for n in range(environments):
        wins = count_wins(solved[:, n])
        overall_wins += wins
        better = find_better(wins, wins.T, int(episodes[n]), critical, epsilon)
        better_somewhere |= better
        candidates = np.flatnonzero(eligible[:, n])
        if candidates.size:
            top = candidates[np.lexsort((rank[candidates], -solved[candidates, n].sum(axis=1)))[0]]
            best[n] = top
            only_best[:, n], only_miner[:, n] = wins[top], wins[:, top]
            leaders[:, n] = eligible[:, n] & ~better[top]
    values = p_values(only_best, only_miner)
    values[:, best < 0] = np.nan
    values[best[best >= 0], best >= 0] = np.nan
    return Comparisons(
        best=best,
        only_best=only_best,
        only_miner=only_miner,
        p_values=values,
        leaders=leaders,
        overall_wins=overall_wins,
        frontier=find_frontier(better_somewhere, np.asarray(eligible.any(axis=1))),
    )


def count_wins(solved: BoolArray) -> CountArray:
    """Count, from outcomes (M, K), the episodes that i solved and j did not, as [i, j] of an array (M, M)."""
    wins = np.repeat(solved.sum(axis=1, dtype=np.int32)[:, None], len(solved), axis=1)
    for word in _pack_words(solved):
        wins -= np.bitwise_count(word[:, None] & word[None, :])
    return wins


def _pack_words(flags: BoolArray) -> npt.NDArray[np.uint64]:
    """Pack flags (M, K) into words of 64 bits: (K / 64 rounded up, M)."""
    padded = np.zeros((len(flags), -(-flags.shape[1] // 64) * 64), dtype=np.bool_)
    padded[:, : flags.shape[1]] = flags
    return np.packbits(padded, axis=1).view(np.uint64).T


def find_better(
    wins: npt.NDArray[np.integer], losses: npt.NDArray[np.integer], episodes: int, critical: IntArray, epsilon: float
) -> BoolArray:
    """Find, for every pair of counts, whether the first is better by more than epsilon, and significantly so.

    wins, losses: episodes that only the first, or only the second, solved; arrays of one shape.
    """
    margins = np.arange(-episodes, episodes + 1)
    tolerated = int(margins[margins / max(1, episodes) <= epsilon].max(initial=-1))
    return np.asarray((wins - losses > tolerated) & (wins >= critical.take(wins + losses)), dtype=np.bool_)


def find_frontier(better_somewhere: BoolArray, eligible: BoolArray) -> BoolArray:
    """Find the eligible miners that no eligible miner dominates, which is better somewhere and worse nowhere."""
    dominates = better_somewhere & ~better_somewhere.T
    return eligible & ~(dominates & eligible[:, None]).any(axis=0)


def find_overall_better(overall_wins: CountArray, level: Fraction) -> BoolArray:
    """Find, as [i, j] of an array (M, M), whether i is significantly better than j on all environments together."""
    discordant = overall_wins + overall_wins.T
    critical = critical_wins(int(discordant.max(initial=0)), level)
    return np.asarray(overall_wins >= critical.take(discordant), dtype=np.bool_)


def rank_miners(overall_wins: CountArray, eligible: BoolArray, arrival: IntArray, level: Fraction) -> tuple[int, ...]:
    """Rank the miners that are eligible somewhere: their indices in the order in which they win ties.

    Miners are inserted in order of arrival, each directly ahead of the highest-placed miner that it beats overall, or
    at the end.
    """
    beats = find_overall_better(overall_wins, level)
    placed: list[int] = []
    for miner in arrival:
        if not eligible[miner].any():
            continue
        beaten = np.flatnonzero(beats[miner, placed])
        placed.insert(int(beaten[0]) if beaten.size else len(placed), int(miner))
    return tuple(placed)
