"""Child processes: started so that they do not outlive us, and stopped with grace.

To start one again whenever it ends, run `run_child` in a `kinitro.supervision.SupervisedLoop`. Two kinds of children
have ways of their own. What a sandbox starts gets no environment of ours, is limited before its first instruction and
is killed without being asked (`kinitro.sandbox.guest`). The local PostgreSQL also serves callers without an event loop,
and has signals of its own (`kinitro.local.postgres`).
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

LAST_LINES, LAST_CHARS = 3, 600
Output = int | IO[bytes] | None


async def start_child(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    stdin: int = asyncio.subprocess.DEVNULL,
    stdout: Output = None,
    stderr: Output = None,
    pass_fds: Sequence[int] = (),
    death_signal: signal.Signals | None = signal.SIGTERM,
) -> asyncio.subprocess.Process:
    """Start a process in a session of its own: a Ctrl-C at the terminal is ours to handle. Raises OSError.

    Args:
        environment: all its variables; ours if None.
        directory: where it runs; where we run if None.
        stdout: a file, a descriptor or `asyncio.subprocess.PIPE`; ours if None. The same for `stderr`.
        pass_fds: descriptors that it inherits.
        death_signal: what it gets when we are gone; None if it notices by itself, for example by a socket that closes.
    """
    return await asyncio.create_subprocess_exec(
        *command,
        env=environment,
        cwd=directory,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        pass_fds=pass_fds,
        preexec_fn=die_with_parent(death_signal),
    )


async def stop_child(
    process: asyncio.subprocess.Process, grace_s: float, *, number: signal.Signals | None = signal.SIGTERM
) -> None:
    """Ask a process of `start_child` to end, and kill it and all that it started `grace_s` later, or when cancelled.

    `number` is the signal that asks; None if it has been asked in another way.
    """
    try:
        if number is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                process.send_signal(number)
        with suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                await process.wait()
    finally:
        kill_child(process)
    await process.wait()


def kill_child(process: asyncio.subprocess.Process) -> None:
    """Kill a process of `start_child` and all that it started, at once."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


async def run_child(
    command: Sequence[str | Path],
    *,
    grace_s: float,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    output: Output = None,
    started: Callable[[asyncio.subprocess.Process], None] = lambda _: None,
) -> int:
    """One life of a process: its exit code, negative after a signal. Whatever it started ends with it.

    It is stopped with `grace_s` when this is cancelled. `output` takes what it writes to stdout and stderr; `started`
    gets the process. Raises OSError.
    """
    process = await start_child(command, environment=environment, directory=directory, stdout=output, stderr=output)
    try:
        started(process)
        return await process.wait()
    finally:
        await stop_child(process, grace_s)


def read_log_end(log: Path) -> str:
    """The end of the file that a process wrote to, on one line."""
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except FileNotFoundError:
        return "(no log)"
    return " | ".join(lines[-LAST_LINES:])[-LAST_CHARS:] or "(nothing)"


def die_with_parent(number: signal.Signals | None) -> Callable[[], None]:
    """A `preexec_fn` that makes a session of its own and, on Linux, asks for the signal `number` when we are gone."""
    library = ctypes.CDLL(None) if sys.platform == "linux" and number is not None else None
    pr_set_pdeathsig = 1
    parent = os.getpid()

    def prepare() -> None:
        os.setsid()
        if library is not None:
            library.prctl(pr_set_pdeathsig, number)
            if os.getppid() != parent:  # we were killed before the child could ask for the signal
                os._exit(1)

    return prepare
