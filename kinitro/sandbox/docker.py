"""Sandboxes as containers: for policies that need a GPU, and for machines that have an engine and no bubblewrap.

The engine must run on this machine. A container has no network; the only way to the outside is the control socket, a
Unix socket of ours that is mounted into it. The steps of a start (see `startup` for those inside):

1. Listen on the control socket; create the container, which the engine starts with all limits already on.
2. The script inside connects to the control socket. We accept this one connection and stop listening, so that the
   policy cannot connect a second time.
3. The go-ahead carries the listening socket on which the policy will serve. It is a socket of this machine, which is
   why the container needs no network.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

from kinitro.errors import ConfigurationError
from kinitro.sandbox.confinement import FIRST_UID, HOSTNAME, make_environment
from kinitro.sandbox.errors import SandboxFailed, SandboxUnavailable
from kinitro.sandbox.interface import Ending, EndReason, Limits, Runtime
from kinitro.sandbox.processes import count_out_of_memory_kills, name_process
from kinitro.sandbox.readiness import wait_until_healthy
from kinitro.sandbox.seccomp import build_container_profile
from kinitro.sandbox.startup import (
    LAUNCHER,
    LOG_BYTES,
    POLICY,
    PROBE,
    READY,
    SCRIPT,
    SETUP_S,
    check_probe_report,
    check_readable,
    listen,
    make_printable,
    place_decoys,
    read_to_end,
    send_go_ahead,
    wait_for_setup,
)
from kinitro.supervision import SupervisedLoop

CONTROL_SOCKET: Final = Path("/control.sock")
"""Where the script in a container finds the control socket."""
LABEL: Final = "kinitro.sandbox"
"""The label of our containers; its value is the id of the process that made the container."""
WATCH_S: Final = 0.5
OPEN_FILES: Final = 1024
ENGINE_S: Final = 60
REPORT_S: Final = 1.0
"""Seconds within which an engine reports that a container ran out of memory."""
SPARE_CPU_S: Final = 10
"""A process that ignores the signal at its CPU limit is killed by the kernel after this many more seconds."""
_BY_SIGNAL: Final = 128


class DockerSandbox:
    """Runs policies in containers of the runtime's image, which has the published packages; see `interface.Sandbox`."""

    name: ClassVar[str] = "docker"

    def __init__(self, image: str, *, gpus: str | None = None, engine: str | None = None) -> None:
        """Make a sandbox; nothing starts yet.

        gpus: `all`, or numbers or UUIDs separated by commas; None shows no GPU to policies.
        engine: the URL of the engine; None means DOCKER_HOST, or the usual socket if that is not set.
        """
        self._image = image
        self._gpus = gpus
        self._engine = engine

    async def inspect_runtime(self) -> Runtime:
        """Return the image as a runtime, named by its digest; raises SandboxUnavailable or ConfigurationError."""
        client = await self._connect()
        with contextlib.closing(client):
            image = await self._inspect_image(client)
        return Runtime(f"{self._image}@{image.id}", Path("python"), image=self._image)

    async def check(self) -> None:
        """Attack a container from inside; raises SandboxUnavailable if an attack succeeds, or if none can be tried."""
        client = await self._connect()
        with contextlib.closing(client), place_decoys() as (unseen, abstract):
            image = await self._inspect_image(client)
            names = [one.partition("=")[0] for one in image.attrs["Config"].get("Env") or []]
            await _call_engine(_remove_abandoned, client)
            try:
                arguments = [str(unseen), abstract, "HOSTNAME", *names]
                async with self._spawn(client, self._image, PROBE, arguments, Limits(), []) as (_, control):
                    send_go_ahead(control)
                    report = (await wait_for_setup(read_to_end(control))).decode()
            except SandboxFailed as error:
                raise SandboxUnavailable(f"The container engine cannot isolate policies: {error}") from None
        check_probe_report(report)

    @contextlib.asynccontextmanager
    async def serve(
        self,
        policy: Path,
        *,
        runtime: Runtime,
        limits: Limits = Limits(),  # noqa: B008 - immutable
    ) -> AsyncIterator[ContainedPolicy]:
        """Run `server:app` of a directory that everybody may read; see `interface.Sandbox.serve`."""
        check_readable(policy)
        shown = [(policy, POLICY)]
        async with contextlib.AsyncExitStack() as stack:
            client = stack.enter_context(contextlib.closing(await self._connect()))
            path, listener = stack.enter_context(listen())
            container, control = await stack.enter_async_context(
                self._spawn(client, runtime.image or self._image, LAUNCHER, [], limits, shown)
            )
            send_go_ahead(control, listener)
            if await wait_for_setup(read_to_end(control)) != READY:
                why = await container.wait(SETUP_S)
                raise SandboxFailed(f"The runtime {runtime.name} does not work in the sandbox ({why}).")
            served = ContainedPolicy(path, container)
            await wait_until_healthy(served, limits.start_s)
            yield served

    @contextlib.asynccontextmanager
    async def _spawn(
        self,
        client: Any,
        image: str,
        script: Path,
        arguments: Sequence[str],
        limits: Limits,
        shown: Sequence[tuple[Path, Path]],
    ) -> AsyncIterator[tuple[Container, socket.socket]]:
        """Run `script` in a container until the context ends. Yields the container and the script's control socket."""
        with contextlib.ExitStack() as stack:
            path, listener = stack.enter_context(listen("control.sock"))
            path.chmod(0o666)  # for the user inside; other users of this machine may not enter the directory above it
            listener.setblocking(False)
            command = ["python", "-I", "-B", "-u", str(SCRIPT), str(CONTROL_SOCKET), *arguments]
            visible = [*shown, (script, SCRIPT), (path, CONTROL_SOCKET)]
            options = build_container_options(limits, visible, self._gpus)
            container = Container(await _call_engine(client.containers.create, image, command, **options), limits)
            try:
                await container.start()
                control = stack.enter_context(await container.accept_control(listener))
                listener.close()
                yield container, control
            finally:
                await container.stop()

    async def _connect(self) -> Any:
        import docker

        options = {"base_url": self._engine} if self._engine else {}
        connect = docker.DockerClient if self._engine else docker.from_env
        try:
            return await asyncio.to_thread(connect, timeout=ENGINE_S, **options)
        except docker.errors.DockerException as error:
            raise SandboxUnavailable(f"The container engine does not answer: {str(error)[:200]}.") from None

    async def _inspect_image(self, client: Any) -> Any:
        from docker.errors import NotFound

        try:
            return await _call_engine(client.images.get, self._image)
        except SandboxFailed as error:
            if isinstance(error.__cause__, NotFound):
                raise ConfigurationError(
                    f"--runtime names the image {self._image!r}, which is not on this machine: build or pull it."
                ) from None
            raise SandboxUnavailable(str(error)) from None


@dataclass(frozen=True, slots=True)
class ContainedPolicy:
    """A running policy; see `interface.SandboxedPolicy`."""

    socket: Path
    container: Container

    def poll(self) -> Ending | None:
        return self.container.ending

    async def wait(self, within_s: float) -> Ending | None:
        return await self.container.wait(within_s)


class Container:
    """One container, watched from its start to its end."""

    def __init__(self, handle: Any, limits: Limits) -> None:
        """handle: a container object of the Docker SDK that is created and not started."""
        self._handle = handle
        self._limits = limits
        self._tail = bytearray()
        self._verdict: EndReason | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._over = asyncio.Event()
        self.ending: Ending | None = None

    async def start(self) -> None:
        """Start the container and begin to watch it; raises SandboxFailed."""
        await _call_engine(self._handle.start)
        self._began = time.monotonic()
        self._machine_kills = count_out_of_memory_kills()
        self._tasks = [asyncio.create_task(one()) for one in (self._wait_until_over, self._watch)]

    async def accept_control(self, listener: socket.socket) -> socket.socket:
        """Return the connection that the script inside makes; raises SandboxFailed if it ends before, or is late."""
        accepting = asyncio.create_task(asyncio.get_running_loop().sock_accept(listener))
        ending = asyncio.create_task(self.wait(SETUP_S))
        await asyncio.wait((accepting, ending), return_when=asyncio.FIRST_COMPLETED)
        for task in (accepting, ending):
            task.cancel()
        await asyncio.gather(accepting, ending, return_exceptions=True)
        if accepting.cancelled():
            raise SandboxFailed(
                f"The container did not connect to its control socket ({self.ending or 'it still runs'})."
            )
        connection: socket.socket = accepting.result()[0]
        connection.setblocking(False)
        return connection

    async def wait(self, within_s: float) -> Ending | None:
        """Wait at most `within_s` seconds for the end and return how it ended; None if it still runs."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), within_s)
        return self.ending

    async def stop(self) -> None:
        """Kill and remove it, and wait for that. Raises SandboxFailed if the engine does not do it."""
        self._verdict = self._verdict or EndReason.KILLED
        await _call_engine(self._handle.remove, force=True, v=True)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _end(self, reason: EndReason) -> None:
        if self._verdict is None:
            self._verdict = reason
            with contextlib.suppress(SandboxFailed):  # it may have ended by itself in this moment
                await _call_engine(self._handle.kill)

    async def _wait_until_over(self) -> None:
        reading = asyncio.create_task(asyncio.to_thread(self._read_output))
        try:
            code = (await _call_engine(self._handle.wait, timeout=self._limits.wall_s + ENGINE_S))["StatusCode"]
            await reading
            reason = self._verdict or await self._explain_end(code)
            self.ending = Ending(reason, code, make_printable(self._tail))
        except SandboxFailed:  # the engine went away, or we removed the container
            self.ending = Ending(self._verdict or EndReason.KILLED, None, make_printable(self._tail))
        finally:
            reading.cancel()
            self._over.set()

    async def _explain_end(self, code: int) -> EndReason:
        """Return why a container ended that we did not end."""
        short_of_memory = code == _BY_SIGNAL + signal.SIGKILL and count_out_of_memory_kills() > self._machine_kills
        limit = time.monotonic() + (REPORT_S if short_of_memory else 0)
        while (happened := await self._find_reported_end()) is None and time.monotonic() < limit:  # noqa: ASYNC110 - the engine is asked
            await asyncio.sleep(REPORT_S / 10)
        if happened:
            return happened
        if code == _BY_SIGNAL + signal.SIGXCPU:
            return EndReason.CPU
        return EndReason.KILLED if short_of_memory else EndReason.EXITED

    def _read_output(self) -> None:
        """Read the output in a thread: keep its end, and kill the container if there is too much of it."""
        import docker
        import requests

        written = 0
        with contextlib.suppress(docker.errors.DockerException, requests.RequestException):  # `wait` will tell
            for part in self._handle.logs(stream=True, follow=True):
                written += len(part)
                self._tail = (self._tail + part)[-LOG_BYTES:]
                if written > self._limits.output_bytes and self._verdict is None:
                    self._verdict = EndReason.OUTPUT
                    self._handle.kill()

    async def _watch(self) -> None:
        loop = SupervisedLoop("watch over a sandbox")
        while not self._over.is_set():
            with loop.turn():
                if time.monotonic() - self._began > self._limits.wall_s:
                    await self._end(EndReason.WALL)
                elif reason := await self._find_exceeded_limit():
                    await self._end(reason)
            await self.wait(WATCH_S)

    async def _find_exceeded_limit(self) -> EndReason | None:
        try:
            stats = await _call_engine(self._handle.client.api.stats, self._handle.id, stream=False, one_shot=True)
            happened = await self._find_reported_end()
        except SandboxFailed:  # over already; otherwise `wait` will tell
            return None
        if happened is EndReason.MEMORY:
            return happened
        if (stats.get("pids_stats") or {}).get("current", 0) >= self._limits.pids:
            return EndReason.PIDS
        used_ns = ((stats.get("cpu_stats") or {}).get("cpu_usage") or {}).get("total_usage", 0)
        return EndReason.CPU if used_ns / 1e9 > self._limits.cpu_s else None

    async def _find_reported_end(self) -> EndReason | None:
        """Return what the engine's events say: MEMORY if a process ran out of it, KILLED if the container was killed.

        The container's state mentions memory only after the end, and not on every engine unless the first process was
        concerned; the events always do.
        """
        actions = await _call_engine(self._list_events)
        if "oom" in actions:
            return EndReason.MEMORY
        return EndReason.KILLED if "kill" in actions else None

    def _list_events(self) -> set[str]:
        which = {"container": self._handle.id, "event": ["oom", "kill"]}
        events = self._handle.client.events(since=1, until=f"{time.time():.6f}", filters=which, decode=True)
        with contextlib.closing(events):
            return {event["Action"] for event in events}


def build_container_options(limits: Limits, shown: Sequence[tuple[Path, Path]], gpus: str | None) -> dict[str, Any]:
    """Return the options that isolate a container. `shown` are pairs of (path here, path inside), all read-only."""
    from docker.types import DeviceRequest, LogConfig, Mount, Ulimit

    in_memory = f"rw,nosuid,nodev,noexec,mode=1777,size={limits.file_bytes}"
    cpu_s = math.ceil(limits.cpu_s)
    devices = []
    if gpus is not None:
        which = {"count": -1} if gpus == "all" else {"device_ids": gpus.split(",")}
        devices = [DeviceRequest(capabilities=[["gpu"]], **which)]
    return {
        "network_mode": "none",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true", f"seccomp={json.dumps(build_container_profile())}"],
        "user": f"{FIRST_UID}:{FIRST_UID}",
        "ipc_mode": "private",
        "cgroupns": "private",
        "init": True,
        "hostname": HOSTNAME,
        "working_dir": "/",
        "entrypoint": [],
        "environment": make_environment(limits) | {"PATH": "/usr/local/bin:/usr/bin:/bin"},
        "mem_limit": limits.memory_bytes,
        "memswap_limit": limits.memory_bytes,
        "nano_cpus": round(limits.cpus * 1e9),
        "pids_limit": limits.pids,
        "shm_size": limits.file_bytes,
        "tmpfs": {"/tmp": in_memory},
        "mounts": [Mount(str(inside), str(here), type="bind", read_only=True) for here, inside in shown],
        "ulimits": [
            Ulimit(name="core", soft=0, hard=0),
            Ulimit(name="nofile", soft=OPEN_FILES, hard=OPEN_FILES),
            Ulimit(name="fsize", soft=limits.file_bytes, hard=limits.file_bytes),
            Ulimit(name="cpu", soft=cpu_s, hard=cpu_s + SPARE_CPU_S),
            Ulimit(name="msgqueue", soft=0, hard=0),
        ],
        "log_config": LogConfig(type="json-file", config={"max-size": str(2 * limits.output_bytes), "max-file": "1"}),
        "device_requests": devices,
        "restart_policy": {"Name": "no"},
        "labels": {LABEL: name_process()},
        "detach": True,
    }


def _remove_abandoned(client: Any) -> None:
    """Remove the containers of those of our processes that were killed before they could do it.

    Verifiers in containers may share an engine, and do not see each other's processes: those of another namespace of
    process numbers are left alone.
    """
    for container in client.containers.list(all=True, filters={"label": LABEL}):
        owner = container.labels[LABEL]
        number, dot, rest = owner.partition(".")
        if not dot:  # as 0.1.0 wrote it: the number alone
            abandoned = not Path(f"/proc/{number}").exists()
        else:
            abandoned = rest.rpartition(".")[2] == name_process().rpartition(".")[2] and name_process(number) != owner
        if abandoned:
            container.remove(force=True, v=True)


async def _call_engine(call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Return the answer of a blocking call of the engine's SDK, made in a thread; raises SandboxFailed."""
    import docker
    import requests

    try:
        return await asyncio.to_thread(call, *arguments, **options)
    except (docker.errors.DockerException, requests.RequestException) as error:
        raise SandboxFailed(f"The container engine failed: {str(error)[:300]}") from error
