"""What must hold whatever the outcomes are."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kinitro.scoring import CycleScores, ScoringConfig, score_cycle
from kinitro.scoring.mcnemar import critical_wins
from kinitro.scoring.points import award_subsets
from tests.unit.scoring.cycles import Bools, cycles

Cycle = tuple[Bools, list[int]]


@settings(max_examples=60, deadline=None)
@given(cycles(), st.data())
def test_a_copy_changes_nobodys_points_and_gets_none(cycle: Cycle, data: st.DataObject) -> None:
    outcomes, blocks = cycle
    original = data.draw(st.integers(0, len(blocks) - 1))
    copies = data.draw(st.integers(1, 3))
    later = [max(blocks) + 1 + number for number in range(copies)]
    before = score_cycle(outcomes, blocks)
    after = score_cycle(np.concatenate([outcomes, outcomes[[original] * copies]]), blocks + later)
    assert after.exact_points == (*before.exact_points, *[0] * copies)
    assert after.weights[: len(blocks)].tolist() == before.weights.tolist()


@settings(max_examples=50, deadline=None)
@given(cycles(), st.lists(st.integers(0, 9), min_size=1, max_size=20))
def test_idle_accounts_change_nothing(cycle: Cycle, idle_blocks: list[int]) -> None:
    outcomes, blocks = cycle
    idle = np.zeros((len(idle_blocks), *outcomes.shape[1:]), dtype=bool)
    before = score_cycle(outcomes, blocks)
    after = score_cycle(np.concatenate([outcomes, idle]), blocks + idle_blocks)
    assert after.exact_points == (*before.exact_points, *[0] * len(idle_blocks))
    assert after.weights[: len(blocks)].tolist() == before.weights.tolist()
    assert after.levels == before.levels


@settings(max_examples=50, deadline=None)
@given(cycles(), st.randoms(use_true_random=False))
def test_renaming_miners_renames_points(cycle: Cycle, random: np.random.Generator) -> None:
    outcomes, _ = cycle
    blocks = np.arange(len(outcomes)) * 7
    order = list(range(len(outcomes)))
    random.shuffle(order)
    before, after = score_cycle(outcomes, blocks), score_cycle(outcomes[order], blocks[order])
    assert after.exact_points == tuple(before.exact_points[miner] for miner in order)
    assert after.weights.tolist() == before.weights[order].tolist()


@settings(max_examples=50, deadline=None)
@given(cycles())
def test_somebody_wins_whenever_somebody_takes_part(cycle: Cycle) -> None:
    scores = score_cycle(*cycle)
    led = scores.leaders.any(axis=0)
    assert (led == scores.eligible.any(axis=0)).all(), "every environment with an eligible miner has a leader"
    assert (sum(scores.exact_points) > 0) == bool(led.any())
    assert scores.weights.sum() == pytest.approx(1.0 if led.any() else 0.0)
    assert ((scores.weights > 0) == (scores.points > 0)).all()


@settings(max_examples=50, deadline=None)
@given(cycles())
def test_every_subset_that_somebody_leads_has_exactly_one_winner(cycle: Cycle) -> None:
    """By size: what all miners win together is what at least one of them leads."""
    scores = score_cycle(*cycle)
    environments = scores.leaders.shape[1]
    leads = [sum(1 << n for n in np.flatnonzero(row).tolist()) for row in scores.leaders]
    led = [0] * (environments + 1)
    for subset in range(1, 1 << environments):
        led[subset.bit_count()] += any(subset & ~lead == 0 for lead in leads)
    won = [sum(by_size[size] for by_size in scores.subsets if size < len(by_size)) for size in range(environments + 1)]
    assert won == led


@settings(max_examples=50, deadline=None)
@given(cycles(), st.integers(1, 3))
def test_squatters_at_zero_earn_nothing_and_take_nothing(cycle: Cycle, squatters: int) -> None:
    """However early they come, with the lowest uids."""
    outcomes, blocks = cycle
    nothing = np.zeros((squatters, *outcomes.shape[1:]), dtype=bool)
    before = score_cycle(outcomes, [block + 1 for block in blocks])
    after = score_cycle(np.concatenate([nothing, outcomes]), [0] * squatters + [block + 1 for block in blocks])
    assert after.weights.tolist() == [0.0] * squatters + before.weights.tolist()


@settings(max_examples=50, deadline=None)
@given(cycles(), st.data())
def test_a_specialist_earns_at_most_the_one_subset_that_it_leads(cycle: Cycle, data: st.DataObject) -> None:
    outcomes, blocks = cycle
    special = data.draw(st.integers(0, outcomes.shape[1] - 1))
    first = np.zeros((1, *outcomes.shape[1:]), dtype=bool)
    first[0, special] = True
    scores = score_cycle(np.concatenate([first, outcomes]), [0, *(block + 1 for block in blocks)])
    assert scores.exact_points[0] <= int(scores.leaders[0].any())
    assert scores.leaders[0].sum() <= 1


@settings(max_examples=50, deadline=None)
@given(cycles())
def test_where_nobody_beats_chance_nobody_has_weights(cycle: Cycle) -> None:
    outcomes, blocks = cycle
    scores = score_cycle(outcomes, blocks, chance=[1.0] * outcomes.shape[1])
    assert not scores.eligible.any()
    assert not scores.weights.any()


@settings(max_examples=50, deadline=None)
@given(cycles(), st.data())
def test_disqualified_miners_are_as_if_they_had_not_come(cycle: Cycle, data: st.DataObject) -> None:
    outcomes, blocks = cycle
    banned = np.array(data.draw(st.lists(st.booleans(), min_size=len(blocks), max_size=len(blocks))))
    uids = np.arange(len(blocks))
    scores = score_cycle(outcomes, blocks, disqualified=banned)
    without = score_cycle(outcomes[~banned], np.array(blocks)[~banned], uids=uids[~banned])
    assert not scores.weights[banned].any()
    assert scores.weights[~banned].tolist() == without.weights.tolist()


@settings(max_examples=60, deadline=None)
@given(cycles())
def test_priority_respects_who_is_better_overall(cycle: Cycle) -> None:
    """Nobody is placed below a miner that it beats, because "beats overall" is transitive; see below."""
    scores = score_cycle(*cycle)
    critical = critical_wins(scores.episodes.sum(), scores.levels.overall)
    for place, low in enumerate(scores.priority):
        for high in scores.priority[:place]:
            wins, losses = scores.overall_wins[low, high], scores.overall_wins[high, low]
            assert wins < critical[wins + losses]


@pytest.mark.parametrize("level", [Fraction(1, 4), Fraction(1, 20), Fraction(1, 100), Fraction(1, 12_000)])
def test_the_critical_numbers_make_beating_transitive(level: Fraction) -> None:
    """If A beats B and B beats C then A beats C.

    A's margin over C is the sum of the two margins, and its discordant pairs are at most the sum of theirs. So it is
    enough that crit(m + n) <= crit(m) + crit(n) wherever both can be reached, and that two more pairs never need less
    margin.
    """
    longest = 400
    critical = critical_wins(2 * longest, level)
    pairs = np.arange(1, longest + 1)
    reachable = pairs[critical[pairs] <= pairs]
    m, n = np.meshgrid(reachable, reachable)
    assert (critical[m + n] <= critical[m] + critical[n]).all()
    assert (critical[2:] >= critical[:-2] + 1).all()


def _better(outcomes: Bools, miner: int, environment: int, data: st.DataObject) -> Bools:
    more = outcomes.copy()
    episodes = outcomes.shape[2]
    solved = data.draw(st.sets(st.integers(0, episodes - 1), min_size=1, max_size=episodes))
    more[miner, environment, list(solved)] = True
    return more


def _points_without(scores: CycleScores, environment: int, miner: int) -> int:
    leaders = scores.leaders.copy()
    leaders[:, environment] = False
    return award_subsets(leaders, scores.priority, scores.config).points[miner]


@settings(max_examples=60, deadline=None)
@given(cycles(), st.data())
def test_solving_more_on_one_environment_never_costs_points(cycle: Cycle, data: st.DataObject) -> None:
    """With two exceptions, which are bounded here and shown in the tests below.

    The levels of the tests may change (when the row stops being a copy, or takes part for the first time); and on the
    environment itself the miner may become the best that others are compared with.
    """
    outcomes, blocks = cycle
    miner = data.draw(st.integers(0, len(blocks) - 1))
    environment = data.draw(st.integers(0, outcomes.shape[1] - 1))
    before = score_cycle(outcomes, blocks)
    after = score_cycle(_better(outcomes, miner, environment, data), blocks)
    assume(before.levels == after.levels)
    if before.best[environment] == after.best[environment]:
        assert after.exact_points[miner] >= before.exact_points[miner]
    assert _points_without(after, environment, miner) >= _points_without(before, environment, miner)


def test_exception_the_new_best_is_harder_to_tell_from_an_early_miner() -> None:
    """On the first environment miner 0 is clearly worse than 2, whose successes contain its own; against 1, which
    solves other episodes, the same distance is noise. When 1 overtakes 2 it becomes the yardstick, and 0 wins ties."""
    outcomes = np.zeros((3, 2, 100), dtype=bool)
    outcomes[0, 0, :60] = outcomes[1, 0, 30:99] = outcomes[2, 0, :70] = True
    outcomes[0, 1, :80] = outcomes[1:, 1, :50] = True
    assert score_cycle(outcomes, [1, 2, 3]).exact_points == (1, 1, 0)
    outcomes[1, 0, [0, 99]] = True
    assert score_cycle(outcomes, [1, 2, 3]).exact_points == (4, 0, 0)


def test_exception_a_row_that_stops_being_a_copy_makes_every_test_stricter() -> None:
    """Miner 1 is better than 0 on the second environment by five episodes, enough while its copy 2 does not count.

    It can only matter for p-values between the two levels, which differ by one rival: alpha / (M N) and
    alpha / ((M + 1) N).
    """
    outcomes = np.zeros((3, 2, 100), dtype=bool)
    outcomes[0, 0, :60] = outcomes[1:, 0, 40:] = True
    outcomes[0, 1, :60] = outcomes[1:, 1, :65] = True
    before = score_cycle(outcomes, [1, 2, 3], ScoringConfig(alpha=0.1))
    outcomes[1, 0, 0] = True
    after = score_cycle(outcomes, [1, 2, 3], ScoringConfig(alpha=0.1))
    assert (before.exact_points, after.exact_points) == ((1, 3, 0), (4, 0, 0))
    assert after.levels.environment <= 2**-5 < before.levels.environment
