"""The policy server of a directory that `kinitro init-miner` made, started for as long as it is needed."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from kinitro.errors import ConfigurationError, UnavailableError
from kinitro.local.ports import free_ports
from kinitro.policies.client import HttpPolicy
from kinitro.policies.errors import PolicyError, PolicyFailed
from kinitro.processes import read_log_end, start_child, stop_child

START_DEADLINE_S = 300.0
"""How long the server may take to start: loading network weights takes a while."""
STOP_DEADLINE_S = 5.0


@asynccontextmanager
async def serve_policy_directory(directory: Path, log_path: Path) -> AsyncIterator[str]:
    """Start the directory's server, yield its URL once it answers, and stop it at the end.

    Raises ConfigurationError, UnavailableError.

    Runs `uvicorn server:app` with the directory's own `.venv` if there is one, else with this interpreter.
    """
    if not (directory / "server.py").is_file():
        raise ConfigurationError(
            f"{directory} has no server.py: name the URL of a policy server, or a directory of `kinitro init-miner`."
        )
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    with log_path.open("wb") as log:
        process = await start_child(
            [_python_of(directory), "-m", "uvicorn", "server:app", "--host", "127.0.0.1", "--port", str(port)],
            directory=directory,
            environment={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
            stdout=log,
            stderr=log,
        )
    try:
        await _wait_until_ready(process, url, log_path)
        yield url
    finally:
        await stop_child(process, STOP_DEADLINE_S)


def _python_of(directory: Path) -> str:
    own = directory.absolute() / ".venv" / "bin" / "python"
    return str(own) if own.is_file() else sys.executable


async def _wait_until_ready(process: asyncio.subprocess.Process, url: str, log_path: Path) -> None:
    deadline = time.monotonic() + START_DEADLINE_S
    policy = HttpPolicy(url, allow_private=True)
    try:
        while time.monotonic() < deadline:
            if process.returncode is not None:
                code, said = process.returncode, read_log_end(log_path)
                raise UnavailableError(f"The policy server ended with code {code}: {said} (its log is {log_path})")
            try:
                await policy.health()
            except PolicyFailed as error:
                raise UnavailableError(f"The policy server could not start. {error} Its log is {log_path}.") from None
            except PolicyError:
                await asyncio.sleep(0.1)
            else:
                return
    finally:
        await policy.close()
    raise UnavailableError(f"The policy server was not ready within {START_DEADLINE_S:.0f} s; its log is {log_path}.")
