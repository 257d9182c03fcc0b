"""The default sandbox: bubblewrap, a system call filter and control groups. Needs no daemon, as root or as anybody."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import stat
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from kinitro.logs import get_logger
from kinitro.verification.errors import SandboxFailed, SandboxUnavailable
from kinitro.verification.sandbox.cgroups import make_cgroup, remove_abandoned
from kinitro.verification.sandbox.guest import SETUP_S, Guest, admitted
from kinitro.verification.sandbox.interface import Ending, Limits, Runtime
from kinitro.verification.sandbox.pipes import channel, read_to_end
from kinitro.verification.sandbox.readiness import until_healthy
from kinitro.verification.sandbox.runtimes import inspect_runtime

log = get_logger(__name__)

LAUNCHER: Final = Path(__file__).with_name("launcher.py")
PROBE: Final = Path(__file__).with_name("probe.py")
POLICY: Final = Path("/policy")
GO, READY = b"+", b"+"
"""What we tell a script inside when its limits are on, and what the launcher tells us when all of ours worked."""
BACKLOG: Final = 64
"""Connections that wait until the policy takes them."""


@dataclass(frozen=True, slots=True)
class BubblewrappedPolicy:
    """A policy that runs; see `interface.SandboxedPolicy`."""

    socket: Path
    guest: Guest

    def ended(self) -> Ending | None:
        return self.guest.ended()

    async def wait(self, within_s: float) -> Ending | None:
        return await self.guest.wait(within_s)


class BubblewrapSandbox:
    """See `interface.Sandbox`."""

    name: ClassVar[str] = "bwrap"

    async def check(self) -> None:
        """Attack a sandbox from inside; raises SandboxUnavailable if anything succeeds, or if nothing can be tried."""
        remove_abandoned()
        try:
            *holes, last = (await _attacked()).splitlines() or [""]
        except SandboxFailed as error:
            raise SandboxUnavailable(
                f"Policies cannot be shut in on this machine ({error}): allow this user to make user namespaces, "
                "run as root, or use --sandbox docker."
            ) from None
        if holes or last != "done":
            found = "; ".join(holes) or "the attack on a sandbox broke off"
            raise SandboxUnavailable(f"Policies are not shut in on this machine: {found}.")
        cgroup = make_cgroup(Limits())
        if cgroup is not None:
            cgroup.remove()
        else:
            log.warning(
                "no control group may be made here: what policies use is looked at ten times a second instead, "
                "and how many cores they use is not limited"
            )

    @contextlib.asynccontextmanager
    async def serve(
        self,
        policy: Path,
        *,
        runtime: Runtime,
        limits: Limits = Limits(),  # noqa: B008 - immutable
    ) -> AsyncIterator[BubblewrappedPolicy]:
        """Run `server:app` of a directory that everybody may read; see `interface.Sandbox.serve`."""
        _check_readable(policy)
        async with contextlib.AsyncExitStack() as stack:
            path, listener = stack.enter_context(_listening())
            status, status_end = channel(stack)
            inherited = (listener.fileno(), status_end.fileno())
            shown = [*((needed, needed) for needed in runtime.read_only), (policy, POLICY)]
            guest = await stack.enter_async_context(
                admitted(
                    LAUNCHER, inherited, python=runtime.python, read_only=shown, limits=limits, inherited=inherited
                )
            )
            listener.close()
            status_end.close()
            status.send(GO)
            if await _within(read_to_end(status)) != READY:
                raise SandboxFailed(f"The runtime {runtime.name} does not work in the sandbox ({await guest.wait(1)}).")
            served = BubblewrappedPolicy(path, guest)
            await until_healthy(served, limits.start_s)
            yield served


async def _attacked() -> str:
    """What `probe.py` reports from inside a sandbox with our own interpreter."""
    runtime = await inspect_runtime(Path(sys.executable))
    abstract = f"kinitro-{secrets.token_hex(8)}"
    async with contextlib.AsyncExitStack() as stack:
        unseen = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        outside = stack.enter_context(socket.socket(socket.AF_UNIX))
        outside.bind(b"\0" + abstract.encode())
        outside.listen()
        report, report_end = channel(stack)
        descriptor = report_end.fileno()
        guest = await stack.enter_async_context(
            admitted(
                PROBE,
                (descriptor, unseen, abstract),
                python=runtime.python,
                read_only=[(needed, needed) for needed in runtime.read_only],
                limits=Limits(),
                inherited=(descriptor,),
            )
        )
        report_end.close()
        report.send(GO)
        said = (await _within(read_to_end(report))).decode()
        if not said and (ending := await guest.wait(1)):
            raise SandboxFailed(str(ending))
        return said


async def _within(reading: Awaitable[bytes]) -> bytes:
    try:
        return await asyncio.wait_for(reading, SETUP_S)
    except TimeoutError:
        raise SandboxFailed(f"A sandbox was not set up within {SETUP_S:g} s.") from None


@contextlib.contextmanager
def _listening() -> Iterator[tuple[Path, socket.socket]]:
    """A Unix socket that listens, in a directory that only this user may enter."""
    with tempfile.TemporaryDirectory(prefix="kinitro-sandbox-") as directory, socket.socket(socket.AF_UNIX) as listener:
        path = Path(directory, "policy.sock")
        try:
            listener.bind(str(path))
        except OSError as error:
            raise SandboxFailed(f"No Unix socket could be made at {path}: {error}; set TMPDIR.") from None
        listener.listen(BACKLOG)
        yield path, listener


def _check_readable(policy: Path) -> None:
    """Inside, the policy belongs to somebody else. Raises SandboxFailed."""
    everybody = stat.S_IROTH | stat.S_IXOTH
    try:
        mode = policy.stat().st_mode
    except OSError as error:
        raise SandboxFailed(f"The policy {policy} cannot be read: {error.strerror}.") from None
    if not stat.S_ISDIR(mode) or (os.geteuid() == 0 and mode & everybody != everybody):
        raise SandboxFailed(f"The policy {policy} must be a directory that everybody may read (mode 755).")
