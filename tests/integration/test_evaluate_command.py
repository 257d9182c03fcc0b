"""`kinitro evaluate` as a miner types it: real simulator, real policy server, videos, JSON."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import msgspec
import numpy as np
import psutil
import pytest
from msgspec.structs import replace

from kinitro.environments.interface import Observation
from kinitro.evaluation.errors import VideoFailed
from kinitro.evaluation.no_op_server import NoOpServer
from kinitro.evaluation.pool import WorkerPool
from kinitro.evaluation.survey import Key, SurveyPlan
from kinitro.evaluation.video import LARGEST_RATE_HZ, LINGER_S, VideoObserver
from kinitro.evaluation.worker import WorkerConfig

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
    written = ("--json", "-", "--video", tmp_path / "video", "--report", "report")
    done = kinitro("evaluate", policy, *arguments, *written, directory=tmp_path)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "report" / "index.html").read_text()
    films = re.findall(r'<video autoplay loop [^>]*src="data:video/mp4;base64,([^"]+)">', page)
    assert len(films) == 2
    assert "is not the same to the bit" not in page
    assert "intensity of the headlight" in page
    (tmp_path / "film.mp4").write_bytes(base64.b64decode(films[0], validate=True))
    frames, _ = imageio_ffmpeg.count_frames_and_secs(tmp_path / "film.mp4")
    assert frames == 7 + LINGER_S * LARGEST_RATE_HZ
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


def test_a_directory_runs_in_the_sandbox_as_executors_host_it(policy: Path, tmp_path: Path) -> None:
    (policy / "policy.py").write_text(
        (policy / "policy.py").read_text()
        + "\nimport socket\ntry:\n    socket.create_connection(('127.0.0.1', 1), 1)\nexcept OSError:\n    pass\n"
        + "import os\nassert not os.path.exists('secret.env'), 'only what would be uploaded is there'\n"
    )
    (policy / ".env").write_text("SECRET=1")
    arguments = ("--sandbox", "--environments", "metaworld/reach-v3", "--episodes", 2, "--max-steps", 12)
    done = kinitro("evaluate", policy, *arguments, "--workers", 1, "--json", "-", directory=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "in the sandbox, as executors host policies" in done.stderr
    assert len(json.loads(done.stdout)["episodes"]) == 2
    (policy / "policy.py").write_text("raise RuntimeError('of my own making')")
    broken = kinitro("evaluate", policy, *arguments, "--fresh", directory=tmp_path)
    assert broken.returncode == 1
    assert "hosted_not_started" in broken.stderr
    assert "of my own making" in broken.stderr
    url = kinitro("evaluate", "http://127.0.0.1:1", "--sandbox", directory=tmp_path)
    assert (url.returncode, "--sandbox runs a directory" in url.stderr) == (2, True)


def test_a_level_of_randomization_is_played_and_written_down(policy: Path, tmp_path: Path) -> None:
    """Equal seeds, but other physics and images: already the rewards of a few steps differ."""
    arguments = ("--environments", "metaworld/push-v3", "--episodes", 1, "--max-steps", 12, "--workers", 1)
    rewards = {}
    for level in ("none", "standard", "hard"):
        done = kinitro("evaluate", policy, *arguments, "--randomization", level, "--json", "-", directory=tmp_path)
        assert done.returncode == 0, done.stderr
        sheet = json.loads(done.stdout)
        assert sheet["randomization"] == level
        drawn = sheet["episodes"][0]["factors"]
        assert ("lights" in drawn) == (level != "none")
        assert len(drawn["placement"]["goal"]) == 3
        rewards[level] = (sheet["episodes"][0]["seed"], sheet["episodes"][0]["total_reward"])
    assert len({seed for seed, _ in rewards.values()}) == 1
    assert len({reward for _, reward in rewards.values()}) == 3


def test_which_factor_matters_is_measured_in_the_same_episodes(policy: Path, tmp_path: Path) -> None:
    arguments = ("--environments", "metaworld/reach-v3", "--episodes", 1, "--max-steps", 12, "--workers", 1)
    files = ("--json", "out.json", "--plot", "plot.svg")
    done = kinitro("evaluate", policy, *arguments, "--sensitivity", *files, directory=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "No factor breaks this policy" in done.stdout
    assert (tmp_path / "plot.svg").read_text().startswith("<svg")
    sheet = json.loads((tmp_path / "out.json").read_bytes())
    (whole,), parts = sheet["episodes"], {row["group"]: row for row in sheet["sensitivity"]["episodes"]}
    assert len(parts) == 8
    assert {row["seed"] for row in parts.values()} == {whole["seed"]}
    for group, row in parts.items():
        assert row["factors"].keys() == {"placement", group} - {"placement only"}
        assert group == "placement only" or row["factors"][group] == whole["factors"][group]
        assert row["factors"]["placement"]["goal"] == whole["factors"]["placement"]["goal"]
    effects = sheet["sensitivity"]["effects"]
    assert [effect["overall"]["episodes"] for effect in effects] == [1] * 8


class RecordingServer(NoOpServer):
    """Keeps everything that a policy is sent: bodies by path."""

    def __init__(self) -> None:
        super().__init__(encodings=("msgpack", "json"))
        self.heads = b""
        self.bodies: list[bytes] = []

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        until, exactly = reader.readuntil, reader.readexactly

        async def readuntil(separator: bytes) -> bytes:
            head = await until(separator)
            self.heads += head
            return head

        async def readexactly(length: int) -> bytes:
            body = await exactly(length)
            self.bodies += [body] if body else []
            return body

        reader.readuntil, reader.readexactly = readuntil, readexactly  # type: ignore[assignment,method-assign]
        await super()._serve(reader, writer)


def list_names(value: object) -> set[str]:
    """The names of all fields, at any depth."""
    if isinstance(value, dict):
        return set(value) | set().union(*map(list_names, value.values()))
    return set().union(*map(list_names, value)) if isinstance(value, list) else set()


async def test_no_policy_is_told_what_was_drawn() -> None:
    """The requests of an episode whose factors are written down are those of an ordinary one."""
    server, plan = RecordingServer(), SurveyPlan.of("x", ["metaworld/reach-v3"], 1, 0, 4, sensitivity=True)
    pool = WorkerPool(1, 1, WorkerConfig(allow_private_endpoints=True, log_level="error"))
    names = []
    await server.start()
    await pool.start()
    try:
        job = plan.make_job(Key("metaworld/reach-v3", 0, "lights"), server.url, None)
        for ordinary in (True, False):
            server.heads, server.bodies = b"", []
            result = await pool.evaluate(replace(job, factors=False, randomization=None) if ordinary else job)
            assert result.steps == 4
            names.append([list_names(msgspec.msgpack.decode(body)) for body in server.bodies])
    finally:
        await pool.close()
        await server.close()
    assert names[0] == names[1]
    assert result.factors is not None
    assert result.factors.keys() == {"placement", "lights"}
    sent = server.heads + b"".join(server.bodies)
    for word in (job.seed, job.seed[-8:], "light", "placement", "factors", "randomization", "standard"):
        assert word.encode() not in sent, word


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


def test_two_policies_are_evaluated_and_compared_and_a_failure_costs_only_what_is_left(
    policy: Path, tmp_path: Path
) -> None:
    """The second one does not start at first: the episodes of the first one are kept."""
    shutil.copytree(policy, other := tmp_path / "other")
    source = (other / "policy.py").read_text()
    (other / "policy.py").write_text("raise ImportError('no weights here')")
    arguments = ("--environments", "metaworld/reach-v3", "--episodes", 2, "--max-steps", 12, "--workers", 1)
    failed = kinitro("compare", policy, other, *arguments, directory=tmp_path)
    assert failed.returncode == 3, failed.stderr
    assert "no weights here" in failed.stderr
    (other / "policy.py").write_text(source.replace(RANDOM, "return [0.0, 0.0, 0.0, 0.0]"))
    done = kinitro("compare", policy, other, *arguments, "--json", "-", directory=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Continuing an interrupted run: 2 of 2 episodes are done" in done.stderr
    found = json.loads(done.stdout)
    assert (found["overall"]["episodes"], found["worse"]) == (2, False)
    assert [found[role]["target"] for role in ("first", "second")] == [str(policy), str(other)]
    assert not list((tmp_path / "results").glob("*.jsonl"))


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


RANDOM = "return self.low + (self.high - self.low) * self.random.random(len(self.low))"
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


@pytest.mark.parametrize("option", ["--video", "--json", "--report"])
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
