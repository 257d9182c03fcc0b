"""Ways in which designs like this one were gamed, each as a test."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kinitro.scoring import CycleScores, InvalidScoringInput, ScoringConfig, score_cycle
from kinitro.scoring.simulation import simulate_outcomes

ENVIRONMENTS = 8
EPISODES = 100


def flat(*rates: float) -> list[list[float]]:
    """Miners that are equally good everywhere."""
    return [[rate] * ENVIRONMENTS for rate in rates]


def cycle(
    rates: list[list[float]], blocks: list[int], seed: int = 0, shared: float = 0.5, episodes: int = EPISODES
) -> CycleScores:
    return score_cycle(simulate_outcomes(rates, episodes, shared, np.random.default_rng(seed)), blocks)


def test_squatter() -> None:
    """Coming first is worth nothing to a miner that can do nothing."""
    scores = cycle(flat(0.0, 0.5), [1, 1000])
    assert scores.weights.tolist() == [0.0, 1.0]
    assert not scores.leaders[0].any()
    alone = cycle(flat(0.0), [1])
    assert alone.weights.tolist() == [0.0]


def test_squatter_with_the_luck_of_random_actions() -> None:
    """36 % on drawer-close are what random actions get: not eligible, until it is more."""
    outcomes = np.zeros((2, 1, 100), dtype=bool)
    outcomes[0, 0, :40] = True
    outcomes[1, 0, :50] = True
    assert score_cycle(outcomes, [1, 2], chance=[0.36]).eligible.ravel().tolist() == [False, True]
    assert score_cycle(outcomes, [1, 2]).eligible.all()


def test_saturated_specialist() -> None:
    """99 % on one environment, from the first block on, gets the one subset that it leads and no more."""
    specialist = [0.99] + [0.0] * (ENVIRONMENTS - 1)
    for seed in range(10):
        scores = cycle([specialist, *flat(0.95)], [1, 1000], seed)
        assert scores.exact_points[0] <= 1
        assert scores.weights[1] > 0.999


@pytest.mark.parametrize("seed", range(10))
def test_blocker(seed: int) -> None:
    """A at 60 %, B at 67 %, C at 72 %: B cannot be told from A nor from C, and still every subset is won."""
    scores = cycle(flat(0.60, 0.67, 0.72), [1, 2, 3], seed)
    worth_of_all = sum(size * math.comb(ENVIRONMENTS, size) for size in range(ENVIRONMENTS + 1))
    assert 0 < sum(scores.exact_points) <= worth_of_all
    assert scores.leaders.any(axis=0).all()
    assert scores.weights.sum() == pytest.approx(1)


def test_blocker_who_came_first_does_not_hold_a_better_miner_down_for_ever() -> None:
    """With enough episodes the 72 % miner is told from both and takes everything."""
    scores = cycle(flat(0.60, 0.67, 0.72), [1, 2, 3], episodes=3000)
    assert scores.weights.tolist() == [0.0, 0.0, 1.0]


def test_noisy_copies_rarely_dethrone_the_original() -> None:
    """20 near-copies get 20 chances to be lucky; all together they may win alpha of the time."""
    kept = sum(int(cycle(flat(*[0.6] * 21), list(range(21)), seed).weights.argmax()) == 0 for seed in range(60))
    assert kept >= 60 - 6, "0.05 * 60 = 3 expected at most; more than 6 has a chance below 3 %"


def test_exact_copies_get_nothing_however_many() -> None:
    rng = np.random.default_rng(3)
    original = simulate_outcomes(flat(0.7), EPISODES, 0.0, rng)
    others = simulate_outcomes(flat(0.4, 0.65), EPISODES, 0.0, rng)
    outcomes = np.concatenate([original, others, np.repeat(original, 200, axis=0)])
    without = score_cycle(outcomes[:3], [5, 1, 2])
    scores = score_cycle(outcomes, [5, 1, 2, *range(6, 206)])
    assert scores.weights[:3].tolist() == without.weights.tolist()
    assert not scores.weights[3:].any()


def test_idle_accounts_do_not_share_a_tie() -> None:
    scores = cycle(flat(0.5, *[0.0] * 200), [500, *range(200)])
    assert scores.weights.tolist() == [1.0] + [0.0] * 200


def test_idle_accounts_do_not_blunt_the_tests() -> None:
    """Failing accounts, exact copies and disqualified ones leave the levels of the tests alone."""
    rng = np.random.default_rng(0)
    outcomes = simulate_outcomes(flat(0.5, 0.6), EPISODES, 0.0, rng)
    strangers = simulate_outcomes(flat(*[0.5] * 30), EPISODES, 0.0, rng)
    crowd = np.concatenate([outcomes, np.repeat(outcomes[:1], 50, axis=0), 0 * strangers > 0, strangers])
    banned = [False] * 82 + [True] * 30
    alone, crowded = score_cycle(outcomes, [1, 2]), score_cycle(crowd, np.arange(112), disqualified=banned)
    assert alone.levels == crowded.levels


def test_everyone_zero() -> None:
    """Nobody qualifies: no weights, rather than equal weights."""
    scores = cycle(flat(0.0, 0.0, 0.0), [1, 2, 3])
    assert scores.weights.tolist() == [0.0, 0.0, 0.0]
    assert scores.priority == ()
    assert (scores.best == -1).all()
    assert not scores.frontier.any()


def test_cheater_cannot_lead_or_be_the_best() -> None:
    outcomes = simulate_outcomes(flat(1.0, 0.6, 0.5), EPISODES, 0.5, np.random.default_rng(0))
    scores = score_cycle(outcomes, [1, 2, 3], disqualified=[True, False, False])
    assert scores.weights[0] == 0.0
    assert not scores.leaders[0].any()
    assert not scores.frontier[0]
    assert 0 not in scores.best
    without = score_cycle(outcomes[1:], [2, 3])
    assert scores.weights[1:].tolist() == without.weights.tolist()


def test_reused_uid_inherits_nothing() -> None:
    """The chain gives uids away again. What counts is the block of the commitment, so the newcomer comes last."""
    outcomes = simulate_outcomes(flat(0.7, 0.7), EPISODES, 0.9, np.random.default_rng(1))
    before = score_cycle(outcomes, [100, 200], uids=[3, 9])
    after = score_cycle(outcomes, [900, 200], uids=[3, 9])
    assert before.weights.tolist() == [1.0, 0.0]
    assert after.weights.tolist() == [0.0, 1.0]


def test_equal_blocks_go_by_uid() -> None:
    outcomes = np.ones((3, 2, 50), dtype=bool)
    assert score_cycle(outcomes, [5, 5, 5], uids=[30, 10, 20]).weights.tolist() == [0.0, 1.0, 0.0]


def test_improvement_that_is_no_noise_takes_over() -> None:
    wins = sum(int(cycle(flat(0.6, 0.7), [1, 2], seed).weights.argmax()) == 1 for seed in range(30))
    assert wins >= 28


def test_specialists_who_trade_off_leave_the_joint_subsets_to_nobody() -> None:
    scores = cycle([[0.9, 0.3] * 4, [0.3, 0.9] * 4], [1, 2], episodes=300)
    assert [sum(won) for won in scores.subsets] == [15, 15]
    assert scores.weights.tolist() == [0.5, 0.5]
    assert scores.frontier.all()


@pytest.mark.parametrize("shape", [(0, 0, 0), (0, 3, 5), (3, 0, 5), (3, 2, 0)])
def test_empty_input_has_no_weights(shape: tuple[int, int, int]) -> None:
    scores = score_cycle(np.ones(shape, dtype=bool), np.arange(shape[0]))
    assert scores.weights.shape == scores.points.shape == (shape[0],)
    assert not scores.weights.any()


def test_one_of_everything() -> None:
    scores = score_cycle([[[True]]], [7])
    assert scores.weights.tolist() == [1.0]
    assert scores.exact_points == (1,)
    assert score_cycle([[[False]]], [7]).weights.tolist() == [0.0]
    assert score_cycle([[[True]]], [7], chance=[0.36]).weights.tolist() == [0.0], "one lucky episode proves little"


def test_void_episodes_shrink_their_environment_only() -> None:
    rng = np.random.default_rng(0)
    outcomes = simulate_outcomes(flat(0.6, 0.7, 0.4), EPISODES, 0.5, rng)
    valid = np.ones((ENVIRONMENTS, EPISODES), dtype=bool)
    valid[2, 60:] = False
    valid[5] = False
    scores = score_cycle(outcomes, [1, 2, 3], valid=valid)
    assert scores.episodes.tolist() == [100, 100, 60, 100, 100, 0, 100, 100]
    assert (scores.successes[:, 2] == outcomes[:, 2, :60].sum(axis=1)).all()
    assert not scores.leaders[:, 5].any()
    scrambled = np.where(valid, outcomes, rng.random(outcomes.shape) < 0.5)
    again = score_cycle(scrambled, [1, 2, 3], valid=valid)
    assert again.weights.tolist() == scores.weights.tolist(), "what happened in a void episode does not matter"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcomes": np.full((2, 1, 3), np.nan)}, "outcomes holds nan"),
        ({"outcomes": np.full((2, 1, 3), 2)}, "outcomes holds 2"),
        ({"outcomes": np.full((2, 1, 3), "yes")}, "outcomes has the type"),
        ({"outcomes": np.ones((2, 3), dtype=bool)}, "give three axes"),
        ({"first_blocks": [1]}, "first_blocks has shape"),
        ({"first_blocks": [1, np.nan]}, "first_blocks has the type float64"),
        ({"first_blocks": [1, -1]}, "first_blocks runs from -1"),
        ({"first_blocks": np.array([1, 2**64 - 1], dtype=np.uint64)}, "first_blocks runs from 1"),
        ({"uids": [4, 4]}, "uids has 4 twice"),
        ({"chance": [np.nan]}, "chance holds nan"),
        ({"chance": [1.5]}, "chance holds 1.5"),
        ({"chance": ["x"]}, "chance has the type"),
        ({"disqualified": [True]}, "disqualified has shape"),
        ({"valid": np.ones((1, 4), dtype=bool)}, "valid has shape"),
    ],
)
def test_impossible_input_is_refused_in_a_sentence(change: dict[str, object], message: str) -> None:
    given: dict[str, object] = {"outcomes": np.ones((2, 1, 3), dtype=bool), "first_blocks": [1, 2]} | change
    with pytest.raises(InvalidScoringInput, match=message):
        score_cycle(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "parameters",
    [{"alpha": 0.0}, {"alpha": math.nan}, {"alpha": 1.0}, {"min_epsilon": -0.1}, {"min_floor": 1.0},
     {"temperature": 0.0}, {"temperature": 1e-9}, {"confidence": 1.0}, {"weighting": "cubic"}],
)  # fmt: skip
def test_impossible_parameters_are_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(InvalidScoringInput.__mro__[1], match=f"{next(iter(parameters))} cannot be"):
        ScoringConfig(**parameters)  # type: ignore[arg-type]
