"""Worker processes: many episodes each; a crash or a hang costs only what ran there; nothing outlives the parent."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from kinitro.evaluation import EpisodeResult, Outcome, replay
from kinitro.evaluation.episodes_in_flight import DEFAULT_EPISODES, EpisodesInFlight
from kinitro.evaluation.errors import EvaluatorUnavailable
from kinitro.evaluation.jobs import Job
from kinitro.evaluation.pool import WorkerPool
from kinitro.evaluation.recordings import compute_checksum, decode, iter_exchanges
from kinitro.evaluation.worker import WorkerConfig
from tests.fakes.point import PointEnvironment
from tests.fakes.waiting import until

ROOT = Path(__file__).parents[2]
FAKES = WorkerConfig(
    environments="tests.fakes.point:make",
    fingerprint="tests.fakes.point:fingerprint",
    prepare="tests.fakes.point:fingerprint",
    policies="tests.fakes.policies:connect",
    log_level="error",
)


def job(seed: int = 1, *, name: str = "point", endpoint: str = "fake://forward", version: str = "1") -> Job:
    return Job(f"fake/{name}", version, f"{seed:032x}", endpoint, 120)


@pytest.fixture
async def pool(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WorkerPool]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pool = WorkerPool(2, 8, FAKES)
    await pool.start()
    yield pool
    await pool.close()


async def test_the_number_of_episodes_follows_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr("kinitro.evaluation.pool.allow_episodes", lambda workers, free_bytes: 40)
    learned: list[EpisodeResult] = []
    monkeypatch.setattr(EpisodesInFlight, "learn", lambda self, result: (learned.append(result), grow(self)))

    def grow(episodes: EpisodesInFlight) -> None:
        episodes.count = 30

    pool = WorkerPool(2, None, FAKES)
    assert pool.capacity == 2 * DEFAULT_EPISODES
    await pool.start()
    try:
        result = await pool.evaluate(job())
        assert learned == [result]
        assert pool.capacity == 60
    finally:
        await pool.close()


async def test_results_come_back_whole(pool: WorkerPool) -> None:
    results = await asyncio.gather(*(pool.evaluate(job(seed)) for seed in range(20)))
    assert {result.outcome for result in results} == {Outcome.SUCCESS}
    assert pool.fingerprint == "fake-physics"
    assert {"kinitro", "mujoco", "python", "platform"} <= set(pool.versions)
    for seed, result in enumerate(results):
        assert result.trace is not None
        assert result.trace.seed == f"{seed:032x}"
        assert result.trace.fingerprint == "fake-physics"
        assert replay(result.trace, PointEnvironment()).agrees


async def test_recordings_are_handed_over_only_if_wanted_and_of_episodes_that_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pool = WorkerPool(1, 8, msgspec.structs.replace(FAKES, recorders=True))
    await pool.start()
    jobs = [msgspec.structs.replace(job(3), record=record) for record in (True, False)]
    jobs.append(msgspec.structs.replace(job(3, endpoint="fake://late"), record=True))
    wanted, unwanted, fault = await asyncio.gather(*map(pool.evaluate, jobs))
    await pool.close()
    assert wanted.recording is not None
    assert (unwanted.recording, fault.recording) == (None, None)
    assert fault.outcome is Outcome.POLICY_FAULT
    assert wanted.trace is not None
    shown = list(iter_exchanges(decode(wanted.recording), wanted.trace))
    assert [exchange.step for exchange in shown] == list(range(wanted.steps))
    environment = PointEnvironment()
    environment.reset(3)
    assert shown[0].checksum == compute_checksum(environment.observe())


async def test_episodes_of_slow_policies_overlap_in_all_processes(pool: WorkerPool) -> None:
    begun = time.perf_counter()
    results = await asyncio.gather(*(pool.evaluate(job(seed, endpoint="fake://still?20")) for seed in range(16)))
    assert all(result.outcome is Outcome.FAILURE for result in results)
    one_after_the_other = 16 * 120 * 0.020
    assert time.perf_counter() - begun < one_after_the_other / 3


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": "stillborn"}, "simulation_failed"),
        ({"name": "broken"}, "evaluator_error"),
        ({"version": "2"}, "environment_version"),
        ({"name": "unheard-of"}, "unknown_environment"),
    ],
)
async def test_our_faults_have_names(pool: WorkerPool, changes: dict[str, str], reason: str) -> None:
    result = await pool.evaluate(job(**changes))  # type: ignore[arg-type]
    assert (result.outcome, result.reason) == (Outcome.EVALUATOR_FAULT, reason)
    assert (await pool.evaluate(job())).outcome is Outcome.SUCCESS


async def test_a_crash_costs_only_the_episodes_of_its_worker(pool: WorkerPool) -> None:
    others = [asyncio.create_task(pool.evaluate(job(seed, endpoint="fake://still?10"))) for seed in range(8)]
    await asyncio.sleep(0.1)
    crashed = await pool.evaluate(job(name="crashing"))
    assert (crashed.outcome, crashed.reason) == (Outcome.EVALUATOR_FAULT, "worker_crashed")
    outcomes: list[EpisodeResult] = await asyncio.gather(*others)
    assert [result.reason for result in outcomes].count("worker_crashed") == 4
    assert [result.outcome for result in outcomes].count(Outcome.FAILURE) == 4
    assert await until(lambda: len(pool.process_ids) == 2, within_s=10)
    results = await asyncio.gather(*(pool.evaluate(job(seed)) for seed in range(16)))
    assert {result.outcome for result in results} == {Outcome.SUCCESS}


async def test_a_worker_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pool = WorkerPool(1, 8, FAKES, silence_limit_s=4.0)
    await pool.start()
    try:
        result = await pool.evaluate(job(name="hanging"))
        assert result.reason == "worker_crashed"
        assert (await pool.evaluate(job())).outcome is Outcome.SUCCESS
    finally:
        await pool.close()


async def test_a_process_that_cannot_be_started_for_a_moment_is_started_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As when a machine runs out of processes or files; the place of the worker is not lost."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    start, refusals = asyncio.create_subprocess_exec, [OSError(24, "Too many open files")]

    async def sometimes(*arguments: Any, **options: Any) -> asyncio.subprocess.Process:
        if refusals:
            raise refusals.pop()
        return await start(*arguments, **options)

    monkeypatch.setattr("kinitro.evaluation.pool.asyncio.create_subprocess_exec", sometimes)
    pool = WorkerPool(1, 1, FAKES)
    await pool.start()
    try:
        assert (await pool.evaluate(job())).outcome is Outcome.SUCCESS
        assert not refusals
    finally:
        await pool.close()


async def test_giving_an_episode_up_frees_its_place(pool: WorkerPool) -> None:
    slow = [asyncio.create_task(pool.evaluate(job(seed, endpoint="fake://still?300"))) for seed in range(16)]
    await asyncio.sleep(0.2)
    for task in slow:
        task.cancel()
    async with asyncio.timeout(20):  # the others would take 36
        assert (await pool.evaluate(job())).outcome is Outcome.SUCCESS


async def test_sigterm_and_ctrl_c_reach_workers_only_through_their_parent(pool: WorkerPool) -> None:
    running = asyncio.create_task(pool.evaluate(job(endpoint="fake://still?5")))
    await asyncio.sleep(0.1)
    for process_id in pool.process_ids:
        os.kill(process_id, signal.SIGTERM)
        os.kill(process_id, signal.SIGINT)
    assert (await running).outcome is Outcome.FAILURE


async def test_nothing_survives_close(pool: WorkerPool) -> None:
    before = pool.process_ids
    await pool.close()
    assert not [process_id for process_id in before if psutil.pid_exists(process_id)]


def test_nothing_survives_a_killed_parent() -> None:
    code = (
        "import asyncio\n"
        "from tests.integration.test_worker_pool import FAKES, WorkerPool, job\n"
        "async def main():\n"
        "    pool = WorkerPool(2, 8, FAKES)\n"
        "    await pool.start()\n"
        "    print(*pool.process_ids, flush=True)\n"
        "    await pool.evaluate(job(name='hanging'))\n"
        "asyncio.run(main())\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    assert parent.stdout is not None
    children = [int(word) for word in parent.stdout.readline().split()]
    assert len(children) == 2
    present = [psutil.Process(child) for child in children]
    parent.kill()
    parent.wait()
    parent.stdout.close()
    _, alive = psutil.wait_procs(present, timeout=10)
    assert not alive


async def test_workers_that_cannot_start_are_an_error_that_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pool = WorkerPool(
        1, 1, WorkerConfig(prepare="tests.fakes.point:fingerprint", fingerprint="tests.fakes.point:no_such_name")
    )
    try:
        with pytest.raises(EvaluatorUnavailable, match="no_such_name"):
            await pool.start()
    finally:
        await pool.close()
