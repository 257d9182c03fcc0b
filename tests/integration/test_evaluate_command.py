"""`kinitro evaluate` as a miner types it: real simulator, real policy server, videos, JSON."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import psutil
import pytest

from kinitro.environments.interface import Observation
from kinitro.evaluation.errors import VideoFailed
from kinitro.evaluation.video import LARGEST_RATE_HZ, LINGER_S, VideoObserver

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
    (tmp_path / "result.json").write_text(done.stdout)
    compared = kinitro("compare", "result.json", "result.json", "--json", "-", directory=tmp_path)
    assert compared.returncode == 0, compared.stderr
    assert json.loads(compared.stdout)["overall"]["episodes"] == 2
    for number in (0, 1):
        frames, _ = imageio_ffmpeg.count_frames_and_secs(tmp_path / "video" / f"metaworld-reach-v3-000{number}.mp4")
        assert frames >= 12 // 2
        reader = imageio_ffmpeg.read_frames(tmp_path / "video" / f"metaworld-reach-v3-000{number}.mp4")
        assert next(reader)["size"] == (3 * 84 * 4, 84 * 4)
        reader.close()
    left = [process for process in psutil.process_iter(["cmdline"]) if "server:app" in (process.info["cmdline"] or [])]
    assert not [process for process in left if process.cwd() == str(policy)]


def test_a_level_of_randomization_is_played_and_written_down(policy: Path, tmp_path: Path) -> None:
    """Equal seeds, but other physics and images: already the rewards of a few steps differ."""
    arguments = ("--environments", "metaworld/push-v3", "--episodes", 1, "--max-steps", 12, "--workers", 1)
    rewards = {}
    for level in ("none", "standard", "hard"):
        done = kinitro("evaluate", policy, *arguments, "--randomization", level, "--json", "-", directory=tmp_path)
        assert done.returncode == 0, done.stderr
        sheet = json.loads(done.stdout)
        assert sheet["randomization"] == level
        rewards[level] = (sheet["episodes"][0]["seed"], sheet["episodes"][0]["total_reward"])
    assert len({seed for seed, _ in rewards.values()}) == 1
    assert len({reward for _, reward in rewards.values()}) == 3


def test_two_machines_share_an_evaluation(policy: Path, tmp_path: Path) -> None:
    arguments = ("--environments", "metaworld/reach-v3", "--episodes", 3, "--max-steps", 12, "--workers", 1)
    for part in ("1/2", "2/2"):
        done = kinitro("evaluate", policy, *arguments, "--shard", part, "--json", f"{part[0]}.json", directory=tmp_path)
        assert done.returncode == 0, done.stderr
    merged = kinitro("evaluate", "merge", "2.json", "1.json", "--json", "-", directory=tmp_path)
    assert merged.returncode == 0, merged.stderr
    sheet = json.loads(merged.stdout)
    assert [(episode["episode"], episode["steps"]) for episode in sheet["episodes"]] == [(0, 12), (1, 12), (2, 12)]
    assert (sheet["shard"], sheet["environments"][0]["episodes"]) == (None, 3)
    assert sheet["target"] == str(policy)


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


RANDOM = "return self.random.uniform(-1.0, 1.0, 4)"
LOADS = 'Until it returns, /health says "loading".\n        """'
QUICK = ("--environments", "metaworld/reach-v3", "--episodes", 3, "--max-steps", 12, "--workers", 1)


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        (LOADS, f'{LOADS}\n        raise OSError("no weights here")', 3, "RobotPolicy.load: OSError: no weights here"),
        (LOADS, f'{LOADS}\n        raise SystemExit("no weights here")', 3, "SystemExit: no weights here"),
        (RANDOM, 'raise KeyError("corner7")', 1, "KeyError: 'corner7'"),
        (RANDOM, 'import os; print("no memory", flush=True); os._exit(9)', 3, "Connection refused"),
    ],
    ids=["load raises", "load exits", "act raises", "the server dies"],
)
def test_a_policy_that_fails_says_why_and_where_its_log_is(
    policy: Path, tmp_path: Path, old: str, new: str, code: int, words: str
) -> None:
    source = (policy / "policy.py").read_text()
    assert source.count(old) == 1
    (policy / "policy.py").write_text(source.replace(old, new))
    done = kinitro("evaluate", policy, *QUICK, directory=tmp_path)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    (log,) = (tmp_path / "results").glob("*.log")
    assert f"Its log is {log.relative_to(tmp_path)}." in done.stderr
    assert "no weights here" in log.read_text() or "corner7" in log.read_text() or "no memory" in log.read_text()


def test_a_url_where_nobody_is_gives_no_table_of_zeros(tmp_path: Path) -> None:
    done = kinitro("evaluate", "http://127.0.0.1:1", *QUICK, directory=tmp_path)
    assert done.returncode == 3
    assert "Connection refused" in done.stderr
    assert "95 %" not in done.stdout + done.stderr


@pytest.mark.parametrize("option", ["--video", "--json"])
def test_output_that_cannot_be_written_is_said_before_anything_runs(tmp_path: Path, option: str) -> None:
    (tmp_path / "file").touch()
    for path in ("/proc/nowhere/here", tmp_path / "file" / "below"):
        done = kinitro("evaluate", "http://127.0.0.1:1", *QUICK, option, path, directory=tmp_path)
        assert done.returncode == 2
        assert f"{option} cannot be" in done.stderr


def test_a_video_has_its_final_name_only_when_it_is_complete(tmp_path: Path) -> None:
    """The limit of a file's size stands for the disk's."""
    seen = Observation(np.zeros(4, np.float32), {"corner": np.zeros((84, 84, 3), np.uint8)})
    noise = np.random.default_rng(0)

    def film(frames: int) -> VideoObserver:
        observer = VideoObserver(tmp_path / "video.mp4", 80.0)
        for _ in range(frames):
            image = noise.integers(0, 256, (84, 84, 3), dtype=np.uint8)
            observer.observe_unsent(Observation(seen.agent_pos, {"corner": image}))
        return observer

    observer = film(20)
    assert list(tmp_path.glob("*.mp4")) != [tmp_path / "video.mp4"]
    observer.abandon()
    assert not list(tmp_path.iterdir())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(VideoFailed, match=r"video.mp4 cannot be written"):
            film(100).end()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list(tmp_path.iterdir())
    film(20).end()
    assert [path.name for path in tmp_path.iterdir()] == ["video.mp4"]
    frames, _ = imageio_ffmpeg.count_frames_and_secs(tmp_path / "video.mp4")
    assert frames == 10 + LINGER_S * LARGEST_RATE_HZ


def test_a_server_that_breaks_shows_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text("raise SystemExit('no weights here')\n")
    done = kinitro("evaluate", tmp_path, directory=tmp_path)
    assert done.returncode == 3
    assert "no weights here" in done.stderr
