"""The small formulas against scipy and against what they promise."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from kinitro.scoring import InvalidScoringInput, to_u16
from kinitro.scoring.intervals import find_fewest_successes, normal_quantile, wilson_interval
from kinitro.scoring.mcnemar import count_excess_wins, count_missing_wins, critical_wins, p_value, p_values
from kinitro.scoring.weights import softmax_of_shares


def test_wilson_intervals_are_scipys() -> None:
    for episodes in (1, 7, 100):
        counts = np.arange(episodes + 1)
        lower, upper = wilson_interval(counts, np.full(episodes + 1, episodes), normal_quantile(0.975))
        for count in counts:
            expected = binomtest(int(count), episodes).proportion_ci(0.95, method="wilson")
            assert lower[count] == pytest.approx(expected.low, abs=1e-12)
            assert upper[count] == pytest.approx(expected.high, abs=1e-12)
    nothing = wilson_interval(np.array([0]), np.array([0]), 1.96)
    assert [float(bound[0]) for bound in nothing] == [0.0, 1.0]


def test_fewest_successes() -> None:
    assert find_fewest_successes(100, 0.05, normal_quantile(0.95)) == 9
    assert find_fewest_successes(1, 0.36, normal_quantile(0.95)) is None
    assert find_fewest_successes(0, 0.05, normal_quantile(0.95)) is None


@settings(deadline=None)
@given(st.integers(0, 3000), st.integers(0, 3000))
def test_p_values_are_scipys(wins: int, losses: int) -> None:
    expected = binom.sf(wins - 1, wins + losses, 0.5)
    assert p_value(wins, losses) == pytest.approx(expected, rel=1e-9, abs=1e-200)  # below, SciPy itself says 0


def test_p_values_of_arrays() -> None:
    wins, losses = np.array([[0, 3], [9, 1]]), np.array([[0, 3], [1, 9]])
    assert p_values(wins, losses).tolist() == [[1.0, 42 / 64], [11 / 1024, 1023 / 1024]]
    assert p_values(np.zeros((0, 4), dtype=np.int64), np.zeros((0, 4), dtype=np.int64)).shape == (0, 4)


@pytest.mark.parametrize("level", [Fraction(1, 20), Fraction(0.05) / 2040, Fraction(1, 3), Fraction(1, 2)])
def test_critical_wins_are_the_fewest_below_the_level(level: Fraction) -> None:
    """Decided with integers: also right where a float p-value would be a tie (1/2 at level 1/2)."""
    critical = critical_wins(300, level)
    for n in range(301):
        wins = int(critical[n])
        if wins <= n:
            assert _tail(n, wins) < level
        assert _tail(n, wins - 1) >= level


def _tail(discordant: int, wins: int) -> Fraction:
    term, total = Fraction(1, 2**discordant), Fraction(0)
    for chosen in range(discordant - wins + 1):
        total += term
        term = term * (discordant - chosen) / (chosen + 1)
    return total


@given(st.integers(0, 60), st.integers(0, 60))
def test_distance_to_the_decision(wins: int, losses: int) -> None:
    level = Fraction(1, 100)
    critical = critical_wins(150, level)

    def better(more: int) -> bool:
        return wins + more >= critical[wins + more + losses]

    fewer = count_excess_wins(wins, losses, 100, 0.0, critical)
    assert not better(-fewer)
    assert fewer == 0 or better(1 - fewer)
    more = count_missing_wins(wins, losses, critical)
    if more is None:
        assert not better(150 - wins - losses)
    else:
        assert better(more)
        assert more == 0 or not better(more - 1)


weights = st.lists(st.one_of(st.just(0.0), st.floats(1e-9, 1.0)), min_size=1, max_size=300)


@settings(max_examples=150)
@given(weights)
def test_u16_weights_keep_zeros_sum_and_proportions(given_weights: list[float]) -> None:
    shares = np.array(given_weights)
    stored = to_u16(shares)
    assert stored.dtype == np.uint16
    assert not stored[shares == 0].any()
    if not shares.any():
        assert not stored.any()
        return
    shares /= shares.sum()
    assert (stored[shares == shares.max()] == 65535).all()
    assert abs(int(stored.sum()) - 65535 / shares.max()) <= 0.5 + 1e-6
    read_back = stored / stored.sum()
    assert np.abs(read_back - shares).max() <= shares.max() / 65535 * (1 + 1e-9)


def test_u16_of_some_weights() -> None:
    assert to_u16([0.5, 0.25, 0.25]).tolist() == [65535, 32768, 32767]
    assert to_u16([0.2, 0.0, 0.2]).tolist() == [65535, 0, 65535]
    assert to_u16([]).tolist() == []
    for impossible in ([np.nan], [np.inf, 1], [-0.1, 1], [[1.0]]):
        with pytest.raises(InvalidScoringInput, match="weights are"):
            to_u16(impossible)


def test_softmax_of_shares() -> None:
    points = [3, 0, 1, 0]
    expected = np.exp(np.array([7.5, 2.5])) / np.exp(np.array([7.5, 2.5])).sum()
    assert softmax_of_shares(points, 0.1)[[0, 2]] == pytest.approx(expected, rel=1e-14)
    assert softmax_of_shares(points, 0.1)[[1, 3]].tolist() == [0.0, 0.0]
    assert softmax_of_shares([0, 0], 0.1).tolist() == [0.0, 0.0]
    huge = softmax_of_shares([3**200, 1], 0.001)
    assert huge[0] == 1.0
    assert 0 <= huge[1] < 1e-300
