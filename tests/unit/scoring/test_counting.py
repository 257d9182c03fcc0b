"""Counting the subsets that each miner wins: by table, by inclusion-exclusion, by estimate."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinitro.scoring import ScoringConfig, points, score_cycle, subsets
from kinitro.scoring.points import award_subsets, environment_masks
from kinitro.scoring.sampling import estimated_subsets
from kinitro.scoring.subsets import Budget, won_subsets


def listed(universe: int, covers: list[int]) -> list[int]:
    """By definition."""
    bits = [1 << n for n in range(universe.bit_length()) if universe >> n & 1]
    counts = []
    for size in range(len(bits) + 1):
        chosen = [sum(subset) for subset in combinations(bits, size)]
        counts.append(sum(all(subset & ~cover for cover in covers) for subset in chosen))
    return counts


masks = st.integers(0, 2**9 - 1)


@settings(max_examples=100, deadline=None)
@given(masks, st.lists(masks, max_size=25), st.sampled_from([1, 3, 512]))
def test_inclusion_exclusion_counts_what_listing_counts(universe: int, covers: list[int], max_terms: int) -> None:
    """Also when it must decide environments one by one because no more than `max_terms` terms are allowed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subsets, "_MAX_TERMS", max_terms)
        assert won_subsets(universe, covers, Budget(10**7)) == listed(universe, covers)


@settings(max_examples=50, deadline=None)
@given(st.lists(masks, min_size=1, max_size=25), st.sampled_from(["linear", "equal", "exponential"]))
def test_table_and_inclusion_exclusion_agree(leads: list[int], weighting: str) -> None:
    leaders = np.array([[lead >> n & 1 for n in range(9)] for lead in leads], dtype=bool)
    config = ScoringConfig(weighting=weighting)  # type: ignore[arg-type]
    by_table = award_subsets(leaders, range(len(leads)), config)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(points, "MAX_LISTED", 0)
        counted = award_subsets(leaders, range(len(leads)), config)
    assert by_table.subsets == counted.subsets
    assert by_table.points == counted.points
    assert not by_table.estimated
    assert not counted.estimated


def test_fifty_environments_are_exact_where_leads_are_nested_or_few() -> None:
    """What honest cycles look like; listing would take 2**50 steps."""
    leaders = np.zeros((3, 50), dtype=bool)
    leaders[0, :40] = leaders[1, 10:] = leaders[2] = True
    award = award_subsets(leaders, [0, 1, 2], ScoringConfig(weighting="equal"))
    joint = 2**30 - 1
    assert award.points == (2**40 - 1, 2**40 - 1 - joint, 2**50 - 1 - 2 * (2**40 - 1) + joint)
    assert sum(award.points) == 2**50 - 1
    assert not award.estimated


def test_all_but_one_environment_each_is_exact() -> None:
    """50 miners that each fail one environment have 2**50 distinct intersections; deciding environments avoids them."""
    leaders = np.vstack([~np.eye(50, dtype=bool), np.ones((1, 50), dtype=bool)])
    award = award_subsets(leaders, range(51), ScoringConfig(weighting="equal"))
    assert not award.estimated
    assert award.points[-1] == 1, "only the subset of all 50 is left to the last"
    assert sum(award.points) == 2**50 - 1


def planned_overlap(miners: int, environments: int, seed: int = 0) -> np.ndarray:
    """An attack on the count: leads that overlap without order, smaller ones first in priority."""
    leaders = np.random.default_rng(seed).random((miners, environments)) < 0.75
    return leaders[np.argsort(leaders.sum(axis=1), kind="stable")]


def test_the_work_is_bounded_whatever_the_leads_are() -> None:
    """The exact count stops at its budget and at most one more batch of terms."""
    for seed in range(2):
        leads = environment_masks(planned_overlap(256, 50, seed))
        budget = Budget(points.EXACT_TERMS)
        assert any(won_subsets(lead, leads[:place], budget) is None for place, lead in enumerate(leads))
        assert -budget.left <= 2 * subsets._MAX_TERMS


def test_estimates_are_the_same_every_time_and_pay_every_winner() -> None:
    leaders = planned_overlap(100, 40)
    first, second = (award_subsets(leaders, range(100), ScoringConfig()) for _ in range(2))
    assert first.estimated
    assert first.points == second.points
    leads = environment_masks(leaders)
    for miner, lead in enumerate(leads):
        wins = not any(lead & earlier == lead for earlier in leads[:miner])
        assert (first.points[miner] > 0) == wins, "who wins anything is exact"
        if wins:
            assert first.subsets[miner][-1] == 1
            assert all(0 <= won <= comb(lead.bit_count(), size) for size, won in enumerate(first.subsets[miner]))


@pytest.mark.parametrize("weighting", ["linear", "equal", "exponential"])
def test_estimates_are_close_to_the_exact_count(weighting: str) -> None:
    """Where both can be had, shares differ by less than 4 of the standard errors that are promised."""
    config = ScoringConfig(weighting=weighting)  # type: ignore[arg-type]
    for seed in range(4):
        leaders = planned_overlap(40, 18, seed)
        exact = award_subsets(leaders, range(40), config)
        winners = [miner for miner in range(40) if exact.points[miner]]
        leads = environment_masks(leaders)
        by_size = estimated_subsets([leads[miner] for miner in winners], config.worth)
        found = np.array([sum(config.worth(s) * n for s, n in enumerate(counts)) for counts in by_size], dtype=float)
        truth = np.array([exact.points[miner] for miner in winners], dtype=float)
        assert np.abs(found / found.sum() - truth / truth.sum()).max() < 4 / 128
        assert found.sum() == pytest.approx(truth.sum(), rel=0.05)


def test_points_stay_integers_beyond_floats() -> None:
    config = ScoringConfig(weighting="exponential")
    scores = score_cycle(np.ones((1, 60, 20), dtype=bool), [1], config)
    assert scores.exact_points == ((3**60 - 1) // 2,)
    assert scores.weights.tolist() == [1.0]
