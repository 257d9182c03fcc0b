"""Which episodes an auditor replays: those where a lie would pay, each by chance, so that no operator can foresee it.

Who is paid follows from two kinds of comparisons of two miners' successes: on each environment, of everybody with the
best; and over all environments, of the leaders with each other (docs/scoring.md). A lie that changes the weights must
turn one of them. For each comparison the published results tell how many of them must be false if it came out
differently in truth: its *distance* d. If each result that may be one of them is replayed with probability

    1 - missed ** (1 / d)

then all d false ones are passed over with probability `missed` at most, whichever they are. This is the idea of a
risk-limiting audit of an election: the closer the race, the more is looked at (M. Lindeman, P. B. Stark, IEEE Security
& Privacy 10:5 (2012), 42-49).
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kinitro.client.records import Manifest, ResultRow
from kinitro.client.verdicts import VerdictRow, count_verdicts
from kinitro.cycles.scorecard import arrange_results, list_participants
from kinitro.evaluation.outcomes import Outcome
from kinitro.scoring.comparison import count_wins, share_significance_level
from kinitro.scoring.config import ScoringConfig
from kinitro.scoring.intervals import normal_quantile, wilson_interval
from kinitro.scoring.mcnemar import critical_wins

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

VALIDATORS = 3
FOUND_TOGETHER = 0.99
MISSED_BY_ONE = (1 - FOUND_TOGETHER) ** (1 / VALIDATORS)
"""Three validators that each miss a lie with this probability, 0.215, find it together with probability 0.99."""
CLOSE = 10
"""Policy faults without a trace are mentioned where this many of them, or fewer, would change who is paid most."""
NEVER = 1 << 30
"""The distance of a comparison that cannot turn."""


@dataclass(frozen=True, slots=True)
class Distances:
    """The least distance of any comparison that false results would turn: (M, N), by miner and environment."""

    successes: IntArray
    """If some of the published successes were failures in truth."""
    failures: IntArray
    """If some of the published failures were successes in truth."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Replay probabilities of one cycle's results, by miner, environment and published outcome."""

    uids: dict[int, int]
    environments: dict[str, int]
    success: FloatArray
    """(M, N)"""
    failure: FloatArray
    """(M, N)"""
    complete: BoolArray
    """(N, K): the episodes that count."""
    missed: float

    def probability(self, row: ResultRow) -> float:
        """The probability with which this result is replayed."""
        miner, environment = self.uids.get(row.uid), self.environments.get(row.env_id)
        if miner is None or environment is None or not 0 <= row.episode < self.complete.shape[1]:
            return 0.0
        if not self.complete[environment, row.episode]:
            return 0.0
        table = self.success if row.outcome == int(Outcome.SUCCESS) else self.failure
        return float(table[miner, environment])

    @property
    def description(self) -> str:
        """The probability that a lie is found, in words."""
        return f"one auditor with {1 - self.missed:.1%}, by {VALIDATORS} with {1 - self.missed**VALIDATORS:.2%}"

    def count_untraced(self, rows: Iterable[ResultRow]) -> int:
        """Count the policy faults without a trace where a lie would pay, which nobody can replay."""
        faults = (row for row in rows if row.outcome == int(Outcome.POLICY_FAULT) and row.trace_sha256 is None)
        return sum(self.probability(row) >= 1 - self.missed ** (1 / CLOSE) for row in faults)

    def choose(self, rows: Sequence[ResultRow], randomness: random.Random) -> list[ResultRow]:
        """Draw each result independently; `randomness` must not be foreseeable by an operator."""
        return [row for row in rows if randomness.random() < self.probability(row)]


def plan_sample(
    manifest: Manifest, rows: Sequence[ResultRow], verdicts: Iterable[VerdictRow], missed: float = MISSED_BY_ONE
) -> Plan:
    """Plan which published results to replay; `missed` is the probability that a lie about who leads goes unseen.

    Raises TypeError or InvalidScoringConfig for a configuration that allows no scores.
    """
    miners, config = list_participants(manifest.miners), manifest.config
    found = arrange_results(config, miners, rows)
    counts = count_verdicts(verdicts, config.verification)
    disqualified = [miner.uid in counts and counts[miner.uid].disqualified for miner in miners]
    distances = measure_distances(
        found.solved & found.complete,
        np.array([miner.first_block or 0 for miner in miners], dtype=np.int64),
        ScoringConfig(**config.scoring),
        episodes=found.complete.sum(axis=1),
        chance=np.array([environment.random_success for environment in config.environments], dtype=np.float64),
        disqualified=np.array(disqualified, dtype=np.bool_),
    )
    return Plan(
        uids={miner.uid: index for index, miner in enumerate(miners)},
        environments={environment.id: index for index, environment in enumerate(config.environments)},
        success=1 - missed ** (1 / distances.successes),
        failure=1 - missed ** (1 / distances.failures),
        complete=found.complete,
        missed=missed,
    )


def measure_distances(
    solved: BoolArray,
    first_blocks: IntArray,
    config: ScoringConfig,
    *,
    episodes: IntArray,
    chance: FloatArray,
    disqualified: BoolArray,
) -> Distances:
    """Measure how many results would have to be false for each comparison to turn.

    solved:    (M, N, K), false where an episode does not count; the miners in order of uid.
    episodes:  (N,), how many episodes count.
    """
    miners, environments, length = solved.shape
    successes = solved.sum(axis=2, dtype=np.int64)
    quantile = normal_quantile(config.confidence)
    bound, _ = wilson_interval(successes, episodes, quantile)
    floors = np.maximum(config.min_floor, chance)
    eligible = (bound > floors) & ~disqualified[:, None]
    arrival = np.lexsort((np.arange(miners), first_blocks))
    levels = share_significance_level(solved, eligible, config.alpha)
    critical = critical_wins(length, levels.environment)
    least = Distances(np.full((miners, environments), NEVER), np.full((miners, environments), NEVER))
    races: list[_Race] = []
    overall = np.zeros((miners, miners), dtype=np.int64)
    for n in range(environments):
        wins = count_wins(solved[:, n]).astype(np.int64)
        overall += wins
        counted = int(episodes[n])
        lower, _ = wilson_interval(np.arange(counted + 1), np.full(counted + 1, counted), quantile)
        needed = int(np.argmax(lower > floors[n])) if (lower > floors[n]).any() else NEVER
        better = _Better(counted, critical, config)
        races.append(_Race(wins, successes[:, n], eligible[:, n], ~disqualified, arrival, needed, better))
    leads = np.stack([race.leads for race in races], axis=1)
    pooled = critical_wins(int(episodes.sum()), levels.overall)
    beats = overall >= pooled[overall + overall.T]
    stakes = _find_stakes(leads, beats, ~disqualified, arrival)
    for n, race in enumerate(races):
        race.note(least.successes[:, n], least.failures[:, n], stakes)
    for later, earlier in stakes.pairs:
        w, lost = int(overall[later, earlier]), int(overall[earlier, later])
        flips = np.array([_measure_pooled_distance(w, lost, pooled)])
        gains, loses = (later, earlier) if beats[later, earlier] else (earlier, later)
        # False would be successes of whom the comparison came out well for, and failures of the other.
        _lower(least.successes[gains], flips)
        _lower(least.failures[loses], flips)
    return least


@dataclass(frozen=True, slots=True)
class _Stakes:
    """Which comparisons matter, and together with how many others, on other environments, each must turn.

    With h environments on which something must turn, d * h takes the place of the distance d: missing h such
    comparisons has the h-th power of the probability of missing one.
    """

    joining: IntArray
    """(M,): the factor h for a miner to lead where it was published not to lead."""
    leaving: IntArray
    """(M,): the factor h for a miner not to lead where it was published to lead; NEVER where that changes nothing."""
    pairs: list[tuple[int, int]]
    """Comparisons over all environments that matter: (the later miner, the earlier one)."""


def _find_stakes(leads: BoolArray, beats: BoolArray, allowed: BoolArray, arrival: IntArray) -> _Stakes:
    """Find which comparisons matter. If one miner is clearly first, only those that could cost it that place.

    A miner is clearly first (*crowned*) if it leads as many environments as anybody, beats all miners that came before
    it, and is beaten by none that came after it.
    As long as these hold it wins every subset of what it leads. To be paid more, another one would have to lead more
    environments in truth: it joins the leaders, or the crowned one leaves them, on so many environments (both can
    happen on one). Otherwise every comparison that decides who leads, or which of two leaders goes first, matters.
    """
    miners = len(leads)
    order = [int(miner) for miner in arrival if allowed[miner]]
    counts = leads.sum(axis=1)
    for place, crowned in enumerate(order):
        if counts[crowned] == 0 or counts[crowned] < counts.max():
            continue
        if all(beats[crowned, other] for other in order[:place]) and not beats[order[place + 1 :], crowned].any():
            ahead = np.maximum(1, counts[crowned] - counts)
            joining = (ahead + 1) // 2
            joining[crowned] = NEVER
            leaving = np.full(miners, NEVER)
            leaving[crowned] = joining.min()
            before, after = order[:place], order[place + 1 :]
            pairs = [(crowned, other) for other in before] + [(other, crowned) for other in after]
            return _Stakes(joining, leaving, pairs)
    somewhere = [miner for miner in order if counts[miner]]
    pairs = [
        (later, earlier)
        for place, later in enumerate(somewhere)
        for earlier in somewhere[:place]
        if (leads[later] & leads[earlier]).any()
    ]
    one = np.ones(miners, dtype=np.int64)
    return _Stakes(one, one, pairs)


class _Better:
    """Whether one of two miners is better on one environment, by the discordant pairs: w for it, l for the other.

    `lost[w, l]`: how many false results, each taking one from w or adding one to l, make it not better.
    `gained[w, l]`: how many, each adding one to w or taking one from l, make it better.
    """

    def __init__(self, episodes: int, critical: IntArray, config: ScoringConfig) -> None:
        margins = np.arange(-episodes, episodes + 1)
        tolerated = int(margins[margins / max(1, episodes) <= config.min_epsilon].max(initial=-1))
        w, lost = np.meshgrid(np.arange(episodes + 1), np.arange(episodes + 1), indexing="ij")
        discordant = np.minimum(w + lost, len(critical) - 1)
        self.table: BoolArray = (w - lost > tolerated) & (w >= critical[discordant]) & (w + lost <= episodes)
        self.lost = _count_steps(~self.table, w, lost, episodes, +1)
        self.gained = _count_steps(self.table, w, lost, episodes, -1)


def _count_steps(goal: BoolArray, w: IntArray, lost: IntArray, episodes: int, sign: int) -> IntArray:
    """For every (w, l), count the steps (w - sign, l) or (w, l + sign) to where `goal` holds; w - l falls by `sign`."""
    steps = np.where(goal, 0, NEVER).astype(np.int64)
    steps[w + lost > episodes] = NEVER
    for difference in range(-episodes * sign, (episodes + 1) * sign, sign):
        cells = np.flatnonzero((w - lost == difference).ravel() & (w + lost <= episodes).ravel())
        ws, ls = w.ravel()[cells], lost.ravel()[cells]
        fewer = _look_up(steps, ws - sign, ls)
        more = _look_up(steps, ws, ls + sign)
        steps.ravel()[cells] = np.minimum(steps.ravel()[cells], 1 + np.minimum(fewer, more))
    return np.minimum(steps, NEVER)


def _look_up(table: IntArray, w: IntArray, lost: IntArray) -> IntArray:
    inside = (w >= 0) & (lost >= 0) & (w < len(table)) & (lost < len(table))
    return np.where(inside, table[np.where(inside, w, 0), np.where(inside, lost, 0)], NEVER)


class _Race:
    """One environment: who is compared with the best, who that is, and what would have to be false otherwise.

    wins: (M, M), [i, j] = episodes that i solved and j did not. needed: the fewest successes that make eligible.
    """

    def __init__(
        self,
        wins: IntArray,
        successes: IntArray,
        eligible: BoolArray,
        allowed: BoolArray,
        arrival: IntArray,
        needed: int,
        better: _Better,
    ) -> None:
        self._wins = wins
        self._successes = successes
        self._needed = needed
        self._better = better
        self._rank = np.empty(len(successes), dtype=np.int64)
        self._rank[arrival] = np.arange(len(successes))
        self._to_qualify = np.where(allowed, np.maximum(0, needed - successes), NEVER)
        candidates = np.flatnonzero(eligible)
        self._best = -1
        self.leads = np.zeros(len(successes), dtype=np.bool_)
        if candidates.size:
            self._best = int(candidates[np.lexsort((self._rank[candidates], -successes[candidates]))[0]])
            self.leads = eligible & ~better.table[wins, wins.T][self._best]

    def note(self, successes: IntArray, failures: IntArray, stakes: _Stakes) -> None:
        """Lower the distances (M,) of this environment's results, in place."""
        if self._best < 0:  # whoever truly qualifies leads
            _lower(failures, np.maximum(1, self._to_qualify) * stakes.joining)
            return
        to_best = self._to_best()
        wins, losses = self._wins, self._wins.T
        # For each possible best (rows): until somebody's (columns) leading differs from what was published.
        leaves, joins = self._better.gained[wins, losses], self._better.lost[wins, losses]
        to_turn = np.where(self.leads[None, :], leaves, np.maximum(joins, self._to_qualify[None, :]))
        np.fill_diagonal(to_turn, np.where(self.leads, NEVER, 0))
        factor = np.where(self.leads, stakes.leaving, stakes.joining)[None, :]
        distance = np.minimum(np.maximum(to_best[:, None], to_turn), NEVER) * factor
        by_best = to_best[:, None] >= to_turn
        best_changes = np.where(by_best, distance, NEVER)
        _lower(failures, best_changes.min(axis=1))
        _lower(successes[self._best : self._best + 1], best_changes.min(keepdims=True)[0])
        leaves = np.where(self.leads[None, :] & ~by_best, distance, NEVER)
        _lower(failures, leaves.min(axis=1))
        _lower(successes, leaves.min(axis=0))
        joins = np.where(~self.leads[None, :] & ~by_best, distance, NEVER)
        _lower(successes, joins.min(axis=1))
        _lower(failures, joins.min(axis=0))
        not_eligible = (self._successes - self._needed + 1) * stakes.leaving
        _lower(successes, np.where(self.leads, not_eligible, NEVER))

    def _to_best(self) -> IntArray:
        """(M,): how many of a miner's failures and of the published best's successes are false if it is the best."""
        behind = self._successes[self._best] - self._successes + (self._rank > self._rank[self._best])
        to_best: IntArray = np.maximum(np.maximum(behind, self._to_qualify), 0)
        to_best[self._best] = 0
        return to_best


def _lower(least: IntArray, distance: IntArray) -> None:
    np.minimum(least, np.maximum(1, distance), out=least)


def _measure_pooled_distance(w: int, lost: int, critical: IntArray) -> int:
    """How many results must be false for the comparison of w with l episodes over all environments to turn."""
    beats, last = w >= critical[w + lost], len(critical) - 1
    for flips in range(1, len(critical)):
        first = np.arange(flips + 1)  # of the flips, those that change w; the others change l
        if beats:
            first = first[first <= w]
            reached, discordant = w - first, w + lost - 2 * first + flips
        else:
            first = first[flips - first <= lost]
            reached, discordant = w + first, w + lost + 2 * first - flips
        possible = discordant <= last
        if ((reached[possible] >= critical[discordant[possible]]) != beats).any():
            return flips
    return NEVER
