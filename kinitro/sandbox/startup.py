"""How a policy is let into a sandbox: what it finds there, the word that it may begin, and the attack by ourselves."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import stat
import tempfile
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from kinitro.sandbox.errors import SandboxFailed, SandboxUnavailable

LAUNCHER: Final = Path(__file__).with_name("launcher.py")
PROBE: Final = Path(__file__).with_name("probe.py")
POLICY: Final = Path("/policy")
SCRIPT: Final = Path("/launch.py")
"""Where the two find themselves inside."""
SETUP_S: Final = 60.0
"""Until the interpreter runs, before anything of a policy does."""
LOG_BYTES: Final = 8192
"""Of the end of what a policy writes, that are kept."""
BACKLOG: Final = 64
"""Connections that wait until the policy takes them."""
READY: Final = b"+"
"""What the launcher says when all of ours worked."""
_READ_BYTES: Final = 65536


def channel(stack: contextlib.ExitStack | contextlib.AsyncExitStack) -> tuple[socket.socket, socket.socket]:
    """(our end, their end), both closed with the stack."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    return stack.enter_context(ours), stack.enter_context(theirs)


async def read_to_end(ours: socket.socket) -> bytes:
    """Everything that is written at the other end until nobody has it open any more."""
    loop = asyncio.get_running_loop()
    received = bytearray()
    while part := await loop.sock_recv(ours, _READ_BYTES):
        received += part
    return bytes(received)


def memory_file(content: bytes) -> BinaryIO:
    """A file in memory, to be read from its beginning."""
    file = os.fdopen(os.memfd_create("kinitro"), "r+b", buffering=0)
    file.write(content)
    file.seek(0)
    return file


def admit(ours: socket.socket, *given: socket.socket) -> None:
    """Tell the script inside that its limits are on, and give it these sockets; raises SandboxFailed."""
    try:
        socket.send_fds(ours, [b"+"], [one.fileno() for one in given])
    except OSError as error:
        raise SandboxFailed(f"A sandbox ended while it was set up ({error.strerror}).") from None
    for one in given:
        one.close()


async def within_setup(reading: Awaitable[bytes]) -> bytes:
    """Raises SandboxFailed after SETUP_S."""
    try:
        return await asyncio.wait_for(reading, SETUP_S)
    except TimeoutError:
        raise SandboxFailed(f"A sandbox was not set up within {SETUP_S:g} s.") from None
    except ConnectionError:
        return b""


@contextlib.contextmanager
def listening(name: str = "policy.sock") -> Iterator[tuple[Path, socket.socket]]:
    """A Unix socket that listens, in a directory that only this user may enter; raises SandboxFailed."""
    with tempfile.TemporaryDirectory(prefix="kinitro-sandbox-") as directory, socket.socket(socket.AF_UNIX) as listener:
        path = Path(directory, name)
        try:
            listener.bind(str(path))
        except OSError as error:
            raise SandboxFailed(f"No Unix socket could be made at {path}: {error}; set TMPDIR.") from None
        listener.listen(BACKLOG)
        yield path, listener


def check_readable(policy: Path) -> None:
    """Inside, the policy belongs to somebody else. Raises SandboxFailed."""
    everybody = stat.S_IROTH | stat.S_IXOTH
    try:
        mode = policy.stat().st_mode
    except OSError as error:
        raise SandboxFailed(f"The policy {policy} cannot be read: {error.strerror}.") from None
    if not stat.S_ISDIR(mode) or (os.geteuid() == 0 and mode & everybody != everybody):
        raise SandboxFailed(f"The policy {policy} must be a directory that everybody may read (mode 755).")


@contextlib.contextmanager
def bait() -> Iterator[tuple[Path, str]]:
    """A directory of this machine, and the name of an abstract Unix socket that listens: for `probe.py` to find."""
    name = f"kinitro-{secrets.token_hex(8)}"
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as outside:
        outside.bind(b"\0" + name.encode())
        outside.listen()
        yield Path(directory), name


def judge(report: str) -> None:
    """Raises SandboxUnavailable unless `probe.py` reports that it tried everything and nothing succeeded."""
    *holes, last = report.splitlines() or [""]
    if holes or last != "done":
        found = "; ".join(holes) or "the attack on a sandbox broke off"
        raise SandboxUnavailable(f"Policies are not shut in on this machine: {found}.")


def printable(output: bytes | bytearray) -> str:
    """What a stranger wrote, without anything that a terminal or a log would obey."""
    text = output.decode("utf-8", "replace")
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)
