"""From the outcomes of a cycle to who leads, who earns, and the comparisons behind it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from kinitro.scoring.comparison import (
    SignificanceLevels,
    compare,
    find_overall_better,
    rank_miners,
    share_significance_level,
)
from kinitro.scoring.config import ScoringConfig
from kinitro.scoring.errors import InvalidScoringInput
from kinitro.scoring.inputs import check_inputs
from kinitro.scoring.intervals import normal_quantile, wilson_interval
from kinitro.scoring.points import award_subsets, limit_steps
from kinitro.scoring.reference import ReferenceComparison, compare_with_reference
from kinitro.scoring.speed import SpeedComparison, compare_speed, let_faster_pass
from kinitro.scoring.weights import softmax_of_shares

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CycleScores:
    """The result of one cycle; M miners, N environments, in the order of the input.

    Arrays are the caller's to read, not to write.
    """

    config: ScoringConfig
    uids: IntArray
    """(M,)"""
    first_blocks: IntArray
    """(M,)"""
    disqualified: BoolArray
    """(M,)"""
    episodes: IntArray
    """(N,): episodes that count, per environment; behind the success rates of all miners alike."""
    floors: FloatArray
    """(N,): the success rate that must be beaten to take part; the reference must be, too."""
    reference: ReferenceComparison | None
    """Every miner against the reference; None in a cycle without one."""
    successes: IntArray
    """(M, N)"""
    success_rates: FloatArray
    """(M, N): successes / episodes; 0 where there are no episodes."""
    intervals: FloatArray
    """(M, N, 2): two-sided Wilson bounds."""
    eligible: BoolArray
    """(M, N)"""
    best: IntArray
    """(N,): index of the best eligible miner, or -1."""
    only_best: IntArray
    """(M, N): episodes that the best solved and the miner did not (b)."""
    only_miner: IntArray
    """(M, N): episodes that the miner solved and the best did not (c)."""
    p_values: FloatArray
    """(M, N): p-values of the best being no better than the miner; NaN for the best and where there is none."""
    levels: SignificanceLevels
    """The significance levels of the tests on one environment and on all together."""
    leaders: BoolArray
    """(M, N)"""
    priority: tuple[int, ...]
    """Indices of the miners that are eligible somewhere; the first wins ties."""
    overall_wins: npt.NDArray[np.int32]
    """(M, M): [i, j] = episodes, over all environments, that i solved and j did not."""
    speed: SpeedComparison | None
    """Every miner against every other in steps to success; None where speed decides nothing."""
    subsets: tuple[tuple[int, ...], ...]
    """How many subsets of 0, 1, 2, ... environments each miner wins."""
    exact_points: tuple[int, ...]
    """Points as integers; `points` has the same as floats."""
    points: FloatArray
    """(M,)"""
    estimated: bool
    """Whether the exact count was beyond its budget and `subsets` and points are estimates; see `sampling`."""
    weights: FloatArray
    """(M,): sums to 1, or all 0 when nobody has points."""
    frontier: BoolArray
    """(M,): on the classical epsilon-Pareto frontier. Shown, never paid."""


def score_cycle(
    outcomes: npt.ArrayLike,
    first_blocks: npt.ArrayLike,
    config: ScoringConfig | None = None,
    *,
    valid: npt.ArrayLike | None = None,
    uids: npt.ArrayLike | None = None,
    chance: npt.ArrayLike | None = None,
    disqualified: npt.ArrayLike | None = None,
    reference: npt.ArrayLike | None = None,
    steps: npt.ArrayLike | None = None,
) -> CycleScores:
    """Score one cycle by the rule of docs/scoring.md.

    outcomes:     bool (M, N, K): miner m solved episode k of environment n. Episode k has one seed for all miners.
    first_blocks: int (M,): block of each miner's current commitment.
    valid:        bool (N, K): false where an episode is void for all miners. Default: all true.
    uids:         int (M,), distinct: order of miners with equal first block. Default: 0 ... M - 1.
    chance:       float (N,): success rate of random actions. Default: 0.
    disqualified: bool (M,): miners that may not earn, lead or be compared with. Default: none.
    reference:    bool (N, K): outcomes of the policy that miners must beat to earn. Default: there is none.
    steps:        int (M, N, K): control steps until success, 1 or more where the episode was solved, any number where
                  it was not. Needed where the config has a `speed_margin`; ignored where it has none.

    Pure and deterministic: equal input gives equal bits on every machine. Raises InvalidScoringInput.
    """
    config = config or ScoringConfig()
    cycle = check_inputs(outcomes, first_blocks, valid, uids, chance, disqualified, reference, steps)
    if config.speed_margin is not None and cycle.steps is None:
        raise InvalidScoringInput("steps are missing: the configuration has a speed_margin.")
    successes = cycle.solved.sum(axis=2, dtype=np.int64)
    bound, _ = wilson_interval(successes, cycle.episodes, normal_quantile(config.confidence))
    eligible = (bound > np.maximum(config.min_floor, cycle.chance)) & ~cycle.disqualified[:, None]
    beside = None
    if cycle.reference is not None:
        beside = compare_with_reference(cycle.solved, cycle.reference, cycle.episodes, eligible, config)
        eligible = eligible & beside.passed
    arrival = np.lexsort((cycle.uids, cycle.first_blocks))
    levels = share_significance_level(cycle.solved, eligible, config.alpha)
    comparisons = compare(cycle.solved, cycle.episodes, eligible, arrival, levels, config.min_epsilon)
    order = rank_miners(comparisons.overall_wins, eligible, arrival, levels.overall)
    speed = None
    if config.speed_margin is not None and cycle.steps is not None:
        speed = compare_speed(cycle.solved, cycle.steps, eligible, config.speed_margin, config.alpha)
        order = let_faster_pass(order, find_overall_better(comparisons.overall_wins, levels.overall), speed)
    counted = np.broadcast_to(cycle.episodes, successes.shape)
    intervals = wilson_interval(successes, counted, normal_quantile((1 + config.confidence) / 2))
    rivals = int(Fraction(config.alpha) / levels.overall)
    award = award_subsets(comparisons.leaders, order, config, steps=limit_steps(rivals, len(cycle.episodes)))
    return CycleScores(
        config=config,
        uids=cycle.uids,
        first_blocks=cycle.first_blocks,
        disqualified=cycle.disqualified,
        episodes=cycle.episodes,
        floors=np.maximum(config.min_floor, cycle.chance),
        reference=beside,
        successes=successes,
        success_rates=successes / np.maximum(counted, 1),
        intervals=np.stack(intervals, axis=-1),
        eligible=eligible,
        best=comparisons.best,
        only_best=comparisons.only_best,
        only_miner=comparisons.only_miner,
        p_values=comparisons.p_values,
        levels=levels,
        leaders=comparisons.leaders,
        priority=order,
        overall_wins=comparisons.overall_wins,
        speed=speed,
        subsets=award.subsets,
        exact_points=award.points,
        points=np.array([float(points) for points in award.points], dtype=np.float64),
        estimated=award.estimated,
        weights=softmax_of_shares(award.points, config.temperature),
        frontier=comparisons.frontier,
    )
