"""The configurations that the backend guide gives for nginx and Caddy, in the real programs, before the real API."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import os
import re
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urljoin

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kinitro.database.schema import upgrade
from kinitro.local.ports import free_ports
from tests.fakes.api import serving
from tests.fakes.pool_rows import add_cycle, add_tasks

GUIDE = Path(__file__).parents[2] / "docs/backend-guide.md"
LINK = re.compile(r'(?:href|src|hx-get)="([^"#]*)"')
NGINX_AROUND = """
daemon off; master_process off; pid {home}/nginx.pid; error_log stderr;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
    {config}
}}
"""
CADDY_AROUND = """
{{
    admin off
    auto_https disable_redirects
}}
{config}
"""


def from_guide(language: str, *changes: tuple[str, str]) -> str:
    """A configuration as the guide has it, with the addresses of this test in it."""
    (block,) = re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    for old, new in changes:
        assert old in block, f"the guide does not say {old!r} any more"
        block = block.replace(old, new)
    return str(block)


def program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    assert found, f"{name} is missing: run `tools/setup.sh dev`, which installs what the tests drive"
    return found


def certificate(home: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody else signed, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    chain, private = home / "fullchain.pem", home / "privkey.pem"
    chain.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return chain, private


def nginx(home: Path, port: int, api: str) -> list[str]:
    chain, private = certificate(home)
    config = from_guide(
        "nginx",
        ("127.0.0.1:8000", api),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/ssl/kinitro/fullchain.pem", str(chain)),
        ("/etc/ssl/kinitro/privkey.pem", str(private)),
    )
    (home / "nginx.conf").write_text(NGINX_AROUND.format(home=home, config=config))
    return [program("nginx"), "-p", str(home), "-c", str(home / "nginx.conf"), "-e", "stderr"]


def caddy(home: Path, port: int, api: str) -> list[str]:
    chain, private = certificate(home)
    config = from_guide(
        "caddyfile",
        ("127.0.0.1:8000", api),
        ("api.kinitro.example {", f"https://127.0.0.1:{port} {{\n    tls {chain} {private}"),
    )
    (home / "Caddyfile").write_text(CADDY_AROUND.format(config=config))
    return [program("caddy"), "run", "--config", str(home / "Caddyfile"), "--adapter", "caddyfile"]


PROXIES = {"nginx": nginx, "caddy": caddy}


@asynccontextmanager
async def proxied(name: str, home: Path, api: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the API through the proxy, which keeps its files in `home`; closed with it."""
    (port,) = free_ports(1)
    command = PROXIES[name](home, port, api.removeprefix("http://"))
    log = (home / "log").open("w+b")
    places = {"HOME": str(home), "XDG_DATA_HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log, env=os.environ | places)
    trusting = ssl.create_default_context(cafile=home / "fullchain.pem")
    base = f"https://127.0.0.1:{port}"
    try:
        async with httpx2.AsyncClient(base_url=base, verify=trusting, timeout=30, trust_env=False) as client:
            async with asyncio.timeout(60):
                while True:
                    assert process.returncode is None, (home / "log").read_text()
                    try:
                        await client.get("/")
                        break
                    except httpx2.TransportError:
                        await asyncio.sleep(0.05)
            yield client
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        log.close()


@pytest.fixture
def database(empty_database: str) -> str:
    upgrade(empty_database)
    add_tasks(empty_database, add_cycle(empty_database), uids=[0, 1])
    return empty_database


@pytest.mark.parametrize("name", PROXIES)
async def test_the_guides_configuration_serves_everything_below_its_prefix(
    database: str, tmp_path: Path, name: str
) -> None:
    async with serving(database, auth=False) as api, proxied(name, tmp_path, api) as client:
        front = await client.get("/kinitro", follow_redirects=True)
        assert str(front.url) == f"{client.base_url}kinitro/" or str(front.url) == f"{client.base_url}/kinitro/"
        assert front.status_code == 200
        links = {link for link in LINK.findall(front.text) if "://" not in link}
        assert len(links) > 5
        for link in links:
            answer = await client.get(urljoin(str(front.url), link))
            nothing_yet = link.endswith("/latest")
            assert answer.status_code == (404 if nothing_yet else 200), link
            if nothing_yet:
                assert "No cycle has been published yet" in answer.json()["detail"], "the API itself answered"
        moved = await client.get("/kinitro/miners/0/", follow_redirects=True)
        assert (moved.status_code, moved.url.path, moved.url.port) == (200, "/kinitro/miners/0", front.url.port)
        head = await client.head("/kinitro/v1/status")
        assert (head.status_code, head.content) == (200, b"")
        assert (await client.get("/kinitro/openapi.json")).json()["servers"] == [{"url": "/kinitro"}]
        elsewhere = await client.get("/kinitro/", headers={"X-Forwarded-Prefix": "/evil"})
        assert "/evil" not in elsewhere.text


@pytest.mark.parametrize("name", PROXIES)
async def test_the_guides_configuration_takes_the_largest_report(database: str, tmp_path: Path, name: str) -> None:
    async with serving(database, auth=False) as api, proxied(name, tmp_path, api) as client:
        body = b'{"lease_id": 1, "results": []' + b" " * (32 * 2**20 - 40) + b"}"
        answer = await client.post("/kinitro/v1/tasks/submit", content=body)
        assert answer.status_code != 413
        assert "detail" in answer.json() or "results" in answer.json(), "the API itself answered"


@pytest.mark.parametrize("name", PROXIES)
async def test_the_guides_configuration_tells_callers_apart_and_believes_none(
    database: str, tmp_path: Path, name: str
) -> None:
    async with serving(database, requests_per_s=0.01) as api, proxied(name, tmp_path, api) as client:
        neighbour = httpx2.AsyncHTTPTransport(
            local_address="127.0.0.2", verify=ssl.create_default_context(cafile=tmp_path / "fullchain.pem")
        )
        statuses = [
            (await client.get("/kinitro/v1/status", headers={"X-Forwarded-For": f"192.0.2.{n}"})).status_code
            for n in range(3)
        ]
        assert statuses == [200, 429, 429], "what a caller says about its address counts for nothing"
        async with httpx2.AsyncClient(transport=neighbour, base_url=client.base_url) as other:
            assert (await other.get("/kinitro/v1/status")).status_code == 200
