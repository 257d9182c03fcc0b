"""Beating what anybody can download is the least that earns: attacks on that, and what must hold whatever happens."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinitro.scoring import CycleScores, InvalidScoringInput, explain_cycle, score_cycle
from kinitro.scoring.simulation import simulate_outcomes
from tests.unit.scoring.cycles import Bools, cycles

ENVIRONMENTS, EPISODES = 8, 50


def play(
    *rates: float | list[float], reference: float | list[float], seed: int = 0, shared: float = 0.5
) -> tuple[Bools, Bools]:
    """Outcomes of miners and of the reference; a rate is the same everywhere, or one per environment."""
    every = [[rate] * ENVIRONMENTS if isinstance(rate, float) else rate for rate in (*rates, reference)]
    outcomes = simulate_outcomes(every, EPISODES, shared, np.random.default_rng(seed))
    return outcomes[:-1], outcomes[-1]


def cycle(*rates: float | list[float], reference: float | list[float], seed: int = 0) -> CycleScores:
    outcomes, beside = play(*rates, reference=reference, seed=seed)
    return score_cycle(outcomes, list(range(1, len(outcomes) + 1)), reference=beside)


def test_a_squatter_with_the_reference_earns_nothing_however_early() -> None:
    outcomes, beside = play(0.85, reference=0.6)
    scores = score_cycle(np.concatenate([beside[None], outcomes]), [1, 1000], reference=beside)
    assert scores.weights.tolist() == [0.0, 1.0]
    assert not scores.eligible[0].any()
    alone = score_cycle(beside[None], [1], reference=beside)
    assert alone.weights.tolist() == [0.0]


@pytest.mark.parametrize("shared", [0.0, 0.8])
def test_noisy_copies_of_the_reference_rarely_earn(shared: float) -> None:
    """Twenty near-copies have twenty chances to be lucky; all together they may win alpha of the time."""
    earned = 0
    for seed in range(60):
        outcomes, beside = play(*[0.6] * 20, reference=0.6, seed=seed, shared=shared)
        earned += score_cycle(outcomes, list(range(20)), reference=beside).weights.any()
    assert earned <= 6, "3 expected at most; more than 6 has a chance below 3 %"


def test_the_reference_plus_luck_on_one_environment_earns_nothing() -> None:
    """Of 200 results of copies the luckiest is far ahead of the reference, and that is no more than luck."""
    for seed in range(20):
        outcomes, beside = play(*[0.6] * 25, reference=0.6, seed=seed)
        scores = score_cycle(outcomes, list(range(25)), reference=beside)
        luckiest = np.unravel_index((outcomes.sum(axis=2) - beside.sum(axis=1)).argmax(), (25, ENVIRONMENTS))
        assert not scores.eligible[luckiest], seed


def test_a_better_miner_earns_all_and_copies_before_it_nothing() -> None:
    """A near-copy that is not significantly worse than the better miner somewhere takes nothing from it."""
    for seed in range(10):
        scores = cycle(0.6, 0.62, 0.6, 0.8, reference=0.6, seed=seed)
        assert scores.weights[3] == pytest.approx(1.0), seed


def test_better_on_one_environment_only() -> None:
    specialist = [1.0] + [0.3] * (ENVIRONMENTS - 1)
    scores = cycle(specialist, reference=0.6)
    assert scores.eligible[0].tolist() == [True] + [False] * (ENVIRONMENTS - 1)
    assert scores.exact_points == (1,)


def test_a_little_better_everywhere_is_noticed_overall() -> None:
    """Ten points are noise in 50 episodes, and none in 400."""
    scores = cycle(0.75, reference=0.6)
    assert scores.reference is not None
    assert scores.reference.beaten_overall[0]
    assert scores.reference.beaten[0].sum() < ENVIRONMENTS
    assert scores.eligible[0].all()


def test_void_episodes_do_not_count_for_the_reference() -> None:
    outcomes, beside = play(0.8, 0.5, reference=0.6)
    valid = np.ones((ENVIRONMENTS, EPISODES), dtype=bool)
    valid[:, 40:] = False
    scores = score_cycle(outcomes, [1, 2], valid=valid, reference=beside)
    again = score_cycle(outcomes, [1, 2], valid=valid, reference=beside & valid)
    assert scores.reference is not None
    assert scores.reference.successes.tolist() == (beside & valid).sum(axis=1).tolist()
    assert scores.weights.tolist() == again.weights.tolist()


def test_an_explanation_says_what_beating_the_reference_takes() -> None:
    outcomes, beside = play(0.85, 0.6, reference=0.6)
    scores = score_cycle(outcomes, [1, 2], reference=beside)
    names = [f"e{n}" for n in range(ENVIRONMENTS)]
    better, equal = explain_cycle(scores, names).values()
    assert better.reference is not None
    assert better.reference.beaten
    assert better.reference.needed_to_beat == 0
    assert equal.reference is not None
    assert not equal.reference.beaten
    assert "not better than the reference by more than noise" in equal.summary
    missing = equal.reference.needed_to_beat
    assert missing
    for more, passes in ((missing - 1, False), (missing, True)):
        changed = outcomes.copy()
        ties = np.argwhere(~changed[1] & ~beside)[:more]
        changed[1][tuple(ties.T)] = True
        assert score_cycle(changed, [1, 2], reference=beside).eligible[1].any() == passes
    alone = explain_cycle(score_cycle(outcomes, [1, 2]), names)[0]
    assert alone.reference is None
    assert alone.environments[0].reference is None


@settings(max_examples=60, deadline=None)
@given(cycles(), st.data())
def test_copies_of_the_reference_change_nothing(given_cycle: tuple[Bools, list[int]], data: st.DataObject) -> None:
    outcomes, blocks = given_cycle
    beside = outcomes[data.draw(st.integers(0, len(blocks) - 1))]
    copies = data.draw(st.integers(1, 3))
    before = score_cycle(outcomes, [block + 1 for block in blocks], reference=beside)
    more = np.concatenate([outcomes, np.repeat(beside[None], copies, axis=0)])
    after = score_cycle(more, [block + 1 for block in blocks] + [0] * copies, reference=beside)
    assert after.weights.tolist() == before.weights.tolist() + [0.0] * copies


@settings(max_examples=60, deadline=None)
@given(cycles(), st.data())
def test_who_beats_the_reference_loses_nothing_by_it(given_cycle: tuple[Bools, list[int]], data: st.DataObject) -> None:
    """It only keeps others out: whoever is let through on all environments wins at least what it won without it."""
    outcomes, blocks = given_cycle
    beside = outcomes[data.draw(st.integers(0, len(blocks) - 1))]
    without, beneath = score_cycle(outcomes, blocks), score_cycle(outcomes, blocks, reference=beside)
    assert not (beneath.eligible & ~without.eligible).any()
    if beneath.levels == without.levels:
        same = (beneath.eligible == without.eligible).all(axis=1)
        best_stays = (beneath.best == without.best).all()
        if best_stays and beneath.priority == tuple(m for m in without.priority if beneath.eligible[m].any()):
            for miner in np.flatnonzero(same):
                assert beneath.exact_points[miner] >= without.exact_points[miner]


@settings(max_examples=40, deadline=None)
@given(cycles())
def test_solving_what_the_reference_did_not_never_shuts_out(given_cycle: tuple[Bools, list[int]]) -> None:
    outcomes, blocks = given_cycle
    beside = outcomes[0]
    before = score_cycle(outcomes, blocks, reference=beside)
    assert before.reference is not None
    miner = len(blocks) - 1
    more = outcomes.copy()
    more[miner] |= ~beside
    after = score_cycle(more, blocks, reference=beside)
    assert after.reference is not None
    if after.reference.levels == before.reference.levels:
        assert (after.reference.passed[miner] >= before.reference.passed[miner]).all()


def test_a_reference_of_another_shape_is_refused_in_a_sentence() -> None:
    with pytest.raises(InvalidScoringInput, match=r"reference has shape \(1, 2\): the outcomes call for \(1, 3\)"):
        score_cycle(np.ones((2, 1, 3), dtype=bool), [1, 2], reference=np.ones((1, 2), dtype=bool))
