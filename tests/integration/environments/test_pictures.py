"""The pictures in docs/environments.md are of the environments as they are."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import imageio.v3 as imageio
import numpy as np
import pytest

from kinitro import environments
from kinitro.environments.randomization import LEVELS

ROOT = Path(__file__).parents[3]
PICTURES = ROOT / "docs" / "pictures"
REDRAW = "run `python tools/draw_environments.py`"


@pytest.fixture(scope="module")
def drawing() -> SimpleNamespace:
    return SimpleNamespace(**runpy.run_path(str(ROOT / "tools" / "draw_environments.py")))


@pytest.mark.parametrize("level", LEVELS)
def test_levels(drawing: SimpleNamespace, level: str) -> None:
    first = drawing.frame(drawing.TASKS[0], drawing.SEEDS[0], level, ("corner4",), 168)
    assert np.array_equal(imageio.imread(PICTURES / f"randomization-{level}.png")[:168, :168], first), REDRAW


def test_scored_environments(drawing: SimpleNamespace) -> None:
    cameras = environments.scored_specs()[0].camera_names
    first = drawing.frame(environments.scored_specs()[0].id, 3, "standard", cameras, 84)
    assert np.array_equal(imageio.imread(PICTURES / "scored-environments.png")[:84, : 84 * len(cameras)], first), REDRAW
