"""What processes use, read from /proc: for machines where no control group counts it."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_PPID, _TIMES, _THREADS = 1, slice(11, 15), 17
"""Fields of /proc/PID/stat behind the name: parent, the CPU time of it and of its dead children, threads."""


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
    for entry in os.listdir("/proc"):  # noqa: PTH208 - names are all we need
        if entry.isdecimal() and (fields := _stat(int(entry))):
            stats[int(entry)] = fields
            children[int(fields[_PPID])].append(int(entry))
    tree, queue = [], [root] if root in stats else []
    while queue:
        tree.append(pid := queue.pop())
        queue += children[pid]
    return Usage(
        sum(int(stats[pid][_THREADS]) for pid in tree),
        sum(map(_proportional_bytes if proportional else _anonymous_bytes, tree)),
        sum(sum(map(int, stats[pid][_TIMES])) for pid in tree) * _TICK_S,
    )


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
