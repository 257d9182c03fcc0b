"""The baseline template: its shipped weights, its card, and its recordings. What needs PyTorch is a slow test."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from kinitro.environments import get_spec
from kinitro.environments.metaworld.robot import CAMERAS
from kinitro.miner.projects import create_project
from kinitro.policies.probes import make_observations
from tests.fakes.learning import act, conforms
from tests.fakes.policy_servers import running_project

CHECKOUT = Path(__file__).parents[3]
WEIGHTS = ("perception.onnx", "control.npz")


@pytest.fixture
def project(tmp_path) -> Path:
    create_project(tmp_path / "p", "baseline")
    return tmp_path / "p"


def start_script(project: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        stderr=subprocess.PIPE,
        text=True,
    )


def run_script(project: Path, *arguments: str) -> str:
    process = start_script(project, *arguments)
    _, told = process.communicate()
    assert process.returncode == 0, told[-3000:]
    return told


def test_the_shipped_weights_are_served(project) -> None:
    with running_project(project) as url:
        conforms(url)
        actions = asyncio.run(act(url, make_observations(6)))
    assert actions.shape == (6, 4)
    assert np.abs(actions).max() > 0.1, "it acts"


def test_without_weights_the_server_conforms_and_the_arm_stands_still(project) -> None:
    for name in WEIGHTS:
        (project / name).unlink()
    with running_project(project) as url:
        conforms(url)
        neutral = [number.neutral for number in get_spec("metaworld/push-v3").action]
        np.testing.assert_array_equal(asyncio.run(act(url, make_observations(3))), [neutral] * 3)


def test_the_card_is_about_the_shipped_weights(project) -> None:
    """The card as it lies there is what `card.py` makes of `card.json`; whoever changes weights measures anew."""
    results = json.loads((project / "card.json").read_text())
    card = (project / "MODEL_CARD.md").read_text()
    for name in WEIGHTS:
        digest = hashlib.sha256((project / name).read_bytes()).hexdigest()
        assert results["weights"][name] == digest
        assert digest in card
    assert sum((project / name).stat().st_size for name in WEIGHTS) < 10e6
    (project / "MODEL_CARD.md").unlink()
    run_script(
        project, "-c", "import card, json; card.CARD.write_text(card.write_card(json.load(card.RESULTS.open())))"
    )
    assert (project / "MODEL_CARD.md").read_text() == card


@pytest.mark.timeout(900)
def test_the_card_is_measured_anew_with_a_few_episodes(project) -> None:
    (project / "card.json").unlink()
    command = ("card.py", "--blinded-episodes", "0", "--randomization", "standard", "--workers", "1", "--episodes")
    run_script(project, *command, "1")
    card = (project / "MODEL_CARD.md").read_text()
    solved = {row.split("|")[1].strip(): row.split("|")[2:6] for row in card.splitlines() if row.startswith("|")}
    baseline, expert, random, idle = ([int(cell.split()[0]) for cell in solved["**all**"]]) if solved else ()
    assert baseline >= 7
    assert expert == 8
    assert random + idle <= 1
    assert re.search(r"8 of 8 \(68 to 100 %\)", solved["**all**"][1]), "with a Wilson interval"
    before = json.loads((project / "card.json").read_text())["batches"]
    run_script(project, *command, "1")
    assert json.loads((project / "card.json").read_text())["batches"] == before, "nothing is played twice"
    told = run_script(
        project, "-c", "from card import *; assert not load(digests() | {'control.npz': 'ff'})['batches']"
    )
    assert "other weights" in told


@pytest.mark.timeout(900)
def test_a_recording_goes_on_where_it_was_stopped(project) -> None:
    command = ("collect.py", "--workers", "1", "--randomization", "standard", "--out", "data", "--rounds")
    files = [project / "data" / f"standard-{number:05d}.npz" for number in range(50)]
    process = start_script(project, *command, "50")
    while not files[0].exists() and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate()
    assert process.returncode == 130, told
    assert "goes on from there" in told
    assert "Traceback" not in told
    first = {file: file.stat().st_mtime_ns for file in files if file.exists()}
    assert 0 < len(first) < 50
    run_script(project, *command, str(len(first) + 1))
    assert all(file.stat().st_mtime_ns == changed for file, changed in first.items())
    check_frames(files[: len(first) + 1])
    assert not list((project / "data").glob(".*")), "no drafts are left"


def check_frames(files: list[Path]) -> None:
    """The labels are those of the images, and the rounds differ."""
    episodes: set[int] = set()
    for file in files:
        with np.load(file) as frames:
            count = len(frames["task"])
            assert frames["images"].shape == (count, len(CAMERAS), 84, 84, 3)
            assert frames["images"].dtype == np.uint8
            assert frames["pixels"].shape == (count, len(CAMERAS), 9, 3)
            assert set(frames["task"]) == set(range(8))
            assert not episodes & set(frames["episode"].tolist())
            episodes |= set(frames["episode"].tolist())
            hand = np.linalg.norm(frames["positions"][:, 0] - frames["proprioception"][:, :3], axis=1)
            assert (hand < 1).all(), "objects are within reach"
    assert len(episodes) == 12 * len(files)
