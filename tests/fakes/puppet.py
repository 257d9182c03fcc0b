"""A policy that does whatever its caller says: the attacker inside the sandbox, and the stages it plays on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import msgspec

from kinitro.policies.client import Deadlines, HttpPolicy
from kinitro.sandbox import errors
from kinitro.sandbox.bubblewrap import BubblewrapSandbox
from kinitro.sandbox.cgroups import PREFIX
from kinitro.sandbox.interface import MIB, Ending, Limits, Runtime
from kinitro.sandbox.runtimes import inspect_runtime

SERVER = """
import ctypes, errno, glob, json, os, signal, socket, subprocess, sys, time, traceback

async def body_of(receive):
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body

async def app(scope, receive, send):
    if scope["type"] != "http":
        raise RuntimeError("no lifespan")
    answer = {"status": "ok"}
    if scope["path"] == "/run":
        names = dict(globals())
        try:
            exec(await body_of(receive), names)
            answer = {"result": names.get("result")}
        except BaseException as error:
            answer = {"raised": f"{type(error).__name__}: {error}"}
    body = json.dumps(answer).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})
"""
LIMITS = Limits(memory_bytes=384 * MIB, pids=48, cpu_s=60, wall_s=60, start_s=20, file_bytes=32 * MIB, output_bytes=MIB)
"""Tighter than a verifier's, so that bombs are small."""
SANDBOX_VARIABLES = {
    *("HOME", "LANG", "LC_CTYPE", "PATH", "PWD", "TMPDIR", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"),
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
}
"""Of the environment, what a policy may see."""
STRANGER = 61234
"""A user that nobody is."""


class Running(Protocol):
    """What a stage gives: a policy that runs, wherever its sandbox was made."""

    socket: Path

    async def wait(self, within_s: float) -> Ending | None: ...


@dataclass
class Puppet:
    """A policy that obeys."""

    running: Running

    async def run(self, source: str, *, deadline_s: float = 20.0) -> Any:
        """Execute `source` inside; what it leaves in `result`. Raises PolicyError if no answer comes."""
        policy = HttpPolicy("http://policy", unix_socket=self.running.socket, deadlines=Deadlines(reset_s=deadline_s))
        try:
            answer = json.loads(await policy.send("/run", "text/plain", textwrap.dedent(source).encode()))
        finally:
            await policy.close()
        assert "raised" not in answer, answer["raised"]
        return answer["result"]

    async def variables(self) -> tuple[dict[str, str], list[str]]:
        """Its environment variables, and what /proc shows of everybody's."""
        mine, everybodys = await self.run("""
            everybodys = []
            for path in glob.glob("/proc/[0-9]*/environ"):
                try:
                    everybodys.append(open(path).read())
                except OSError:
                    pass
            result = dict(os.environ), everybodys
        """)
        return mine, everybodys


class Stage(Protocol):
    """Somebody who runs sandboxes."""

    def serve(self, directory: Path, limits: Limits = LIMITS) -> contextlib.AbstractAsyncContextManager[Running]: ...


@dataclass
class OwnStage:
    """This process, as whoever runs the tests."""

    runtime: Runtime

    @contextlib.asynccontextmanager
    async def serve(self, directory: Path, limits: Limits = LIMITS) -> AsyncIterator[Running]:
        sandbox = BubblewrapSandbox(allow_no_control_group=True)
        async with sandbox.serve(directory, runtime=self.runtime, limits=limits) as served:
            yield served


class _Remote:
    """A policy whose sandbox another process made."""

    def __init__(self, socket: Path, process: asyncio.subprocess.Process) -> None:
        self.socket = socket
        assert process.stdout is not None
        self._line = asyncio.create_task(process.stdout.readline())

    async def wait(self, within_s: float) -> Ending | None:
        await asyncio.wait([self._line], timeout=within_s)
        return msgspec.json.decode(self._line.result(), type=Ending) if self._line.done() else None


@dataclass
class StrangersStage:
    """A process of a user without any rights."""

    runtime: Runtime
    python: str
    path: str

    @contextlib.asynccontextmanager
    async def serve(self, directory: Path, limits: Limits = LIMITS) -> AsyncIterator[Running]:
        process = await asyncio.create_subprocess_exec(
            *_as_stranger(),
            *host_command(directory, self.runtime, limits, python=self.python),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={"PYTHONPATH": self.path, "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            first = json.loads(await process.stdout.readline())
            if "error" in first:
                raise getattr(errors, first["error"])(first["message"])
            yield _Remote(Path(first["socket"]), process)
        finally:
            process.stdin.close()
            await asyncio.wait_for(process.wait(), 20)


def host_command(
    directory: Path, runtime: Runtime, limits: Limits = LIMITS, *, python: str = sys.executable
) -> list[str]:
    """Runs a policy in a sandbox of another process."""
    return [
        python,
        str(Path(__file__).with_name("sandbox_host.py")),
        str(directory),
        msgspec.json.encode(runtime, enc_hook=str).decode(),
        msgspec.json.encode(limits).decode(),
    ]


def _as_stranger() -> list[str]:
    return ["setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups"]


def why_no_stranger() -> str | None:
    """Why StrangersStage cannot be tried here; None if it can."""
    if os.geteuid() != 0:
        return "only root can become another user; these tests already run without root's rights"
    python = f"/usr/bin/python3.{sys.version_info.minor}"
    environment = {"PYTHONPATH": _import_path(), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [*_as_stranger(), python, "-c", "import tests.fakes.sandbox_host"]
    tried = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)
    if tried.returncode:
        return f"{python} of another user cannot import this checkout: {tried.stderr.strip().splitlines()[-1:]}"
    tried = subprocess.run([*_as_stranger(), "bwrap", "--ro-bind", "/", "/", "true"], capture_output=True, text=True)
    return f"this kernel gives user namespaces to root only: {tried.stderr.strip()}" if tried.returncode else None


def _import_path() -> str:
    """This checkout and its packages."""
    packages = Path(msgspec.__file__).parents[1]
    return f"{Path(__file__).parents[2]}:{packages}"


@contextlib.contextmanager
def strangers_stage() -> Iterator[StrangersStage]:
    """A stage whose runtime everybody may read: the system's Python with the packages of this one."""
    python = f"/usr/bin/python3.{sys.version_info.minor}"
    packages = Path(msgspec.__file__).parents[1]
    with public_directory() as directory:
        environment = directory / "runtime"
        subprocess.run([python, "-m", "venv", "--without-pip", "--symlinks", environment], check=True)
        site = next(environment.glob("lib/python*/site-packages"))
        (site / "packages.pth").write_text(f"{packages}\n")
        runtime = asyncio.run(inspect_runtime(environment / "bin/python"))
        shown = replace(runtime, read_only=(*runtime.read_only, packages))
        yield StrangersStage(shown, python, _import_path())


@contextlib.contextmanager
def public_directory() -> Iterator[Path]:
    """A directory that other users may enter."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


def write_policy(directory: Path, files: Mapping[str, str | bytes]) -> Path:
    """A directory with these files that everybody may read."""
    directory.mkdir(mode=0o755, parents=True, exist_ok=True)
    for name, content in files.items():
        (directory / name).parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        (directory / name).write_bytes(content if isinstance(content, bytes) else textwrap.dedent(content).encode())
    return directory


def processes_marked(mark: str) -> list[int]:
    """Processes of this machine that have `mark` in their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def control_groups(pid: int) -> list[Path]:
    """Those of the sandboxes that the process `pid` made."""
    prefix = f"{PREFIX}{pid}-"
    return [Path(top, name) for top, names, _ in os.walk("/sys/fs/cgroup") for name in names if name.startswith(prefix)]
