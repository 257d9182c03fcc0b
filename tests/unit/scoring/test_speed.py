"""Speed decides between miners whom success cannot tell apart, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import comb

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinitro.audit.distances import NEVER, measure_distances
from kinitro.scoring import CycleScores, InvalidScoringConfig, InvalidScoringInput, ScoringConfig, score_cycle
from kinitro.scoring import explain_cycle as explain
from kinitro.scoring.comparison import find_overall_better
from kinitro.scoring.simulation import simulate_outcomes
from kinitro.scoring.speed import compare_speed
from tests.unit.scoring.cycles import Bools, cycles

CONFIG = ScoringConfig(speed_margin=0.05)
Steps = npt.NDArray[np.int64]
Cycle = tuple[Bools, list[int], Steps]


@st.composite
def timed_cycles(draw: st.DrawFn) -> Cycle:
    """Cycles with steps: each miner has a speed of its own, exact copies have equal steps."""
    outcomes, blocks = draw(cycles())
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    pace = rng.uniform(0.5, 1.5, (len(blocks), 1, 1))
    length = rng.uniform(20, 200, (1, *outcomes.shape[1:]))
    steps = np.maximum(1, pace * length * rng.uniform(0.8, 1.2, outcomes.shape)).astype(np.int64)
    for copy in range(len(blocks)):
        original = next(index for index in range(copy + 1) if np.array_equal(outcomes[index], outcomes[copy]))
        steps[copy] = steps[original]
    return outcomes, blocks, steps


def play(rates: list[float], paces: list[float], seed: int = 0, envs: int = 8, episodes: int = 50) -> Cycle:
    """Miners that are equally good everywhere, with steps that are `pace` times an episode's length, and noise."""
    rng = np.random.default_rng(seed)
    outcomes = simulate_outcomes([[rate] * envs for rate in rates], episodes, 0.5, rng)
    length = rng.uniform(40, 120, (1, envs, episodes))
    noise = rng.uniform(0.9, 1.1, outcomes.shape)
    steps = np.maximum(1, np.array(paces)[:, None, None] * length * noise).astype(np.int64)
    return outcomes, list(range(len(rates))), steps


def score(cycle: Cycle, config: ScoringConfig = CONFIG) -> CycleScores:
    outcomes, blocks, steps = cycle
    return score_cycle(outcomes, blocks, config, steps=steps)


def test_the_faster_of_two_equals_wins_although_it_came_later() -> None:
    scores = score(play([0.9, 0.9], [1.0, 0.7]))
    assert scores.priority == (1, 0)
    assert scores.weights[1] > 0.99
    assert score(play([0.9, 0.9], [1.0, 0.7]), ScoringConfig()).priority == (0, 1)


def test_the_first_wins_where_speed_is_equal_too() -> None:
    for seed in range(20):
        assert score(play([0.9, 0.9], [1.0, 1.0], seed)).priority == (0, 1)


def test_a_difference_within_the_margin_is_none() -> None:
    outcomes, blocks, _ = play([0.9, 0.9], [1.0, 1.0])
    steps = np.full(outcomes.shape, 100)
    steps[1] = 95
    assert score((outcomes, blocks, steps)).priority == (0, 1)
    steps[1] = 94
    assert score((outcomes, blocks, steps)).priority == (1, 0)


def test_speed_does_not_make_up_for_success() -> None:
    """A miner that solves much less stays behind, however fast it is."""
    for seed in range(10):
        scores = score(play([0.9, 0.6], [1.0, 0.3], seed))
        assert scores.priority == (0, 1)
        assert scores.weights[0] > 0.99


def test_only_episodes_that_both_solved_are_compared() -> None:
    outcomes = np.ones((2, 1, 40), dtype=bool)
    outcomes[0, 0, 20:] = False
    steps = np.full((2, 1, 40), 100)
    steps[1] = 10
    found = compare_speed(outcomes, steps, np.ones((2, 1), dtype=bool), 0.05, 0.05)
    assert found.count_all().tolist() == [[0, 0], [20, 0]]


def test_the_level_counts_different_rows_only() -> None:
    outcomes, blocks, steps = play([0.9, 0.9, 0.9], [1.0, 0.7, 1.0])
    found = score((outcomes, blocks, steps)).speed
    assert found is not None
    assert found.level == Fraction(0.05) / 2
    many = (np.concatenate([outcomes, outcomes[:2]]), [*blocks, 8, 9], np.concatenate([steps, steps[:2]]))
    again = score(many).speed
    assert again is not None
    assert again.level == found.level


def test_the_exact_test() -> None:
    """The wins are those of the binomial tail, computed here by its definition."""
    outcomes, blocks, steps = play([0.9, 0.9, 0.8], [1.0, 0.97, 0.9], 3)
    found = score((outcomes, blocks, steps)).speed
    assert found is not None
    for one in range(3):
        for other in range(3):
            both = outcomes[one] & outcomes[other]
            wins = int((both & (steps[one] < 0.95 * steps[other])).sum())
            losses = int((both & (steps[other] < 0.95 * steps[one])).sum())
            tail = Fraction(sum(comb(wins + losses, k) for k in range(wins, wins + losses + 1)), 2 ** (wins + losses))
            assert found.count_faster(one, other) == found.count_slower(other, one) == wins
            assert found.is_faster(one, other) == (tail < found.level)


@settings(max_examples=60, deadline=None)
@given(timed_cycles(), st.data())
def test_a_copy_changes_nobodys_points_and_gets_none(cycle: Cycle, data: st.DataObject) -> None:
    outcomes, blocks, steps = cycle
    original = data.draw(st.integers(0, len(blocks) - 1))
    copies = data.draw(st.integers(1, 3))
    later = [max(blocks) + 1 + number for number in range(copies)]
    before = score(cycle)
    rows = [original] * copies
    after = score((np.concatenate([outcomes, outcomes[rows]]), blocks + later, np.concatenate([steps, steps[rows]])))
    assert after.exact_points == (*before.exact_points, *[0] * copies)


@settings(max_examples=40, deadline=None)
@given(timed_cycles(), st.lists(st.integers(0, 9), min_size=1, max_size=9))
def test_idle_accounts_change_nothing(cycle: Cycle, idle_blocks: list[int]) -> None:
    outcomes, blocks, steps = cycle
    idle = np.zeros((len(idle_blocks), *outcomes.shape[1:]), dtype=bool)
    before = score(cycle)
    after = score((np.concatenate([outcomes, idle]), blocks + idle_blocks, np.concatenate([steps, idle + 1])))
    assert after.exact_points == (*before.exact_points, *[0] * len(idle_blocks))


@settings(max_examples=60, deadline=None)
@given(timed_cycles())
def test_who_solves_more_stays_ahead(cycle: Cycle) -> None:
    """Of two of which one solves more overall, speed never puts the other ahead; and nobody is lost."""
    plain, timed = score(cycle, ScoringConfig()), score(cycle)
    assert sorted(plain.priority) == sorted(timed.priority)
    beats = find_overall_better(timed.overall_wins, timed.levels.overall)
    place = {miner: index for index, miner in enumerate(timed.priority)}
    for index, ahead in enumerate(plain.priority):
        for behind in plain.priority[index + 1 :]:
            if beats[ahead, behind]:
                assert place[ahead] < place[behind]


@settings(max_examples=40, deadline=None)
@given(timed_cycles())
def test_points_are_the_same_in_all(cycle: Cycle) -> None:
    """Speed moves points between miners; what all sets that somebody leads are worth together stays."""
    plain, timed = score(cycle, ScoringConfig()), score(cycle)
    assert sum(plain.exact_points) == sum(timed.exact_points)
    assert plain.leaders.tolist() == timed.leaders.tolist()


def test_noisy_copies_pass_as_seldom_as_alpha_says() -> None:
    """Ten copies whose steps and outcomes are noise: the original keeps the first place."""
    kept = sum(score(play([0.9] * 11, [1.0] * 11, seed, episodes=30)).priority[0] == 0 for seed in range(100))
    assert kept >= 88


def test_noisy_copies_do_not_shield_the_slower() -> None:
    """Twenty noisy copies of the first: who is a tenth faster passes them all."""
    paces = [1.0] * 21 + [0.9]
    passed = sum(score(play([0.9] * 22, paces, seed, episodes=30)).priority[0] == 21 for seed in range(20))
    assert passed >= 17


def test_only_asked_comparisons_are_made_and_equal_those_of_all() -> None:
    """Looking at several at once ends where looking at one after the other does."""
    outcomes, blocks, steps = play([0.9] * 40, list(np.linspace(1.2, 0.6, 40)), 5, episodes=20)
    scores = score((outcomes, blocks, steps))
    assert scores.speed is not None
    faster = scores.speed.count_all()
    wins = faster >= scores.speed.critical.take(faster + faster.T)
    beats = find_overall_better(scores.overall_wins, scores.levels.overall)
    order: list[int] = []
    for miner in score((outcomes, blocks, steps), ScoringConfig()).priority:
        place = len(order)
        while place and wins[miner, order[place - 1]] and not beats[order[place - 1], miner]:
            place -= 1
        order.insert(place, miner)
    assert scores.priority == tuple(order)
    assert order != sorted(order), "some passed"


def test_it_is_explained() -> None:
    explanation = explain(score(play([0.9, 0.9, 0.9], [0.7, 1.0, 1.0])), [f"e{n}" for n in range(8)])[1]
    standing = explanation.rivals[0].speed
    assert standing is not None
    assert standing.faster < standing.slower
    assert not standing.wins
    assert standing.needed_to_win is None or standing.needed_to_win > 0
    assert "faster" in explanation.summary
    without = explain(score(play([0.9, 0.9], [1.0, 1.0]), ScoringConfig()), [f"e{n}" for n in range(8)])[1]
    assert without.rivals[0].speed is None
    assert "faster" not in without.summary


@pytest.mark.parametrize("margin", [-0.1, 1.0, 2.0, float("nan")])
def test_what_a_margin_cannot_be(margin: float) -> None:
    with pytest.raises(InvalidScoringConfig, match="speed_margin cannot be"):
        ScoringConfig(speed_margin=margin)


def test_what_steps_cannot_be() -> None:
    outcomes, blocks, steps = play([0.9, 0.9], [1.0, 1.0])
    with pytest.raises(InvalidScoringInput, match="steps are missing"):
        score_cycle(outcomes, blocks, CONFIG)
    with pytest.raises(InvalidScoringInput, match="steps has shape"):
        score((outcomes, blocks, steps[:1]))
    with pytest.raises(InvalidScoringInput, match="steps holds 0 for a solved episode"):
        score((outcomes, blocks, steps * 0))
    with pytest.raises(InvalidScoringInput, match="steps has the type float64"):
        score((outcomes, blocks, steps * 1.5))


def test_the_audit_looks_at_what_speed_decides() -> None:
    """Where speed decides who is first, few false steps would change it, and the results behind it are at stake."""
    outcomes, blocks, steps = play([0.9, 0.9], [1.0, 0.93], 1)
    scores = score((outcomes, blocks, steps))
    assert scores.priority == (1, 0), "faster by a little"

    def measure(config: ScoringConfig) -> npt.NDArray[np.int64]:
        return measure_distances(
            outcomes,
            np.array(blocks),
            config,
            episodes=np.full(8, 50),
            chance=np.zeros(8),
            disqualified=np.zeros(2, dtype=bool),
            steps=steps,
        ).successes

    least = int(measure(CONFIG).min())
    assert least < NEVER
    found = scores.speed
    assert found is not None
    # brute force: so many episodes in which the first was faster become such in which the other was
    turned = next(
        flips
        for flips in range(1, 200)
        if score((outcomes, blocks, slow_down(outcomes, steps, flips))).priority[0] == 0
    )
    assert least <= turned


def slow_down(outcomes: Bools, steps: Steps, flips: int) -> Steps:
    """The steps if the second miner was in truth slower in so many of the episodes in which it was faster."""
    changed = steps.copy()
    faster = np.argwhere(outcomes[0] & outcomes[1] & (steps[1] < 0.95 * steps[0]))[:flips]
    for env, episode in faster:
        changed[1, env, episode] = 2 * steps[0, env, episode]
    return changed


def test_a_configuration_from_before_has_no_margin() -> None:
    assert ScoringConfig().speed_margin is None
    assert replace(ScoringConfig(), speed_margin=0.05) == CONFIG
