"""The pictures in docs/environments.md and docs/rungs.md are of the environments as they are."""

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


def test_rungs(drawing: SimpleNamespace) -> None:
    """The first one in the middle of the left half and at the end of the right one."""
    picture = imageio.imread(PICTURES / "rungs.png")
    half = len(drawing.RUNGS) // 2
    assert picture.shape == (half * 128, 2 * len(drawing.SEEDS) * 128, 3)
    for number, left in ((2, 0), (len(drawing.RUNGS) - 1, len(drawing.SEEDS) * 128)):
        env_id = drawing.put_on_rung(drawing.RUNG_TASK, drawing.RUNGS[number])
        first = drawing.frame(env_id, drawing.SEEDS[0], "standard", ("corner4",), 128)
        top = number % half * 128
        assert np.array_equal(picture[top : top + 128, left : left + 128], first), REDRAW


def test_scored_environments(drawing: SimpleNamespace) -> None:
    cameras = environments.scored_specs()[0].camera_names
    first = drawing.frame(environments.scored_specs()[0].id, 3, "standard", cameras, 84)
    assert np.array_equal(imageio.imread(PICTURES / "scored-environments.png")[:84, : 84 * len(cameras)], first), REDRAW


def test_compositions(drawing: SimpleNamespace) -> None:
    picture = imageio.imread(PICTURES / "compositions.png")
    ids = [spec.id for spec in environments.all_specs() if spec.category == "composition"]
    assert picture.shape == (len(ids) * 128, 4 * 128, 3)
    assert np.array_equal(picture[-128:, :256], drawing.draw_composition(ids[-1], 1)), REDRAW
