"""Counting the subsets that each miner wins: by table, by decision diagram, by estimate."""

from __future__ import annotations

import hashlib
from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinitro.scoring import ScoringConfig, points, score_cycle
from kinitro.scoring.points import award_subsets, limit_steps, mask_environments
from kinitro.scoring.sampling import estimate_subsets
from kinitro.scoring.subsets import count_uncovered_subsets, count_won_subsets


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
@given(masks, st.lists(masks, max_size=8))
def test_inclusion_exclusion_counts_what_listing_counts(universe: int, covers: list[int]) -> None:
    assert count_uncovered_subsets(universe, covers) == listed(universe, covers)


@settings(max_examples=150, deadline=None)
@given(st.lists(masks, min_size=1, max_size=30, unique=True))
def test_the_diagram_counts_what_listing_counts(leads: list[int]) -> None:
    leads = [lead for place, lead in enumerate(leads) if not any(lead & early == lead for early in leads[:place])]
    expected = [[0, *listed(lead, leads[:place])[1:]] for place, lead in enumerate(leads)]
    assert count_won_subsets(leads, 10**9) == expected


@settings(max_examples=50, deadline=None)
@given(st.lists(masks, min_size=1, max_size=25), st.sampled_from(["linear", "equal", "exponential"]))
def test_table_and_diagram_agree(leads: list[int], weighting: str) -> None:
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


def test_forty_random_leads_of_fifty_environments_are_exact() -> None:
    """The points of all miners together are the subsets that anybody leads, whoever is asked first."""
    leaders = np.random.default_rng(0).random((40, 50)) < 0.5
    config = ScoringConfig(weighting="equal")
    forwards, backwards = (
        award_subsets(leaders, order, config, steps=10**9) for order in (range(40), range(39, -1, -1))
    )
    assert not forwards.estimated
    assert sum(forwards.points) == sum(backwards.points)
    assert forwards.points[0] == 2 ** int(leaders[0].sum()) - 1
    assert forwards.points != backwards.points


def test_more_environments_than_a_machine_word_has_bits() -> None:
    leaders = np.ones((3, 150), dtype=bool)
    leaders[0, 100:] = leaders[1, :50] = False
    award = award_subsets(leaders, range(3), ScoringConfig(weighting="equal"))
    assert award.points == (2**100 - 1, 2**100 - 2**50, 2**150 - 2**101 + 2**50)


def test_the_work_is_bounded_whatever_the_leads_are() -> None:
    """The exact count gives up, and never because of the time it took: with more steps it goes on."""
    leads = mask_environments(planned_overlap(256, 50))
    assert count_won_subsets(leads, limit_steps(255, 50)) is None
    few = mask_environments(planned_overlap(40, 24))
    enough = next(steps for steps in (1 << n for n in range(8, 30)) if count_won_subsets(few, steps) is not None)
    assert count_won_subsets(few, enough // 2) is None
    assert count_won_subsets(few, enough) == count_won_subsets(few, 2 * enough)


def test_steps_grow_with_the_cycle_up_to_a_limit() -> None:
    allowed = [limit_steps(rivals, 50) for rivals in (1, 255, 500, 999, 100_000)]
    assert allowed == sorted(allowed)
    assert (allowed[0], allowed[-1]) == (points.MIN_EXACT_STEPS, points.MAX_EXACT_STEPS)


def test_copies_and_idle_accounts_do_not_change_how_much_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(
        "kinitro.scoring.cycle.limit_steps", lambda rivals, _environments: asked.append(rivals) or 10**6
    )
    outcomes = np.random.default_rng(0).random((6, 3, 40)) < 0.7
    score_cycle(outcomes, np.arange(6))
    score_cycle(np.concatenate([outcomes, outcomes, np.zeros_like(outcomes)]), np.arange(18))
    assert asked == [5, 5]


def test_a_first_miner_without_any_lead_earns_nothing_in_an_estimate() -> None:
    leaders = planned_overlap(100, 40)
    leaders[0] = False
    award = award_subsets(leaders, range(100), ScoringConfig())
    assert award.estimated
    assert award.points[0] == 0


def test_estimates_are_the_same_on_every_machine_and_with_every_numpy() -> None:
    """Integers only, from SHAKE-128: this digest was computed once and must never change."""
    leads = [int.from_bytes(hashlib.sha256(bytes([miner])).digest()[:3], "big") for miner in range(30)]
    found = estimate_subsets(leads, ScoringConfig().worth, 2048)
    assert hashlib.sha256(repr(found).encode()).hexdigest()[:16] == "4c0432df6211425f"


def test_estimates_are_the_same_every_time_and_pay_every_winner() -> None:
    leaders = planned_overlap(100, 40)
    first, second = (award_subsets(leaders, range(100), ScoringConfig()) for _ in range(2))
    assert first.estimated
    assert first.points == second.points
    leads = mask_environments(leaders)
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
        leads = mask_environments(leaders)
        by_size = estimate_subsets([leads[miner] for miner in winners], config.worth)
        found = np.array([sum(config.worth(s) * n for s, n in enumerate(counts)) for counts in by_size], dtype=float)
        truth = np.array([exact.points[miner] for miner in winners], dtype=float)
        assert np.abs(found / found.sum() - truth / truth.sum()).max() < 4 / 128
        assert found.sum() == pytest.approx(truth.sum(), rel=0.05)


def test_points_stay_integers_beyond_floats() -> None:
    config = ScoringConfig(weighting="exponential")
    scores = score_cycle(np.ones((1, 60, 20), dtype=bool), [1], config)
    assert scores.exact_points == ((3**60 - 1) // 2,)
    assert scores.weights.tolist() == [1.0]
