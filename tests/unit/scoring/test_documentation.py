"""docs/scoring.md shows what the code does."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

DOCS = Path(__file__).parents[3] / "docs"


def test_the_worked_example_is_what_the_code_says() -> None:
    figures = SimpleNamespace(**runpy.run_path(str(DOCS.parent / "tools" / "draw_scoring_figures.py")))
    page = (DOCS / "scoring.md").read_text().splitlines()
    for line in figures.example_tables(figures.example()):
        assert line in page
    for image in ("scoring-points.svg", "scoring-frontier.svg"):
        assert f"(pictures/{image})" in "\n".join(page)
        assert (DOCS / "pictures" / image).is_file()


@pytest.mark.slow
@pytest.mark.parametrize("command", [("scoring.py",), ("incentives.py", "--simulations", "2")])
def test_benchmarks_keep_their_limits(command: tuple[str, ...]) -> None:
    """Speed, memory and agreement with the enumeration are asserted in the benchmarks themselves."""
    script, *arguments = command
    subprocess.run([sys.executable, DOCS.parent / "benchmarks" / script, *arguments], check=True)
