"""The command line of bubblewrap that shuts a process in: what it sees, who it is, what it may write."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kinitro.sandbox.interface import Limits
from kinitro.sandbox.processes import IN_MEMORY

HOSTNAME: Final = "policy"
FIRST_UID, UIDS = 0x7000_0000, 0x100_0000
"""Beyond the numbers that distributions, systemd and /etc/subuid give out. Each sandbox of root gets one of its own."""
DEVICES = ("null", "full", "random", "urandom")
MEMORY_DEVICE = "zero"
"""A shared mapping of it is memory that only a control group counts."""
SYSTEM_LIBRARIES = ("/usr/lib", "/usr/lib32", "/usr/lib64", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache")
"""Shared libraries, and nothing that could be run. Links stay links."""
_OWN_DIRECTORIES = ("/usr", "/etc", "/dev")


@dataclass(frozen=True, slots=True)
class SandboxUser:
    """Who the guest is. Root's guests have a user of their own on this machine, others one of a user namespace."""

    uid: int
    is_host_user: bool

    @classmethod
    def new(cls) -> SandboxUser:
        """One that nobody else has."""
        if os.geteuid() == 0:
            return cls(FIRST_UID + secrets.randbelow(UIDS), True)
        return cls(FIRST_UID, False)

    @property
    def passwd(self) -> bytes:
        """The /etc/passwd that tells the guest its name; programs fail without."""
        return f"policy:x:{self.uid}:{self.uid}:policy:/tmp:/nonexistent\n".encode()


@dataclass(frozen=True, slots=True)
class Descriptors:
    """Open files that bubblewrap reads or writes during its setup, by number."""

    seccomp: int
    info: int
    gate: int
    """The guest begins when a byte can be read there."""
    passwd: int


def confined(
    command: Iterable[str | Path],
    *,
    identity: SandboxUser,
    descriptors: Descriptors,
    limits: Limits,
    read_only: Iterable[tuple[Path, Path]],
    memory_is_counted: bool = True,
) -> list[str]:
    """The command that runs `command` shut in. `read_only`: (path here, path inside)."""
    devices = [*DEVICES, MEMORY_DEVICE] if memory_is_counted else DEVICES
    return [
        "bwrap",
        *("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
        *("--hostname", HOSTNAME, "--new-session", "--die-with-parent", "--clearenv"),
        *_file_system(limits, read_only, descriptors.passwd, devices),
        *_environment(limits),
        *("--seccomp", str(descriptors.seccomp)),
        *("--info-fd", str(descriptors.info), "--block-fd", str(descriptors.gate)),
        *_privileges(identity),
        *map(str, command),
    ]


def _privileges(identity: SandboxUser) -> Iterator[str]:
    """No capability is left to the guest, and no way to gain one.

    As root, bubblewrap mounts with root's rights and `setpriv` then becomes a user who owns nothing: in a user
    namespace of root's, the guest would still be root wherever files of root are looked at.
    """
    uid = str(identity.uid)
    if identity.is_host_user:
        yield from ("--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID")
        yield from ("--cap-add", "CAP_SETPCAP", "--")
        yield from ("/usr/bin/setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups")
        yield from ("--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", "--")
    else:
        yield from ("--unshare-user", "--disable-userns", "--uid", uid, "--gid", uid, "--cap-drop", "ALL", "--")


def _file_system(
    limits: Limits, read_only: Iterable[tuple[Path, Path]], passwd: int, devices: Iterable[str]
) -> Iterator[str]:
    """Libraries, the given paths and these devices, read-only; /tmp and /dev/shm, writable and of limited size."""
    for name in _OWN_DIRECTORIES:
        yield from ("--perms", "0755", "--dir", name)
    for name in SYSTEM_LIBRARIES:
        path = Path(name)
        if path.is_symlink() and path.parent == Path("/"):
            yield from ("--symlink", str(path.readlink()), name)
        elif path.exists():
            yield from ("--ro-bind", name, name)
    yield from ("--proc", "/proc")
    for device in devices:
        yield from ("--dev-bind", f"/dev/{device}", f"/dev/{device}")
    yield from ("--symlink", "/proc/self/fd", "/dev/fd")
    for directory in IN_MEMORY:
        yield from ("--size", str(limits.file_bytes), "--perms", "1777", "--tmpfs", directory)
    yield from ("--perms", "0444", "--ro-bind-data", str(passwd), "/etc/passwd")
    made = set(map(Path, ("/", *_OWN_DIRECTORIES, "/tmp")))
    if os.geteuid() == 0:
        read_only = [*read_only, (Path("/usr/bin/setpriv"), Path("/usr/bin/setpriv"))]
    for source, target in read_only:
        for parent in reversed(target.parents):  # bubblewrap would make them for its own user only
            if parent not in made:
                made.add(parent)
                yield from ("--perms", "0755", "--dir", str(parent))
        yield from ("--ro-bind", str(source), str(target))
    yield from ("--remount-ro", "/")


def _environment(limits: Limits) -> Iterator[str]:
    for name, value in variables(limits).items():
        yield from ("--setenv", name, value)


def variables(limits: Limits) -> dict[str, str]:
    """The whole environment of a guest."""
    threads = str(max(1, int(limits.cpus)))
    return {
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        "PATH": "/usr/bin",
        "TMPDIR": "/tmp",
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
    }
