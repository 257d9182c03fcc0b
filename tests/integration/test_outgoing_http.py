"""Proxies and certificates of the environment are used for servers that were chosen, and never for miners'."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import stamina

from kinitro.client.errors import ApiUnavailable
from kinitro.client.http import ApiClient
from kinitro.errors import ConfigurationError
from kinitro.outgoing_http import CERTIFICATE_VARIABLES, PROXY_VARIABLES
from kinitro.policies.client import HttpPolicy
from kinitro.sandbox.errors import RepositoryUnavailable
from kinitro.sandbox.uploads import PolicyRepositories
from tests.integration.policies.certificates import server_tls

BODY = b'{"status":"ok","version":"1"}'
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: 29\r\n\r\n"


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> object:
    for name in (*PROXY_VARIABLES, *CERTIFICATE_VARIABLES, "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with stamina.set_testing(True, attempts=1):
        yield


@asynccontextmanager
async def server(tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[int, list[str]]]:
    """A server that answers like the API to whatever it is asked; its port, and the request lines that came."""
    lines: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lines.append(head.decode().splitlines()[0])
        writer.write(ANSWER + BODY)
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
    async with listening:
        yield listening.sockets[0].getsockname()[1], lines


async def ask(url: str) -> str:
    async with ApiClient(url) as api:
        return (await api.health()).status


async def download(url: str, directory: Path) -> None:
    await PolicyRepositories(directory, hub=url).fetch("miner/policy", "a" * 40)


async def test_the_api_and_the_hub_are_asked_through_the_proxy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with server() as (port, lines):
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
        assert await ask("http://api.test:8000") == "ok"
        with pytest.raises(RepositoryUnavailable):
            await download("http://hub.test", tmp_path)
    assert lines[0] == "GET http://api.test:8000/health HTTP/1.1"
    assert lines[1].startswith("GET http://hub.test/api/models/miner/policy/")


async def test_https_goes_through_a_tunnel(monkeypatch: pytest.MonkeyPatch) -> None:
    async with server() as (port, lines):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        with pytest.raises(ApiUnavailable):
            await ask("https://api.test")
    assert lines[0] == "CONNECT api.test:443 HTTP/1.1"


@pytest.mark.parametrize("exempt", ["api.test", "*"])
async def test_no_proxy_is_heeded(monkeypatch: pytest.MonkeyPatch, exempt: str) -> None:
    async with server() as (port, lines):
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("NO_PROXY", exempt)
        with pytest.raises(ApiUnavailable):  # there is no such host
            await ask("http://api.test")
    assert lines == []


async def test_this_machine_and_strangers_are_asked_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    async with server() as (proxy, through_proxy), server() as (port, lines):
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy}")
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{proxy}")
        assert await ask(f"http://127.0.0.1:{port}") == "ok"
        policy = HttpPolicy(f"http://127.0.0.1:{port}", allow_private=True)
        await policy.health()
        await policy.close()
    assert through_proxy == []
    assert [line.split()[1] for line in lines] == ["/health", "/health"]


async def test_certificates_of_the_environment_are_trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    context, pem = server_tls(tmp_path, "127.0.0.1")
    async with server(context) as (port, _):
        with pytest.raises(ApiUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
            await ask(f"https://127.0.0.1:{port}")
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        assert await ask(f"https://127.0.0.1:{port}") == "ok"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SSL_CERT_FILE", "/missing.pem", "SSL_CERT_FILE=/missing.pem: No such file"),
        ("SSL_CERT_FILE", "/etc/hostname", "SSL_CERT_FILE=/etc/hostname"),
        *(
            ("HTTPS_PROXY", value, "not of the form http://host:port")
            for value in ("ftp://me:hunter2@proxy:1", "http://", "http://me:hunter2@[::1", "http://proxy:99999")
        ),
        ("ALL_PROXY", "socks5://me:hunter2@proxy:1", "not of the form http://host:port"),
    ],
)
async def test_what_cannot_be_used_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(name, value)
    tries: tuple[Callable[[], Awaitable[object]], ...] = (
        lambda: ask("https://api.test"),
        lambda: download("https://hub.test", tmp_path),
    )
    for attempt in tries:
        with pytest.raises(ConfigurationError) as refusal:
            await attempt()
        assert says in str(refusal.value)
        assert "hunter2" not in str(refusal.value)
