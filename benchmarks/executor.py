"""How much of a core the executor turns into environment steps while policies think.

    python benchmarks/executor.py [--steps 75] [--episodes auto] [--workers 1 2] [--delays 0 20 50 100]

Real simulator with three cameras, real worker processes, real HTTP on loopback. The policy server is one process that
sleeps 0, 20, 50 or 100 ms before every answer; it shares the machine's cores with the workers. The baseline is how
such executors are usually written: one episode at a time, a fresh HTTP client for every call, images as nested lists.
Loopback hides the network but not its cost: every byte is encoded, sent, received and checked.

    python benchmarks/executor.py --evaluate [--steps 75]

compares `kinitro evaluate` with the executor instead: 8 environments x 50 episodes of a policy that never moves, with
two workers, once by the command and once by the pool of workers alone, as the executor configures it. All CPU time of
each counts, from its start to its end, but the policy server's. Each is measured with short and with long episodes,
which tells what a further step costs from what does not depend on the number of steps (starting, making environments).

    python benchmarks/executor.py --hosted [--steps 75]

compares a hosted policy (in its sandbox, over a Unix socket) with the same policy behind an endpoint on loopback: steps
per CPU second of the workers, and how long an instance takes to start beside the server's own imports.

Making the environments is reported apart; every episode's reset counts. The delays are measured in an order that is its
own reverse, 0 and 50 ms twice, so that a machine that becomes slower or faster meanwhile favours none of them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx2
import numpy as np
import psutil

from kinitro.environments import get_spec, make, scored_specs
from kinitro.evaluation import EpisodeResult
from kinitro.evaluation.episodes_in_flight import DEFAULT_EPISODES
from kinitro.evaluation.jobs import Job
from kinitro.evaluation.pool import WorkerPool
from kinitro.evaluation.survey import SurveyPlan
from kinitro.evaluation.worker import WorkerConfig
from kinitro.local.policy_directory import serve_policy_directory
from kinitro.local.sandboxed_directory import host_directory
from kinitro.miner.projects import create_project

DELAYS_MS = (0, 20, 50, 100)
WORKERS = (1, 2)
COMPARED_MS = (0, 50)
BASELINE_STEPS = 30
SETTLING_ROUNDS = 5
SETTLING_STEPS = 12
HOSTILE_SHARE = 4
"""One hostile episode for so many good ones."""
SURVEYED_EPISODES = 50
"""Per environment, where `kinitro evaluate` is compared."""


@dataclass(frozen=True)
class Run:
    steps: int
    elapsed_s: float
    worker_cpu_s: float
    latency_ms: float
    queued_s: float
    """How long the workers' event loops were ready to run while others had the cores."""

    @property
    def rate(self) -> float:
        return self.steps / self.elapsed_s

    @property
    def idle_share(self) -> float:
        """The share of the time in which the only worker neither worked nor waited for a core."""
        return 1.0 - (self.worker_cpu_s + self.queued_s) / self.elapsed_s

    @property
    def cpu_ms(self) -> float:
        return 1000 * self.worker_cpu_s / self.steps


@contextmanager
def policy_server(delay_ms: int) -> Iterator[str]:
    command = [sys.executable, "-m", "kinitro.evaluation.no_op_server", "--delay-ms", str(delay_ms)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.communicate()


def jobs(environment: str, endpoint: str, count: int, steps: int) -> list[Job]:
    spec = get_spec(environment)
    return [Job(spec.id, spec.version, os.urandom(16).hex(), endpoint, steps) for _ in range(count)]


def cpu_s(pool: WorkerPool) -> float:
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pool.process_ids)


def queued_s(pool: WorkerPool) -> float:
    """Seconds that the event loops of all workers waited for a core, as Linux counts them."""
    files = (Path(f"/proc/{pid}/task/{pid}/schedstat") for pid in pool.process_ids)
    return sum(int(file.read_text().split()[1]) for file in files) / 1e9


async def measure(pool: WorkerPool, batch: list[Job]) -> Run:
    """Run all at once; counts the steps of those that were answered."""
    cpu, queued, begun = cpu_s(pool), queued_s(pool), time.perf_counter()
    results: list[EpisodeResult] = await asyncio.gather(*(pool.evaluate(job) for job in batch))
    elapsed_s = time.perf_counter() - begun
    faults = [result.reason for result in results if result.reason]
    assert not faults, faults
    latency_ms = float(np.median([result.timings.policy_p50_ms for result in results]))
    return Run(
        sum(result.steps for result in results), elapsed_s, cpu_s(pool) - cpu, latency_ms, queued_s(pool) - queued
    )


async def interleaved(
    environment: str, episodes: int | None, steps: int, workers: int, delays_ms: list[int]
) -> dict[int, Run]:
    """Delay -> what was measured, of several runs together."""
    others = [delay_ms for delay_ms in delays_ms if delay_ms not in COMPARED_MS]
    order = [*COMPARED_MS, *others, *reversed(COMPARED_MS)]
    found: defaultdict[int, list[Run]] = defaultdict(list)
    pool = WorkerPool(workers, episodes, WorkerConfig(allow_private_endpoints=True, log_level="error"))
    await pool.start()
    try:
        with policy_server(0) as endpoint:
            start = await measure(pool, jobs(environment, endpoint, pool.capacity, 2))
        processes = [psutil.Process(process_id) for process_id in pool.process_ids]
        print(f"{workers} worker(s): {pool.capacity} environments made and seen once in {start.elapsed_s:.1f} s")
        for delay_ms in order:
            with policy_server(delay_ms) as endpoint:
                if episodes is None:
                    await settle(pool, environment, endpoint)
                    print(f"{workers} worker(s)  {delay_ms:3d} ms  {pool.capacity} episodes in flight", flush=True)
                found[delay_ms].append(await measure(pool, jobs(environment, endpoint, pool.capacity, steps)))
        memory_mib = max(process.memory_full_info().uss for process in processes) / 2**20
    finally:
        await pool.close()
    together = {delay_ms: combined(found[delay_ms]) for delay_ms in delays_ms}
    for delay_ms, run in together.items():
        print(
            f"{workers} worker(s)  {delay_ms:3d} ms  {run.rate:7.1f} steps/s  {run.cpu_ms:6.2f} ms CPU/step  "
            f"cores used {run.worker_cpu_s / run.elapsed_s:4.2f}  policy p50 {run.latency_ms:5.1f} ms"
            + (f"  idle {run.idle_share:.0%}" if workers == 1 else ""),
            flush=True,
        )
    print(f"{workers} worker(s): {memory_mib:.0f} MiB in the largest process")
    return together


async def settle(pool: WorkerPool, environment: str, endpoint: str) -> None:
    """Run short episodes until their number follows from this server's latency and all environments are made."""
    for _ in range(SETTLING_ROUNDS):
        before = pool.capacity
        await measure(pool, jobs(environment, endpoint, before, SETTLING_STEPS))
        if pool.capacity == before:
            return


def combined(runs: list[Run]) -> Run:
    """Several runs as one."""
    return Run(
        sum(run.steps for run in runs),
        sum(run.elapsed_s for run in runs),
        sum(run.worker_cpu_s for run in runs),
        float(np.median([run.latency_ms for run in runs])),
        sum(run.queued_s for run in runs),
    )


async def baseline(environment_id: str, delay_ms: int) -> float:
    """Steps per second of one episode at a time, a client per call, nested lists."""
    environment = make(environment_id)
    environment.reset(1)
    environment.observe()
    with policy_server(delay_ms) as endpoint:
        begun = time.perf_counter()
        for step in range(BASELINE_STEPS):
            observation = environment.observe()
            body = json.dumps(
                {
                    "episode_id": "baseline",
                    "step": step,
                    "observation": observation.agent_pos.tolist(),
                    "images": {name: image.tolist() for name, image in observation.pixels.items()},
                }
            )
            async with httpx2.AsyncClient() as client:
                headers = {"content-type": "application/json"}
                answer = await client.post(f"{endpoint}/act", content=body, headers=headers)
            environment.step(answer.json()["action"])
        elapsed_s = time.perf_counter() - begun
    environment.close()
    return BASELINE_STEPS / elapsed_s


async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Promises a gigabyte and sends a byte now and then."""
    try:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000000000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def beside_hostile(environment: str, episodes: int, steps: int) -> tuple[Run, Run]:
    """Good episodes alone (before and after), and the same number beside hostile servers, in one worker."""
    pool = WorkerPool(1, episodes * 2, WorkerConfig(allow_private_endpoints=True, log_level="error"))
    await pool.start()
    hostile = await asyncio.start_server(trickle, "127.0.0.1", 0)
    bad = f"http://127.0.0.1:{hostile.sockets[0].getsockname()[1]}"
    try:
        with policy_server(20) as endpoint:
            good = partial(jobs, environment, endpoint, episodes)
            await measure(pool, jobs(environment, endpoint, episodes + episodes // HOSTILE_SHARE, 2))
            before = await measure(pool, good(steps))
            bad_jobs = jobs(environment, bad, episodes // HOSTILE_SHARE, steps)
            enemies = [asyncio.create_task(pool.evaluate(job)) for job in bad_jobs]
            await asyncio.sleep(0.5)
            beside = await measure(pool, good(steps))
            assert not any(enemy.done() for enemy in enemies), "they did not fight to the end"
            for enemy in enemies:
                enemy.cancel()
            await asyncio.gather(*enemies, return_exceptions=True)
            after = await measure(pool, good(steps))
    finally:
        await pool.close()
        hostile.close()
    return combined([before, after]), beside


@dataclass(frozen=True)
class Whole:
    """A whole run of a command: its CPU time, and the control steps that it made."""

    cpu_s: float
    steps: int


def run_to_end(command: list[str]) -> tuple[float, str]:
    """Run a command; return the CPU seconds of it and of all that it started and waited for, and its output."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors)
        assert process.stdout is not None
        said = process.stdout.read().decode()
        _, status, used = os.wait4(process.pid, 0)
        errors.seek(0)
        assert status == 0, errors.read().decode()[-2000:]
    return used.ru_utime + used.ru_stime, said


def run_evaluate(endpoint: str, steps: int) -> Whole:
    """`kinitro evaluate`, as a miner types it."""
    command = [sys.executable, "-m", "kinitro", "evaluate", endpoint, "--workers", "2", "--max-steps", str(steps)]
    with tempfile.TemporaryDirectory() as directory:
        where = ["--results", directory, "--json", "-"]
        cpu_s, said = run_to_end([*command, "--episodes", str(SURVEYED_EPISODES), *where])
    return Whole(cpu_s, sum(episode["steps"] for episode in json.loads(said)["episodes"]))


def run_pool(endpoint: str, steps: int) -> Whole:
    """The same episodes in the executor's workers, in a process that does nothing else."""
    cpu_s, said = run_to_end([sys.executable, __file__, "--survey", endpoint, "--steps", str(steps)])
    return Whole(cpu_s, int(said))


async def survey(endpoint: str, steps: int) -> None:
    """What `run_pool` runs; prints how many steps were made."""
    plan = SurveyPlan.of(endpoint, [spec.id for spec in scored_specs()], SURVEYED_EPISODES, 0, steps)
    config = WorkerConfig(allow_private_endpoints=True, recorders=True, log_level="error")
    pool = WorkerPool(2, DEFAULT_EPISODES, config)
    await pool.start()
    try:
        batch = [plan.make_job(env_id, episode, endpoint, None) for env_id, episode in plan.keys]
        results = await asyncio.gather(*(pool.evaluate(job) for job in batch))
    finally:
        await pool.close()
    print(sum(result.steps for result in results))


def compare_evaluate(steps: int) -> None:
    """Print what a step costs in `kinitro evaluate`, as a ratio to the executor's workers.

    Both run side by side, so that whatever else the machine does costs both the same.
    """
    runs: tuple[Callable[[str, int], Whole], ...] = (run_evaluate, run_pool)
    spent: defaultdict[str, list[Whole]] = defaultdict(list)
    for horizon in (max(2, steps // 8), steps):
        with policy_server(0) as one, policy_server(0) as other, ThreadPoolExecutor() as threads:
            wholes = list(threads.map(lambda run, url, horizon=horizon: run(url, horizon), runs, (one, other)))
        for run, whole in zip(runs, wholes, strict=True):
            spent[run.__name__].append(whole)
            print(
                f"{run.__name__:12s}  at most {horizon:3d} steps per episode  {whole.steps:6d} steps  "
                f"{whole.cpu_s:7.1f} s CPU",
                flush=True,
            )
    all_steps = SURVEYED_EPISODES * sum(spec.max_steps for spec in scored_specs())
    step_s, whole_s = {}, {}
    for name, (short, long) in spent.items():
        step_s[name] = (long.cpu_s - short.cpu_s) / (long.steps - short.steps)
        whole_s[name] = short.cpu_s + step_s[name] * (all_steps - short.steps)
        print(
            f"{name:12s}  {1000 * step_s[name]:.2f} ms CPU for a further step; "
            f"{whole_s[name]:.0f} s CPU for all {all_steps} steps of whole episodes"
        )
    further_share = step_s["run_pool"] / step_s["run_evaluate"]
    whole_share = whole_s["run_pool"] / whole_s["run_evaluate"]
    print(
        f"evaluate makes {further_share:.1%} of the executor's further steps per CPU-second, "
        f"{whole_share:.1%} with everything in whole episodes"
    )


FORWARD = """
class RobotPolicy:
    max_concurrent_episodes = 64
    max_chunk = 1
    @classmethod
    def load(cls): pass
    async def reset(self, task_config): return task_config["episode_id"]
    async def act(self, observation, images): return [0.0, 0.0, 0.0, 0.0]
"""
"""A light policy in the template's server, on both sides."""


async def compare_hosted(environment: str, episodes: int, steps: int) -> None:
    """Compare a policy in its sandbox with the same policy behind an endpoint, in turns."""
    with tempfile.TemporaryDirectory(prefix="kinitro-benchmark-") as scratch:
        directory = Path(scratch) / "policy"
        create_project(directory)
        (directory / "policy.py").write_text(FORWARD)
        began = time.perf_counter()
        code = "import fastapi, httptools, msgspec, numpy, uvicorn"
        await asyncio.to_thread(subprocess.run, [sys.executable, "-c", code], check=True)
        imports_s = time.perf_counter() - began
        pool = WorkerPool(1, episodes, WorkerConfig(allow_private_endpoints=True, log_level="error"))
        runs: dict[str, list[Run]] = {"hosted": [], "endpoint": []}
        async with (
            host_directory(directory, pool) as hosted,
            serve_policy_directory(directory, Path(scratch) / "server.log") as url,
        ):
            await pool.start()
            began = time.perf_counter()
            await hosted.evaluate(jobs(environment, "", 1, 1)[0])
            start_s = time.perf_counter() - began
            await measure(pool, jobs(environment, url, pool.capacity, 2))
            for where in ("hosted", "endpoint", "endpoint", "hosted"):
                evaluator, endpoint = (hosted, "") if where == "hosted" else (pool, url)
                batch = jobs(environment, endpoint, pool.capacity, steps)
                cpu, began = cpu_s(pool), time.perf_counter()
                results = await asyncio.gather(*(evaluator.evaluate(job) for job in batch))
                elapsed_s = time.perf_counter() - began
                assert not [result.reason for result in results if result.reason]
                latency_ms = float(np.median([result.timings.policy_p50_ms for result in results]))
                done = sum(result.steps for result in results)
                runs[where].append(Run(done, elapsed_s, cpu_s(pool) - cpu, latency_ms))
            await pool.close()
    found = {where: combined(measured) for where, measured in runs.items()}
    for where, run in found.items():
        print(f"{where:8s} {run.rate:7.1f} steps/s  {run.cpu_ms:6.3f} ms CPU/step of the worker")
    print(f"hosted: {found['endpoint'].cpu_ms / found['hosted'].cpu_ms:.0%} of the endpoint's steps per CPU second")
    print(f"first episode of one step, its instance included: {start_s:.2f} s; imports alone: {imports_s:.2f} s")


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=75, help="per episode")
    parser.add_argument("--episodes", default="auto", help="interleaved per worker; auto follows the latency")
    parser.add_argument("--workers", type=int, nargs="+", default=WORKERS)
    parser.add_argument("--delays", type=int, nargs="+", default=DELAYS_MS, help="milliseconds; 0 and 50 are compared")
    parser.add_argument("--environment", default="metaworld/reach-v3")
    parser.add_argument("--evaluate", action="store_true", help="compare `kinitro evaluate` with the executor")
    parser.add_argument("--hosted", action="store_true", help="compare a hosted policy with an endpoint")
    parser.add_argument("--survey", metavar="URL", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.survey:
        await survey(arguments.survey, arguments.steps)
        return
    if arguments.hosted:
        await compare_hosted(arguments.environment, arguments.episodes, arguments.steps)
        return
    if arguments.evaluate:
        await asyncio.to_thread(compare_evaluate, arguments.steps)
        return
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {arguments.environment}, 3 cameras")
    episodes = None if arguments.episodes == "auto" else int(arguments.episodes)
    delays_ms = sorted({*COMPARED_MS, *arguments.delays})
    found = {
        workers: await interleaved(arguments.environment, episodes, arguments.steps, workers, delays_ms)
        for workers in arguments.workers
    }
    usual = {delay_ms: await baseline(arguments.environment, delay_ms) for delay_ms in COMPARED_MS}
    for delay_ms, rate in usual.items():
        print(f"baseline    {delay_ms:3d} ms  {rate:7.1f} steps/s")
    for workers, runs in found.items():
        shares = ", ".join(f"{delay} ms at {run.rate / runs[0].rate:.0%}" for delay, run in runs.items() if delay)
        print(f"{workers} worker(s): {shares} of 0 ms, {runs[50].rate / usual[50]:.1f} x the baseline at 50 ms")
    alone, beside = await beside_hostile(arguments.environment, episodes or DEFAULT_EPISODES, arguments.steps)
    print(
        f"beside hostile servers: {beside.rate / alone.rate:.1%} of the speed alone, "
        f"CPU per good step {beside.cpu_ms:.2f} ms instead of {alone.cpu_ms:.2f} ms"
    )


if __name__ == "__main__":
    asyncio.run(main())
