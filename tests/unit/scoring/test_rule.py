"""The shipped rule against the rule as it is written down, on any outcomes."""

from __future__ import annotations

import dataclasses
import json
import math
from itertools import combinations

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from kinitro.scoring import ScoringConfig, explain_cycle, score_cycle
from tests.unit.scoring.cycles import Bools, cycles


class Oracle:
    """docs/scoring.md, sentence by sentence, with loops, scipy and a list of all subsets."""

    def __init__(self, outcomes: Bools, blocks: list[int], config: ScoringConfig, chance: list[float]) -> None:
        self.o, self.blocks, self.config, self.chance = outcomes, blocks, config, chance
        self.miners, self.envs, self.k = outcomes.shape
        eligible = [[self._eligible(m, n) for n in range(self.envs)] for m in range(self.miners)]
        anywhere = [m for m in range(self.miners) if any(eligible[m])]
        rows = max(1, len({outcomes[m].tobytes() for m in anywhere}) - 1)
        order = sorted(range(self.miners), key=lambda m: (blocks[m], m))
        self.leads: list[set[int]] = [set() for _ in range(self.miners)]
        for n in range(self.envs):
            taking_part = [m for m in order if eligible[m][n]]
            if taking_part:
                best = max(taking_part, key=lambda m: outcomes[m, n].sum())
                for m in taking_part:
                    if not self._out(best, m, n, config.alpha / (rows * self.envs)):
                        self.leads[m].add(n)
        self.priority: list[int] = []
        for m in [m for m in order if m in anywhere]:
            place = next((i for i, v in enumerate(self.priority) if self._beats(m, v, config.alpha / rows)), None)
            self.priority.insert(len(self.priority) if place is None else place, m)
        self.points = [0] * self.miners
        for size in range(1, self.envs + 1):
            for subset in combinations(range(self.envs), size):
                winner = next((m for m in self.priority if set(subset) <= self.leads[m]), None)
                if winner is not None:
                    self.points[winner] += {"linear": size, "equal": 1, "exponential": 2 ** (size - 1)}[
                        config.weighting
                    ]

    def _eligible(self, m: int, n: int) -> bool:
        successes, z = int(self.o[m, n].sum()), 1.6448536269514722
        if successes == 0:
            return False
        p = successes / self.k
        low = (p + z * z / (2 * self.k) - z * math.sqrt(p * (1 - p) / self.k + (z / (2 * self.k)) ** 2)) / (
            1 + z * z / self.k
        )
        return low > max(self.config.min_floor, self.chance[n])

    def _out(self, best: int, m: int, n: int, level: float) -> bool:
        b = int((self.o[best, n] & ~self.o[m, n]).sum())
        c = int((self.o[m, n] & ~self.o[best, n]).sum())
        return (b - c) / self.k > self.config.min_epsilon and binom.sf(b - 1, b + c, 0.5) < level

    def _beats(self, m: int, v: int, level: float) -> bool:
        b = int((self.o[m] & ~self.o[v]).sum())
        c = int((self.o[v] & ~self.o[m]).sum())
        return bool(binom.sf(b - 1, b + c, 0.5) < level)


configs = st.builds(
    ScoringConfig,
    weighting=st.sampled_from(["linear", "equal", "exponential"]),
    alpha=st.sampled_from([0.01, 0.05, 0.3]),
    min_epsilon=st.sampled_from([0.0, 0.02, 0.1]),
)


@settings(max_examples=60, deadline=None)
@given(cycles(max_envs=12), configs, st.data())
def test_equals_the_enumeration_of_all_subsets(
    cycle: tuple[Bools, list[int]], config: ScoringConfig, data: st.DataObject
) -> None:
    outcomes, blocks = cycle
    envs = outcomes.shape[1]
    chance = data.draw(st.lists(st.sampled_from([0.0, 0.36]), min_size=envs, max_size=envs))
    scores = score_cycle(outcomes, blocks, config, chance=chance)
    oracle = Oracle(outcomes, blocks, config, chance)
    assert [set(np.flatnonzero(row).tolist()) for row in scores.leaders] == oracle.leads
    assert list(scores.priority) == oracle.priority
    assert list(scores.exact_points) == oracle.points
    assert scores.points.tolist() == oracle.points
    expected = np.zeros(len(blocks))
    if total := sum(oracle.points):
        shares = np.array(oracle.points) / total
        expected = np.where(shares > 0, np.exp(shares / config.temperature), 0)
        expected /= expected.sum()
    np.testing.assert_allclose(scores.weights, expected, rtol=1e-12)


@settings(max_examples=50, deadline=None)
@given(cycles())
def test_explanations_are_json_and_add_up(cycle: tuple[Bools, list[int]]) -> None:
    outcomes, blocks = cycle
    scores = score_cycle(outcomes, blocks)
    explanations = explain_cycle(scores, [f"family/{n}" for n in range(outcomes.shape[1])])
    json.dumps([dataclasses.asdict(explanation) for explanation in explanations.values()], allow_nan=False)
    for miner, explanation in explanations.items():
        assert sum(subset.points for subset in explanation.subsets) == explanation.points == scores.points[miner]
        lost = sum(subset.led - subset.won for subset in explanation.subsets)
        assert sum(rival.subsets_taken or 0 for rival in explanation.rivals) == lost
        for environment in explanation.environments:
            assert environment.leader == (environment.needed_to_lead == 0)


@settings(max_examples=60, deadline=None)
@given(cycles(), st.data())
def test_what_an_explanation_asks_for_is_what_it_takes(cycle: tuple[Bools, list[int]], data: st.DataObject) -> None:
    """With `needed_to_lead` more of the episodes that the best solved a miner leads, with one fewer it does not."""
    outcomes, blocks = cycle
    scores = score_cycle(outcomes, blocks)
    rows = [
        (miner, n, explanation.environments[n])
        for miner, explanation in explain_cycle(scores, ["e"] * outcomes.shape[1]).items()
        for n in range(outcomes.shape[1])
    ]
    missing = [row for row in rows if row[2].needed_to_lead and row[2].needed_to_lead <= row[2].only_best]
    assume(missing)
    miner, n, row = data.draw(st.sampled_from(missing))
    wanted = np.flatnonzero(outcomes[scores.best[n], n] & ~outcomes[miner, n])
    for solved, leads in ((row.needed_to_lead, True), ((row.needed_to_lead or 0) - 1, False)):
        better = outcomes.copy()
        better[miner, n, wanted[:solved]] = True
        after = score_cycle(better, blocks)
        if after.levels == scores.levels and after.best[n] == scores.best[n]:
            assert after.leaders[miner, n] == leads
