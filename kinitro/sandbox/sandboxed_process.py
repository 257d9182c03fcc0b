"""A process that bubblewrap shut in: started behind a gate, watched while it runs, leaving nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import resource
import shutil
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from kinitro.logs import get_logger
from kinitro.sandbox.cgroups import Cgroup, make_cgroup
from kinitro.sandbox.confinement import Descriptors, SandboxUser, confined
from kinitro.sandbox.errors import SandboxError, SandboxFailed, SandboxUnavailable
from kinitro.sandbox.interface import Ending, EndReason, Limits
from kinitro.sandbox.processes import out_of_memory_kills, usage_of
from kinitro.sandbox.seccomp import filter_program
from kinitro.sandbox.startup import (
    LOG_BYTES,
    SCRIPT,
    SETUP_S,
    channel,
    memory_file,
    printable,
    read_to_end,
)
from kinitro.supervision import SupervisedLoop

log = get_logger(__name__)

WATCH_S: Final = 0.1
"""Between two looks at what a guest uses."""
OPEN_FILES: Final = 512
SPARE_PIDS: Final = 16
"""What is over the limit must be there to be seen, where no control group tells of refused forks."""
_READ_BYTES: Final = 65536
_BY_SIGNAL: Final = 128


class _Info(msgspec.Struct):
    """What bubblewrap writes to --info-fd."""

    child_pid: int = msgspec.field(name="child-pid")


@dataclass(slots=True)
class _Ours:
    """What a guest leaves behind on this side."""

    process: asyncio.subprocess.Process
    pidfd: int
    """Of the first process in the guest's pid namespace: when it is gone, so are all."""
    pid: int
    cgroup: Cgroup | None


class Guest:
    """A running guest. Make one with `admitted`."""

    def __init__(self, ours: _Ours, limits: Limits) -> None:
        self._ours = ours
        self._limits = limits
        self._began = time.monotonic()
        self._machine_kills = out_of_memory_kills()
        self._verdict: EndReason | None = None
        """Why we ended it."""
        self._tail = bytearray()
        self._written = 0
        self._ending: Ending | None = None
        self._ended = asyncio.Event()
        self._tasks = [asyncio.create_task(self._until_ended()), asyncio.create_task(self._watch())]

    def ended(self) -> Ending | None:
        """How it ended; None while it runs."""
        return self._ending

    async def wait(self, within_s: float) -> Ending | None:
        """How it ended, waiting at most that long."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), within_s)
        return self._ending

    async def leave(self) -> None:
        """End it, and wait until no process and no control group of it is left."""
        self._end(EndReason.KILLED)
        try:
            await self._ended.wait()
        finally:
            for task in self._tasks:
                task.cancel()
            os.close(self._ours.pidfd)
            if self._ours.cgroup is not None:
                await asyncio.to_thread(_remove, self._ours.cgroup)

    def _end(self, reason: EndReason) -> None:
        """Kill every process in it at once."""
        if self._verdict is None and self._ending is None:
            self._verdict = reason
        _kill(self._ours.pidfd)

    async def _until_ended(self) -> None:
        output = self._ours.process.stdout
        assert output is not None  # noqa: S101 - it was started with a pipe
        while part := await output.read(_READ_BYTES):
            self._written += len(part)
            self._tail = (self._tail + part)[-LOG_BYTES:]
            if self._written > self._limits.output_bytes:
                self._end(EndReason.OUTPUT)
        code = await self._ours.process.wait()
        _kill(self._ours.pidfd)  # bubblewrap itself may have been killed before its child depended on it
        await _gone(self._ours.pidfd)
        self._ending = self._judged(code)
        self._ended.set()

    async def _watch(self) -> None:
        loop = SupervisedLoop("watch over a sandbox")
        while not self._ended.is_set():
            with loop.turn():
                late = time.monotonic() - self._began > self._limits.wall_s
                if (reason := EndReason.WALL if late else self._exceeded()) is not None:
                    self._end(reason)
            await self.wait(WATCH_S)

    def _exceeded(self) -> EndReason | None:
        limits, cgroup = self._limits, self._ours.cgroup
        if cgroup is not None:
            if cgroup.killed_for_memory():
                return EndReason.MEMORY if cgroup.reached_memory_limit() else EndReason.KILLED
            if cgroup.refused_forks():
                return EndReason.PIDS
            return EndReason.CPU if cgroup.cpu_s() > limits.cpu_s else None
        usage = usage_of(self._ours.pid)
        if usage.pids >= limits.pids:
            return EndReason.PIDS
        if usage.memory_bytes > limits.memory_bytes:
            usage = usage_of(self._ours.pid, proportional=True)
            if usage.memory_bytes > limits.memory_bytes:
                return EndReason.MEMORY
        return EndReason.CPU if usage.cpu_s > limits.cpu_s else None

    def _judged(self, code: int) -> Ending:
        """The ending of a process with the exit status `code`, negative if bubblewrap itself was killed.

        A policy can end itself with the status of a killed process. Whether it was killed because memory ran out, its
        control group knows; only where there is none, it is believed if anybody on this machine was.
        """
        counted = self._ours.cgroup is not None
        reason = self._verdict or (self._exceeded() if counted else None)
        if reason is None:
            reason = EndReason.EXITED
            killed = not counted and code == _BY_SIGNAL + signal.SIGKILL
            if code < 0 or (killed and out_of_memory_kills() > self._machine_kills):
                reason = EndReason.KILLED
            elif code == _BY_SIGNAL + signal.SIGXCPU:
                reason = EndReason.CPU
        return Ending(reason, code if code >= 0 else None, printable(self._tail))


@contextlib.asynccontextmanager
async def admitted(
    script: Path,
    arguments: Iterable[int | str | Path],
    *,
    python: Path,
    read_only: Iterable[tuple[Path, Path]],
    limits: Limits,
    inherited: Iterable[int] = (),
    without_cgroup: bool = False,
) -> AsyncIterator[Guest]:
    """Run `script` with the interpreter `python` shut in, until the context ends.

    inherited: open files that the script gets at the same numbers. It must wait for a byte from one of them before it
        does anything that needs limits: if we die while it is set up, nobody puts limits on it.
    without_cgroup: run it also where no control group can be made, which limits less.
    Raises SandboxFailed or SandboxUnavailable if it could not be shut in; then it never ran.
    """
    command: list[str | Path] = [python, "-I", "-B", "-u", SCRIPT, *map(str, arguments)]
    cgroup = make_cgroup(limits)
    if cgroup is None and not without_cgroup:
        raise SandboxFailed("No control group can be made here")
    shown = [*read_only, (script, SCRIPT)]
    starting = asyncio.create_task(_behind_gate(command, shown, limits, cgroup, inherited))
    try:
        # Not to be interrupted half-way: a child of bubblewrap's that nobody knows yet would stay behind.
        ours = await asyncio.shield(starting)
    except BaseException as error:
        if isinstance(error, asyncio.CancelledError):
            with contextlib.suppress(SandboxError):
                await Guest(await starting, limits).leave()
        if cgroup is not None:
            await asyncio.to_thread(_remove, cgroup)
        raise
    guest = Guest(ours, limits)
    try:
        yield guest
    finally:
        await guest.leave()


async def _behind_gate(
    command: list[str | Path],
    read_only: Iterable[tuple[Path, Path]],
    limits: Limits,
    cgroup: Cgroup | None,
    inherited: Iterable[int],
) -> _Ours:
    """Start bubblewrap, put the limits on its child while it waits at the gate, and open the gate."""
    identity = SandboxUser.new()
    with contextlib.ExitStack() as stack:
        seccomp = stack.enter_context(memory_file(filter_program(memory_is_counted=cgroup is not None)))
        passwd = stack.enter_context(memory_file(identity.passwd))
        info, info_end = channel(stack)
        gate, gate_end = channel(stack)
        argv = confined(
            command,
            identity=identity,
            descriptors=Descriptors(seccomp.fileno(), info_end.fileno(), gate_end.fileno(), passwd.fileno()),
            limits=limits,
            read_only=read_only,
            memory_is_counted=cgroup is not None,
        )
        theirs = (seccomp, passwd, info_end, gate_end)
        process = await _spawn(argv, [*(file.fileno() for file in theirs), *inherited])
        try:
            for file in theirs:
                file.close()
            pid = await _child_pid(process, info)
            pidfd = os.pidfd_open(pid)
            if cgroup is not None:
                cgroup.add(pid)
            for kind, amount in _rlimits(limits, is_counted=cgroup is not None):
                resource.prlimit(pid, kind, (amount, amount))
            gate.send(b"+")
        except BaseException as error:
            _kill_process(process)
            if isinstance(error, OSError):
                raise SandboxFailed(f"The limits of a sandbox could not be put on it: {error}.") from error
            raise
    return _Ours(process, pidfd, pid, cgroup)


async def _spawn(argv: list[str], inherited: Iterable[int]) -> asyncio.subprocess.Process:
    bwrap = shutil.which(argv[0])
    if bwrap is None:
        raise SandboxUnavailable("The program bwrap is not there: install the package bubblewrap.")
    return await asyncio.create_subprocess_exec(
        bwrap,
        *argv[1:],
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={},
        pass_fds=tuple(inherited),
        start_new_session=True,
    )


async def _child_pid(process: asyncio.subprocess.Process, info: socket.socket) -> int:
    """The first process of the guest's pid namespace, as bubblewrap tells it; raises SandboxFailed."""
    try:
        told = await asyncio.wait_for(read_to_end(info), SETUP_S)
        return msgspec.json.decode(told, type=_Info).child_pid
    except (TimeoutError, msgspec.DecodeError):
        _kill_process(process)
        said, _ = await process.communicate()
        raise SandboxFailed(f"bubblewrap did not start: {printable(said).strip()[:300] or 'it said nothing'}") from None


def _rlimits(limits: Limits, *, is_counted: bool) -> Iterator[tuple[int, int]]:
    """(which, how much) for each process of a guest; the last two stand in for a control group."""
    yield resource.RLIMIT_CORE, 0
    yield resource.RLIMIT_NOFILE, OPEN_FILES
    yield resource.RLIMIT_FSIZE, limits.file_bytes
    yield resource.RLIMIT_CPU, math.ceil(limits.cpu_s)
    yield resource.RLIMIT_MSGQUEUE, 0
    if not is_counted:
        yield resource.RLIMIT_DATA, limits.memory_bytes
        yield resource.RLIMIT_NPROC, limits.pids + SPARE_PIDS


async def _gone(pidfd: int) -> None:
    """Until the process is gone."""
    loop = asyncio.get_running_loop()
    gone = asyncio.Event()
    loop.add_reader(pidfd, gone.set)
    try:
        await gone.wait()
    finally:
        loop.remove_reader(pidfd)


def _kill(pidfd: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)


def _kill_process(process: asyncio.subprocess.Process) -> None:
    """Bubblewrap, and its child, which is in its process group as long as it waits at the gate."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _remove(cgroup: Cgroup) -> None:
    try:
        cgroup.remove()
    except OSError as error:
        log.warning("control_group_not_removed", error=str(error))
