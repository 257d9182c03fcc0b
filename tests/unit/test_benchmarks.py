"""Every benchmark still fits the code that it measures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

DIRECTORY = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize("name", sorted(path.stem for path in DIRECTORY.glob("*.py")))
def test_what_it_measures_exists(name: str) -> None:
    """It can be imported, which runs nothing: all names that it takes from the package are there."""
    done = subprocess.run(
        [sys.executable, "-c", f"import {name}"], cwd=DIRECTORY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
