"""Stopping early keeps the guarantee, and saves episodes."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinitro.scoring import (
    CycleScores,
    InvalidScoringInput,
    explain_cycle,
    open_pairs,
    score_cycle,
    score_sequentially,
)
from kinitro.scoring.sequential import anytime_critical_wins
from kinitro.scoring.simulation import simulate_outcomes
from tests.unit.scoring.cycles import cycles

Bools = npt.NDArray[np.bool_]
Cycle = tuple[Bools, list[int]]


def e_value(wins: int, losses: int) -> Fraction:
    n = wins + losses
    return Fraction(sum(comb(n + 1, j) for j in range(wins + 1)), (n + 1) * comb(n, wins))


@pytest.mark.parametrize("level", [Fraction(1, 2), Fraction(1, 20), Fraction(0.05) / 152])
def test_critical_wins_are_the_fewest_with_enough_evidence(level: Fraction) -> None:
    critical = anytime_critical_wins(120, level)
    for n in range(121):
        wins = int(critical[n])
        assert wins == n + 1 or e_value(wins, n - wins) >= 1 / level
        assert wins == 0 or e_value(wins - 1, n - wins + 1) < 1 / level


def test_e_values_are_a_martingale_under_fair_tosses() -> None:
    """E(w, l) = (E(w + 1, l) + E(w, l + 1)) / 2 and E(0, 0) = 1: what Ville's inequality asks for."""
    assert e_value(0, 0) == 1
    for wins in range(15):
        for losses in range(15):
            assert e_value(wins, losses) == (e_value(wins + 1, losses) + e_value(wins, losses + 1)) / 2


def test_false_alarms_stay_below_the_level_at_any_time() -> None:
    """The exact chance that fair tosses ever cross within 400 tosses, by summing over all paths that did not."""
    level = Fraction(1, 20)
    critical = anytime_critical_wins(400, level)
    alive, crossed = {0: 1.0}, 0.0
    for n in range(1, 401):
        reached: dict[int, float] = {}
        for wins, chance in alive.items():
            for more in (0, 1):
                reached[wins + more] = reached.get(wins + more, 0.0) + chance / 2
        crossed += sum(chance for wins, chance in reached.items() if wins >= critical[n])
        alive = {wins: chance for wins, chance in reached.items() if wins < critical[n]}
    assert 0.01 < crossed <= level


def play(rates: list[list[float]], seed: int, episodes: int = 100) -> tuple[CycleScores, Bools, Bools]:
    outcomes = simulate_outcomes(rates, episodes, 0.5, np.random.default_rng(seed))
    played = np.zeros_like(outcomes)
    for start in range(0, episodes, 10):
        played[:, :, start : start + 10] = open_pairs(outcomes, played)[:, :, None]
    return score_sequentially(outcomes, played, np.arange(len(outcomes))), played, outcomes


def test_hopeless_miners_are_stopped_and_the_winner_stays_the_winner() -> None:
    rates = [[rate] * 4 for rate in (0.0, 0.2, 0.4, 0.85)]
    for seed in range(10):
        scores, played, outcomes = play(rates, seed)
        assert scores.weights.tolist() == [0.0, 0.0, 0.0, 1.0]
        assert played.mean() < 0.75
        assert scores.weights.tolist() == score_cycle(outcomes, np.arange(4)).weights.tolist()


def test_copies_do_not_overtake() -> None:
    kept = sum(int(play([[0.6] * 4] * 11, seed)[0].weights.argmax() == 0) for seed in range(30))
    assert kept >= 28


def test_what_was_not_played_does_not_matter() -> None:
    rates = [[rate] * 3 for rate in (0.1, 0.5, 0.9)]
    scores, played, outcomes = play(rates, 1)
    again = score_sequentially(np.where(played, outcomes, ~outcomes), played, np.arange(3))
    assert again.weights.tolist() == scores.weights.tolist()
    assert again.exact_points == scores.exact_points


def test_settled_pairs_stay_settled() -> None:
    """Further results of the others never reopen a pair whose own episodes have stopped."""
    outcomes = simulate_outcomes([[rate] * 4 for rate in (0.2, 0.5, 0.8)], 200, 0.5, np.random.default_rng(0))
    played = np.zeros_like(outcomes)
    before = np.ones(outcomes.shape[:2], dtype=bool)
    for start in range(0, 200, 10):
        now = open_pairs(outcomes, played)
        assert not (now & ~before).any()
        played[:, :, start : start + 10] = now[:, :, None]
        before = now


def test_cheaters_play_nothing_and_settle_nobody() -> None:
    outcomes = np.ones((2, 1, 40), dtype=bool)
    outcomes[1, 0, 20:] = False
    wanted = open_pairs(outcomes, np.ones_like(outcomes) & (np.arange(40) < 30), disqualified=[True, False])
    assert wanted.tolist() == [[False], [False]], "the other is alone and safely above the floor"
    scores = score_sequentially(outcomes, np.ones_like(outcomes), [1, 2], disqualified=[True, False])
    assert scores.weights.tolist() == [0.0, 1.0]


def test_played_must_fit() -> None:
    with pytest.raises(InvalidScoringInput, match="played has shape"):
        open_pairs(np.ones((1, 1, 4), dtype=bool), np.ones((1, 1, 3), dtype=bool))


def test_an_episode_that_turns_out_void_reopens_what_it_had_settled() -> None:
    outcomes = np.zeros((2, 1, 60), dtype=bool)
    outcomes[0] = True
    played = np.zeros_like(outcomes)
    played[:, :, :12] = played[0] = True
    valid = np.ones((1, 60), dtype=bool)
    assert open_pairs(outcomes, played, valid=valid).tolist() == [[False], [False]]
    valid[0, :8] = False
    assert open_pairs(outcomes, played, valid=valid).tolist() == [[False], [True]]


def test_void_episodes_count_neither_for_nor_against_anybody() -> None:
    outcomes = simulate_outcomes([[0.6], [0.8]], 80, 0.5, np.random.default_rng(0))
    valid = np.arange(80)[None] >= 20
    played = np.broadcast_to(valid, outcomes.shape)
    scores = score_sequentially(outcomes, played, [1, 2], valid=valid)
    alone = score_sequentially(outcomes[:, :, 20:], np.ones((2, 1, 60), dtype=bool), [1, 2])
    assert scores.weights.tolist() == alone.weights.tolist()
    assert scores.eligible.tolist() == alone.eligible.tolist()
    assert scores.played.tolist() == [[60], [60]]


def test_valid_must_fit() -> None:
    with pytest.raises(InvalidScoringInput, match="valid has shape"):
        open_pairs(*[np.ones((1, 1, 4), dtype=bool)] * 2, valid=np.ones((1, 3), dtype=bool))


def test_explanations_of_sequential_cycles_speak_of_what_was_played() -> None:
    scores, played, _ = play([[rate] * 3 for rate in (0.1, 0.5, 0.9)], 3)
    for index, miner in explain_cycle(scores, ["a", "b", "c"]).items():
        for n, environment in enumerate(miner.environments):
            assert environment.episodes == played[index, n].sum()
            assert environment.leader == (environment.needed_to_lead == 0)


@settings(max_examples=40, deadline=None)
@given(cycles(max_miners=5, max_envs=3), st.integers(0, 2**32), st.sampled_from([1, 7, 20]))
def test_whatever_is_settled_on_the_way_is_settled_at_the_end(cycle: Cycle, seed: int, batch: int) -> None:
    """What the audit relies on: played to the end, no pair that stopped is open by the final outcomes."""
    outcomes, blocks = cycle
    played = np.zeros_like(outcomes)
    for start in range(0, outcomes.shape[2], batch):
        played[:, :, start : start + batch] = open_pairs(outcomes, played)[:, :, None]
    assert not open_pairs(outcomes, played).any()
    scores = score_sequentially(outcomes, played, blocks)
    assert scores.weights.sum() == pytest.approx(1.0 if scores.leaders.any() else 0.0)
    assert (scores.played == played.sum(axis=2)).all()
