"""An option that spends fewer episodes: look at the results as often as you like, stop where a decision has fallen.

Of two miners on one environment, every episode that exactly one of them solved is a toss, fair if they are equally
good. For each q in (1/2, 1] the likelihood ratio of "the first wins with chance q" against "fair" is a martingale
under fair tosses, a supermartingale under worse ones, and so is its mean over q, uniform on (1/2, 1]:

    E(wins, losses) = sum of C(n + 1, j) over j = 0 ... wins / ((n + 1) C(n, wins)),   n = wins + losses.

Theorem (J. Ville, Etude critique de la notion de collectif, 1939): a nonnegative supermartingale that begins at 1 ever
reaches 1 / level with probability at most `level`. So "E has reached 1 / level" may be checked after every
episode, and which episodes are played next may depend on all results so far. (Mixtures of this kind: H. Robbins, Ann.
Math. Stat. 41 (1970), 1397-1409; as e-processes: A. Ramdas and others, Statistical Science 38 (2023), 576-601.)

The levels are those of `score_cycle` with the number of miners, fixed beforehand, in place of the number of distinct
rows: alpha / (M N) per environment and alpha / M overall, M = miners - 1. The guarantee is therefore the same: a miner
whose rivals are all no better is called worse, anywhere or overall, with a chance of at most alpha.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from kinitro.scoring.comparison import Comparisons, Levels, frontier, priority, wins_matrix
from kinitro.scoring.config import ScoringConfig
from kinitro.scoring.cycle import CycleScores, assemble
from kinitro.scoring.errors import InvalidScoringInput
from kinitro.scoring.inputs import CycleInput, check_inputs
from kinitro.scoring.intervals import normal_quantile, wilson_interval
from kinitro.scoring.mcnemar import p_values

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


@lru_cache(maxsize=16)
def anytime_critical_wins(max_tosses: int, level: Fraction) -> IntArray:
    """For n = 0 ... max_tosses tosses, the fewest wins with E >= 1 / level; n + 1 where none is.

    Read-only int64 (max_tosses + 1,). Decided with integers.
    """
    critical = np.empty(max_tosses + 1, dtype=np.int64)
    wins, binomial, below = 0, 1, 1  # binomial = C(n + 1, wins), below = sum of C(n + 1, j) over j <= wins
    for n in range(max_tosses + 1):
        row = n + 1
        # (n + 1) C(n, wins) = C(n + 1, wins) (n + 1 - wins)
        while wins <= n and below * level.numerator < binomial * (row - wins) * level.denominator:
            wins += 1
            binomial = binomial * (row - wins + 1) // wins
            below += binomial
        critical[n] = wins
        if wins > n:
            wins = row
            binomial, below = 1, 1 << row
        below = 2 * below - binomial
        binomial = binomial * (row + 1) // (row + 1 - wins)
    critical.flags.writeable = False
    return critical


def open_pairs(
    outcomes: npt.ArrayLike,
    played: npt.ArrayLike,
    config: ScoringConfig | None = None,
    *,
    valid: npt.ArrayLike | None = None,
    chance: npt.ArrayLike | None = None,
    disqualified: npt.ArrayLike | None = None,
) -> BoolArray:
    """(M, N): true where miner m needs further episodes of environment n. The others may stop.

    outcomes, played: bool (M, N, K), K as planned; an outcome counts only where the episode was played.
    valid:            bool (N, K): false where an episode is void for all miners. Default: all true.

    A pair is settled when all valid episodes are played; when some miner is better by more than epsilon and that is
    no noise; when it stays below the floor even if it solves all that is left; or when nobody else is left on the
    environment and it is above the floor even if it fails all that is left. Results of others never reopen a pair
    that plays no more; an episode that turns out void, or a miner that is disqualified, can. Raises
    InvalidScoringInput.
    """
    config = config or ScoringConfig()
    blocks = np.zeros(len(np.asarray(outcomes)), dtype=np.int64)
    cycle, ran, counts = _check(outcomes, played, blocks, valid, None, chance, disqualified)
    cycle, ran = replace(cycle, solved=cycle.solved & counts), ran & counts
    beaten = (_better(cycle, ran, config) & ~cycle.disqualified[:, None]).any(axis=1).T
    at_best = cycle.solved.sum(axis=2) + (counts & ~ran).sum(axis=2)
    in_the_race = ~beaten & ~cycle.disqualified[:, None] & _above_floor(cycle, config, at_best)
    alone = in_the_race.sum(axis=0) == 1
    safe = _above_floor(cycle, config, cycle.solved.sum(axis=2))
    return np.asarray(in_the_race & ~(alone & safe) & (counts & ~ran).any(axis=2), dtype=np.bool_)


def score_sequentially(
    outcomes: npt.ArrayLike,
    played: npt.ArrayLike,
    first_blocks: npt.ArrayLike,
    config: ScoringConfig | None = None,
    *,
    valid: npt.ArrayLike | None = None,
    uids: npt.ArrayLike | None = None,
    chance: npt.ArrayLike | None = None,
    disqualified: npt.ArrayLike | None = None,
) -> CycleScores:
    """`score_cycle` for cycles whose episodes were chosen by `open_pairs`; `played` is bool (M, N, K).

    Leaders are the eligible miners that no eligible miner is better than, on the episodes that both played; eligible
    are those above the floor if all `valid` episodes (N, K) that they did not play were failures. p-values only
    describe.
    """
    config = config or ScoringConfig()
    cycle, ran, counts = _check(outcomes, played, first_blocks, valid, uids, chance, disqualified)
    eligible = _above_floor(cycle, config, (cycle.solved & counts).sum(axis=2)) & ~cycle.disqualified[:, None]
    better = _better(cycle, ran, config)
    leaders = eligible & ~(better & eligible.T[:, :, None]).any(axis=1).T
    arrival = np.lexsort((cycle.uids, cycle.first_blocks))
    counted = ran.sum(axis=2, dtype=np.int64)
    levels = _levels(cycle, config)
    standing = frontier(np.asarray(better.any(axis=0)), np.asarray(eligible.any(axis=1)))
    comparisons = _describe(cycle, ran, leaders, arrival, counted, standing)
    order = priority(comparisons.overall_wins, eligible, arrival, levels.overall, anytime_critical_wins)
    return assemble(cycle, config, eligible, counted, levels, comparisons, order, sequential=True)


def _check(
    outcomes: npt.ArrayLike,
    played: npt.ArrayLike,
    first_blocks: npt.ArrayLike,
    valid: npt.ArrayLike | None,
    uids: npt.ArrayLike | None,
    chance: npt.ArrayLike | None,
    disqualified: npt.ArrayLike | None,
) -> tuple[CycleInput, BoolArray, BoolArray]:
    """The cycle with all outcomes that were played, `played`, and `valid`, by which `episodes` are counted."""
    ran = np.asarray(played)
    if ran.dtype != np.bool_ or ran.shape != np.shape(outcomes):
        raise InvalidScoringInput(
            f"played has shape {ran.shape} and type {ran.dtype}: give booleans like the outcomes."
        )
    solved = np.asarray(outcomes)
    cycle = check_inputs(np.where(ran, solved, False), first_blocks, None, uids, chance, disqualified)
    counts = np.ones(cycle.solved.shape[1:], dtype=np.bool_) if valid is None else np.asarray(valid)
    if counts.dtype != np.bool_ or counts.shape != cycle.solved.shape[1:]:
        raise InvalidScoringInput(
            f"valid has shape {counts.shape} and type {counts.dtype}: give booleans, environments x episodes."
        )
    return replace(cycle, episodes=counts.sum(axis=1, dtype=np.int64)), ran, counts


def _levels(cycle: CycleInput, config: ScoringConfig) -> Levels:
    overall = Fraction(config.alpha) / max(1, int((~cycle.disqualified).sum()) - 1)
    return Levels(environment=overall / max(1, len(cycle.episodes)), overall=overall)


def _above_floor(cycle: CycleInput, config: ScoringConfig, successes: IntArray) -> BoolArray:
    bound, _ = wilson_interval(successes, cycle.episodes, normal_quantile(config.confidence))
    return np.asarray(bound > np.maximum(config.min_floor, cycle.chance), dtype=np.bool_)


def _better(cycle: CycleInput, ran: BoolArray, config: ScoringConfig) -> BoolArray:
    """(N, M, M): [n, i, j] = on environment n, i is better than j by more than epsilon, and that is no noise."""
    miners, environments, length = cycle.solved.shape
    critical = anytime_critical_wins(length, _levels(cycle, config).environment)
    better = np.zeros((environments, miners, miners), dtype=np.bool_)
    for n in range(environments):
        wins = wins_matrix(cycle.solved[:, n], ran[:, n])
        common = ran[:, n].sum(axis=1)[:, None] - wins_matrix(ran[:, n])
        better[n] = (wins - wins.T > config.min_epsilon * common) & (wins >= critical.take(wins + wins.T))
    return better


def _describe(
    cycle: CycleInput, ran: BoolArray, leaders: BoolArray, arrival: IntArray, counted: IntArray, standing: BoolArray
) -> Comparisons:
    """What is shown beside the decisions: the best leader of each environment and the others against it."""
    miners, environments, _ = cycle.solved.shape
    rank = np.empty(miners, dtype=np.int64)
    rank[arrival] = np.arange(miners)
    rates = cycle.solved.sum(axis=2) / np.maximum(counted, 1)
    best = np.full(environments, -1, dtype=np.int64)
    only_best, only_miner = (np.zeros((miners, environments), dtype=np.int64) for _ in range(2))
    overall_wins = np.zeros((miners, miners), dtype=np.int32)
    for n in range(environments):
        wins = wins_matrix(cycle.solved[:, n], ran[:, n])
        overall_wins += wins
        candidates = np.flatnonzero(leaders[:, n])
        if candidates.size:
            best[n] = candidates[np.lexsort((rank[candidates], -rates[candidates, n]))[0]]
            only_best[:, n], only_miner[:, n] = wins[best[n]], wins[:, best[n]]
    values = p_values(only_best, only_miner)
    values[:, best < 0] = np.nan
    values[best[best >= 0], best >= 0] = np.nan
    return Comparisons(best, only_best, only_miner, values, leaders, overall_wins, standing)
