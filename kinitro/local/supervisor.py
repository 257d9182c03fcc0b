"""Keeps the processes of a local subnet running, and ends them all within seconds."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kinitro.errors import UnavailableError
from kinitro.processes import read_log_end, run_child
from kinitro.supervision import SupervisedLoop

STOP_DEADLINE_S = 3.5
"""What a process gets between SIGTERM and SIGKILL."""
MAX_RESTART_DELAY_S = 4.0
MAX_RAPID_EXITS = 5
"""A process that ends this often in a row, soon after its start, stops the whole subnet."""


@dataclass(frozen=True, slots=True)
class Service:
    """A command to keep running; `environment` is added to ours, `directory` is where it runs."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None


@dataclass(slots=True)
class _Running:
    service: Service
    keeping: asyncio.Task[None] | None = None
    process: asyncio.subprocess.Process | None = None
    is_done: bool = False


class Supervisor:
    """Starts services, restarts the ones that end with an error, and stops them together.

    A service that exits with code 0 is done and stays so. Output goes to `<log_directory>/<name>.log`.
    """

    def __init__(self, log_directory: Path) -> None:
        self._log_directory = log_directory
        self._running: dict[str, _Running] = {}
        self.restarts = 0

    def start(self, service: Service) -> None:
        """Start a service, in a moment; its name must be new."""
        if service.name in self._running:
            raise ValueError(f"a service named {service.name!r} is running already")
        entry = self._running[service.name] = _Running(service)
        entry.keeping = asyncio.create_task(self._keep(entry), name=service.name)

    def check(self) -> None:
        """Raises UnavailableError for a service that keeps ending."""
        for entry in self._running.values():
            if entry.keeping is not None and entry.keeping.done() and not entry.keeping.cancelled():
                entry.keeping.result()

    def pid(self, name: str) -> int:
        """The process id of a service. Raises ProcessLookupError while it does not run."""
        process = self._running[name].process
        if process is None or process.returncode is not None:
            raise ProcessLookupError(f"{name} does not run at the moment.")
        return process.pid

    def is_done(self, name: str) -> bool:
        """Whether a service has ended with exit code 0."""
        return self._running[name].is_done

    def read_log_end(self, name: str) -> str:
        """Read the end of a service's log, on one line."""
        return read_log_end(self._log(name))

    async def stop(self) -> None:
        """SIGTERM to all at once, SIGKILL to whoever is left after STOP_DEADLINE_S. Idempotent."""
        keeping = [entry.keeping for entry in self._running.values() if entry.keeping is not None]
        for task in keeping:
            task.cancel()
        self._running.clear()
        await asyncio.gather(*keeping, return_exceptions=True)

    async def _keep(self, entry: _Running) -> None:
        """Start the service again until it is done. Raises UnavailableError if it keeps ending."""
        name = entry.service.name
        code: int | None = None
        lives = SupervisedLoop(name, max_pause_s=MAX_RESTART_DELAY_S, event="service_ended")
        while not entry.is_done:
            with lives.turn():
                code = await self._live(entry)
                if code != 0:
                    raise UnavailableError(f"It ended with exit code {code}: {self.read_log_end(name)}")
                entry.is_done = True
            if lives.failures >= MAX_RAPID_EXITS:
                raise UnavailableError(
                    f"{name} ended {MAX_RAPID_EXITS} times in a row with exit code {code}; "
                    f"the end of its log: {self.read_log_end(name)}"
                )
            if lives.failures:
                await lives.pause()

    async def _live(self, entry: _Running) -> int:
        def note(process: asyncio.subprocess.Process) -> None:
            self.restarts += entry.process is not None
            entry.process = process

        service = entry.service
        with self._log(service.name).open("ab") as log:
            return await run_child(
                service.command,
                environment={**os.environ, **service.environment},
                directory=service.directory,
                output=log,
                grace_s=STOP_DEADLINE_S,
                started=note,
            )

    def _log(self, name: str) -> Path:
        return self._log_directory / f"{name}.log"
