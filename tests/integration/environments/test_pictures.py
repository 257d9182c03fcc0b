"""The pictures in docs/environments.md are of the environments as they are."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import imageio.v3 as imageio
import numpy as np
import pytest

from kinitro import environments
from kinitro.environments.randomization import LEVELS

PICTURES = Path(__file__).parents[3] / "docs" / "pictures"
REDRAW = "run `python docs/pictures/environments.py`"


@pytest.fixture(scope="module")
def drawing() -> ModuleType:
    specification = importlib.util.spec_from_file_location("drawing", PICTURES / "environments.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize("level", LEVELS)
def test_levels(drawing: ModuleType, level: str) -> None:
    first = drawing.frame(drawing.TASKS[0], drawing.SEEDS[0], level, ("corner4",), 168)
    assert np.array_equal(imageio.imread(PICTURES / f"randomization-{level}.png")[:168, :168], first), REDRAW


def test_scored_environments(drawing: ModuleType) -> None:
    cameras = environments.registry.CAMERAS
    first = drawing.frame(environments.scored_specs()[0].id, 3, "standard", cameras, 84)
    assert np.array_equal(imageio.imread(PICTURES / "scored-environments.png")[:84, : 84 * len(cameras)], first), REDRAW
