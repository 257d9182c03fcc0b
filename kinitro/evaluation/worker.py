"""A worker process: interleaves many episodes in one event loop.

Started by `WorkerPool` as `python -m kinitro.evaluation.worker FD`; talks over the socket FD, which first brings its
configuration, and ends when its parent does.
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
from kinitro.environments.errors import SimulationFailed, UnknownEnvironment
from kinitro.environments.interface import Environment
from kinitro.evaluation import jobs
from kinitro.evaluation.canary import Canary
from kinitro.evaluation.environment_cache import Instances
from kinitro.evaluation.episode import Surroundings, run_episode
from kinitro.evaluation.errors import VideoFailed
from kinitro.evaluation.fault_attribution import SIMULATION_FAILED, VIDEO_FAILED
from kinitro.evaluation.jobs import Job, load
from kinitro.evaluation.outcomes import EpisodeResult, Outcome
from kinitro.evaluation.recordings import Recorder, encode
from kinitro.evaluation.simulator import SharedSimulator
from kinitro.evaluation.stall_monitor import StallWatch
from kinitro.evaluation.video import VideoWitness
from kinitro.logs import LogFormat, configure_logs, get_logger
from kinitro.policies.messages import Policy
from kinitro.policies.signing import RequestSigner, parse_hotkey

RECORDED = (Outcome.SUCCESS, Outcome.FAILURE)
"""A policy fault earns its miner nothing, so there is nothing to verify; nor has a simulation that failed."""
ALIVE_EVERY_S = 2.0
SWITCH_INTERVAL_S = 0.0005
"""How long the thread that makes environments may keep the interpreter from the event loop; Python's default: 5 ms."""
log = get_logger(__name__)


class WorkerConfig(msgspec.Struct, frozen=True):
    """What all workers of a pool are told at their start. `module:name` names a callable."""

    allow_private_endpoints: bool = False
    canary_url: str | None = None
    environments: str = "kinitro.environments:make"
    fingerprint: str = "kinitro.environments:fingerprint"
    prepare: str = "kinitro.environments:prepare"
    policies: str = "kinitro.policies.client:HttpPolicy"
    hotkey: str | None = None
    """Secret: the content of the hotkey file to sign requests with; unsigned if None."""
    recorders: bool = False
    """Every episode has a recorder, whether its recording is wanted or not: no policy can tell which is which."""
    log_level: str = "info"
    log_format: LogFormat = "auto"


class Worker:
    """Runs jobs as they are ordered."""

    def __init__(self, config: WorkerConfig, fingerprint: str) -> None:
        self._config = config
        self._connect = load(config.policies)
        self._instances = Instances(load(config.environments))
        self._key = None if config.hotkey is None else parse_hotkey(config.hotkey.encode(), "The configured hotkey")
        self._canary = Canary(self._connect_own, outside_url=config.canary_url)
        self._stalls = StallWatch()
        self._running: dict[int, asyncio.Task[None]] = {}
        self._surroundings = Surroundings(
            simulator=SharedSimulator(),
            canary=self._canary.sings,
            fingerprint=fingerprint,
        )

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take orders until the parent is gone."""
        await self._canary.start()
        background = [asyncio.create_task(self._stalls.run()), asyncio.create_task(self._show_life(writer))]
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
            return _fault("unknown_environment")
        except SimulationFailed:
            return _fault(SIMULATION_FAILED)
        except VideoFailed as error:
            return _fault(VIDEO_FAILED, str(error))
        except Exception as error:
            log.exception("episode_failed", env_id=job.env_id, endpoint=job.endpoint)
            return _fault("evaluator_error", f"{type(error).__name__}: {error}")

    async def _run(self, job: Job) -> EpisodeResult:
        environment = await self._instances.take(job.env_id)
        reusable = True
        try:
            if environment.spec.version != job.env_version:
                return _fault("environment_version")
            reusable = False
            result = await self._converse(job, environment)
            reusable = result.reason != SIMULATION_FAILED
        except asyncio.CancelledError:
            reusable = True
            raise
        finally:
            if reusable:
                self._instances.give_back(environment)
            else:
                self._instances.discard(environment)
        return result

    async def _converse(self, job: Job, environment: Environment) -> EpisodeResult:
        policy: Policy = self._connect(
            job.endpoint,
            allow_private=self._config.allow_private_endpoints,
            signer=None if self._key is None else RequestSigner(self._key, job.receiver),
            stalled_s=self._stalls.total_s,
        )
        recorder = Recorder() if self._config.recorders else None
        try:
            result = await run_episode(
                environment,
                policy,
                seed=int(job.seed, 16),
                max_steps=job.max_steps,
                surroundings=self._surroundings,
                witness=VideoWitness(Path(job.video)) if job.video else recorder,
            )
        finally:
            await policy.close()
        if recorder is None or not job.record or result.outcome not in RECORDED or result.reason is not None:
            return result
        recording = recorder.recording()
        return replace(result, recording=None if recording is None else encode(recording))

    def _connect_own(self, url: str) -> Policy:
        policy: Policy = self._connect(url, allow_private=True)
        return policy

    async def _show_life(self, writer: asyncio.StreamWriter) -> None:
        while True:
            await self._instances.alive()
            jobs.send(writer, jobs.Alive())
            await asyncio.sleep(ALIVE_EVERY_S)


def _fault(reason: str, detail: str | None = None) -> EpisodeResult:
    return EpisodeResult(Outcome.EVALUATOR_FAULT, steps=0, reason=reason, detail=detail)


def versions() -> dict[str, str]:
    """Versions of what a result depends on, and where it ran."""
    names = ("kinitro", "mujoco", "metaworld", "numpy", "numba")
    found = {name: metadata.version(name) for name in names if _installed(name)}
    return found | {"kinitro": __version__, "python": platform.python_version(), "platform": platform.platform()}


def _installed(name: str) -> bool:
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
    jobs.send(writer, jobs.WorkerReady(fingerprint, versions()))
    await worker.serve(reader, writer)


def _end_with(connection: socket.socket) -> None:
    """End this process when the other end of `connection` closes, even if a simulation hangs in the event loop."""
    hang_up = select.poll()
    hang_up.register(connection, 0)
    hang_up.poll()
    os._exit(0)


def main() -> None:
    """Entry point. Ctrl-C and SIGTERM are the parent's business: a worker ends when its socket does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    connection = socket.socket(fileno=int(sys.argv[1]))
    threading.Thread(target=_end_with, args=(connection.dup(),), daemon=True).start()
    config = jobs.receive_config(connection, WorkerConfig)
    configure_logs(config.log_level, config.log_format, service="worker")
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    asyncio.run(_work(connection, config))
    os._exit(0)  # a simulation that hangs must not keep the process


if __name__ == "__main__":
    main()
