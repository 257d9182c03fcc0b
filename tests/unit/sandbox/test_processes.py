"""What a sandboxed process uses, as /proc shows it."""

from __future__ import annotations

import subprocess
import sys
import tempfile

from kinitro.sandbox.processes import measure_usage


def test_our_own_files_are_not_the_sandboxes() -> None:
    """While a sandbox starts, its first process still sees the machine's own directories."""
    taken = 64 << 20
    with tempfile.TemporaryFile(dir="/dev/shm") as file:
        file.write(bytes(taken))
        file.flush()
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        try:
            usage = measure_usage(child.pid)
        finally:
            child.communicate(b"\n")
    assert usage.pids == 1
    assert usage.memory_bytes < taken
