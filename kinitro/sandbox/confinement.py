"""Builds the command line of bubblewrap that isolates a process: what it sees, who it is, what it may write."""

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
"""User ids that distributions, systemd and /etc/subuid do not assign. Each sandbox that root starts has its own."""
DEVICES = ("null", "full", "random", "urandom")
MEMORY_DEVICE = "zero"
"""A device that is left out without a control group: a shared mapping of it is memory that nothing else counts."""
SYSTEM_LIBRARIES = ("/usr/lib", "/usr/lib32", "/usr/lib64", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache")
"""Directories of shared libraries; programs are not visible. Symbolic links are kept as links."""
_OWN_DIRECTORIES = ("/usr", "/etc", "/dev")


@dataclass(frozen=True, slots=True)
class SandboxUser:
    """Who the sandboxed process is: if root starts it, a user of this machine; otherwise one of a user namespace."""

    uid: int
    is_host_user: bool

    @classmethod
    def new(cls) -> SandboxUser:
        """Return a user that no other sandbox has."""
        if os.geteuid() == 0:
            return cls(FIRST_UID + secrets.randbelow(UIDS), True)
        return cls(FIRST_UID, False)

    @property
    def passwd(self) -> bytes:
        """The content of /etc/passwd inside; some programs fail without a name for their user."""
        return f"policy:x:{self.uid}:{self.uid}:policy:/tmp:/nonexistent\n".encode()


@dataclass(frozen=True, slots=True)
class Descriptors:
    """The numbers of open files that bubblewrap reads or writes during its setup."""

    seccomp: int
    info: int
    barrier: int
    """The process waits until a byte can be read there: bubblewrap's --block-fd."""
    passwd: int


def build_command(
    command: Iterable[str | Path],
    *,
    identity: SandboxUser,
    descriptors: Descriptors,
    limits: Limits,
    read_only: Iterable[tuple[Path, Path]],
    memory_is_counted: bool = True,
) -> list[str]:
    """Return the command line that runs `command` isolated.

    read_only: pairs of (path on this machine, path inside) that the process may read.
    memory_is_counted: whether a control group counts memory; if not, what else could hold memory is left out.
    """
    devices = [*DEVICES, MEMORY_DEVICE] if memory_is_counted else DEVICES
    return [
        "bwrap",
        *("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
        *("--hostname", HOSTNAME, "--new-session", "--die-with-parent", "--clearenv"),
        *_mount_file_system(limits, read_only, descriptors.passwd, devices),
        *_set_environment(limits),
        *("--seccomp", str(descriptors.seccomp)),
        *("--info-fd", str(descriptors.info), "--block-fd", str(descriptors.barrier)),
        *_drop_privileges(identity),
        *map(str, command),
    ]


def _drop_privileges(identity: SandboxUser) -> Iterator[str]:
    """Yield the options after which the process has no capability and no way to gain one.

    As root, bubblewrap mounts with root's rights, and `setpriv` then becomes a user who owns nothing. A user namespace
    would not do here: towards files of root, a process in a user namespace made by root is still root.
    """
    uid = str(identity.uid)
    if identity.is_host_user:
        yield from ("--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID")
        yield from ("--cap-add", "CAP_SETPCAP", "--")
        yield from ("/usr/bin/setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups")
        yield from ("--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", "--")
    else:
        yield from ("--unshare-user", "--disable-userns", "--uid", uid, "--gid", uid, "--cap-drop", "ALL", "--")


def _mount_file_system(
    limits: Limits, read_only: Iterable[tuple[Path, Path]], passwd: int, devices: Iterable[str]
) -> Iterator[str]:
    """Yield the mounts: libraries, `read_only` and devices, read-only; /tmp and /dev/shm, writable, of limited size."""
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
        for parent in reversed(target.parents):  # directories that bubblewrap makes itself only its own user may enter
            if parent not in made:
                made.add(parent)
                yield from ("--perms", "0755", "--dir", str(parent))
        yield from ("--ro-bind", str(source), str(target))
    yield from ("--remount-ro", "/")


def _set_environment(limits: Limits) -> Iterator[str]:
    for name, value in make_environment(limits).items():
        yield from ("--setenv", name, value)


def make_environment(limits: Limits) -> dict[str, str]:
    """Return all environment variables of a sandboxed process; none of ours is inherited."""
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
