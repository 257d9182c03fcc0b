"""The steps of starting a sandbox that bubblewrap and containers share: the control socket, the go-ahead, the probe.

A sandbox is started in this order; see `sandboxed_process` and `docker` for how each kind does it:

1. We open the control socket, and for a policy also the Unix socket on which it will serve.
2. The process starts in its namespaces and is held at a barrier before it may run anything.
3. We put the limits on it, then open the barrier. Our own script begins: `launcher.py` for a policy, `probe.py` for the
   attack of `Sandbox.check`. It reads one byte from the control socket and waits.
4. `send_go_ahead` sends that byte. If we die before, the script reads the end of the stream instead and exits: nothing
   ever runs without limits.
5. The launcher imports what every runtime has, answers READY, and closes the control socket. What fails up to here is
   our fault; everything that happens later is the policy's doing.
6. The launcher imports `server.py`, the first line of the upload that is ever executed. `readiness` waits for /health.
"""

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
"""Where the launcher finds the upload inside the sandbox."""
SCRIPT: Final = Path("/launch.py")
"""Where the launcher or the probe itself lies inside the sandbox."""
SETUP_S: Final = 60.0
"""Seconds until the interpreter inside must have answered, before anything of a policy runs."""
LOG_BYTES: Final = 8192
"""Bytes of a policy's output that are kept, counted from its end."""
BACKLOG: Final = 64
"""Connections that may wait until the policy accepts them."""
READY: Final = b"+"
"""The launcher's answer once everything of ours has worked."""
_READ_BYTES: Final = 65536


def open_channel(stack: contextlib.ExitStack | contextlib.AsyncExitStack) -> tuple[socket.socket, socket.socket]:
    """Return (our end, their end) of a new pair of sockets; both are closed with the stack."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    return stack.enter_context(ours), stack.enter_context(theirs)


async def read_to_end(ours: socket.socket) -> bytes:
    """Read everything that is written at the other end, until no process has that end open any more."""
    loop = asyncio.get_running_loop()
    received = bytearray()
    while part := await loop.sock_recv(ours, _READ_BYTES):
        received += part
    return bytes(received)


def make_memory_file(content: bytes) -> BinaryIO:
    """Return a file in memory that holds `content`, positioned at its beginning."""
    file = os.fdopen(os.memfd_create("kinitro"), "r+b", buffering=0)
    file.write(content)
    file.seek(0)
    return file


def send_go_ahead(control: socket.socket, *given: socket.socket) -> None:
    """Tell the script inside that its limits are on, and hand it the sockets `given`, which are closed on our side.

    Raises SandboxFailed if the script has ended.
    """
    try:
        socket.send_fds(control, [b"+"], [one.fileno() for one in given])
    except OSError as error:
        raise SandboxFailed(f"A sandbox ended while it was set up ({error.strerror}).") from None
    for one in given:
        one.close()


async def wait_for_setup(reading: Awaitable[bytes]) -> bytes:
    """Return what `reading` gives, empty if the connection was reset; raises SandboxFailed after SETUP_S."""
    try:
        return await asyncio.wait_for(reading, SETUP_S)
    except TimeoutError:
        raise SandboxFailed(f"A sandbox was not set up within {SETUP_S:g} s.") from None
    except ConnectionError:
        return b""


@contextlib.contextmanager
def listen(name: str = "policy.sock") -> Iterator[tuple[Path, socket.socket]]:
    """Listen on a new Unix socket in a directory that only this user may enter; raises SandboxFailed."""
    with tempfile.TemporaryDirectory(prefix="kinitro-sandbox-") as directory, socket.socket(socket.AF_UNIX) as listener:
        path = Path(directory, name)
        try:
            listener.bind(str(path))
        except OSError as error:
            raise SandboxFailed(f"The Unix socket {path} cannot be created: {error}; set TMPDIR.") from None
        listener.listen(BACKLOG)
        yield path, listener


def check_readable(policy: Path) -> None:
    """Raise SandboxFailed unless another user can read the directory: the sandbox runs as another user."""
    everybody = stat.S_IROTH | stat.S_IXOTH
    try:
        mode = policy.stat().st_mode
    except OSError as error:
        raise SandboxFailed(f"The policy {policy} cannot be read: {error.strerror}.") from None
    if not stat.S_ISDIR(mode) or (os.geteuid() == 0 and mode & everybody != everybody):
        raise SandboxFailed(f"The policy {policy} must be a directory that everybody may read (mode 755).")


@contextlib.contextmanager
def place_decoys() -> Iterator[tuple[Path, str]]:
    """Create what `probe.py` must not be able to reach from inside a sandbox.

    Yields a directory of this machine, and the name of an abstract Unix socket that listens here.
    """
    name = f"kinitro-{secrets.token_hex(8)}"
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as outside:
        outside.bind(b"\0" + name.encode())
        outside.listen()
        yield Path(directory), name


def check_probe_report(report: str) -> None:
    """Raise SandboxUnavailable unless `probe.py` reports that it tried everything and nothing succeeded."""
    *holes, last = report.splitlines() or [""]
    if holes or last != "done":
        found = "; ".join(holes) or "the attack on a sandbox broke off"
        raise SandboxUnavailable(f"Policies are not isolated on this machine: {found}.")


def make_printable(output: bytes | bytearray) -> str:
    """Return what a stranger wrote without anything that a terminal or a log would interpret."""
    text = output.decode("utf-8", "replace")
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)
