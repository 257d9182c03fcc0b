"""Digests of states, rewards, observations and images depend on the seed alone: not on process, order or history."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kinitro import environments

PROBE = Path(__file__).parent / "purity_probe.py"
MODES = ("forward", "reverse", "garbage", "interleaved", "blind")


Digests = dict[str, dict[str, str]]


def play(modes: tuple[str, ...], tasks: list[str], steps: int, cwd: Path) -> list[Digests]:
    """What each mode finds in a process of its own, all at once."""
    commands = [[sys.executable, str(PROBE), mode, str(steps), *tasks] for mode in modes]
    pipe = subprocess.PIPE
    probes = [subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=cwd) for command in commands]
    found = []
    for probe in probes:
        digests, complaints = probe.communicate()
        assert (probe.returncode, complaints) == (0, "")
        found.append(json.loads(digests))
    return found


def physics(digests: Digests) -> dict[str, str]:
    return {key: of["physics"] for key, of in digests.items()}


def assert_pure(tasks: list[str], steps: int, cwd: Path) -> None:
    """In every mode; two at a time."""
    found = [digests for modes in (MODES[:2], MODES[2:4], MODES[4:]) for digests in play(modes, tasks, steps, cwd)]
    forward, *others, blind = found
    assert len(forward) == 3 * len(tasks)
    assert len({digests["physics"] for digests in forward.values()}) == len(forward)
    assert len({digests["images"] for digests in forward.values()}) == len(forward)
    for other in others:
        assert other == forward
    assert physics(blind) == physics(forward)
    assert list(cwd.iterdir()) == []


def test_two_tasks_quickly(tmp_path: Path) -> None:
    assert_pure(["metaworld/pick-place-v3", "metaworld/drawer-open-v3"], 12, tmp_path)


@pytest.mark.timeout(600)
def test_every_environment_alone_and_in_a_crowd(tmp_path: Path) -> None:
    tasks = [spec.id for spec in environments.all_specs()]
    blind, crowded = play(("blind", "crowded"), tasks, 5, tmp_path)
    assert len(set(physics(blind).values())) == 3 * len(tasks)
    assert physics(crowded) == physics(blind)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_all_50_tasks(tmp_path: Path) -> None:
    assert_pure([spec.id for spec in environments.all_specs()], 60, tmp_path)
