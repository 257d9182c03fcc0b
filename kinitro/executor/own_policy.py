"""Serves a policy that is part of this package, as a process without a sandbox: it is our own code."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from kinitro.policies.shipped import assemble_policy
from kinitro.processes import read_log_end, run_child
from kinitro.sandbox.errors import PolicyDidNotStart, SandboxFailed
from kinitro.sandbox.interface import Ending, EndReason
from kinitro.sandbox.readiness import wait_until_healthy

START_S = 60.0
STOP_S = 3.0
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
"""The simulator needs the other cores."""
_KEPT = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "TMPDIR", "VIRTUAL_ENV")
"""Environment variables that it inherits; no setting of ours, and so no secret, is among them."""


class OwnPolicy:
    """A running policy of ours; see `kinitro.sandbox.SandboxedPolicy`."""

    def __init__(self, socket: Path, running: asyncio.Task[int], log: Path) -> None:
        self.socket = socket
        self._running = running
        self._log = log

    def poll(self) -> Ending | None:
        """Return how it ended; None while it runs."""
        if not self._running.done():
            return None
        code = None if self._running.cancelled() or self._running.exception() else self._running.result()
        return Ending(EndReason.EXITED if code is not None else EndReason.KILLED, code, read_log_end(self._log))

    async def wait(self, within_s: float) -> Ending | None:
        """Wait at most `within_s` seconds for its end and return how it ended; None if it still runs."""
        await asyncio.wait((self._running,), timeout=within_s)
        return self.poll()


@asynccontextmanager
async def serve_own_policy(variant: str) -> AsyncIterator[OwnPolicy]:
    """Serve a shipped policy on a Unix socket until the context ends; nothing of it is left afterwards.

    Raises SandboxFailed if it does not start, whatever the reason: it is always ours.
    """
    async with AsyncExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kinitro-policy-")))
        directory = await asyncio.to_thread(assemble_policy, variant, place)
        socket, log = place / "policy.sock", place / "policy.log"
        command = [sys.executable, "-m", "uvicorn", "server:app", "--uds", str(socket), "--log-level", "warning"]
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | _ONE_THREAD
        output = stack.enter_context(log.open("wb"))
        running = asyncio.create_task(
            run_child(command, grace_s=STOP_S, environment=environment, directory=directory, output=output)
        )
        stack.push_async_callback(_end, running)
        served = OwnPolicy(socket, running, log)
        try:
            await wait_until_healthy(served, START_S)
        except PolicyDidNotStart as error:
            raise SandboxFailed(f"The policy {variant!r} of this installation does not start: {error}") from None
        yield served


async def _end(running: asyncio.Task[int]) -> None:
    running.cancel()
    await asyncio.wait((running,))
