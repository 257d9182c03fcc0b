"""A process that bubblewrap isolates: started behind a barrier, watched while it runs, leaving nothing behind.

`spawn` starts it in these steps; see `startup` for what the script inside does.

1. Make a control group with the limits. It has no members yet.
2. Start bubblewrap. It makes the namespaces and mounts, forks its child and writes the child's process id to --info-fd.
   The child waits at the barrier (--block-fd): our script has not begun.
3. Read the process id. Open a pidfd, so that from now on exactly this process is killed, whatever reuses its number.
4. Put the child into the control group and set its rlimits. Everything it will start is born with them.
5. Open the barrier with one byte. The child drops its privileges, loads the filter and runs the script.

If a step fails, bubblewrap and its child are killed before the child has run anything. If this process itself is
killed meanwhile, two things can happen to the child. Either it finds the barrier's stream at its end, which opens the
barrier although no limits are on: that is why the script waits for the go-ahead, which then never comes. Or its parent
died before it told the child to go on, and the child waits for ever: `processes.end_half_started` ends those at the
next start of a verifier.
"""

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
from kinitro.sandbox.confinement import Descriptors, SandboxUser, build_command
from kinitro.sandbox.errors import SandboxError, SandboxFailed, SandboxUnavailable
from kinitro.sandbox.interface import Ending, EndReason, Limits
from kinitro.sandbox.processes import count_out_of_memory_kills, measure_usage
from kinitro.sandbox.seccomp import build_filter
from kinitro.sandbox.startup import (
    LOG_BYTES,
    SCRIPT,
    SETUP_S,
    make_memory_file,
    make_printable,
    open_channel,
    read_to_end,
)
from kinitro.supervision import SupervisedLoop

log = get_logger(__name__)

WATCH_S: Final = 0.1
"""Seconds between two measurements of what the process uses."""
OPEN_FILES: Final = 512
SPARE_PIDS: Final = 16
"""How far RLIMIT_NPROC is above the limit of processes: where no control group counts refused forks, a policy that is
over its limit can only be noticed if it can exceed it."""
_READ_BYTES: Final = 65536
_BY_SIGNAL: Final = 128


class _Info(msgspec.Struct):
    """The part of what bubblewrap writes to --info-fd that is needed."""

    child_pid: int = msgspec.field(name="child-pid")


@dataclass(slots=True)
class _ProcessHandles:
    """What belongs to a sandboxed process on this side, and must be released when it has ended."""

    process: asyncio.subprocess.Process
    """Bubblewrap itself, whose output is that of the script."""
    pidfd: int
    """The first process in the pid namespace: when it is gone, the kernel has killed all others there."""
    pid: int
    cgroup: Cgroup | None


class SandboxedProcess:
    """A running sandboxed process. Use `spawn` to make one."""

    def __init__(self, handles: _ProcessHandles, limits: Limits) -> None:
        self._handles = handles
        self._limits = limits
        self._began = time.monotonic()
        self._machine_kills = count_out_of_memory_kills()
        self._verdict: EndReason | None = None
        """Why we ended it; None if we did not."""
        self._tail = bytearray()
        self._written = 0
        self._ending: Ending | None = None
        self._ended = asyncio.Event()
        self._tasks = [asyncio.create_task(self._read_until_ended()), asyncio.create_task(self._watch())]

    def poll(self) -> Ending | None:
        """Return how it ended; None while it runs."""
        return self._ending

    async def wait(self, within_s: float) -> Ending | None:
        """Wait at most `within_s` seconds for the end and return how it ended; None if it still runs."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), within_s)
        return self._ending

    async def stop(self) -> None:
        """Kill it, and wait until none of its processes and no control group is left."""
        self._end(EndReason.KILLED)
        try:
            await self._ended.wait()
        finally:
            for task in self._tasks:
                task.cancel()
            os.close(self._handles.pidfd)
            if self._handles.cgroup is not None:
                await asyncio.to_thread(_remove, self._handles.cgroup)

    def _end(self, reason: EndReason) -> None:
        """Kill all of its processes at once, and remember why."""
        if self._verdict is None and self._ending is None:
            self._verdict = reason
        _kill(self._handles.pidfd)

    async def _read_until_ended(self) -> None:
        """Read the output until the process has ended, then say how it ended."""
        output = self._handles.process.stdout
        assert output is not None  # noqa: S101 - it was started with a pipe
        while part := await output.read(_READ_BYTES):
            self._written += len(part)
            self._tail = (self._tail + part)[-LOG_BYTES:]
            if self._written > self._limits.output_bytes:
                self._end(EndReason.OUTPUT)
        code = await self._handles.process.wait()
        _kill(self._handles.pidfd)  # bubblewrap itself may have been killed before its child depended on it
        await _wait_until_gone(self._handles.pidfd)
        self._ending = self._describe_ending(code)
        self._ended.set()

    async def _watch(self) -> None:
        loop = SupervisedLoop("watch over a sandbox")
        while not self._ended.is_set():
            with loop.turn():
                late = time.monotonic() - self._began > self._limits.wall_s
                if (reason := EndReason.WALL if late else self._find_exceeded_limit()) is not None:
                    self._end(reason)
            await self.wait(WATCH_S)

    def _find_exceeded_limit(self) -> EndReason | None:
        """Return which limit is exceeded now, if any; KILLED if the machine, not the group, ran out of memory."""
        limits, cgroup = self._limits, self._handles.cgroup
        if cgroup is not None:
            if cgroup.has_killed_for_memory():
                return EndReason.MEMORY if cgroup.has_reached_memory_limit() else EndReason.KILLED
            if cgroup.count_refused_forks():
                return EndReason.PIDS
            return EndReason.CPU if cgroup.read_cpu_s() > limits.cpu_s else None
        usage = measure_usage(self._handles.pid)
        if usage.pids >= limits.pids:
            return EndReason.PIDS
        if usage.memory_bytes > limits.memory_bytes:
            usage = measure_usage(self._handles.pid, proportional=True)
            if usage.memory_bytes > limits.memory_bytes:
                return EndReason.MEMORY
        return EndReason.CPU if usage.cpu_s > limits.cpu_s else None

    def _describe_ending(self, code: int) -> Ending:
        """Return the ending of a process with the exit status `code`, negative if bubblewrap itself was killed.

        A policy can end itself with the status of a killed process, so that this status alone proves nothing. The
        control group knows whether the kernel killed it for lack of memory. Only where there is no control group, the
        status is believed if the kernel killed some process of this machine for lack of memory meanwhile.
        """
        counted = self._handles.cgroup is not None
        reason = self._verdict or (self._find_exceeded_limit() if counted else None)
        if reason is None:
            reason = EndReason.EXITED
            killed = not counted and code == _BY_SIGNAL + signal.SIGKILL
            if code < 0 or (killed and count_out_of_memory_kills() > self._machine_kills):
                reason = EndReason.KILLED
            elif code == _BY_SIGNAL + signal.SIGXCPU:
                reason = EndReason.CPU
        return Ending(reason, code if code >= 0 else None, make_printable(self._tail))


@contextlib.asynccontextmanager
async def spawn(
    script: Path,
    arguments: Iterable[int | str | Path],
    *,
    python: Path,
    read_only: Iterable[tuple[Path, Path]],
    limits: Limits,
    inherited: Iterable[int] = (),
    without_cgroup: bool = False,
) -> AsyncIterator[SandboxedProcess]:
    """Run `script` isolated with the interpreter `python`, until the context ends.

    arguments: the arguments of the script.
    read_only: pairs of (path on this machine, path inside) that the script may read.
    inherited: open files that the script gets under the same numbers. It must wait for a byte from one of them before
        it does anything that needs limits: if we die while it is set up, no limits are put on it.
    without_cgroup: run it also where no control group can be made, which limits less.

    Raises SandboxFailed or SandboxUnavailable if it could not be isolated; then the script has not run.
    """
    command: list[str | Path] = [python, "-I", "-B", "-u", SCRIPT, *map(str, arguments)]
    cgroup = make_cgroup(limits)
    if cgroup is None and not without_cgroup:
        raise SandboxFailed("No control group can be made here")
    shown = [*read_only, (script, SCRIPT)]
    starting = asyncio.create_task(_start_behind_barrier(command, shown, limits, cgroup, inherited))
    try:
        # A cancellation must not interrupt this half-way: a child of bubblewrap whose process id is not known yet
        # would stay behind. So the start is completed, and what it started is stopped.
        handles = await asyncio.shield(starting)
    except BaseException as error:
        if isinstance(error, asyncio.CancelledError):
            with contextlib.suppress(SandboxError):
                await SandboxedProcess(await starting, limits).stop()
        if cgroup is not None:
            await asyncio.to_thread(_remove, cgroup)
        raise
    process = SandboxedProcess(handles, limits)
    try:
        yield process
    finally:
        await process.stop()


async def _start_behind_barrier(
    command: list[str | Path],
    read_only: Iterable[tuple[Path, Path]],
    limits: Limits,
    cgroup: Cgroup | None,
    inherited: Iterable[int],
) -> _ProcessHandles:
    """Start bubblewrap, put the limits on its child while that waits at the barrier, and open the barrier."""
    identity = SandboxUser.new()
    with contextlib.ExitStack() as stack:
        seccomp = stack.enter_context(make_memory_file(build_filter(memory_is_counted=cgroup is not None)))
        passwd = stack.enter_context(make_memory_file(identity.passwd))
        info, info_end = open_channel(stack)
        barrier, barrier_end = open_channel(stack)
        argv = build_command(
            command,
            identity=identity,
            descriptors=Descriptors(seccomp.fileno(), info_end.fileno(), barrier_end.fileno(), passwd.fileno()),
            limits=limits,
            read_only=read_only,
            memory_is_counted=cgroup is not None,
        )
        theirs = (seccomp, passwd, info_end, barrier_end)
        process = await _start_bubblewrap(argv, [*(file.fileno() for file in theirs), *inherited])
        try:
            for file in theirs:
                file.close()
            pid = await _read_child_pid(process, info)
            pidfd = os.pidfd_open(pid)
            if cgroup is not None:
                cgroup.add(pid)
            for kind, amount in _list_rlimits(limits, is_counted=cgroup is not None):
                resource.prlimit(pid, kind, (amount, amount))
            barrier.send(b"+")
        except BaseException as error:
            _kill_process(process)
            if isinstance(error, OSError):
                raise SandboxFailed(f"The limits of a sandbox could not be put on it: {error}.") from error
            raise
    return _ProcessHandles(process, pidfd, pid, cgroup)


async def _start_bubblewrap(argv: list[str], inherited: Iterable[int]) -> asyncio.subprocess.Process:
    bwrap = shutil.which(argv[0])
    if bwrap is None:
        raise SandboxUnavailable("The program bwrap was not found: install the package bubblewrap.")
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


async def _read_child_pid(process: asyncio.subprocess.Process, info: socket.socket) -> int:
    """Return the process id of bubblewrap's child, the first in its pid namespace; raises SandboxFailed."""
    try:
        told = await asyncio.wait_for(read_to_end(info), SETUP_S)
        return msgspec.json.decode(told, type=_Info).child_pid
    except (TimeoutError, msgspec.DecodeError):
        _kill_process(process)
        said, _ = await process.communicate()
        raise SandboxFailed(
            f"bubblewrap did not start: {make_printable(said).strip()[:300] or 'it wrote nothing'}"
        ) from None


def _list_rlimits(limits: Limits, *, is_counted: bool) -> Iterator[tuple[int, int]]:
    """Yield (resource, limit) for each process inside; the last two replace a control group where there is none."""
    yield resource.RLIMIT_CORE, 0
    yield resource.RLIMIT_NOFILE, OPEN_FILES
    yield resource.RLIMIT_FSIZE, limits.file_bytes
    yield resource.RLIMIT_CPU, math.ceil(limits.cpu_s)
    yield resource.RLIMIT_MSGQUEUE, 0
    if not is_counted:
        yield resource.RLIMIT_DATA, limits.memory_bytes
        yield resource.RLIMIT_NPROC, limits.pids + SPARE_PIDS


async def _wait_until_gone(pidfd: int) -> None:
    """Return when the process is gone."""
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
    """Kill bubblewrap and its child, which is in bubblewrap's process group as long as it waits at the barrier."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _remove(cgroup: Cgroup) -> None:
    try:
        cgroup.remove()
    except OSError as error:
        log.warning("control_group_not_removed", error=str(error))
