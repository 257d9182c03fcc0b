"""Waiting for a sandboxed policy ends as soon as it says that waiting is of no use."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from kinitro.sandbox.errors import PolicyDidNotStart
from kinitro.sandbox.interface import Ending
from kinitro.sandbox.readiness import wait_until_healthy


class RunningPolicy:
    """A policy that runs for ever."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket

    def poll(self) -> Ending | None:
        return None

    async def wait(self, within_s: float) -> Ending | None:
        await asyncio.sleep(within_s)
        return None


@pytest.fixture
async def running(tmp_path: Path):
    """Its /health says "loading" twice, then "failed"."""
    bodies = [b'{"status": "loading"}'] * 2

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = bodies.pop() if bodies else b'{"status": "failed", "detail": "OSError: no weights"}'
        writer.write(b"HTTP/1.1 503 X\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
        await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(converse, tmp_path / "s")
    yield RunningPolicy(tmp_path / "s")
    server.close()


async def test_a_policy_that_could_not_be_loaded_is_not_waited_for(running) -> None:
    async with asyncio.timeout(60):
        with pytest.raises(PolicyDidNotStart, match=r"status 'failed' .OSError: no weights."):
            await wait_until_healthy(running, 100_000.0)
