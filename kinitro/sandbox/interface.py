"""The interface of a sandbox: a policy goes in, a Unix socket that speaks the policy protocol comes out.

    sandbox = BubblewrapSandbox()
    await sandbox.check()
    async with sandbox.serve(directory, runtime=runtime, limits=Limits()) as policy:
        client = HttpPolicy("http://policy", unix_socket=policy.socket)
        ...
        if ending := await policy.wait(0.5): ...

Every implementation isolates; there is no option to run a policy without isolation.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

MIB = 1024 * 1024
DEFAULT_MAX_REPO_BYTES = 8 * 1024 * MIB
"""The largest upload that is downloaded, by default."""
DEFAULT_QUOTA_BYTES = 64 * 1024 * MIB
"""The size of the cache of uploads, by default."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one sandboxed policy may use: all of its processes together, unless a field says otherwise."""

    memory_bytes: int = 4096 * MIB
    """Bytes of resident memory, including what it writes to /tmp and /dev/shm; swap is not available."""
    pids: int = 256
    """Number of processes and threads together."""
    cpu_s: float = 600.0
    """Seconds of CPU time."""
    wall_s: float = 900.0
    """Seconds from the start until it is ended, whatever it does."""
    start_s: float = 120.0
    """Seconds until /health must have answered 200; values above `wall_s` have no effect."""
    file_bytes: int = 512 * MIB
    """Bytes in /tmp, as many again in /dev/shm, and the size limit of a single file. Nothing else can be written."""
    output_bytes: int = 4 * MIB
    """Bytes on stdout and stderr together. They are read only to show the last of them in an `Ending`."""
    cpus: float = 1.0
    """Cores that may be busy at once."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """A Python environment of fixed packages in which policies run. Nothing that a miner asks for is ever installed."""

    name: str
    """Identifies the packages in the evidence: runtimes with equal names have equal packages."""
    python: Path
    """Absolute path of its interpreter, inside the image if there is one."""
    read_only: tuple[Path, ...] = ()
    """Directories and files of this machine that it needs; the policy sees them read-only at the same paths."""
    image: str | None = None
    """The container image that contains it; None for sandboxes that do not run containers."""


class EndReason(StrEnum):
    """Why a sandboxed policy ended. All reasons except KILLED are the policy's own doing."""

    EXITED = "exited"
    """It ended by itself; the exit status says how."""
    MEMORY = "memory"
    CPU = "cpu"
    WALL = "wall"
    OUTPUT = "output"
    PIDS = "pids"
    KILLED = "killed"
    """We or the machine ended it, which says nothing about the policy."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a sandboxed policy ended."""

    reason: EndReason
    code: int | None
    """The exit status, 128 + n for signal n; None if it was ended before it had one."""
    log: str
    """The last few thousand characters it wrote to stdout and stderr. They are printable, but otherwise untrusted."""

    @property
    def is_ours(self) -> bool:
        """Whether the ending is our fault or the machine's, so that it says nothing about the policy."""
        return self.reason is EndReason.KILLED

    def __str__(self) -> str:
        said = self.log.strip().splitlines()
        code = f" with status {self.code}" if self.reason is EndReason.EXITED else ""
        return f"{self.reason}{code}" + (f": {said[-1][:200]}" if said else "")


class SandboxedPolicy(Protocol):
    """A policy that runs in a sandbox; `poll` and `wait` work like those of `subprocess.Popen`."""

    @property
    def socket(self) -> Path:
        """A Unix socket on which the policy speaks HTTP; only this user may connect to it."""
        ...

    def poll(self) -> Ending | None:
        """Return how it ended, as far as that is known at this moment; None while it runs."""
        ...

    async def wait(self, within_s: float) -> Ending | None:
        """Wait at most `within_s` seconds for the end and return how it ended; None if it still runs.

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
        """Make sure by trial that policies are isolated on this machine; raises SandboxUnavailable with one sentence.

        Starts a sandbox, attacks it from inside (network, namespaces, files, privileges) and evaluates the report.
        """
        ...

    def serve(
        self, policy: Path, *, runtime: Runtime, limits: Limits = ...
    ) -> AbstractAsyncContextManager[SandboxedPolicy]:
        """Run `server:app` of the directory `policy` until the context ends. The context begins when /health says 200.

        Nothing of it is left afterwards, its files included. Raises PolicyDidNotStart (the miner's fault),
        SandboxFailed and SandboxUnavailable (our fault).
        """
        ...
