"""Any non-negative integer up to 128 bits is a seed; every purpose has a stream of its own."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from kinitro.environments.errors import InvalidSeed
from kinitro.environments.seeds import check_seed, stream


@pytest.mark.parametrize("seed", [0, 1, 2**64, 2**128 - 1, np.int64(7), np.uint8(255)])
def test_allowed_seeds(seed: int) -> None:
    assert check_seed(seed) == int(seed)


@pytest.mark.parametrize("seed", [-1, 2**128, 10**400, 1.0, "7", None, True, np.bool_(True), np.array([1, 2])])
def test_refused_seeds_are_named(seed: object) -> None:
    with pytest.raises(InvalidSeed, match=r"from 0 to 2\*\*128 - 1") as raised:
        check_seed(seed)  # type: ignore[arg-type]
    assert len(str(raised.value)) < 160


def test_streams_differ_in_every_part_of_their_name() -> None:
    parts = itertools.product((0, 1, 2**127), ("a/b", "a/c"), ("1", "2"), ("placement", "physics", "appearance"))
    draws = [stream(*part).random(4).tobytes() for part in parts]  # type: ignore[arg-type]
    assert len(set(draws)) == len(draws)


def test_a_stream_never_changes() -> None:
    """These numbers are part of every environment's version."""
    drawn = stream(2**128 - 1, "metaworld/push-v3", "1", "placement").random(3)
    assert drawn.tolist() == [0.5002081926582869, 0.11392538459140045, 0.773022957397074]
