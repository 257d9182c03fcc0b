"""Processes as /proc shows them: what they use, where no control group counts it, and which nobody knows any more."""

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
"""Where a guest can write."""
_INODE_BYTES = 1024
"""Of the kernel's memory for a file without content."""
_STATE, _PPID, _SESSION, _TIMES, _THREADS = 0, 1, 3, slice(11, 15), 17
"""Fields of /proc/PID/stat behind the name: the CPU time is its own and that of its dead children."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Of a process and all its descendants."""

    pids: int
    """Processes and threads."""
    memory_bytes: int
    """Anonymous memory, swapped out or not, and files in memory. What a fork still shares with its parent may be
    counted for both. Other shared memory (`memfd`, System V, shared mappings) is not to be had without a control group:
    it can outlive its mappings, where nobody sees it."""
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
        sum(map(_proportional_bytes if proportional else _anonymous_bytes, tree)) + _bytes_in_files(tree),
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
    return _kib_of(f"/proc/{pid}/status", ("RssAnon:", "VmSwap:")) * 1024


def _proportional_bytes(pid: int) -> int:
    """Anonymous memory, of shared pages its share."""
    kib = _kib_of(f"/proc/{pid}/smaps_rollup", ("Pss_Anon:", "SwapPss:"))
    return kib * 1024 if kib else _anonymous_bytes(pid)


def _kib_of(path: str, fields: tuple[str, ...]) -> int:
    """The sum of these lines of a file in /proc; 0 if the process is gone or not to be looked into."""
    try:
        lines = Path(path).read_text(errors="replace").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(fields))


def _bytes_in_files(pids: Iterable[int]) -> int:
    """What lies in the writable directories that these processes see; they all see the same, and all are in memory."""
    for pid in pids:
        try:
            found = [os.statvfs(f"/proc/{pid}/root{directory}") for directory in IN_MEMORY]
        except OSError:  # it is gone, or not to be looked into
            continue
        blocks = sum((one.f_blocks - one.f_bfree) * one.f_frsize for one in found)
        return blocks + sum(one.f_files - one.f_ffree for one in found) * _INODE_BYTES
    return 0


def out_of_memory_kills() -> int:
    """Processes that the kernel has killed since it runs, for the machine's sake or a control group's."""
    lines = Path("/proc/vmstat").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)
