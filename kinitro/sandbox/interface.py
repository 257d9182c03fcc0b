"""What verification needs of a sandbox: a policy goes in, a Unix socket that speaks the policy protocol comes out.

    sandbox = BubblewrapSandbox()
    await sandbox.check()
    async with sandbox.serve(directory, runtime=runtime, limits=Limits()) as policy:
        client = HttpPolicy("http://policy", unix_socket=policy.socket)
        ...
        if ending := await policy.wait(0.5): ...

There is no sandbox that does not isolate, and none can be asked not to.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What one sandboxed policy may use, all of its processes together unless said otherwise."""

    memory_bytes: int = 4096 * MIB
    """Resident memory, what it writes to /tmp and /dev/shm included; no swap."""
    pids: int = 256
    """Processes and threads."""
    cpu_s: float = 600.0
    """Seconds of CPU."""
    wall_s: float = 900.0
    """Seconds from start to end, whatever happens."""
    start_s: float = 120.0
    """Seconds until /health must have answered 200; at most `wall_s` matters."""
    file_bytes: int = 512 * MIB
    """In /tmp, the same again in /dev/shm, and of any single file. Nothing else can be written."""
    output_bytes: int = 4 * MIB
    """On stdout and stderr together. It is read only to show its end in an `Ending`."""
    cpus: float = 1.0
    """Cores that may be busy at once."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """A Python environment of fixed packages that serves policies; nothing of a miner's choice is ever installed."""

    name: str
    """Says which packages these are, for the evidence: equal names are equal packages."""
    python: Path
    """Its interpreter, absolute; inside the image if there is one."""
    read_only: tuple[Path, ...] = ()
    """Directories and files of this machine that it needs, shown to the policy read-only at the same path."""
    image: str | None = None
    """The container image that holds it, for sandboxes that run containers."""


class EndReason(StrEnum):
    """Why a sandboxed policy is no longer there. Each but KILLED is the policy's own doing."""

    EXITED = "exited"
    """It ended by itself; `code` says how."""
    MEMORY = "memory"
    CPU = "cpu"
    WALL = "wall"
    OUTPUT = "output"
    PIDS = "pids"
    KILLED = "killed"
    """We, or the machine, ended it: says nothing about the policy."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a sandboxed policy ended."""

    reason: EndReason
    code: int | None
    """Exit status, 128 + n for signal n; None if it was ended before it had one."""
    log: str
    """The last few thousand characters it wrote to stdout and stderr. Untrusted: printable, and nothing more."""

    @property
    def is_ours(self) -> bool:
        """Whether it says nothing about the policy."""
        return self.reason is EndReason.KILLED

    def __str__(self) -> str:
        said = self.log.strip().splitlines()
        code = f" with status {self.code}" if self.reason is EndReason.EXITED else ""
        return f"{self.reason}{code}" + (f": {said[-1][:200]}" if said else "")


class SandboxedPolicy(Protocol):
    """A policy that runs in a sandbox and has answered /health."""

    @property
    def socket(self) -> Path:
        """A Unix socket on which the policy speaks HTTP; only this user may connect to it."""
        ...

    def ended(self) -> Ending | None:
        """How it ended, as far as it is known at this moment; None while it runs."""
        ...

    async def wait(self, within_s: float) -> Ending | None:
        """How it ended, waiting for that at most `within_s`; None if it runs on.

        A lost connection is often noticed a moment before the end of the process: ask here before blaming the answer.
        """
        ...


class Sandbox(Protocol):
    """A way of running strangers' code without network, files, secrets or other processes of this machine."""

    @property
    def name(self) -> str:
        """`bwrap` or `docker`."""
        ...

    async def check(self) -> None:
        """Try for real that policies are shut in on this machine; raises SandboxUnavailable with one sentence.

        Starts a sandbox, attacks it from inside (network, namespaces, files, privileges) and looks at what came of it.
        """
        ...

    def serve(
        self, policy: Path, *, runtime: Runtime, limits: Limits = ...
    ) -> AbstractAsyncContextManager[SandboxedPolicy]:
        """Run `server:app` of the directory `policy` until the context ends; entered once /health has answered 200.

        Nothing of it is left afterwards, its files included. Raises PolicyDidNotStart (the miner's fault),
        SandboxFailed and SandboxUnavailable (ours).
        """
        ...
