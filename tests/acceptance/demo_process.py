"""`kinitro demo` in a process of its own, as a user runs it, and everything that it started."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RUN_DEADLINE_S = 600.0
MARKER = "KINITRO_ACCEPTANCE_RUN"
"""An environment variable that every process of a demo inherits, so that strays can be found."""


@dataclass(slots=True)
class Demo:
    """A running or finished demo, and where it writes."""

    process: subprocess.Popen[str]
    directory: Path
    marker: str

    def read(self, name: str) -> Any:
        """One of the result files."""
        return json.loads((self.directory / name).read_text())

    def log(self, service: str) -> str:
        path = self.directory / "logs" / f"{service}.log"
        return path.read_text() if path.exists() else ""

    def processes(self) -> dict[int, str]:
        """Process id -> command line of everything the demo started, itself included; the dead do not count."""
        found = {}
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                if entry.name.isdigit() and f"{MARKER}={self.marker}".encode() in (entry / "environ").read_bytes():
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        return found

    def service_pid(self, *words: str) -> int:
        """The child of the demo whose command line has all these words."""
        for pid, command in self.processes().items():
            parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            if parent == self.process.pid and all(word in command for word in words):
                return pid
        raise AssertionError(f"no process of the demo runs {' '.join(words)}")

    def finish(self, deadline_s: float = RUN_DEADLINE_S) -> str:
        """Wait for the end; returns what was printed."""
        output, _ = self.process.communicate(timeout=deadline_s)
        return output

    def wait_for(self, condition: Callable[[], bool], what: str, deadline_s: float = 240.0) -> None:
        end = time.monotonic() + deadline_s
        while not condition():
            assert self.process.poll() is None, f"the demo ended before {what}: {self.process.communicate()[0]}"
            assert time.monotonic() < end, f"waited {deadline_s:.0f} s for {what}"
            time.sleep(0.1)
