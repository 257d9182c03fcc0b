"""How much of a core the executor turns into environment steps while policies think.

    python benchmarks/executor.py [--steps 75] [--episodes auto] [--workers 1 2] [--delays 0 20 50 100]

Real simulator with three cameras, real worker processes, real HTTP on loopback. The policy server is one process that
sleeps 0, 20, 50 or 100 ms before every answer; it shares the machine's cores with the workers. The baseline is how
such executors are usually written: one episode at a time, a fresh HTTP client for every call, images as nested lists.
Loopback hides the network but not its cost: every byte is encoded, sent, received and checked.

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
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx2
import numpy as np
import psutil

from kinitro.environments import get_spec, make
from kinitro.evaluation import EpisodeResult
from kinitro.evaluation.episodes_in_flight import DEFAULT_EPISODES
from kinitro.evaluation.jobs import Job
from kinitro.evaluation.pool import WorkerPool
from kinitro.evaluation.worker import WorkerConfig

DELAYS_MS = (0, 20, 50, 100)
WORKERS = (1, 2)
COMPARED_MS = (0, 50)
BASELINE_STEPS = 30
SETTLING_ROUNDS = 5
SETTLING_STEPS = 12
HOSTILE_SHARE = 4
"""One hostile episode for so many good ones."""


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


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=75, help="per episode")
    parser.add_argument("--episodes", default="auto", help="interleaved per worker; auto follows the latency")
    parser.add_argument("--workers", type=int, nargs="+", default=WORKERS)
    parser.add_argument("--delays", type=int, nargs="+", default=DELAYS_MS, help="milliseconds; 0 and 50 are compared")
    parser.add_argument("--environment", default="metaworld/reach-v3")
    arguments = parser.parse_args()
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
