"""`kinitro demos`: what the expert did, as a policy would have seen it."""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest
from PIL import Image
from typer.testing import CliRunner

from kinitro.cli import build_app
from kinitro.environments import get_spec, make
from kinitro.environments.registry import prepare
from kinitro.errors import ConfigurationError
from kinitro.miner import demonstrations
from kinitro.miner.datasets import write_lerobot, write_npz
from kinitro.miner.demonstrations import (
    STAGING,
    Demonstration,
    DemonstrationOrder,
    collect,
    derive_attempt_seed,
    record,
)
from kinitro.miner.errors import RecordingError

ENV_IDS = ("metaworld/reach-v3", "metaworld/drawer-close-v3")


@pytest.fixture(scope="module")
def order(tmp_path_factory) -> DemonstrationOrder:
    return DemonstrationOrder(ENV_IDS, 2, tmp_path_factory.mktemp("demos"))


@pytest.fixture(scope="module")
def files(order) -> list[Path]:
    (order.folder / STAGING).mkdir()
    for env_id in ENV_IDS:
        for attempt in range(2):
            assert record(order, env_id, attempt)
    return collect(order, workers=1)


def test_a_demonstration_is_what_the_evaluation_shows(order, files) -> None:
    """Replaying the actions from the seed gives the recorded observations, bit by bit, and success at the end."""
    episode = Demonstration.load(files[0])
    spec = get_spec(episode.env_id)
    environment = make(spec.id)
    environment.reset(derive_attempt_seed(spec, order.seed, 0))
    for step, action in enumerate(episode.actions):
        seen = environment.observe()
        np.testing.assert_array_equal(seen.agent_pos, episode.agent_pos[step])
        for camera, image in seen.pixels.items():
            np.testing.assert_array_equal(image, episode.pixels[camera][step])
        done = environment.step(action)
        assert done.success == (step == len(episode.actions) - 1)
    environment.close()


def test_the_privileged_state_is_recorded_only_where_it_is_asked_for(order, files, tmp_path) -> None:
    asked = DemonstrationOrder(ENV_IDS[:1], 1, tmp_path, privileged=True)
    assert asked.name_attempt_file(ENV_IDS[0], 0).name != order.name_attempt_file(ENV_IDS[0], 0).name
    (tmp_path / STAGING).mkdir()
    assert record(asked, ENV_IDS[0], 0)
    (recorded,) = collect(asked, workers=1)
    episode, plain = Demonstration.load(recorded), Demonstration.load(files[0])
    assert plain.privileged is None
    assert episode.privileged is not None
    np.testing.assert_array_equal(episode.actions, plain.actions)
    assert episode.privileged.shape == (len(episode.actions), 39)
    np.testing.assert_allclose(episode.privileged[:, :4], episode.agent_pos, atol=1e-6)
    assert np.ptp(episode.privileged[:, 36:39], axis=0).max() == 0, "the goal does not move"
    np.testing.assert_array_equal(episode.privileged[1:, 18:36], episode.privileged[:-1, :18])
    write_lerobot([recorded], tmp_path)
    info = json.loads((tmp_path / "meta" / "info.json").read_text())
    assert info["features"]["privileged_state"]["shape"] == [39]
    assert not [name for name in info["features"] if name.startswith("observation") and "privileged" in name]
    rows = parquet.read_table(tmp_path / info["data_path"].format(chunk_index=0, file_index=0)).to_pylist()
    np.testing.assert_allclose(rows[3]["privileged_state"], episode.privileged[3], rtol=1e-6)


def test_what_is_there_is_not_recorded_again(order, files, monkeypatch) -> None:
    monkeypatch.setattr(demonstrations, "ProcessPoolExecutor", _NoPool)
    assert collect(order, workers=1) == files
    assert len(files) == 4


class _NoPool:
    """A pool that must not be used."""

    def __init__(self, *_: object, **__: object) -> None: ...
    def __enter__(self) -> _NoPool:
        return self

    def __exit__(self, *_: object) -> None: ...
    def shutdown(self, **_: object) -> None: ...
    def submit(self, *_: object) -> None:
        raise AssertionError("recorded again")


def test_failed_attempts_are_left_out_and_remembered(order, files, tmp_path) -> None:
    other = DemonstrationOrder(ENV_IDS[:1], 1, tmp_path)
    (tmp_path / STAGING).mkdir()
    other.name_attempt_file(ENV_IDS[0], 0).touch()  # the expert failed
    other.name_attempt_file(ENV_IDS[0], 1).write_bytes(files[1].read_bytes())
    assert collect(other, workers=1) == [other.name_attempt_file(ENV_IDS[0], 1)]
    for attempt in range(1, 20):
        other.name_attempt_file(ENV_IDS[0], attempt).write_bytes(b"")
    with pytest.raises(RecordingError, match="20 times in a row"):
        collect(other, workers=1)


def test_a_lerobot_dataset_has_the_documented_layout(order, files) -> None:
    write_lerobot(files, order.folder)
    info = json.loads((order.folder / "meta" / "info.json").read_text())
    episodes = parquet.read_table(order.folder / "meta" / "episodes" / "chunk-000" / "file-000.parquet").to_pylist()
    tasks = parquet.read_table(order.folder / "meta" / "tasks.parquet").to_pylist()
    rows = parquet.read_table(order.folder / info["data_path"].format(chunk_index=0, file_index=0)).to_pylist()
    stats = json.loads((order.folder / "meta" / "stats.json").read_text())
    assert info["codebase_version"] == "v3.0"
    assert (info["total_episodes"], info["total_frames"], info["total_tasks"]) == (4, len(rows), 2)
    assert set(rows[0]) == set(info["features"])
    assert [episode["length"] for episode in episodes] == [len(Demonstration.load(file).actions) for file in files]
    assert episodes[1]["dataset_from_index"] == episodes[0]["dataset_to_index"]
    assert {task["task"]: task["task_index"] for task in tasks} == {
        get_spec(env_id).instruction: i for i, env_id in enumerate(ENV_IDS)
    }
    last = rows[-1]
    assert (last["index"], last["episode_index"], last["task_index"]) == (len(rows) - 1, 3, 1)
    assert last["timestamp"] == pytest.approx((episodes[3]["length"] - 1) / info["fps"])
    image = np.asarray(Image.open(io.BytesIO(rows[0]["observation.images.gripper"]["bytes"])))
    np.testing.assert_array_equal(image, Demonstration.load(files[0]).pixels["gripper"][0])
    assert np.shape(stats["observation.images.corner"]["mean"]) == (3, 1, 1)
    assert stats["action"]["count"] == [len(rows)]


def test_an_npz_dataset_has_an_index(order, files) -> None:
    write_npz(files, order.folder)
    index = json.loads((order.folder / "index.json").read_text())
    assert [entry["env_id"] for entry in index] == [ENV_IDS[0]] * 2 + [ENV_IDS[1]] * 2
    with np.load(order.folder / index[3]["file"]) as episode:
        assert episode["pixels.corner"].shape == (index[3]["steps"], 84, 84, 3)
        assert str(episode["instruction"]) == get_spec(ENV_IDS[1]).instruction


def test_the_command_goes_on_where_it_stopped(order, files) -> None:
    arguments = ["demos", "--environments", ",".join(ENV_IDS), "--episodes", "2", "--out", str(order.folder)]
    result = CliRunner().invoke(build_app(), [*arguments, "--format", "npz"], catch_exceptions=False)
    assert result.exit_code == 0
    assert "4 demonstrations of 2 environments" in result.stdout


def recording(folder: Path) -> subprocess.Popen[str]:
    """Six demonstrations of the first environment, by two processes, in a process group of their own."""
    command = ["demos", "--environments", ENV_IDS[0], "--episodes", "6", "--workers", "2", "--format", "npz", "--out"]
    return subprocess.Popen(
        [sys.executable, "-m", "kinitro", *command, folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for_one_more(folder: Path, process: subprocess.Popen[str]) -> None:
    """Until there is an attempt that was not there when this was called."""
    before, limit = len(list((folder / STAGING).glob("*.npz"))), time.monotonic() + 60
    while len(list((folder / STAGING).glob("*.npz"))) <= before:
        assert process.poll() is None
        assert time.monotonic() < limit
        time.sleep(0.02)


def members(session: int) -> list[int]:
    """Processes of a session that are no zombies."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(int(stat.parent.name))
    return found


def all_gone(session: int) -> bool:
    limit = time.monotonic() + 10
    while members(session) and time.monotonic() < limit:
        time.sleep(0.05)
    return not members(session)


def test_killed_and_interrupted_it_goes_on_where_it_stopped(files, tmp_path) -> None:
    out = tmp_path / "demos"
    killed = recording(out)
    wait_for_one_more(out, killed)
    assert len(members(killed.pid)) >= 3, "two processes record"
    killed.kill()
    killed.communicate()
    assert all_gone(killed.pid), "the workers end with their parent"

    interrupted = recording(out)
    wait_for_one_more(out, interrupted)
    os.killpg(interrupted.pid, signal.SIGINT)
    _, said = interrupted.communicate(timeout=60)
    assert interrupted.returncode == 128 + signal.SIGINT
    assert "Traceback" not in said
    assert all_gone(interrupted.pid)

    (out / STAGING / ".half.npz.1").touch()
    done = recording(out)
    said, _ = done.communicate(timeout=120)
    assert "6 demonstrations of 1 environments" in said
    assert not (out / STAGING / ".half.npz.1").exists()
    index = json.loads((out / "index.json").read_text())
    for entry, expected in zip(index[:2], files[:2], strict=True):
        recorded, alone = Demonstration.load(out / entry["file"]), Demonstration.load(expected)
        np.testing.assert_array_equal(recorded.actions, alone.actions)
        np.testing.assert_array_equal(recorded.pixels["corner"], alone.pixels["corner"])


def test_two_commands_do_not_record_into_one_folder(tmp_path) -> None:
    (tmp_path / STAGING).mkdir()
    with (tmp_path / STAGING / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(RecordingError, match="Another command records"):
            collect(DemonstrationOrder(ENV_IDS, 1, tmp_path), workers=1)


def test_mistakes_are_named(tmp_path) -> None:
    with pytest.raises(ConfigurationError, match="lerobot or npz"):
        CliRunner().invoke(build_app(), ["demos", "--out", str(tmp_path), "--format", "x"], catch_exceptions=False)
    (tmp_path / "damaged.npz").write_bytes(b"PK\3\4")
    with pytest.raises(RecordingError, match="is damaged"):
        Demonstration.load(tmp_path / "damaged.npz")
    (tmp_path / "file").touch()
    with pytest.raises(RecordingError, match="cannot be written"):
        collect(DemonstrationOrder(ENV_IDS, 1, tmp_path / "file"), workers=1)


@pytest.mark.parametrize("seed", range(5))
def test_damage_anywhere_in_a_file_is_named(tmp_path, seed) -> None:
    generator = np.random.default_rng(seed)
    pixels = {"corner": generator.integers(0, 255, (20, 8, 8, 3), np.uint8)}
    rows = generator.random((20, 4)).astype(np.float32)
    file = tmp_path / "damaged.npz"
    Demonstration(ENV_IDS[0], "push", rows, pixels, rows).save(file)
    whole = file.read_bytes()
    for place in range(0, len(whole) - 40, 97):
        file.write_bytes(whole[:place] + generator.bytes(40) + whole[place + 40 :])
        with contextlib.suppress(RecordingError):
            Demonstration.load(file)
    file.write_bytes(b"")
    with pytest.raises(RecordingError, match="is damaged"):
        Demonstration.load(file)


def test_a_full_disk_is_one_sentence_and_leaves_no_half_dataset(tmp_path) -> None:
    """The limit of a file's size stands for the disk's: first no attempt fits, then no file of a dataset."""
    prepare()  # whose cache would not fit either
    out = tmp_path / "demos"

    def demos(dataset_format: str, limit_bytes: int) -> subprocess.CompletedProcess[str]:
        command = ["demos", "--environments", "metaworld/drawer-close-v3", "--episodes", "1", "--workers", "1"]
        return subprocess.run(
            [sys.executable, "-m", "kinitro", *command, "--format", dataset_format, "--out", str(out)],
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes)),
            capture_output=True,
            text=True,
        )

    for dataset_format, before in (("npz", {STAGING}), ("lerobot", {STAGING, "episodes", "index.json"})):
        done = demos(dataset_format, 20_000)
        assert done.returncode == 1
        assert f"{out} cannot be written: " in done.stderr
        assert "File too large" in done.stderr
        assert "Traceback" not in done.stderr
        assert {path.name for path in out.iterdir()} - {".draft"} == before
        done = demos(dataset_format, 1 << 30)
        assert done.returncode == 0, done.stderr
    assert {path.name for path in out.iterdir()} == {STAGING, "episodes", "index.json", "data", "meta"}
