"""The table of headroom: it is drawn by one command, continues, and has what it says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).parents[3] / "benchmarks/headroom.py"


def run(journal: Path, *options: str) -> str:
    command = [sys.executable, PROGRAM, "--journal", journal, "--rungs", "-", "delay", *options]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_small_table(tmp_path: Path) -> None:
    """Two rungs, one task, two episodes: the expert solves them, chance does not, and the baseline plays."""
    journal = tmp_path / "journal.jsonl"
    table = run(journal, "--episodes", "2", "--tasks", "reach-v3")
    assert "| rung | expert | baseline | random |" in table
    assert table.count("2 of 2") >= 2
    assert table.count("0 of 2") >= 2
    played = [json.loads(line) for line in journal.read_text().splitlines()]
    assert len(played) == 2 * 3 * 2
    assert run(journal, "--episodes", "2", "--tasks", "reach-v3") == table
    assert len(journal.read_text().splitlines()) == len(played), "nothing is played again"
