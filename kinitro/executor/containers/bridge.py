"""A bridge: the process between the executor and one container, or one series of Basilica pods. It loads Affinetes.

`ProcessPool` starts it. It exchanges the messages of `kinitro.evaluation.jobs` with the executor, and speaks Affinetes
with the container. It ends when its socket is closed, and removes the container.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import math
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any, Literal

import msgspec

from kinitro.environments.packs.directory import locate_pack, read_pack_file
from kinitro.environments.packs.versions import split_version
from kinitro.evaluation import jobs
from kinitro.evaluation.jobs import Assignment
from kinitro.evaluation.outcomes import EpisodeResult, Outcome
from kinitro.executor.containers.actor import ENVIRONMENT_PREFIX
from kinitro.logs import LogFormat, configure_logs, get_logger
from kinitro.outgoing_http import prepare_variables
from kinitro.policies.messages import ACT_DEADLINE_S, RESET_DEADLINE_S

STRAY_LABEL = "kinitro.executor"
ALIVE_EVERY_S = 10.0
DESCRIBE_DEADLINE_S = 90.0
"""Seconds for starting the workers of a container and compiling their renderer."""
CLEANUP_DEADLINE_S = 15.0
SIMULATION_ALLOWANCE_S = 120.0
"""Seconds beyond what the protocol's deadlines allow an episode; if it takes longer, it hangs."""
POD_START_S = 600.0
GATHER_S = 1.0
"""Seconds within which jobs are gathered to share a pod, because a pod takes minutes to start."""
CONTAINER_FAILED = "container_failed"
log = get_logger(__name__)


class BridgeConfig(msgspec.Struct, frozen=True):
    """The configuration of a bridge: where and how it runs its container."""

    mode: Literal["docker", "basilica", "url"]
    owner: str
    """The value of the label STRAY_LABEL, which says to which executor the container belongs."""
    name: str
    """The name of the container."""
    image: str = ""
    url: str = ""
    """In mode `url`, the address of a container that is already running."""
    host: str | None = None
    """The Docker engine, such as ssh://user@host; None for the local one."""
    memory: str = "8g"
    cpus: str | None = None
    gpus: bool = False
    token: str = ""
    variables: dict[str, str] = {}
    """The variables of the Actor without their prefix KINITRO_EVAL_."""
    packs: str | None = None
    """The executor's directory of sealed packs, from which containers get those that jobs draw from."""
    batch: int = 1
    """The largest number of jobs in one call; more than 1 for pods."""
    log_level: str = "info"
    log_format: LogFormat = "auto"


class Bridge:
    """Turns assignments into calls of the Actor in the container, through an Affinetes environment."""

    def __init__(self, config: BridgeConfig, environment: Any, writer: asyncio.StreamWriter) -> None:
        self._config = config
        self._environment = environment
        self._writer = writer
        self._waiting: asyncio.Queue[Assignment] = asyncio.Queue()
        self._calls: dict[int, asyncio.Task[None]] = {}
        self._numbers = itertools.count(1)
        self._sent: set[str] = set()
        """The digests of the packs that the container has. Pods do not live long enough to keep any."""

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Report what the container is, then take orders until the executor closes the socket."""
        within_s = DESCRIBE_DEADLINE_S + (POD_START_S if self._pods else 0)
        about = await self._call("describe", within_s, task_id=f"{self._config.name}-0")
        jobs.send(self._writer, jobs.WorkerReady(about["fingerprint"], about["versions"]))
        work = [asyncio.create_task(part) for part in (self._listen(reader), self._dispatch(), self._send_heartbeats())]
        try:
            done, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
            for ended in done:
                ended.result()
        finally:
            for task in [*work, *self._calls.values()]:
                task.cancel()
            await asyncio.gather(*work, *self._calls.values(), return_exceptions=True)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while (order := await jobs.receive_order(reader)) is not None:
            if isinstance(order, Assignment):
                self._waiting.put_nowait(order)
            elif (call := self._calls.pop(order.key, None)) is not None and self._config.batch == 1:
                call.cancel()

    @property
    def _pods(self) -> bool:
        return self._config.mode == "basilica"

    async def _dispatch(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            if self._config.batch > 1:
                await asyncio.sleep(GATHER_S)
            while len(batch) < self._config.batch and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            call = asyncio.create_task(self._evaluate(batch))
            self._calls |= {assignment.key: call for assignment in batch}

    async def _evaluate(self, batch: list[Assignment]) -> None:
        name = f"{self._config.name}-{next(self._numbers)}"
        deadline_s = max(compute_deadline_s(assignment.job.max_steps) for assignment in batch)
        try:
            packs = await asyncio.to_thread(self._read_packs, batch)
            found = await self._call(
                "evaluate",
                deadline_s + (POD_START_S if self._pods else 0),
                jobs=[msgspec.to_builtins(assignment.job) for assignment in batch],
                task_id=name,
                timeout=math.ceil(deadline_s),
                **({"packs": packs} if packs else {}),
            )
            self._sent |= packs.keys()
            results = msgspec.convert(found, list[EpisodeResult])
            if len(results) != len(batch):
                raise ValueError(f"{len(results)} results for {len(batch)} jobs")
        except asyncio.CancelledError:
            if not self._pods:
                await self._call("cancel", ALIVE_EVERY_S, task_id=name)
            raise
        except Exception as error:  # Affinetes raises all kinds of exceptions; each becomes an evaluator fault
            log.error("container_failed", container=self._config.name, reason=f"{type(error).__name__}: {error}"[:500])
            results = [EpisodeResult(Outcome.EVALUATOR_FAULT, steps=0, reason=CONTAINER_FAILED)] * len(batch)
        for assignment, result in zip(batch, results, strict=True):
            self._calls.pop(assignment.key, None)
            jobs.send(self._writer, jobs.Report(assignment.key, result))

    def _read_packs(self, batch: list[Assignment]) -> dict[str, str]:
        """Return what the container lacks for these jobs, by digest, in base64. Raises InvalidPack."""
        digests = {digest for assignment in batch if (digest := split_version(assignment.job.env_version)[1])}
        missing = digests if self._pods else digests - self._sent
        directory = Path(self._config.packs or "")
        return {
            digest: base64.b64encode(read_pack_file(locate_pack(directory, digest))).decode()
            for digest in sorted(missing)
        }

    async def _call(self, method: str, within_s: float, **arguments: Any) -> Any:
        call = getattr(self._environment, method)
        return await call(_timeout=within_s, token=self._config.token, **arguments)

    async def _send_heartbeats(self) -> None:
        """Send heartbeats as long as the container answers. When it does not, the error ends the bridge.

        Pods are not asked: they are short-lived, and the platform ends them.
        """
        while True:
            if not self._pods:
                await self._call("describe", DESCRIBE_DEADLINE_S)
            jobs.send(self._writer, jobs.Alive())
            await asyncio.sleep(ALIVE_EVERY_S)


def compute_deadline_s(max_steps: int) -> float:
    """Return after how many seconds an episode of `max_steps` steps must be hanging."""
    return 4 * RESET_DEADLINE_S + max_steps * ACT_DEADLINE_S + SIMULATION_ALLOWANCE_S


def open_environment(config: BridgeConfig) -> Any:
    """Start the container, or connect to the one at `url`. Affinetes blocks here and uses its own event loop."""
    from affinetes import load_env

    variables = {ENVIRONMENT_PREFIX + name: value for name, value in config.variables.items()}
    variables[ENVIRONMENT_PREFIX + "TOKEN"] = config.token
    if config.mode == "url":
        return load_env(mode="url", base_url=config.url, env_type_override="function_based")
    if config.mode == "basilica":
        return load_env(
            image=config.image,
            mode="basilica",
            env_vars=variables,
            env_type="function_based",
            mem_limit=config.memory,
            cpu_limit=config.cpus,
        )
    return load_env(
        image=config.image,
        mode="docker",
        hosts=[config.host] if config.host else None,
        container_name=config.name,
        env_vars=variables,
        env_type="function_based",
        force_recreate=True,
        mem_limit=config.memory,
        cpu_limit=config.cpus,
        **build_container_options(config),
    )


def build_container_options(config: BridgeConfig) -> dict[str, Any]:
    """Return Docker's options beyond image, name and limits: read-only, without privileges, removed at the end."""
    options: dict[str, Any] = {
        "labels": {STRAY_LABEL: config.owner},
        "restart_policy": {"Name": "no"},
        "stop_signal": "SIGKILL",
        "read_only": True,
        "tmpfs": {"/tmp": "size=512m,mode=1777"},
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "pids_limit": 4096,
        "memswap_limit": config.memory,
    }
    if config.gpus:
        from docker.types import DeviceRequest

        options["device_requests"] = [DeviceRequest(count=-1, capabilities=[["gpu"]])]
    return options


async def _work(connection: socket.socket, config: BridgeConfig, environment: Any) -> None:
    reader, writer = await asyncio.open_connection(sock=connection)
    try:
        await Bridge(config, environment, writer).serve(reader)
    except Exception as error:
        jobs.send(writer, jobs.Failed(f"{type(error).__name__}: {error}"))
        await writer.drain()
    finally:
        await environment.cleanup()
        # Affinetes deletes pods in background tasks and does not wait for them.
        if leftovers := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(leftovers, timeout=CLEANUP_DEADLINE_S)


async def _fail(connection: socket.socket, message: str) -> None:
    _, writer = await asyncio.open_connection(sock=connection)
    jobs.send(writer, jobs.Failed(message))
    await writer.drain()


def main() -> None:
    """Run the bridge. It ignores Ctrl-C and SIGTERM, which the executor handles."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    connection = socket.socket(fileno=int(sys.argv[1]))
    config = jobs.receive_config(connection, BridgeConfig)
    configure_logs(config.log_level, config.log_format, service="bridge")
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)  # Affinetes binds to it
    try:
        try:
            prepare_variables()
            environment = open_environment(config)
        except Exception as error:
            loop.run_until_complete(_fail(connection, f"{type(error).__name__}: {error}"))
        else:
            loop.run_until_complete(_work(connection, config, environment))
    finally:
        os._exit(0)  # what Affinetes does at exit may block


if __name__ == "__main__":
    main()
