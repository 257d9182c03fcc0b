"""`kinitro evaluate` as a miner types it: real simulator, real policy server, videos, JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import psutil
import pytest

ROOT = Path(__file__).parents[2]


def kinitro(*arguments: object, directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kinitro", *(str(argument) for argument in arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=directory,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    done = kinitro("init-miner", tmp_path / "policy", directory=tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path / "policy"


def test_a_directory_is_served_evaluated_filmed_and_stopped(policy: Path, tmp_path: Path) -> None:
    arguments = ("--environments", "metaworld/reach-v3", "--episodes", 2, "--max-steps", 12, "--workers", 1)
    done = kinitro("evaluate", policy, *arguments, "--json", "-", "--video", tmp_path / "video", directory=tmp_path)
    assert done.returncode == 0, done.stderr
    sheet = json.loads(done.stdout)
    (reach, everything) = sheet["environments"]
    assert (reach["env_id"], reach["episodes"], everything["env_id"]) == ("metaworld/reach-v3", 2, "all")
    assert 0 == reach["interval"][0] < reach["interval"][1] < 1
    assert [episode["steps"] for episode in sheet["episodes"]] == [12, 12]
    assert "95 % interval" in done.stderr
    for number in (0, 1):
        frames, _ = imageio_ffmpeg.count_frames_and_secs(tmp_path / "video" / f"metaworld-reach-v3-000{number}.mp4")
        assert frames >= 12 // 2
        reader = imageio_ffmpeg.read_frames(tmp_path / "video" / f"metaworld-reach-v3-000{number}.mp4")
        assert next(reader)["size"] == (3 * 84 * 4, 84 * 4)
        reader.close()
    left = [process for process in psutil.process_iter(["cmdline"]) if "server:app" in (process.info["cmdline"] or [])]
    assert not [process for process in left if process.cwd() == str(policy)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "neither a URL"),
        (["http://127.0.0.1:1", "--environments", "metaworld/pusk-v3"], "did you mean"),
        (["http://127.0.0.1:1", "--episodes", "0"], "--episodes"),
        (["."], "has no server.py"),
    ],
)
def test_bad_input_is_one_sentence(tmp_path: Path, arguments: list[str], words: str) -> None:
    done = kinitro("evaluate", *arguments, directory=tmp_path)
    assert done.returncode != 0
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_that_breaks_shows_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text("raise SystemExit('no weights here')\n")
    done = kinitro("evaluate", tmp_path, directory=tmp_path)
    assert done.returncode == 3
    assert "no weights here" in done.stderr
