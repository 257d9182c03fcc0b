"""Keeps the processes of a local subnet running, and ends them all within seconds."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from kinitro.errors import UnavailableError
from kinitro.processes import die_with_parent

STOP_DEADLINE_S = 3.5
"""What a process gets between SIGTERM and SIGKILL."""
RESTART_DELAY_S = 0.5
"""Before the first restart; doubled each time, up to MAX_RESTART_DELAY_S."""
MAX_RESTART_DELAY_S = 4.0
HEALTHY_AFTER_S = 20.0
"""A process that ran this long starts again with a clean record."""
MAX_RAPID_EXITS = 5
"""A process that ends this often in a row without becoming healthy stops the whole subnet."""


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
    process: subprocess.Popen[bytes]
    started_at: float
    rapid_exits: int = 0
    restart_at: float | None = None


class Supervisor:
    """Starts services, restarts the ones that end with an error, and stops them together.

    A service that exits with code 0 is done and stays so. Output goes to `<log_directory>/<name>.log`.
    """

    def __init__(self, log_directory: Path) -> None:
        self._log_directory = log_directory
        self._running: dict[str, _Running] = {}
        self.restarts = 0

    def start(self, service: Service) -> None:
        """Start a service; its name must be new."""
        if service.name in self._running:
            raise ValueError(f"a service named {service.name!r} is running already")
        self._running[service.name] = _Running(service, self._spawn(service), time.monotonic())

    def check(self) -> None:
        """Restart what ended with an error. Call it often. Raises UnavailableError for one that keeps ending."""
        now = time.monotonic()
        for entry in self._running.values():
            code = entry.process.poll()
            if code in (None, 0):
                continue
            if entry.restart_at is None:
                self._kill_group(entry.process)
                healthy = now - entry.started_at >= HEALTHY_AFTER_S
                entry.rapid_exits = 1 if healthy else entry.rapid_exits + 1
                if entry.rapid_exits >= MAX_RAPID_EXITS:
                    raise UnavailableError(
                        f"{entry.service.name} ended {MAX_RAPID_EXITS} times in a row with exit code {code}; "
                        f"the end of its log: {self.read_log_end(entry.service.name)}"
                    )
                delay = min(RESTART_DELAY_S * 2 ** (entry.rapid_exits - 1), MAX_RESTART_DELAY_S)
                entry.restart_at = now + delay
            elif now >= entry.restart_at:
                entry.process = self._spawn(entry.service)
                entry.started_at, entry.restart_at = now, None
                self.restarts += 1

    def pid(self, name: str) -> int:
        """The process id of a service, for those who want to kill it."""
        return self._running[name].process.pid

    def is_done(self, name: str) -> bool:
        """Whether a service has ended with exit code 0."""
        return self._running[name].process.poll() == 0

    def read_log_end(self, name: str) -> str:
        """The end of a service's log, on one line."""
        with suppress(FileNotFoundError):
            lines = (self._log_directory / f"{name}.log").read_text(errors="replace").strip().splitlines()
            return " | ".join(lines[-3:])[-600:] or "(nothing)"
        return "(no log)"

    def stop(self) -> None:
        """SIGTERM to all at once, SIGKILL to whoever is left after STOP_DEADLINE_S. Idempotent."""
        for entry in self._running.values():
            if entry.process.poll() is None:
                entry.process.terminate()
        deadline = time.monotonic() + STOP_DEADLINE_S
        for entry in self._running.values():
            with suppress(subprocess.TimeoutExpired):
                entry.process.wait(max(0.0, deadline - time.monotonic()))
        for entry in self._running.values():
            self._kill_group(entry.process)
        self._running.clear()

    def _spawn(self, service: Service) -> subprocess.Popen[bytes]:
        with (self._log_directory / f"{service.name}.log").open("ab") as log:
            return subprocess.Popen(
                list(service.command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=service.directory,
                env={**os.environ, **service.environment},
                preexec_fn=die_with_parent(signal.SIGTERM),
            )

    @staticmethod
    def _kill_group(process: subprocess.Popen[bytes]) -> None:
        """Whatever a service started dies with it; each service leads a session of its own."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
