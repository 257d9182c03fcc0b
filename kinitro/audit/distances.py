"""How many published results would have to be false for a comparison to have come out differently; see `sampling`."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from kinitro.scoring.comparison import count_wins, share_significance_level
from kinitro.scoring.config import ScoringConfig
from kinitro.scoring.intervals import normal_quantile, wilson_interval
from kinitro.scoring.mcnemar import critical_wins
from kinitro.scoring.reference import compare_with_reference
from kinitro.scoring.speed import compare_speed

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

NEAR_SPEED = 200
"""Distances of comparisons of speed are not measured beyond this."""
NEVER = 1 << 30
"""The distance of a comparison that cannot turn."""


@dataclass(frozen=True, slots=True)
class Distances:
    """The least distance of any comparison that false results would turn: (M, N), by miner and environment."""

    successes: IntArray
    """If some of the published successes were failures in truth."""
    failures: IntArray
    """If some of the published failures were successes in truth."""
    reference_successes: IntArray
    """(N,): the same for the reference, which stands in for a miner here."""
    reference_failures: IntArray
    """(N,)"""


def measure_distances(
    solved: BoolArray,
    first_blocks: IntArray,
    config: ScoringConfig,
    *,
    episodes: IntArray,
    chance: FloatArray,
    disqualified: BoolArray,
    reference: BoolArray | None = None,
    steps: IntArray | None = None,
) -> Distances:
    """Measure how many results would have to be false for each comparison to turn.

    solved:    (M, N, K), false where an episode does not count; the miners in order of uid.
    episodes:  (N,), how many episodes count.
    reference: (N, K), false where an episode does not count; None in a cycle without a reference.
    steps:     (M, N, K), control steps until success. Needed where the config has a `speed_margin`.
    """
    miners, environments, length = solved.shape
    successes = solved.sum(axis=2, dtype=np.int64)
    quantile = normal_quantile(config.confidence)
    bound, _ = wilson_interval(successes, episodes, quantile)
    floors = np.maximum(config.min_floor, chance)
    qualified = (bound > floors) & ~disqualified[:, None]
    gate = None if reference is None else ReferenceGate.measure(solved, reference, episodes, qualified, config)
    passed = np.ones_like(qualified) if gate is None else gate.passed
    eligible = qualified & passed
    arrival = np.lexsort((np.arange(miners), first_blocks))
    levels = share_significance_level(solved, eligible, config.alpha)
    critical = critical_wins(length, levels.environment)
    every, one = np.full((miners, environments), NEVER), np.full(environments, NEVER)
    least = Distances(every, every.copy(), one, one.copy())
    races: list[_Race] = []
    overall = np.zeros((miners, miners), dtype=np.int64)
    for n in range(environments):
        wins = count_wins(solved[:, n]).astype(np.int64)
        overall += wins
        counted = int(episodes[n])
        lower, _ = wilson_interval(np.arange(counted + 1), np.full(counted + 1, counted), quantile)
        needed = int(np.argmax(lower > floors[n])) if (lower > floors[n]).any() else NEVER
        better = _Better(counted, critical, config)
        races.append(_Race(wins, successes[:, n], eligible[:, n], ~disqualified, passed[:, n], arrival, needed, better))
    leads = np.stack([race.leads for race in races], axis=1)
    pooled = critical_wins(int(episodes.sum()), levels.overall)
    beats = overall >= pooled[overall + overall.T]
    speed, faster, passes = None, np.zeros_like(overall), np.zeros_like(beats)
    if config.speed_margin is not None and steps is not None:
        speed = compare_speed(solved, steps, eligible, config.speed_margin, config.alpha)
        faster = speed.count_all()
        passes = (faster >= speed.critical.take(faster + faster.T)) & ~beats.T
    stakes = _find_stakes(leads, beats, passes, ~disqualified, arrival)
    for n, race in enumerate(races):
        race.note(least.successes[:, n], least.failures[:, n], stakes)
    if gate is not None:
        would_lead = np.stack([race.would_lead for race in races], axis=1)
        gate.note(least, stakes, leads, would_lead)
    for later, earlier in stakes.pairs:
        w, lost = int(overall[later, earlier]), int(overall[earlier, later])
        flips = np.array([_measure_pooled_distance(w, lost, pooled)])
        gains, loses = (later, earlier) if beats[later, earlier] else (earlier, later)
        # False would be successes of whom the comparison came out well for, and failures of the other.
        _lower(least.successes[gains], flips)
        _lower(least.failures[loses], flips)
        if speed is not None:
            counts = int(faster[later, earlier]), int(faster[earlier, later])
            both = (
                _measure_speed_distance(*pair, speed.steps.shape[1], speed.level) for pair in (counts, counts[::-1])
            )
            nearest = np.array([min(both)])
            # False would be steps of a success of either, or a failure that keeps an episode from being compared.
            for miner in (later, earlier):
                _lower(least.successes[miner], nearest)
                _lower(least.failures[miner], nearest)
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


def _find_stakes(
    leads: BoolArray, beats: BoolArray, passes: BoolArray, allowed: BoolArray, arrival: IntArray
) -> _Stakes:
    """Find which comparisons matter. If one miner is clearly first, only those that could cost it that place.

    A miner is clearly first (*crowned*) if it leads as many environments as anybody, beats all miners that came before
    it, and is beaten by none that came after it, on success or on speed.
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
        later = order[place + 1 :]
        overtaken = beats[later, crowned].any() or passes[later, crowned].any()
        if all(beats[crowned, other] for other in order[:place]) and not overtaken:
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
    passed: (M,), who is better than the reference here. Whoever was published not to be, and would lead otherwise, is
    looked at by `ReferenceGate`; here it is enough to look at what else keeps it from leading.
    """

    def __init__(
        self,
        wins: IntArray,
        successes: IntArray,
        eligible: BoolArray,
        allowed: BoolArray,
        passed: BoolArray,
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
        self._passed = passed
        self._best = -1
        self.leads = np.zeros(len(successes), dtype=np.bool_)
        self.would_lead = (self._to_qualify == 0) & ~passed
        """Who would lead, or be the best, if it were better than the reference."""
        if candidates.size:
            self._best = int(candidates[np.lexsort((self._rank[candidates], -successes[candidates]))[0]])
            self.leads = eligible & ~better.table[wins, wins.T][self._best]
            ahead = (successes > successes[self._best]) | ~better.table[wins, wins.T][self._best]
            self.would_lead &= ahead

    def note(self, successes: IntArray, failures: IntArray, stakes: _Stakes) -> None:
        """Lower the distances (M,) of this environment's results, in place."""
        if self._best < 0:  # whoever truly qualifies leads
            _lower(failures, np.where(self.would_lead, NEVER, np.maximum(1, self._to_qualify) * stakes.joining))
            return
        to_best = self._to_best()
        wins, losses = self._wins, self._wins.T
        # For each possible best (rows): until somebody's (columns) leading differs from what was published.
        leaves, joins = self._better.gained[wins, losses], self._better.lost[wins, losses]
        to_turn = np.where(self.leads[None, :], leaves, np.maximum(joins, self._to_qualify[None, :]))
        np.fill_diagonal(to_turn, np.where(self.leads, NEVER, 0))
        to_turn[:, self.would_lead] = NEVER
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
        return np.where(self._passed, to_best, NEVER)


@dataclass(frozen=True, slots=True)
class ReferenceGate:
    """The comparisons with the reference, and how many results would have to be false for each to turn."""

    beaten: BoolArray
    """(M, N)"""
    beaten_overall: BoolArray
    """(M,)"""
    turn: IntArray
    """(M, N): false results until the comparison on this environment turns."""
    turn_overall: IntArray
    """(M,): the same for the one over all environments."""

    @property
    def passed(self) -> BoolArray:
        """(M, N): better than the reference there, or overall."""
        return np.asarray(self.beaten | self.beaten_overall[:, None], dtype=np.bool_)

    @classmethod
    def measure(
        cls, solved: BoolArray, reference: BoolArray, episodes: IntArray, qualified: BoolArray, config: ScoringConfig
    ) -> ReferenceGate:
        """Compare everybody with the reference as scoring does."""
        found = compare_with_reference(solved, reference, episodes, qualified, config)
        critical = critical_wins(solved.shape[2], found.levels.environment)
        pooled = critical_wins(int(episodes.sum()), found.levels.overall)
        turn = np.full(qualified.shape, NEVER)
        for n, counted in enumerate(episodes):
            better = _Better(int(counted), critical, config)
            w, lost = found.only_miner[:, n], found.only_reference[:, n]
            turn[:, n] = np.where(found.beaten[:, n], better.lost[w, lost], better.gained[w, lost])
        totals = zip(found.only_miner.sum(axis=1).tolist(), found.only_reference.sum(axis=1).tolist(), strict=True)
        overall = [_measure_pooled_distance(w, lost, pooled) for w, lost in totals]
        return cls(found.beaten, found.beaten_overall, turn, np.array(overall, dtype=np.int64))

    def note(self, least: Distances, stakes: _Stakes, leads: BoolArray, would_lead: BoolArray) -> None:
        """Lower the distances of the results behind the comparisons that decide who leads, in place.

        leads:      (M, N), who leads.
        would_lead: (M, N), who is kept from leading, or from being the best, by the reference alone.
        """
        for miner, n in zip(*np.nonzero(would_lead), strict=True):
            # False would be failures of the miner, and successes of the reference.
            self._lower_one(
                least.failures, least.reference_successes, miner, n, self.turn[miner, n] * stakes.joining[miner]
            )
            self._lower_all(least.failures, least.reference_successes, miner, self.turn_overall[miner])
        for miner, n in zip(*np.nonzero(leads), strict=True):
            here = self.turn[miner, n] if self.beaten[miner, n] else 0
            overall = self.turn_overall[miner] if self.beaten_overall[miner] else 0
            distance = max(here, overall)  # to lose its place it must be better neither here nor overall
            if here >= overall:
                factor = stakes.leaving[miner]
                self._lower_one(least.successes, least.reference_failures, miner, n, distance * factor)
            else:
                self._lower_all(least.successes, least.reference_failures, miner, distance)

    @staticmethod
    def _lower_one(theirs: IntArray, reference: IntArray, miner: int, n: int, distance: int) -> None:
        distance = max(1, min(int(distance), NEVER))
        theirs[miner, n] = min(theirs[miner, n], distance)
        reference[n] = min(reference[n], distance)

    @staticmethod
    def _lower_all(theirs: IntArray, reference: IntArray, miner: int, distance: int) -> None:
        one = np.array([min(int(distance), NEVER)])
        _lower(theirs[miner], one)
        _lower(reference, one)


def _lower(least: IntArray, distance: IntArray) -> None:
    np.minimum(least, np.maximum(1, distance), out=least)


@lru_cache(maxsize=1 << 16)
def _measure_speed_distance(faster: int, slower: int, longest: int, level: Fraction) -> int:
    """How many results must be false for one miner to be faster than another, or not to be any more.

    faster, slower: episodes in which it was faster, and slower, than the other; together at most `longest`.

    One false result can turn an episode in which the one was faster into an episode in which the other was.
    """
    critical = critical_wins(longest + NEAR_SPEED, level)
    wins = bool(faster >= critical[faster + slower])
    sign = -1 if wins else 1
    for flips in range(1, NEAR_SPEED + 1):
        for turned in range(flips + 1):  # of the flips, those that change both numbers; the others change the first
            new_slower = slower - sign * turned
            new_faster = faster + sign * flips
            if new_slower >= 0 and new_faster >= 0 and (new_faster >= critical[new_faster + new_slower]) != wins:
                return flips
    return NEAR_SPEED


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
