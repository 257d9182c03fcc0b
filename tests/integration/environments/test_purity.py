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


def assert_pure(tasks: list[str], steps: int, cwd: Path) -> None:
    """Every mode in a process of its own; two at a time."""
    found = []
    for modes in (MODES[:2], MODES[2:4], MODES[4:]):
        commands = [[sys.executable, str(PROBE), mode, str(steps), *tasks] for mode in modes]
        pipe = subprocess.PIPE
        probes = [subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=cwd) for command in commands]
        for probe in probes:
            digests, complaints = probe.communicate()
            assert (probe.returncode, complaints) == (0, "")
            found.append(json.loads(digests))
    forward, *others, blind = found
    assert len(forward) == 3 * len(tasks)
    assert len({digests["physics"] for digests in forward.values()}) == len(forward)
    assert len({digests["images"] for digests in forward.values()}) == len(forward)
    for other in others:
        assert other == forward
    assert {key: digests["physics"] for key, digests in blind.items()} == {
        key: digests["physics"] for key, digests in forward.items()
    }
    assert list(cwd.iterdir()) == []


def test_two_tasks_quickly(tmp_path: Path) -> None:
    assert_pure(["metaworld/pick-place-v3", "metaworld/drawer-open-v3"], 12, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_all_50_tasks(tmp_path: Path) -> None:
    assert_pure([spec.id for spec in environments.all_specs()], 60, tmp_path)
