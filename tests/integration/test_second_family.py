"""A robot with 9 proprioceptive numbers, 7 of an action and images of two sizes goes everywhere MetaWorld's goes."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium.utils.env_checker
import imageio_ffmpeg
import msgspec
import numpy as np
import pytest

from kinitro import environments
from kinitro.audit.replays import Replayer
from kinitro.cycles.result_checks import Episode, refusal
from kinitro.environments.gym.environment import GymEnvironment
from kinitro.evaluation import EpisodeResult, recordings, replay, run_episode, traces
from kinitro.evaluation.errors import InvalidRecording, InvalidTrace
from kinitro.evaluation.outcomes import Outcome, Trace
from kinitro.evaluation.recordings import Recorder, Recording
from kinitro.evaluation.simulator import InlineSimulator
from kinitro.miner.demonstrations import Demonstration
from kinitro.miner.projects import create_project
from kinitro.policies.client import HttpPolicy
from kinitro.policies.errors import PolicyMisbehaved, Reason
from kinitro.policies.probes import make_observations, make_task
from kinitro.policies.probes import run_episode as ask
from kinitro.verification.comparison import Comparison
from kinitro.verification.shadow import shadow
from tests.fakes.arm import ENV_ID, TO_THE_ORIGIN, arm_family, install, registered
from tests.fakes.policies import LATE, ScriptedPolicy
from tests.fakes.policy_servers import POLICY, running_policies, running_project

LOW = np.array([number.low for number in arm_family.SPEC.action], np.float32)
HIGH = np.array([number.high for number in arm_family.SPEC.action], np.float32)
SLOWLY = (-0.01, 0.02, 5.0, 0.1, -0.1, 0.0, 0.02)
"""An action whose third number is clipped."""


@pytest.fixture(autouse=True)
def known() -> Iterator[None]:
    with registered():
        yield


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return install(tmp_path_factory.mktemp("site"))


def kinitro(variables: dict[str, str], *arguments: str | Path) -> str:
    command = [sys.executable, "-m", "kinitro", *map(str, arguments)]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    create_project(tmp_path / "policy")
    (tmp_path / "policy" / "policy.py").write_text(TO_THE_ORIGIN)
    return tmp_path / "policy"


def test_evaluate_and_its_videos(project: Path, tmp_path: Path, variables: dict[str, str]) -> None:
    options = ["--episodes", "3", "--workers", "1", "--results", tmp_path / "results", "--video", tmp_path / "videos"]
    kinitro(variables, "evaluate", project, "--environments", ENV_ID, "--json", tmp_path / "out.json", *options)
    found = json.loads((tmp_path / "out.json").read_text())["environments"][0]
    assert (found["env_id"], found["successes"], found["policy_faults"]) == (ENV_ID, 3, 0), found
    for video in (tmp_path / "videos").glob("*.mp4"):
        frames = imageio_ffmpeg.read_frames(str(video))
        meta = next(frames)
        assert meta["size"] == (4 * (64 + 128), 4 * 128)
        assert meta["fps"] == 20
    assert len(list((tmp_path / "videos").glob("*.mp4"))) == 3


def test_check_with_the_templates(variables: dict[str, str], tmp_path: Path) -> None:
    create_project(tmp_path / "random")
    with running_project(tmp_path / "random") as url:
        both = f"{ENV_ID},metaworld/push-v3"
        report = json.loads(kinitro(variables, "check", url, "--json", "--samples", "20", "--environments", both))
    verdicts = {check["name"]: check["verdict"] for check in report["checks"]}
    assert {verdicts[name] for name in ("environments", "json", "determinism", "interleaving", "garbage")} == {"passed"}


def test_demos_and_datasets(tmp_path: Path, variables: dict[str, str]) -> None:
    pytest.importorskip("pyarrow")
    options = ["--environments", ENV_ID, "--episodes", "2", "--workers", "1", "--out", tmp_path]
    kinitro(variables, "demos", *options)
    info = json.loads((tmp_path / "meta" / "info.json").read_text())
    assert (info["robot_type"], info["fps"], info["total_episodes"]) == ("example-arm", 20, 2)
    features = info["features"]
    assert features["observation.state"]["shape"] == [9]
    assert features["observation.state"]["names"][-1] == "grip_force"
    assert (features["action"]["shape"], features["action"]["names"][-1]) == ([7], "gripper")
    assert features["observation.images.front"]["shape"] == [48, 64, 3]
    assert features["observation.images.wrist"]["shape"] == [128, 128, 3]
    stats = json.loads((tmp_path / "meta" / "stats.json").read_text())
    assert len(stats["action"]["mean"]) == 7
    kinitro(variables, "demos", "--format", "npz", *options)
    first = Demonstration.load(next((tmp_path / "episodes" / "arm-origin-v0").glob("*.npz")))
    assert (first.agent_pos.shape[1], first.actions.shape[1]) == (9, 7)
    create_project(tmp_path / "p", "numpy")
    subprocess.run([sys.executable, "train.py", tmp_path], cwd=tmp_path / "p", check=True, capture_output=True)
    with running_project(tmp_path / "p") as url:
        assert ask_once(url).shape == (2, 7)


def test_two_robots_are_not_one_dataset(tmp_path: Path, variables: dict[str, str]) -> None:
    pytest.importorskip("pyarrow")
    both = f"{ENV_ID},metaworld/reach-v3"
    command = ["demos", "--environments", both, "--episodes", "1", "--workers", "1", "--out", str(tmp_path)]
    done = subprocess.run([sys.executable, "-m", "kinitro", *command], env=variables, capture_output=True, text=True)
    assert done.returncode != 0
    assert "metaworld/reach-v3 and arm/origin-v0 differ in robot, images or control rate" in " ".join(
        done.stderr.split()
    )
    assert "Traceback" not in done.stderr


def ask_once(url: str) -> np.ndarray:
    import asyncio

    async def run() -> np.ndarray:
        policy = HttpPolicy(url, allow_private=True)
        try:
            await policy.health()
            return await ask(policy, make_task(arm_family.SPEC), make_observations(2, spec=arm_family.SPEC))
        finally:
            await policy.close()

    return asyncio.run(run())


def test_a_template_of_another_robot_says_how_many_numbers_were_expected(tmp_path: Path) -> None:
    with running_policies(tmp_path, {"four": POLICY}) as urls, pytest.raises(PolicyMisbehaved) as caught:
        ask_once(urls["four"])
    assert caught.value.reason == Reason.HTTP_STATUS
    assert "act returned the shape (4,); it must be (7,) or (k, 7)" in str(caught.value)


async def played(*, horizon: int | None = None) -> tuple[EpisodeResult, Recording]:
    """An episode in which the second and the fourth answer are late."""
    recorder = Recorder()
    policy = ScriptedPolicy(lambda step: LATE if step in (1, 3) else [SLOWLY])
    environment = environments.make(ENV_ID)
    result = await run_episode(environment, policy, seed=5, max_steps=horizon, observer=recorder)
    recording = recorder.make_recording()
    assert recording is not None
    assert [number.name for number in policy.tasks[0].action][-1] == "gripper"
    assert policy.tasks[0].image_sizes == {"front": (48, 64), "wrist": (128, 128)}
    assert policy.tasks[0].action_low == -0.2
    return result, recording


def trace_of(result: EpisodeResult) -> Trace:
    assert result.trace is not None
    return result.trace


async def test_a_forfeited_step_is_neutral_and_holds_what_is_held() -> None:
    result, _ = await played(horizon=6)
    actions = traces.read_actions(trace_of(result))
    executed = np.clip(np.array(SLOWLY, np.float32), LOW, HIGH)
    held = np.array([0, 0, 0, 0, 0, 0, SLOWLY[-1]], np.float32)
    np.testing.assert_array_equal(actions[:4], [executed, held, executed, held])
    first = await run_episode(environments.make(ENV_ID), ScriptedPolicy(lambda step: LATE), seed=5)
    np.testing.assert_array_equal(traces.read_actions(trace_of(first))[0], [0, 0, 0, 0, 0, 0, np.float32(0.08)])


async def test_traces_and_recordings_come_back_and_replay() -> None:
    result, recording = await played()
    trace = trace_of(result)
    assert traces.decode(traces.encode(trace)) == trace
    assert recordings.decode(recordings.encode(recording)) == recording
    shown: list[environments.Observation] = []
    report = replay(traces.decode(traces.encode(trace)), environments.make(ENV_ID), show=shown.append)
    assert report.agrees
    assert len(shown) == result.steps + 1 == 31
    assert shown[0].agent_pos.shape == (9,)


async def test_an_audit_replays_it_and_finds_a_lie() -> None:
    result, _ = await played()
    trace = msgspec.structs.replace(trace_of(result), fingerprint=environments.fingerprint())
    actions = traces.read_actions(trace).copy()
    actions[2, 0] = 0.05
    lie = msgspec.structs.replace(trace, actions=actions.tobytes())
    async with Replayer(workers=0) as replayer:
        assert (await replayer.replay(traces.encode(trace))).differences == ()
        assert "differs" in " ".join((await replayer.replay(traces.encode(lie))).differences)


async def test_the_api_accepts_its_reports_and_refuses_other_robots() -> None:
    result, recording = await played()
    trace, spec = trace_of(result), arm_family.SPEC
    episode = Episode(ENV_ID, spec.version, trace.seed, spec.max_steps, None)
    report = replace(result, outcome=Outcome.FAILURE, reason=None)
    encoded = recordings.encode(recording)
    assert refusal(report, traces.encode(trace), encoded, episode) is None
    wide = msgspec.structs.replace(trace, action_low=(-1.0,) * 7, action_high=(1.0,) * 7)
    told = refusal(report, traces.encode(wide), encoded, episode)
    assert told is not None
    assert "has actions with the bounds -1 to 1" in told
    assert "arm/origin-v0 has -0.05 to 0.05" in told
    with pytest.raises(InvalidTrace, match="bounds"):
        replay(wide, environments.make(ENV_ID))
    with pytest.raises(InvalidTrace, match="28 bytes each"):
        traces.decode(traces.encode(msgspec.structs.replace(trace, actions=trace.actions[:-4])))
    with pytest.raises(InvalidTrace, match="actions outside"):
        traces.decode(traces.encode(msgspec.structs.replace(trace, action_high=(0.01,) * 7)))
    other = msgspec.structs.replace(recording, task=msgspec.structs.replace(recording.task, action=spec.action[:4]))
    with pytest.raises(InvalidRecording, match="actions of 4 numbers, the trace has 7"):
        recordings.iter_exchanges(other, trace)


@pytest.mark.parametrize(("off", "matching"), [(0.0, 30 - 2), (0.0004, 30 - 2), (0.0006, 0)])
async def test_verification_measures_in_shares_of_the_range(off: float, matching: int) -> None:
    """0.01 of [-1, 1] is 0.0005 of a range from -0.05 to 0.05."""
    result, recording = await played()
    trace = trace_of(result)
    moved = (SLOWLY[0] + off, *SLOWLY[1:])
    comparison = Comparison(0.01, traces.read_bounds(trace))
    policy = ScriptedPolicy(lambda step: [moved])
    async for exchange, answer in shadow(recording, trace, environments.make(ENV_ID), policy, InlineSimulator()):
        comparison.add(exchange, answer)
    assert (comparison.compared, comparison.matching) == (28, matching)


def test_gymnasium() -> None:
    environment = GymEnvironment(ENV_ID, render_mode="rgb_array")
    gymnasium.utils.env_checker.check_env(environment, skip_render_check=True)
    np.testing.assert_array_equal(environment.action_space.low, LOW)
    np.testing.assert_array_equal(environment.action_space.high, HIGH)
    space: Any = environment.observation_space
    assert space["agent_pos"].shape == (9,)
    assert space["pixels"]["front"].shape == (48, 64, 3)
    assert environment.metadata["render_fps"] == 20
    environment.reset(seed=1)
    picture = environment.render()
    assert picture is not None
    assert picture.shape == (48, 64, 3)


def test_a_whole_subnet_and_its_audit(tmp_path: Path, variables: dict[str, str]) -> None:
    """The demo: five miners, a chain, an executor, scores and weights; then every episode is replayed."""
    out = tmp_path / "demo"
    options = ["--episodes", "2", "--max-steps", "30", "--keep-running", "--out", str(out)]
    command = [sys.executable, "-m", "kinitro", "demo", "--environments", ENV_ID, *options]
    demo = subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert demo.stdout is not None
    said = ""
    try:
        for line in demo.stdout:
            said += line
            if "Still serving" in line:
                break
        serving = re.search(r"Still serving (http://\S+);", said)
        assert serving is not None, said
        audited = kinitro(variables, "audit", "--api-url", serving[1], "--all")
        kinitro(variables, "replay", "--api-url", serving[1], "--task", "1", "--video", tmp_path / "task.mp4")
    finally:
        demo.send_signal(signal.SIGINT)
        demo.communicate(timeout=60)
    assert re.search(r"passed +replays +10 of 10 ", audited), audited
    results = json.loads((out / "results.json").read_text())
    assert len(results) == 5 * 2
    assert {row["outcome"] for row in results} <= {1, 2}, results
    manifest = json.loads((out / "manifest.json").read_text())
    assert [one["id"] for one in manifest["config"]["environments"]] == [ENV_ID]
    assert (tmp_path / "task.mp4").stat().st_size > 0
