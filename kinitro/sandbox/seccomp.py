"""The system calls that a sandboxed policy may make: what ordinary programs need, and nothing that helps to break out.

Namespaces hide the machine's network, files and processes. The filter takes away the parts of the kernel that reach
past namespaces (vsock), that make new ones, or that are big and rarely needed (io_uring, bpf).
Denied calls fail with EPERM, or with ENOSYS where programs fall back to something else when a call is missing. Calls
of another architecture's table (i386, x32) kill the process.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import operator
import os
from collections.abc import Iterable, Iterator
from typing import Any

from kinitro.sandbox.errors import SandboxUnavailable

DENIED = {
    "other processes": "ptrace process_vm_readv process_vm_writev process_madvise process_mrelease pidfd_getfd kcmp",
    "mounts": "mount umount umount2 move_mount mount_setattr open_tree fsopen fsconfig fsmount fspick "
    "pivot_root chroot",
    "namespaces": "unshare setns",
    "files by handle, devices": "open_by_handle_at name_to_handle_at mknod mknodat quotactl quotactl_fd fanotify_init "
    "swapon swapoff",
    "keys": "keyctl add_key request_key",
    "programs in the kernel": "bpf perf_event_open userfaultfd init_module finit_module delete_module create_module "
    "kexec_load kexec_file_load",
    "asynchronous calls past this filter": "io_uring_setup io_uring_enter io_uring_register",
    "the machine": "reboot acct syslog settimeofday clock_settime clock_adjtime adjtimex stime sethostname "
    "setdomainname iopl ioperm modify_ldt vm86 vm86old vhangup personality lookup_dcookie nfsservctl uselib _sysctl",
    "memory of others": "migrate_pages move_pages memfd_secret",
    "files that the machine uses too": "flock inotify_init inotify_init1 inotify_add_watch fanotify_mark",
}
"""System calls that are denied, by what they would reach. On "files that the machine uses too": libraries, the runtime
and the upload are the machine's own files, read-only, but whoever may read a file may also lock it against others and
watch when they open it."""
UNCOUNTED = "memfd_create shmget msgget semget mq_open"
"""Calls that give memory which no rlimit counts. They are denied where no control group counts it, as are shared
anonymous mappings."""
MAP_SHARED_ANONYMOUS = 0x01 | 0x20
"""Bits of such a mapping; both kinds of shared mappings have the lowest bit."""
FILE_LOCKS = {"F_SETLK": 6, "F_SETLKW": 7, "F_OFD_SETLK": 37, "F_OFD_SETLKW": 38, "F_SETLEASE": 1024, "F_NOTIFY": 1026}
"""Commands of fcntl that do what flock and inotify do."""
NEW_NAMESPACE_FLAGS = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET."""
UNKNOWN_CALLS = range(463, 512)
"""Numbers assigned after this list was written (Linux 6.11), the same on every architecture: these calls do not exist
in a sandbox."""
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
"""Requests that put characters into a terminal's input."""
_AF_UNIX = 1
_NR_UNKNOWN = -1
_LOW_32_BITS = 0xFFFFFFFF
_REFUSED_REQUESTS = {"ioctl": (TIOCSTI, TIOCLINUX), "fcntl": tuple(FILE_LOCKS.values())}
"""Values of the lower half of a call's second argument that are refused, by the call's name."""


@functools.cache
def build_filter(*, memory_is_counted: bool) -> bytes:
    """Build the filter as a BPF program for this machine's architecture; raises SandboxUnavailable without libseccomp.

    memory_is_counted: whether a control group counts the memory of the sandbox.
    """
    seccomp = _load_library()
    program = seccomp.SyscallFilter(seccomp.ALLOW)
    program.set_attr(seccomp.Attr.ACT_BADARCH, seccomp.KILL_PROCESS)
    denied = " ".join(DENIED.values()).split()
    not_permitted, missing = seccomp.ERRNO(errno.EPERM), seccomp.ERRNO(errno.ENOSYS)
    if not memory_is_counted:
        denied += UNCOUNTED.split()
        shared = seccomp.Arg(3, seccomp.MASKED_EQ, MAP_SHARED_ANONYMOUS, MAP_SHARED_ANONYMOUS)
        program.add_rule(not_permitted, "mmap", shared)
    for name in denied:
        if (number := _resolve_number(seccomp, name)) is not None:
            program.add_rule(not_permitted, number)
    for number in UNKNOWN_CALLS:
        program.add_rule(missing, number)
    # The flags of clone3 lie in memory, where a filter cannot look; C libraries fall back to clone.
    program.add_rule(missing, "clone3")
    for flag in NEW_NAMESPACE_FLAGS:
        program.add_rule(not_permitted, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, flag, flag))
    for call in ("socket", "socketpair"):
        program.add_rule(seccomp.ERRNO(errno.EACCES), call, seccomp.Arg(0, seccomp.NE, _AF_UNIX))
    for call, numbers in _REFUSED_REQUESTS.items():
        for number in numbers:
            program.add_rule(not_permitted, call, seccomp.Arg(1, seccomp.MASKED_EQ, _LOW_32_BITS, number))
    return _export(program)


@functools.cache
def build_container_profile() -> dict[str, Any]:
    """Build the same filter in the format of container engines; raises SandboxUnavailable without libseccomp.

    Engines know calls by name and leave out names that they do not know. So the profile names everything that may be
    called, and all other calls fail as if they did not exist, including those that are newer than the list or than the
    engine's libseccomp (where the engine is older than `defaultErrnoRet` and the call older than its libseccomp, it
    fails as not permitted). No two rules match the same call, so that their order does not matter.
    """
    denied = {"clone3", *" ".join(DENIED.values()).split()}
    conditional = {"clone", "ioctl", "fcntl", "socket", "socketpair"}
    every_flag = functools.reduce(operator.or_, NEW_NAMESPACE_FLAGS)

    def make_rule(names: Iterable[str], number: int | None, *conditions: tuple[int, str, int, int]) -> dict[str, Any]:
        """Make a rule. number: the error to return, None to allow. Conditions: (argument, comparison, operands)."""
        action = {"action": "SCMP_ACT_ALLOW"} if number is None else {"action": "SCMP_ACT_ERRNO", "errnoRet": number}
        keys = ("index", "op", "value", "valueTwo")
        return action | {"names": list(names), "args": [dict(zip(keys, one, strict=True)) for one in conditions]}

    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": errno.ENOSYS,
        "architectures": [f"SCMP_ARCH_{os.uname().machine.upper()}"],
        "syscalls": [
            make_rule(sorted(_list_known_calls() - denied - conditional), None),
            make_rule(sorted(denied - {"clone3"}), errno.EPERM),
            make_rule(["clone3"], errno.ENOSYS),
            make_rule(["clone"], None, (0, "SCMP_CMP_MASKED_EQ", every_flag, 0)),
            *(make_rule(["clone"], errno.EPERM, (0, "SCMP_CMP_MASKED_EQ", flag, flag)) for flag in NEW_NAMESPACE_FLAGS),
            make_rule(["socket", "socketpair"], None, (0, "SCMP_CMP_EQ", _AF_UNIX, 0)),
            make_rule(["socket", "socketpair"], errno.EACCES, (0, "SCMP_CMP_NE", _AF_UNIX, 0)),
            *(
                make_rule([call], None, (1, "SCMP_CMP_MASKED_EQ", mask, value))
                for call, numbers in _REFUSED_REQUESTS.items()
                for mask, value in _cover_other_numbers(numbers)
            ),
            *(
                make_rule([call], errno.EPERM, (1, "SCMP_CMP_MASKED_EQ", _LOW_32_BITS, number))
                for call, numbers in _REFUSED_REQUESTS.items()
                for number in numbers
            ),
        ],
    }


def _cover_other_numbers(refused: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield (mask, value) so that every 32-bit number matches exactly one of them, and the refused ones match none.

    One rule that allows all numbers and others that refuse some would depend on the order in which libseccomp applies
    them. The pairs are prefixes of binary numbers: for each bit, those that differ from a refused number in this bit
    and agree with it in all higher bits.
    """
    beginnings = set(refused)
    for bit in (1 << place for place in range(32)):
        mask = _LOW_32_BITS & ~(bit - 1)
        yield from ((mask, other) for other in sorted({one ^ bit for one in beginnings} - beginnings))
        beginnings = {one & ~bit for one in beginnings}


def _list_known_calls() -> set[str]:
    """Return the names of all calls of this architecture that are older than the list above and known to libseccomp."""
    seccomp = _load_library()
    names = set()
    for number in range(UNKNOWN_CALLS.start):
        with contextlib.suppress(ValueError):  # unused numbers, and calls newer than libseccomp
            names.add(seccomp.resolve_syscall(seccomp.Arch.NATIVE, number).decode())
    return names


def _resolve_number(seccomp: Any, name: str) -> int | None:
    """Return a system call's number here; None if this architecture never had it or libseccomp is older than it."""
    number: int = seccomp.resolve_syscall(seccomp.Arch.NATIVE, name)
    if number == _NR_UNKNOWN:
        return _NEW_CALLS.get(name)
    return number if number >= 0 else None  # other negative numbers: not on this architecture


_NEW_CALLS = {"memfd_secret": 447, "process_mrelease": 448, "quotactl_fd": 443, "mount_setattr": 442}
"""Numbers of calls that an old libseccomp does not know; they are the same on every architecture."""


def _export(program: Any) -> bytes:
    descriptor = os.memfd_create("seccomp")
    with os.fdopen(descriptor, "r+b") as file:
        program.export_bpf(file)
        file.seek(0)
        return file.read()


def _load_library() -> Any:
    try:
        import pyseccomp
    except (ImportError, RuntimeError, OSError) as error:
        raise SandboxUnavailable(
            f"No policy is run without a system call filter, and libseccomp is missing here ({error}): "
            "install the package libseccomp2."
        ) from None
    return pyseccomp
