"""SIGTERM is obeyed at any moment, also while a service still imports modules, connects or starts its children."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from kinitro.chain.local import URL_VARIABLE
from kinitro.local.ports import free_ports

ROOT = Path(__file__).parents[2]
STOPS_WITHIN_S = 30.0
"""Some seconds on an idle machine. What the services below wait for would never come."""
SERVICES = ("api", "scheduler", "validate", "executor", "verifier")


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that accepts connections and never says anything, be it PostgreSQL or the API."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(120)
        yield listener


def command(name: str, port: int, directory: Path) -> list[str]:
    """A service for which everything that it asks is at the silent server."""
    database, api = f"postgresql://u:p@127.0.0.1:{port}/x", f"http://127.0.0.1:{port}"
    options = {
        "api": ["--database-url", database, "--port", str(free_ports(1)[0]), "--no-auth"],
        "scheduler": ["--database-url", database, "--netuid", "1", "--network", "local-dev"],
        "validate": ["--backend-url", api, "--netuid", "1", "--network", "local-dev"],
        "executor": ["--api-url", api, "--workers", "2", "--spool-dir", str(directory / "spool")],
        "verifier": ["--api-url", api, "--runtime", sys.executable, "--allow-no-control-group"],
    }
    return [sys.executable, "-m", "kinitro", name, *options[name]]


@contextmanager
def starting(name: str, silent: socket.socket, directory: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The service as it starts, with a renderer that is not compiled yet."""
    port = silent.getsockname()[1]
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "HOME": str(directory),
        "NUMBA_CACHE_DIR": str(directory / "numba"),
        URL_VARIABLE: f"postgresql://u:p@127.0.0.1:{port}/chain",
    }
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            command(name, port, directory), cwd=directory, env=environment, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def until(happens: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while not happens():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.01)


def handles_sigterm(pid: int) -> bool:
    (caught,) = re.findall(r"^SigCgt:\s*([0-9a-f]+)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


def stops(process: subprocess.Popen[bytes], log: Path) -> None:
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGTERM)
    assert process.wait(STOPS_WITHIN_S) == 0, log.read_text()
    said = log.read_text()
    assert "Traceback" not in said
    assert "Error" not in said
    _, alive = psutil.wait_procs(children, timeout=STOPS_WITHIN_S)
    assert not alive


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells which signals a process handles")
@pytest.mark.parametrize("name", SERVICES)
def test_while_it_imports_its_modules(name: str, silent: socket.socket, tmp_path: Path) -> None:
    with starting(name, silent, tmp_path) as process:
        until(lambda: handles_sigterm(process.pid), process, tmp_path / "log")
        stops(process, tmp_path / "log")


@pytest.mark.parametrize("name", ["api", "scheduler", "validate"])
def test_while_it_connects(name: str, silent: socket.socket, tmp_path: Path) -> None:
    with starting(name, silent, tmp_path) as process:
        connection, _ = silent.accept()
        with connection:
            stops(process, tmp_path / "log")


@pytest.mark.parametrize(
    ("name", "child"), [("executor", "evaluation.worker"), ("verifier", "verification.preparation")]
)
def test_while_its_children_start(name: str, child: str, silent: socket.socket, tmp_path: Path) -> None:
    """As they compile the renderer, which takes long on a busy machine."""

    def has_child() -> bool:
        with suppress(psutil.NoSuchProcess):  # some live for a moment only
            return any(f"kinitro.{child}" in one.cmdline() for one in psutil.Process(process.pid).children())
        return False

    with starting(name, silent, tmp_path) as process:
        until(has_child, process, tmp_path / "log")
        stops(process, tmp_path / "log")
    assert "ready" not in (tmp_path / "log").read_text()
