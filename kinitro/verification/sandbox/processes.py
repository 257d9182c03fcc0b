"""Processes as /proc shows them: what they use, where no control group counts it, and which nobody knows any more."""

from __future__ import annotations

import contextlib
import os
import signal
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_STATE, _PPID, _SESSION, _TIMES, _THREADS = 0, 1, 3, slice(11, 15), 17
"""Fields of /proc/PID/stat behind the name: the CPU time is its own and that of its dead children."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Of a process and all its descendants."""

    pids: int
    """Processes and threads."""
    memory_bytes: int
    """Anonymous memory in RAM. What a fork still shares with its parent may be counted for both."""
    cpu_s: float
    """Dead children included."""


def usage_of(root: int, *, proportional: bool = False) -> Usage:
    """What the process `root` and its descendants use now; zeros if it is gone.

    proportional: count shared memory once, which takes longer.

    The first process of a pid namespace inherits orphans, so no descendant of it is ever missed.
    """
    stats: dict[int, list[str]] = {}
    children: dict[int, list[int]] = defaultdict(list)
    for pid in _pids():
        if fields := _stat(pid):
            stats[pid] = fields
            children[int(fields[_PPID])].append(pid)
    tree, queue = [], [root] if root in stats else []
    while queue:
        tree.append(pid := queue.pop())
        queue += children[pid]
    return Usage(
        sum(int(stats[pid][_THREADS]) for pid in tree),
        sum(map(_proportional_bytes if proportional else _anonymous_bytes, tree)),
        sum(sum(map(int, stats[pid][_TIMES])) for pid in tree) * _TICK_S,
    )


def end_half_started(argument: str) -> None:
    """End what bubblewrap left waiting because it was killed, with us, while it made a sandbox.

    argument: one of the command lines of our sandboxes only.

    Bubblewrap's child waits for its parent's word without looking whether it lives, and nothing of a policy runs in it
    yet. Until it has that word it stays in the session that its parent leads (`start_new_session`).
    """
    for pid in _pids():
        with contextlib.suppress(OSError):  # it is gone, or somebody else's
            handle = os.pidfd_open(pid)
            try:
                if _is_bubblewrap(pid, argument) and not _lives(_session(pid)):
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
            finally:
                os.close(handle)


def _pids() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdecimal()]  # noqa: PTH208 - names are all we need


def _is_bubblewrap(pid: int, argument: str) -> bool:
    program, *arguments = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    return Path(program).name == "bwrap" and argument in arguments


def _session(pid: int) -> int:
    """The process that leads its session; our own if it is gone."""
    fields = _stat(pid)
    return int(fields[_SESSION]) if fields else os.getpid()


def _lives(pid: int) -> bool:
    fields = _stat(pid)
    return bool(fields) and fields[_STATE] != "Z"


def _stat(pid: int) -> list[str]:
    """Fields behind the name, which may hold anything; empty if the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].decode().split()
    except OSError:
        return []


def _anonymous_bytes(pid: int) -> int:
    try:
        _, resident, shared, *_ = Path(f"/proc/{pid}/statm").read_text().split()
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(shared)) * _PAGE_BYTES


def _proportional_bytes(pid: int) -> int:
    """Anonymous memory, of shared pages its share."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return _anonymous_bytes(pid)
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss_Anon:"))


def out_of_memory_kills() -> int:
    """Processes that the kernel has killed since it runs, for the machine's sake or a control group's."""
    lines = Path("/proc/vmstat").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)
