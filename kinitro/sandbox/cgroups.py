"""Control groups, version 2 and version 1: limits that hold for all processes of a sandbox together.

A group is made below the one this process is in, so that limits around us (a container's, a service's) hold for our
sandboxes too. Version 2 allows that only to root at the very top, or where the directory was delegated to this user and
contains no processes itself: with systemd, `Delegate=yes` and `DelegateSubgroup=main` in the unit.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from kinitro.sandbox.interface import Limits

ROOT = Path("/sys/fs/cgroup")
PREFIX = "kinitro-sandbox-"
PERIOD_US = 100_000
"""The period to which the CPU quota refers."""
CHARGED_AT_ONCE_BYTES = 2 * 1024**2
"""The size of a huge page: the kernel charges nothing bigger in one piece."""
REMOVAL_S = 5.0
"""How long removing a group is tried: the kernel needs a moment after its last process has died."""
_CONTROLLERS_V1 = ("memory", "pids", "cpu", "cpuacct")
_CONTROLLERS_V2 = ("memory", "pids", "cpu")


class Cgroup:
    """The control group of one sandbox. It has no members until `add`."""

    def __init__(self, directories: dict[str, Path], limits: Limits) -> None:
        """Set the limits of a new group; raises OSError.

        directories: the group's directory for each controller; in version 2 it is the same for all.
        """
        self._directories = directories
        self._is_v2 = (directories["memory"] / "memory.max").exists()
        quota_us = round(limits.cpus * PERIOD_US)
        if self._is_v2:
            self._write("memory", "memory.max", limits.memory_bytes)
            self._write_if_there("memory", "memory.swap.max", 0)
            self._write_if_there("memory", "memory.oom.group", 1)
            self._write("cpu", "cpu.max", f"{quota_us} {PERIOD_US}")
        else:
            self._write("memory", "memory.limit_in_bytes", limits.memory_bytes)
            self._write_if_there("memory", "memory.memsw.limit_in_bytes", limits.memory_bytes)
            self._write("cpu", "cpu.cfs_period_us", PERIOD_US)
            self._write("cpu", "cpu.cfs_quota_us", quota_us)
        self._write("pids", "pids.max", limits.pids)

    def add(self, pid: int) -> None:
        """Move the process into the group, where its later children will be, too. Raises OSError."""
        for directory in self._list_directories():
            (directory / "cgroup.procs").write_text(str(pid))

    def has_killed_for_memory(self) -> bool:
        """Return whether the kernel killed one of the group's processes because memory ran out anywhere."""
        return self._read_counter("memory", "memory.events" if self._is_v2 else "memory.oom_control", "oom_kill") > 0

    def has_reached_memory_limit(self) -> bool:
        """Return whether the group itself ran out of memory; if not, its processes were killed for another's sake."""
        if self._is_v2:
            return self._read_counter("memory", "memory.events", "max") > 0
        # Newer kernels no longer count failures in memory.failcnt.
        highest, limit = (
            int((self._directories["memory"] / f"memory.{name}_in_bytes").read_text())
            for name in ("max_usage", "limit")
        )
        return highest > limit - CHARGED_AT_ONCE_BYTES

    def count_refused_forks(self) -> int:
        """Return how many processes and threads were refused because there were too many."""
        return self._read_counter("pids", "pids.events", "max")

    def read_cpu_s(self) -> float:
        """Return the seconds of CPU time that the group has used."""
        if self._is_v2:
            return self._read_counter("cpu", "cpu.stat", "usage_usec") / 1e6
        return int((self._directories["cpuacct"] / "cpuacct.usage").read_text()) / 1e9

    def remove(self) -> None:
        """Kill the processes that are left and remove the group. Raises OSError if it cannot be removed."""
        deadline = time.monotonic() + REMOVAL_S
        for directory in self._list_directories():
            while True:
                for pid in _read_members(directory):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                try:
                    directory.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError as error:
                    if error.errno != errno.EBUSY or time.monotonic() > deadline:
                        raise
                    time.sleep(0.01)

    def _list_directories(self) -> list[Path]:
        return list(dict.fromkeys(self._directories.values()))

    def _write(self, controller: str, name: str, value: int | str) -> None:
        (self._directories[controller] / name).write_text(str(value))

    def _write_if_there(self, controller: str, name: str, value: int) -> None:
        """Write a file that only some kernels have."""
        if (self._directories[controller] / name).exists():
            self._write(controller, name, value)

    def _read_counter(self, controller: str, name: str, key: str) -> int:
        lines = (self._directories[controller] / name).read_text().splitlines()
        return next((int(line.split()[1]) for line in lines if line.split()[0] == key), 0)


def make_cgroup(limits: Limits, root: Path = ROOT) -> Cgroup | None:
    """Make a group with these limits; None where this process may not make one."""
    name = f"{PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
    for parents in _find_candidates(root):
        made: list[Path] = []
        try:
            directories = {controller: parent / name for controller, parent in parents.items()}
            for directory in dict.fromkeys(path.resolve() for path in directories.values()):
                directory.mkdir()
                made.append(directory)
            return Cgroup({controller: path.resolve() for controller, path in directories.items()}, limits)
        except OSError:  # read-only, not ours, or a controller is not available here: try the next place
            for directory in made:
                with contextlib.suppress(OSError):
                    directory.rmdir()
    return None


def remove_abandoned(root: Path = ROOT) -> None:
    """Remove the groups of those of our processes that were killed before they could do it themselves."""
    for parents in _find_candidates(root):
        for parent in dict.fromkeys(parents.values()):
            for directory in parent.glob(f"{PREFIX}*"):
                owner = directory.name.removeprefix(PREFIX).partition("-")[0]
                if owner.isdecimal() and not Path(f"/proc/{owner}").exists():
                    with contextlib.suppress(OSError):  # a process is still in it, or another verifier was faster
                        directory.rmdir()


def _find_candidates(root: Path) -> Iterator[dict[str, Path]]:
    """Yield places for a new group, the best first: the parent directory for each controller.

    Whether a place works is only known when it is tried.
    """
    memberships = _read_memberships()
    if (root / "cgroup.controllers").exists():
        own = root / memberships.get("", "/").lstrip("/")
        for parent in dict.fromkeys((own, own.parent if own != root else root, root)):
            if _enable_v2(parent):
                yield dict.fromkeys(_CONTROLLERS_V2, parent)
    elif (root / "memory").is_dir():
        tops = {controller: root / controller for controller in _CONTROLLERS_V1}
        yield {c: top / memberships.get(c, "/").lstrip("/") for c, top in tops.items()}
        yield tops


def _read_memberships() -> dict[str, str]:
    """Return the path of the group that this process is in, by controller; the key of version 2 is empty."""
    found: dict[str, str] = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        found |= dict.fromkeys(controllers.split(","), path)
    return found


def _enable_v2(parent: Path) -> bool:
    """Let groups below `parent` have limits; False where the kernel refuses, as it does if `parent` has processes."""
    try:
        enabled = (parent / "cgroup.subtree_control").read_text().split()
        if missing := [controller for controller in _CONTROLLERS_V2 if controller not in enabled]:
            (parent / "cgroup.subtree_control").write_text(" ".join(f"+{controller}" for controller in missing))
    except OSError:
        return False
    return True


def _read_members(directory: Path) -> list[int]:
    try:
        return [int(pid) for pid in (directory / "cgroup.procs").read_text().split()]
    except FileNotFoundError:
        return []
