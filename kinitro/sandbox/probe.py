"""Attacks the sandbox it runs in. `Sandbox.check` runs it before any policy may run on this machine.

It runs as `python -I probe.py CONTROL UNSEEN ABSTRACT VARIABLE...` and imports nothing of kinitro. CONTROL is the
control socket to report to: the number of an open file, or a path. UNSEEN and ABSTRACT are decoys outside: a path that
must not be visible, and the name of an abstract Unix socket that must not be reachable. VARIABLE are further names that
may be in the environment. It reports one line for every attack that succeeded, then `done`.
"""

import ctypes
import errno
import os
import socket
import sys
from collections.abc import Iterator

FAMILIES = range(2, 64)
"""Every address family except AF_UNIX."""
CALLS = {
    "x86_64": {
        "unshare": 272,
        "mount": 165,
        "ptrace": 101,
        "keyctl": 250,
        "bpf": 321,
        "io_uring_setup": 425,
        "ioctl": 16,
        "flock": 73,
        "fcntl": 72,
        "inotify_init1": 294,
    },
    "aarch64": {
        "unshare": 97,
        "mount": 40,
        "ptrace": 117,
        "keyctl": 219,
        "bpf": 280,
        "io_uring_setup": 425,
        "ioctl": 29,
        "flock": 32,
        "fcntl": 25,
        "inotify_init1": 26,
    },
}
ARGUMENTS: dict[str, tuple[int | bytes | ctypes.c_ulong, ...]] = {
    "unshare": (0x10000000,),
    "mount": (b"none", b"/tmp", b"tmpfs", 0, 0),
    "io_uring_setup": (1, bytes(256)),
    "fcntl": (0, 6, 0),  # F_SETLK
    "ioctl": (0, ctypes.c_ulong(0x5412 | 1 << 32), b"x"),  # TIOCSTI; the kernel ignores the upper bits
}
ALLOWED_VARIABLES = {"HOME", "LANG", "LC_CTYPE", "PATH", "PWD", "TMPDIR"}
ALLOWED_SUFFIXES = ("_NUM_THREADS", "_OFFLINE")
READ_ONLY = ("/", "/usr", "/etc", "/dev", "/proc/sys/kernel")
MAX_PROCESSES = 4
"""The processes of bubblewrap, and this one."""


def find_holes(unseen: str, abstract: str, variables: list[str]) -> Iterator[str]:
    """Try every attack and yield a line for each that succeeded."""
    yield from check_network(abstract)
    yield from check_system_calls()
    yield from check_privileges()
    yield from check_environment(unseen, ALLOWED_VARIABLES.union(variables))


def check_network(abstract: str) -> Iterator[str]:
    """Try to make sockets of every family, and to reach an abstract Unix socket outside."""
    for family in FAMILIES:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
            try:
                socket.socket(family, kind).close()
            except OSError as error:
                if error.errno in (errno.EACCES, errno.EPERM):
                    continue
                yield f"sockets of family {family} are not filtered ({error.strerror})"
            else:
                yield f"sockets of family {family} can be made"
            break
    with socket.socket(socket.AF_UNIX) as unix:
        if unix.connect_ex(b"\0" + abstract.encode()) == 0:
            yield "abstract Unix sockets outside can be reached"


def check_system_calls() -> Iterator[str]:
    """Try system calls that the filter must deny with EPERM."""
    libc = ctypes.CDLL(None, use_errno=True)
    numbers = CALLS.get(os.uname().machine)
    if numbers is None:
        yield f"the architecture {os.uname().machine} has never been tested"
        return
    for name, number in numbers.items():
        if libc.syscall(number, *ARGUMENTS.get(name, (0, 0, 0, 0))) != -1:
            yield f"the system call {name} is allowed"
        elif ctypes.get_errno() != errno.EPERM:
            yield f"the system call {name} is not filtered ({os.strerror(ctypes.get_errno())})"


def check_privileges() -> Iterator[str]:
    """Look for capabilities, ways to gain privileges, a missing filter, and root's user id."""
    with open("/proc/self/status") as file:  # noqa: PTH123
        status = dict(line.split(":", 1) for line in file)
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        if int(status[name], 16):
            yield f"there are capabilities ({name} {status[name].strip()})"
    if status["NoNewPrivs"].strip() != "1":
        yield "new privileges can be gained"
    if status["Seccomp"].strip() != "2":
        yield "no system call filter is on"
    if 0 in (*os.getresuid(), *os.getresgid()):
        yield "it runs as root"


def check_environment(unseen: str, allowed: set[str]) -> Iterator[str]:
    """Look for files, environment variables and processes of the machine, and for directories that can be written."""
    if os.path.exists(unseen):  # noqa: PTH110
        yield "files of this machine can be seen"
    foreign = [n for n in os.environ if n not in allowed and not n.endswith(ALLOWED_SUFFIXES)]
    if foreign:
        yield f"environment variables come in ({', '.join(foreign)})"
    for directory in READ_ONLY:
        if os.access(directory, os.W_OK):
            yield f"{directory} can be written"
    processes = [entry for entry in os.listdir("/proc") if entry.isdecimal()]  # noqa: PTH208
    if len(processes) > MAX_PROCESSES:
        yield f"{len(processes)} processes can be seen"


def connect(where: str) -> socket.socket:
    """Return the control socket: an inherited file number, or a path to connect to."""
    if where.isdecimal():
        return socket.socket(fileno=int(where))
    control = socket.socket(socket.AF_UNIX)
    control.connect(where)
    return control


def main(where: str, unseen: str, abstract: str, *variables: str) -> None:
    control = connect(where)
    if not control.recv(1):
        raise SystemExit("the process that should put limits on this one has ended")
    with control, control.makefile("w") as out:
        for hole in find_holes(unseen, abstract, list(variables)):
            print(hole, file=out)
        print("done", file=out)


if __name__ == "__main__":
    main(*sys.argv[1:])
