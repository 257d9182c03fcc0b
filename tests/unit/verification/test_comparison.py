"""Which answers count as the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinitro.evaluation.recordings import Exchange
from kinitro.verification.comparison import Answer, Comparison

TOLERANCE = 0.01


def rows(*numbers: Sequence[float]) -> npt.NDArray[np.float32]:
    return np.array(numbers, np.float32)


def exchange(
    actions: npt.NDArray[np.float32], step: int = 0, *, forfeited: bool = False, complete: bool = True
) -> Exchange:
    return Exchange(step, 0, actions, forfeited, complete)


def compared(*pairs: tuple[Exchange, Answer]) -> tuple[int, int]:
    found = Comparison.of(pairs, TOLERANCE)
    return found.matching, found.compared


STILL = rows((0.0, 0.0, 0.0, 1.0))


@pytest.mark.parametrize(
    ("answer", "matches"),
    [
        ((0.0, 0.0, 0.0, 1.0), True),
        ((0.009, -0.009, 0.009, 0.995), True),
        ((0.0, 0.0, 0.011, 1.0), False),
        ((0.0, 0.0, 0.0, 7.0), True),
        ((0.0, 0.0, 0.0, -1.0), False),
    ],
    ids=["same", "noise", "one-component", "clipped", "gripper"],
)
def test_every_component_must_be_within_the_tolerance(answer: Sequence[float], matches: bool) -> None:
    assert compared((exchange(STILL), rows(answer))) == (int(matches), 1)


def test_chunks_are_compared_as_they_were_answered() -> None:
    chunk = np.linspace(0, 0.7, 12, dtype=np.float32).reshape(3, 4)
    assert compared((exchange(chunk), chunk)) == (3, 3)
    assert compared((exchange(chunk), chunk + np.float32([[0], [0.5], [0]]))) == (2, 3)
    assert compared((exchange(chunk), chunk[:2])) == (0, 3)
    assert compared((exchange(chunk), np.concatenate([chunk, chunk]))) == (0, 3), "longer than what was answered"


def test_the_episodes_end_may_cut_the_last_chunk_short() -> None:
    chunk = np.linspace(0, 0.7, 12, dtype=np.float32).reshape(3, 4)
    cut = exchange(chunk[:2], complete=False)
    assert compared((cut, chunk)) == (2, 2)
    assert compared((cut, chunk[:2])) == (2, 2)
    assert compared((cut, chunk[:1])) == (0, 2)


def test_forfeited_steps_are_left_out_and_missing_answers_are_not() -> None:
    assert compared((exchange(STILL, forfeited=True), None), (exchange(STILL), STILL)) == (1, 1)
    found = Comparison.of([(exchange(STILL), None), (exchange(STILL), STILL)], TOLERANCE)
    assert (found.matching, found.compared, found.unusable) == (1, 2, 1)


def test_the_first_difference_is_told_with_both_actions() -> None:
    chunk = rows((0, 0, 0, 1), (0.5, 0, 0, 1), (0, 0, 0, 1))
    found = Comparison.of(
        [(exchange(STILL), STILL), (exchange(chunk, step=4), np.repeat(3 * STILL, 3, axis=0)), (exchange(STILL), None)],
        TOLERANCE,
    )
    assert found.first_difference is not None
    assert found.first_difference.model_dump() == {
        "step": 5, "deployed": [0.5, 0.0, 0.0, 1.0], "committed": [0.0, 0.0, 0.0, 1.0]
    }  # fmt: skip
    assert found.largest_difference == 2.0
    missing = Comparison.of([(exchange(STILL, step=9), None)], TOLERANCE).first_difference
    assert missing is not None
    assert (missing.step, missing.committed) == (9, None)


@given(st.integers(0, 2**32 - 1), st.floats(0, 0.5), st.integers(1, 6))
def test_a_comparison_with_oneself_matches_and_noise_only_takes_away(seed: int, noise: float, k: int) -> None:
    random = np.random.default_rng(seed)
    actions = random.uniform(-1, 1, (k, 4)).astype(np.float32)
    assert compared((exchange(actions), actions)) == (k, k)
    moved = (actions + random.normal(0, noise, (k, 4))).astype(np.float32)
    found = Comparison.of([(exchange(actions), moved)], TOLERANCE)
    assert 0 <= found.matching <= found.compared == k
    assert (found.largest_difference <= TOLERANCE) == (found.matching == k) == (found.first_difference is None)
