"""Processes as /proc shows them: what they use where no control group counts it, and which are left over."""

from __future__ import annotations

import contextlib
import os
import signal
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
IN_MEMORY = ("/tmp", "/dev/shm")
"""The directories that a sandboxed process can write; both are held in memory."""
_INODE_BYTES = 1024
"""Kernel memory that a file without content takes."""
_STATE, _PPID, _SESSION, _TIMES, _THREADS, _START = 0, 1, 3, slice(11, 15), 17, 19
"""Fields of /proc/PID/stat after the name. The CPU time is the process' own and that of its dead children."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process and all its descendants use."""

    pids: int
    """Number of processes and threads together."""
    memory_bytes: int
    """Anonymous memory, swapped out or not, and files in memory. What a fork still shares with its parent may be
    counted for both. Other shared memory (`memfd`, System V, shared mappings) is forbidden without a control group: it
    can outlive its mappings, and then nothing here would show it."""
    cpu_s: float
    """Seconds of CPU time, including dead children's."""


def measure_usage(root: int, *, proportional: bool = False) -> Usage:
    """Measure what the process `root` and its descendants use now; zeros if it is gone.

    proportional: count shared memory only once, which takes longer.

    The first process of a pid namespace inherits orphans, so no descendant of it is ever missed.
    """
    stats: dict[int, list[str]] = {}
    children: dict[int, list[int]] = defaultdict(list)
    for pid in _list_pids():
        if fields := _read_stat(pid):
            stats[pid] = fields
            children[int(fields[_PPID])].append(pid)
    tree, queue = [], [root] if root in stats else []
    while queue:
        tree.append(pid := queue.pop())
        queue += children[pid]
    return Usage(
        sum(int(stats[pid][_THREADS]) for pid in tree),
        sum(map(_read_proportional_bytes if proportional else _read_anonymous_bytes, tree)) + _measure_files(tree),
        sum(sum(map(int, stats[pid][_TIMES])) for pid in tree) * _TICK_S,
    )


def end_half_started(argument: str) -> None:
    """End the processes that bubblewrap left waiting because it was killed, with us, while it started a sandbox.

    argument: an argument that only the command lines of our sandboxes contain.

    Bubblewrap's child waits for a message of its parent without noticing that the parent has died; nothing of a policy
    runs in it yet. Until that message comes it stays in the session that its parent leads (`start_new_session`), so a
    bubblewrap process whose session leader is dead is one of those.
    """
    for pid in _list_pids():
        with contextlib.suppress(OSError):  # it is gone, or another user's
            handle = os.pidfd_open(pid)
            try:
                if _is_bubblewrap(pid, argument) and not _is_alive(_read_session(pid)):
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
            finally:
                os.close(handle)


def name_process(pid: int | str = "self") -> str:
    """A name that no other process of this machine ever has: number, start and namespace; empty if there is none now.

    Numbers are given out again, and containers count from 1 each.
    """
    fields = _read_stat(pid)
    try:
        namespace = Path(f"/proc/{pid}/ns/pid").stat().st_ino
    except OSError:
        return ""
    number = os.getpid() if pid == "self" else pid
    return f"{number}.{fields[_START]}.{namespace}" if fields else ""


def _list_pids() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdecimal()]  # noqa: PTH208 - names are all we need


def _is_bubblewrap(pid: int, argument: str) -> bool:
    program, *arguments = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    return Path(program).name == "bwrap" and argument in arguments


def _read_session(pid: int) -> int:
    """Return the process that leads its session; our own, which is alive, if it is gone."""
    fields = _read_stat(pid)
    return int(fields[_SESSION]) if fields else os.getpid()


def _is_alive(pid: int) -> bool:
    fields = _read_stat(pid)
    return bool(fields) and fields[_STATE] != "Z"


def _read_stat(pid: int | str) -> list[str]:
    """Return the fields after the name, which may contain anything; empty if the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].decode().split()
    except OSError:
        return []


def _read_anonymous_bytes(pid: int) -> int:
    return _sum_kib(f"/proc/{pid}/status", ("RssAnon:", "VmSwap:")) * 1024


def _read_proportional_bytes(pid: int) -> int:
    """Return its anonymous memory, shared pages divided by the number of processes that share them."""
    kib = _sum_kib(f"/proc/{pid}/smaps_rollup", ("Pss_Anon:", "SwapPss:"))
    return kib * 1024 if kib else _read_anonymous_bytes(pid)


def _sum_kib(path: str, fields: tuple[str, ...]) -> int:
    """Return the sum of these lines of a file in /proc; 0 if the process is gone or may not be inspected."""
    try:
        lines = Path(path).read_text(errors="replace").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(fields))


def _measure_files(pids: Iterable[int]) -> int:
    """Measure the writable directories that these processes see. All processes see the same, and they are in memory.

    While bubblewrap starts, its child still sees our own directories, and what lies there is not the sandbox's: a
    sandbox's are file systems of their own.
    """
    for pid in pids:
        try:
            found = [_measure_own_files(f"/proc/{pid}/root", directory) for directory in IN_MEMORY]
        except OSError:  # it is gone, or may not be inspected
            continue
        return sum(found)
    return 0


def _measure_own_files(root: str, directory: str) -> int:
    """Return the bytes of memory that the file system of this directory takes; 0 if it is one that we see as well."""
    if Path(root + directory).stat().st_dev == Path(directory).stat().st_dev:
        return 0
    inside = os.statvfs(root + directory)
    return (inside.f_blocks - inside.f_bfree) * inside.f_frsize + (inside.f_files - inside.f_ffree) * _INODE_BYTES


def count_out_of_memory_kills() -> int:
    """Count the processes that the kernel has killed for lack of memory since it started, on the whole machine."""
    lines = Path("/proc/vmstat").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)
