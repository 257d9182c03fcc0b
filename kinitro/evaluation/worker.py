"""A worker process: it interleaves many episodes in one event loop.

`WorkerPool` starts it as `python -m kinitro.evaluation.worker FD`, where FD is the number of an inherited socket. The
handshake: it reads its configuration from the socket, prepares the renderer, computes its fingerprint and answers
WorkerReady (or Failed, and ends). From then on it takes orders and sends heartbeats and results; see `jobs`.

Three things run beside each other:

- The main thread: one event loop in which policies are asked and, between two turns of the loop, the simulator steps.
- The thread of `EnvironmentCache`, which makes environments; a heartbeat proves that both of these still run.
- A thread that watches the socket and ends the process when the parent closes it or dies, even if the others hang.
"""

from __future__ import annotations

import asyncio
import os
import platform
import select
import signal
import socket
import sys
import threading
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import msgspec

from kinitro import __version__
from kinitro.environments.errors import InvalidPack, SimulationFailed, UnknownEnvironment
from kinitro.environments.interface import Environment, RandomizedEnvironment
from kinitro.environments.packs.versions import split_version
from kinitro.evaluation import jobs
from kinitro.evaluation.canary import Canary
from kinitro.evaluation.environment_cache import EnvironmentCache
from kinitro.evaluation.episode import EpisodeContext, run_episode
from kinitro.evaluation.errors import VideoFailed
from kinitro.evaluation.fault_attribution import PACK_UNAVAILABLE, SIMULATION_FAILED, VIDEO_FAILED
from kinitro.evaluation.jobs import Job, load
from kinitro.evaluation.outcomes import EpisodeResult, Outcome
from kinitro.evaluation.recordings import Recorder, encode
from kinitro.evaluation.simulator import SharedSimulator
from kinitro.evaluation.stall_monitor import StallMonitor
from kinitro.evaluation.video import VideoObserver
from kinitro.logs import LogFormat, configure_logs, get_logger
from kinitro.policies.messages import Policy
from kinitro.policies.signing import RequestSigner, parse_hotkey

RECORDED = (Outcome.SUCCESS, Outcome.FAILURE)
"""Outcomes whose recordings are kept. A policy fault earns its miner nothing, so there is nothing to verify; the same
holds for a simulation that failed."""
ALIVE_EVERY_S = 2.0
"""Seconds between two heartbeats."""
SWITCH_INTERVAL_S = 0.0005
"""How long the thread that makes environments may keep the interpreter from the event loop; by default it is 5 ms."""
log = get_logger(__name__)


class WorkerConfig(msgspec.Struct, frozen=True):
    """The configuration of all workers of a pool. Strings of the form `module:name` name callables."""

    allow_private_endpoints: bool = False
    canary_url: str | None = None
    environments: str = "kinitro.environments:make"
    fingerprint: str = "kinitro.environments:fingerprint"
    prepare: str = "kinitro.environments:prepare"
    policies: str = "kinitro.policies.client:HttpPolicy"
    hotkey: str | None = None
    """Secret: the content of the hotkey file to sign requests with; unsigned if None."""
    packs: str | None = None
    """The directory of sealed packs; None: there are none."""
    recorders: bool = False
    """Whether every episode has a recorder, even if its recording is not wanted: so no policy can notice it."""
    log_level: str = "info"
    log_format: LogFormat = "auto"


class Worker:
    """Runs the jobs that are assigned to it, and reports their results."""

    def __init__(self, config: WorkerConfig, fingerprint: str) -> None:
        self._config = config
        self._connect = load(config.policies)
        packs = None if config.packs is None else Path(config.packs)
        self._environments = EnvironmentCache(load(config.environments), packs=packs)
        self._key = None if config.hotkey is None else parse_hotkey(config.hotkey.encode(), "The configured hotkey")
        self._canary = Canary(self._connect_own, outside_url=config.canary_url)
        self._stalls = StallMonitor()
        self._running: dict[int, asyncio.Task[None]] = {}
        self._context = EpisodeContext(
            simulator=SharedSimulator(),
            canary=self._canary.is_healthy,
            fingerprint=fingerprint,
        )

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take orders until the parent closes the socket."""
        await self._canary.start()
        background = [asyncio.create_task(self._stalls.run()), asyncio.create_task(self._send_heartbeats(writer))]
        while (order := await jobs.receive_order(reader)) is not None:
            if isinstance(order, jobs.Cancel):
                if (task := self._running.pop(order.key, None)) is not None:
                    task.cancel()
            else:
                self._running[order.key] = asyncio.create_task(self._report(order, writer))
        for task in [*background, *self._running.values()]:
            task.cancel()

    async def _report(self, assignment: jobs.Assignment, writer: asyncio.StreamWriter) -> None:
        result = await self._evaluate(assignment.job)
        self._running.pop(assignment.key, None)
        jobs.send(writer, jobs.Report(assignment.key, result))

    async def _evaluate(self, job: Job) -> EpisodeResult:
        try:
            return await self._run(job)
        except UnknownEnvironment:
            return _make_fault("unknown_environment")
        except InvalidPack as error:
            log.error("pack_refused", env_id=job.env_id, reason=str(error))
            return _make_fault(PACK_UNAVAILABLE, str(error))
        except SimulationFailed:
            return _make_fault(SIMULATION_FAILED)
        except VideoFailed as error:
            return _make_fault(VIDEO_FAILED, str(error))
        except Exception as error:
            log.exception("episode_failed", env_id=job.env_id, endpoint=job.endpoint)
            return _make_fault("evaluator_error", f"{type(error).__name__}: {error}")

    async def _run(self, job: Job) -> EpisodeResult:
        _, pack = split_version(job.env_version)
        environment = await self._environments.take(job.env_id, job.randomization, pack)
        reusable = True
        try:
            if environment.spec.version != job.env_version:
                return _make_fault("environment_version")
            reusable = False
            result = await self._converse(job, environment)
            reusable = result.reason != SIMULATION_FAILED
        except asyncio.CancelledError:
            reusable = True
            raise
        finally:
            if reusable:
                self._environments.give_back(environment)
            else:
                self._environments.discard(environment)
        return result

    async def _converse(self, job: Job, environment: Environment) -> EpisodeResult:
        policy = self._connect_to(job)
        recorder = Recorder() if self._config.recorders else None
        try:
            result = await run_episode(
                environment,
                policy,
                seed=int(job.seed, 16),
                max_steps=job.max_steps,
                context=self._context,
                observer=VideoObserver(Path(job.video)) if job.video else recorder,
                episode_id=job.episode_id,
            )
        finally:
            await policy.close()
        if job.factors and isinstance(environment, RandomizedEnvironment):
            result = replace(result, factors=environment.privileged_factors())
        if recorder is None or not job.record or result.outcome not in RECORDED or result.reason is not None:
            return result
        recording = recorder.make_recording()
        return replace(result, recording=None if recording is None else encode(recording))

    def _connect_to(self, job: Job) -> Policy:
        policy: Policy
        if job.socket is not None:
            policy = self._connect(job.endpoint, unix_socket=Path(job.socket), stalled_s=self._stalls.get_total_s)
        else:
            policy = self._connect(
                job.endpoint,
                allow_private=self._config.allow_private_endpoints,
                signer=None if self._key is None else RequestSigner(self._key, job.receiver),
                stalled_s=self._stalls.get_total_s,
            )
        return policy

    def _connect_own(self, url: str) -> Policy:
        policy: Policy = self._connect(url, allow_private=True)
        return policy

    async def _send_heartbeats(self, writer: asyncio.StreamWriter) -> None:
        while True:
            await self._environments.probe_liveness()
            jobs.send(writer, jobs.Alive())
            await asyncio.sleep(ALIVE_EVERY_S)


def _make_fault(reason: str, detail: str | None = None) -> EpisodeResult:
    return EpisodeResult(Outcome.EVALUATOR_FAULT, steps=0, reason=reason, detail=detail)


def collect_versions() -> dict[str, str]:
    """Return the versions of what a result depends on, and the platform."""
    names = ("kinitro", "mujoco", "metaworld", "numpy", "numba")
    found = {name: metadata.version(name) for name in names if _is_installed(name)}
    return found | {"kinitro": __version__, "python": platform.python_version(), "platform": platform.platform()}


def _is_installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


async def _work(connection: socket.socket, config: WorkerConfig) -> None:
    reader, writer = await asyncio.open_connection(sock=connection)
    try:
        load(config.prepare)()
        fingerprint: str = load(config.fingerprint)()
        worker = Worker(config, fingerprint)
    except Exception as error:
        jobs.send(writer, jobs.Failed(f"{type(error).__name__}: {error}"))
        await writer.drain()
        return
    jobs.send(writer, jobs.WorkerReady(fingerprint, collect_versions()))
    await worker.serve(reader, writer)


def _exit_with(connection: socket.socket) -> None:
    """End this process when the other end of `connection` is closed, even if a simulation hangs in the event loop."""
    hang_up = select.poll()
    hang_up.register(connection, 0)
    hang_up.poll()
    os._exit(0)


def main() -> None:
    """Run the worker. It ignores Ctrl-C and SIGTERM, which the parent handles: a worker ends when its socket closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    connection = socket.socket(fileno=int(sys.argv[1]))
    threading.Thread(target=_exit_with, args=(connection.dup(),), daemon=True).start()
    config = jobs.receive_config(connection, WorkerConfig)
    configure_logs(config.log_level, config.log_format, service="worker")
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    asyncio.run(_work(connection, config))
    os._exit(0)  # a simulation that hangs must not keep the process


if __name__ == "__main__":
    main()
