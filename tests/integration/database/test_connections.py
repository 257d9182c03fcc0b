"""Connections that say nothing, too little or too much, and too many of them."""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from socket import create_connection, socket
from typing import Any

import httpx2
import psycopg
import pytest

from kinitro.api.connections import RepeatedRarely
from kinitro.local.ports import free_ports
from tests.fakes.api import serving
from tests.fakes.pool_rows import rows

STRANGER = {"trusted_proxies": ["192.0.2.1"]}
"""Loopback, where tests come from, is then not where proxies are."""


def address(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("http://").partition(":")
    return host, int(port)


async def answer_of(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(20):
        return await reader.read()


@pytest.mark.parametrize("said", [b"", b"GET /health HTT", b"GET /health HTTP/1.1\r\nHost: x\r\n", b"\r\n\r\n"])
async def test_headers_have_a_deadline(database: str, said: bytes) -> None:
    async with serving(database, header_deadline_s=0.3) as url:
        reader, writer = await asyncio.open_connection(*address(url))
        writer.write(said)
        answer = await answer_of(reader)
        assert answer.startswith(b"HTTP/1.1 408")
        assert b"No request came within 0.3 s" in answer
        writer.close()


async def test_dribbling_does_not_move_the_deadline(database: str) -> None:
    async with serving(database, header_deadline_s=0.5) as url:
        for beginning in (b"GET /health HTTP/1.1\r\nHost: x\r\n", b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n\r\n"):
            reader, writer = await asyncio.open_connection(*address(url))
            writer.write(beginning)
            ended = asyncio.create_task(answer_of(reader))
            while not ended.done():
                writer.write(b"X-A: b\r\n" if not beginning.endswith(b"\r\n\r\n") else b"\r\n")
                await asyncio.wait([ended], timeout=0.05)
            assert b"HTTP/1.1 408" in ended.result()
            writer.close()


async def test_a_body_that_stops_coming_is_given_up(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kinitro.api.connections.BODY_STALL_S", 0.3)
    async with serving(database, auth=False) as url:
        reader, writer = await asyncio.open_connection(*address(url))
        writer.write(b"POST /v1/tasks/submit HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
        assert await answer_of(reader) == b""
        writer.close()


async def test_headers_have_a_size(database: str) -> None:
    async with serving(database) as url:
        reader, writer = await asyncio.open_connection(*address(url))
        writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\n" + 1000 * (b"X-A: " + 95 * b"b" + b"\r\n"))
        assert (await answer_of(reader)).startswith(b"HTTP/1.1 431")
        writer.close()


async def test_at_the_limit_the_oldest_silent_connection_makes_room(database: str) -> None:
    async with serving(database, connections_per_address=8, **STRANGER) as url:
        silent = [await asyncio.open_connection(*address(url)) for _ in range(30)]
        async with httpx2.AsyncClient(base_url=url) as client:
            assert (await client.get("/health")).status_code == 200
        ends = [asyncio.create_task(reader.read()) for reader, _ in silent]
        done, waiting = await asyncio.wait(ends, timeout=1)
        assert set(ends[:22]) <= done
        assert len(waiting) >= 7, "the newest are left alone"
        for _, writer in silent:
            writer.close()
        await asyncio.wait(ends)
        for end in ends:
            end.exception()


async def test_connections_at_work_are_never_given_up(database: str) -> None:
    async with serving(database, connections_per_address=3, database_connections=8, **STRANGER) as url:
        with psycopg.connect(database) as lock:
            lock.execute("lock table publication")
            async with httpx2.AsyncClient(base_url=url, timeout=60) as client:
                at_work = [asyncio.create_task(client.get(f"/v1/weights/{block}")) for block in range(3)]
                waiting = "select count(*) from pg_locks where not granted and relation = 'publication'::regclass"
                while await asyncio.to_thread(rows, database, waiting) != [(3,)]:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
                async with httpx2.AsyncClient(base_url=url) as another:
                    refused = await another.get("/health")
                assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
                assert "too many connections" in refused.json()["detail"]
                lock.commit()
                assert {answer.status_code for answer in await asyncio.gather(*at_work)} == {404}


async def test_a_connection_that_ended_is_not_counted(database: str) -> None:
    async with serving(database, connections_per_address=2, **STRANGER) as url:
        for _ in range(20):
            async with httpx2.AsyncClient(base_url=url) as client:
                assert [(await client.get("/health")).status_code for _ in range(2)] == [200, 200]


@contextmanager
def api_process(database: str, log: Path, files: tuple[int, int], *arguments: str) -> Iterator[tuple[Any, str]]:
    """A real `kinitro api` that may open so many files (soft and hard limit), and its URL."""
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "kinitro", "api", "--database-url", database, "--port", str(port), *arguments]
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command, stderr=stream, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, files)
        )
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None, log.read_text()
            try:
                httpx2.get(f"{url}/health", timeout=5)
                break
            except httpx2.HTTPError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield process, url
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


@pytest.mark.parametrize("proxies", ["127.0.0.1", "192.0.2.1"])
def test_eleven_hundred_silent_connections_stop_nobody(database: str, tmp_path: Path, proxies: str) -> None:
    """Where no more than 1024 files can be had; from an address that is trusted with many connections, or is not."""
    log = tmp_path / "log"
    options = ("--trusted-proxies", proxies)
    with api_process(database, log, (1024, 1024), *options) as (_, url), ExitStack() as opened:
        silent: list[socket] = [opened.enter_context(create_connection(address(url))) for _ in range(1100)]
        assert len(silent) == 1100
        for _ in range(20):
            with httpx2.Client(base_url=url, timeout=10) as client:
                assert client.get("/ready").status_code == 200
    text = log.read_text()
    assert len(text) < 20_000
    assert "too_many_connections" in text
    assert "Traceback" not in text


def test_the_file_limit_is_raised_as_far_as_it_may(database: str, tmp_path: Path) -> None:
    with api_process(database, tmp_path / "log", (512, 3000)) as (process, _):
        limits = Path(f"/proc/{process.pid}/limits").read_text()
    assert limits.split("Max open files")[1].split()[:2] == ["3000", "3000"]


def test_lines_that_strangers_cause_are_written_rarely() -> None:
    now = [0.0]
    rarely = RepeatedRarely(clock=lambda: now[0])

    def record(text: str) -> logging.LogRecord:
        return logging.LogRecord("uvicorn.error", logging.WARNING, "", 0, text, (), None)

    written = [rarely.filter(record("Invalid HTTP request received.")) for _ in range(1000)]
    assert written == [True, *999 * [False]]
    assert rarely.filter(record("something else"))
    now[0] += 11
    again = record("Invalid HTTP request received.")
    assert rarely.filter(again)
    assert again.getMessage() == "Invalid HTTP request received. (999 more since the last time)"
