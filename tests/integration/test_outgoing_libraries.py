"""Proxies and certificates of the environment, and the libraries that read them themselves: chain, hub, Basilica."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kinitro.chain.bittensor import BittensorChain
from kinitro.chain.errors import ChainUnavailable
from kinitro.errors import ConfigurationError
from kinitro.miner import hub
from kinitro.miner.errors import ServiceError
from kinitro.outgoing_http import CERTIFICATE_VARIABLES, PROXY_VARIABLES
from tests.integration.policies.certificates import authority_tls, server_tls
from tests.integration.test_outgoing_http import server
from tests.standin.worlds import StandinWorld

VARIABLES = [
    variant for name in (*PROXY_VARIABLES, *CERTIFICATE_VARIABLES, "NO_PROXY") for variant in (name, name.lower())
]
DEAD = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def _variables_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(name, "")  # so that what is set meanwhile is taken back
        monkeypatch.delenv(name)
    monkeypatch.setattr("kinitro.chain.bittensor.CONNECT_TIMEOUT_S", 20.0)


async def connect(network: str) -> None:
    with pytest.raises(ChainUnavailable):
        await BittensorChain.connect(network)


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
async def test_the_node_is_asked_through_a_tunnel(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    async with server() as (port, lines):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        await connect("wss://node.test")
    assert lines[0] == "CONNECT node.test:443 HTTP/1.1"


async def test_exempt_nodes_and_those_on_this_machine_are_asked_directly(
    monkeypatch: pytest.MonkeyPatch, standin: StandinWorld
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, DEAD)
    chain = await BittensorChain.connect(standin.network)
    assert (await chain.head()).number > 0
    await chain.close()
    async with server() as (port, lines):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("NO_PROXY", "node.test")
        monkeypatch.delenv("no_proxy", raising=False)
        await connect("wss://node.test")
    assert lines == []


async def test_certificates_are_trusted_where_the_node_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    context, pem = server_tls(tmp_path, "127.0.0.1")
    async with server(context) as (port, lines):
        await connect(f"wss://127.0.0.1:{port}")
        assert lines == [], "the handshake must fail"
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        await connect(f"wss://127.0.0.1:{port}")
    assert lines[0] == "GET / HTTP/1.1"


@pytest.mark.parametrize(
    "value",
    ["ftp://me:hunter2@proxy:1", "http://me:hunter2@[::1", "http://hunter2@proxy:1", "http://me:hunter2@proxy:1/x"],
)
async def test_no_message_shows_the_password_of_a_proxy(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    with pytest.raises((ConfigurationError, ChainUnavailable)) as refused:
        await BittensorChain.connect("wss://node.test")
    assert "not of the form http://host:port" in str(refused.value)
    assert "hunter2" not in str(refused.value)


async def test_the_hub_is_asked_as_the_variables_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def ask(url: str) -> None:
        monkeypatch.setenv("HF_ENDPOINT", url)
        hub.describe_token("hf_secret", "HF_TOKEN")

    context, pem = server_tls(tmp_path, "127.0.0.1")
    async with server() as (port, lines):
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
        await asyncio.to_thread(ask, "http://hub.test")
        assert "GET http://hub.test/api/whoami-v2 HTTP/1.1" in lines  # the library also asks for what is not ours
        before = len(lines)
        with pytest.raises(ServiceError):
            await asyncio.to_thread(ask, DEAD)
        assert len(lines) == before, "this machine is asked directly"
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    async with server(context) as (port, lines):
        await asyncio.to_thread(ask, f"https://127.0.0.1:{port}")
    assert "GET /api/whoami-v2 HTTP/1.1" in lines


COUNT = """
from kinitro.errors import KinitroError
from kinitro.miner import cloud
cloud.TRIES = 1
try:
    print(cloud.Cloud().count())
except KinitroError as error:
    print(error)
"""


async def deployments(url: str, **variables: str) -> str:
    """What Basilica's SDK is told, in a process of its own: it reads the variables only once."""
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    environment |= {"BASILICA_API_URL": url, "BASILICA_API_TOKEN": "secret", **variables}
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", COUNT], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


async def test_basilica_is_asked_as_the_variables_say(tmp_path: Path) -> None:
    async with server() as (port, lines):
        proxy = f"http://127.0.0.1:{port}"
        await deployments("https://basilica.test", HTTPS_PROXY=proxy)
        assert lines.pop() == "CONNECT basilica.test:443 HTTP/1.1"
        lines.clear()
        await deployments("https://basilica.test", HTTPS_PROXY=proxy, NO_PROXY="basilica.test")
        assert lines == []
        await deployments(proxy, HTTP_PROXY=DEAD, ALL_PROXY=DEAD)
        assert lines[0] == "GET /deployments HTTP/1.1", "this machine is asked directly"
    said = await deployments("https://basilica.test", HTTPS_PROXY="ftp://me:hunter2@proxy")
    assert "not of the form http://host:port" in said
    assert "hunter2" not in said


async def test_basilicas_sdk_has_authorities_of_its_own_and_that_is_said(tmp_path: Path) -> None:
    context, pem = authority_tls(tmp_path, "localhost")
    async with server(context) as (port, lines):
        said = await deployments(f"https://localhost:{port}", SSL_CERT_FILE=str(pem))
    assert lines == []
    assert "does not read SSL_CERT_FILE" in said
