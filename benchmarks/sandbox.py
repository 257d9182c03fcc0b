"""What a sandbox costs: its start, one answer through it, its check, and the verification of an episode in it.

    python benchmarks/sandbox.py [--starts 20] [--runtime PYTHON]

Wall-clock times of the miner's template in the bubblewrap sandbox; "bare" is the same server without one.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import os
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinitro.client.verdicts import VerificationRule, VerificationTask
from kinitro.environments import make
from kinitro.environments.interface import Observation
from kinitro.evaluation import recordings, traces
from kinitro.evaluation.environment_cache import EnvironmentCache
from kinitro.evaluation.episode import run_episode
from kinitro.evaluation.recordings import Recorder
from kinitro.miner.projects import TEMPLATE_DIRECTORY
from kinitro.policies.client import HttpPolicy
from kinitro.policies.messages import TaskConfig
from kinitro.sandbox.bubblewrap import BubblewrapSandbox
from kinitro.sandbox.interface import Limits, Runtime
from kinitro.sandbox.runtimes import inspect_runtime
from kinitro.sandbox.sandboxed_process import spawn
from kinitro.sandbox.startup import open_channel, read_to_end, send_go_ahead
from kinitro.verification.examination import Examiner, VerifierContext

TASK = TaskConfig("metaworld/reach-v3", "reach", "reach it", "e" * 16, 10, 80.0, ("corner", "corner4"), (84, 84))
OBSERVATION = Observation(
    np.zeros(4, np.float32), {camera: np.zeros((84, 84, 3), np.uint8) for camera in ("corner", "corner4")}
)
ACTS = 300
STEPS = 150
VERIFICATIONS = 7


async def answer_times(socket: Path) -> list[float]:
    """Seconds of each answer, in an episode of its own."""
    policy = HttpPolicy("http://policy", unix_socket=socket)
    await policy.health()
    await policy.reset(TASK)
    times = []
    for step in range(ACTS):
        began = time.perf_counter()
        await policy.act(TASK.episode_id, step, OBSERVATION)
        times.append(time.perf_counter() - began)
    await policy.close()
    return times


NOTHING = "import socket, sys; channel = socket.socket(fileno=int(sys.argv[1])); channel.recv(1); channel.send(b'+')"


async def alone(runtime: Runtime, directory: Path) -> float:
    """Seconds until an interpreter runs in a sandbox, its limits on."""
    script = directory.parent / "nothing.py"
    script.write_text(NOTHING)
    shown = [(needed, needed) for needed in runtime.read_only]
    began = time.perf_counter()
    async with contextlib.AsyncExitStack() as stack:
        ours, theirs = open_channel(stack)
        numbers = (theirs.fileno(),)
        await stack.enter_async_context(
            spawn(script, numbers, python=runtime.python, read_only=shown, limits=Limits(), inherited=numbers)
        )
        theirs.close()
        send_go_ahead(ours)
        assert await read_to_end(ours) == b"+"
        return time.perf_counter() - began


async def bare(python: Path, directory: Path) -> tuple[float, list[float]]:
    """Seconds until the server without a sandbox is ready, and of its answers."""
    socket = directory.parent / "bare.sock"
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        python, "-I", "-B", "-m", "uvicorn", "server:app", "--uds", socket, "--app-dir", directory,
        "--log-level", "warning", cwd=directory,
    )  # fmt: skip
    policy = HttpPolicy("http://policy", unix_socket=socket)
    while True:
        try:
            await policy.health()
            break
        except Exception:
            await asyncio.sleep(0.005)
    ready = time.perf_counter() - began
    await policy.close()
    times = await answer_times(socket)
    process.terminate()
    await process.wait()
    socket.unlink(missing_ok=True)
    return ready, times


@dataclass(frozen=True)
class Shelf:
    """Repositories that hold one upload."""

    directory: Path

    async def fetch(self, _repo: str, _revision: str) -> Path:
        return self.directory


async def recorded(directory: Path, sandbox: BubblewrapSandbox, runtime: Runtime) -> VerificationTask:
    """An episode of STEPS steps that the policy in `directory` has played."""
    recorder, environment = Recorder(), make("metaworld/reach-v3")
    async with sandbox.serve(directory, runtime=runtime, limits=Limits()) as served:
        policy = HttpPolicy("http://policy", unix_socket=served.socket)
        result = await run_episode(environment, policy, seed=1, max_steps=STEPS, observer=recorder)
        await policy.close()
    recording = recorder.make_recording()
    assert recording is not None
    assert result.trace is not None
    assert result.steps == STEPS, result
    return VerificationTask(
        task_id=1, lease_id=1, ttl_s=60, cycle_id=1, uid=5, repo="a/b", revision="c" * 40, rule=VerificationRule(),
        recording=base64.b64encode(recordings.encode(recording)).decode(),
        trace=base64.b64encode(traces.encode(result.trace)).decode(),
    )  # fmt: skip


async def verification_times(directory: Path, sandbox: BubblewrapSandbox, runtime: Runtime) -> list[float]:
    """Seconds of each examination, the sandbox's start included."""
    task = await recorded(directory, sandbox, runtime)
    examiner = Examiner(VerifierContext(Shelf(directory), sandbox, runtime, Limits()), EnvironmentCache(make))
    times = []
    for _ in range(1 + VERIFICATIONS):
        began = time.perf_counter()
        verdict, evidence = await examiner.examine(task)
        times.append(time.perf_counter() - began)
        assert verdict == "match", evidence
    examiner.close()
    return times[1:]  # the first one makes the environment


def line(name: str, seconds: list[float]) -> str:
    p50, p95 = statistics.median(seconds) * 1e3, float(np.percentile(seconds, 95)) * 1e3
    return f"{name:34} p50 {p50:8.2f} ms   p95 {p95:8.2f} ms   n {len(seconds)}"


async def main(starts: int, python: Path) -> None:
    sandbox, runtime = BubblewrapSandbox(allow_no_control_group=True), await inspect_runtime(python)
    checks, empty, ready, left, answers, bare_ready, bare_answers = [], [], [], [], [], [], []
    with tempfile.TemporaryDirectory() as directory:
        policy = shutil.copytree(TEMPLATE_DIRECTORY, Path(directory, "policy"))
        for _ in range(3):
            began = time.perf_counter()
            await sandbox.check()
            checks.append(time.perf_counter() - began)
        for number in range(starts):
            empty.append(await alone(runtime, policy))
            began = time.perf_counter()
            async with sandbox.serve(policy, runtime=runtime, limits=Limits()) as served:
                ready.append(time.perf_counter() - began)
                if number < 3:
                    answers += await answer_times(served.socket)
                began = time.perf_counter()
            left.append(time.perf_counter() - began)
            if number < 3:
                seconds, times = await bare(python, policy)
                bare_ready.append(seconds)
                bare_answers += times
        verifications = await verification_times(policy, sandbox, runtime)
    print(f"as {'root' if os.geteuid() == 0 else 'an ordinary user'}, runtime {runtime.name}")
    print(line("check", checks))
    print(line("start until Python runs inside", empty))
    print(line("start until /health is 200", ready))
    print(line("  the same server, bare", bare_ready))
    print(line("end until nothing is left", left))
    print(line("act, two cameras", answers))
    print(line("  the same server, bare", bare_answers))
    print(line(f"verification of {STEPS} steps, 3 cameras", verifications))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=20)
    parser.add_argument("--runtime", type=Path, default=Path(sys.executable))
    arguments = parser.parse_args()
    asyncio.run(main(arguments.starts, arguments.runtime))
