"""Which episodes are always recorded."""

from __future__ import annotations

import random

import numpy as np
import pytest

from kinitro.cycles.marking import choose_first_checks


def marked(checks: int = 3, proven: tuple[int, ...] = (), seed: int = 1, episodes: int = 50) -> np.ndarray:
    return choose_first_checks([4, 7, 9], proven, 8, episodes, checks, random.Random(seed))


def test_so_many_of_every_miner_that_is_not_proven() -> None:
    assert marked().shape == (50, 8, 3)
    assert marked().sum(axis=(0, 1)).tolist() == [3, 3, 3]
    assert marked(proven=(7,)).sum(axis=(0, 1)).tolist() == [3, 0, 3]
    assert not marked(checks=0).any()


@pytest.mark.parametrize("episodes", [1, 2])
def test_never_more_than_there_are(episodes: int) -> None:
    assert marked(checks=1000, episodes=episodes).all()


def test_every_episode_of_every_environment_may_be_one_and_miners_have_their_own() -> None:
    often = sum(marked(checks=20, seed=seed).astype(int) for seed in range(300))
    assert often.min() > 0
    assert often.max() < 45
    first = marked(checks=20)
    assert not np.array_equal(first[..., 0], first[..., 1])
