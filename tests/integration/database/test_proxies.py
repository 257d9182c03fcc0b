"""Behind a reverse proxy: links, redirects, methods, callers' addresses, other sites' pages."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx2
import pytest
from structlog.testing import capture_logs

from kinitro.api.addresses import Networks, name_caller
from kinitro.api.settings import ApiSettings
from kinitro.errors import ConfigurationError
from tests.fakes.api import serving
from tests.fakes.pool_rows import add_cycle, add_executor, add_tasks

LINK = re.compile(r'(?:href|src|hx-get)="([^"#]*)"')


@pytest.fixture
async def api(database: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A client on loopback, where trusted proxies are by default."""
    add_tasks(database, add_cycle(database), uids=[0, 1])
    async with serving(database) as url, httpx2.AsyncClient(base_url=url) as client:
        yield client


def below(prefix: str) -> dict[str, str]:
    return {"X-Forwarded-Prefix": prefix}


@pytest.mark.parametrize("path", ["/", "/miners/0", "/environments/metaworld/reach-v3", "/docs", "/miners/77"])
async def test_every_link_of_a_page_leads_below_the_prefix(api: httpx2.AsyncClient, path: str) -> None:
    page = await api.get(path, headers=below("/subnets/kinitro"))
    links = [link for link in LINK.findall(page.text) if "://" not in link]
    assert len(links) > 5
    for link in links:
        assert link.startswith("/subnets/kinitro/"), link
    elsewhere = ("/subnets/kinitro/v1/", "/subnets/kinitro/films/")  # have tests of their own, and films take a while
    for link in {link for link in links if not link.startswith(elsewhere)}:
        answer = await api.get(link.removeprefix("/subnets/kinitro"), headers=below("/subnets/kinitro"))
        assert answer.status_code == (401 if link.endswith("/operator") else 200), link


async def test_a_proxy_may_strip_the_prefix_or_leave_it(api: httpx2.AsyncClient) -> None:
    stripped = await api.get("/miners/0", headers=below("/kinitro"))
    left = await api.get("/kinitro/miners/0", headers=below("/kinitro"))
    assert stripped.status_code == left.status_code == 200
    assert stripped.text == left.text
    assert (await api.get("/kinitro/miners/0")).status_code == 404
    assert (await api.get("/kinitro", headers=below("/kinitro"))).status_code in (200, 307)


async def test_the_prefix_may_be_a_setting(database: str) -> None:
    async with serving(database, root_path="/kinitro/") as url, httpx2.AsyncClient(base_url=url) as client:
        for path in ("/", "/kinitro/"):
            assert 'href="/kinitro/static/dashboard.css?' in (await client.get(path)).text
        assert (await client.get("/kinitro/v1/status")).status_code == 200


async def test_large_reports_are_taken_below_a_prefix(database: str) -> None:
    async with serving(database, root_path="/kinitro", auth=False) as url, httpx2.AsyncClient(base_url=url) as client:
        body = b" " * 100_000 + b'{"lease_id": 1, "results": []}'
        for path in ("/v1/tasks/submit", "/kinitro/v1/tasks/submit"):
            assert (await client.post(path, content=body)).status_code != 413


@pytest.mark.parametrize(
    "prefix", ["//evil.example", "/../x", "/a/..", "/a//b", "/a b", '/"><script>', "kinitro", "/ä"]
)
async def test_a_prefix_that_leads_elsewhere_is_ignored(api: httpx2.AsyncClient, prefix: str) -> None:
    page = await api.get("/", headers={"X-Forwarded-Prefix": prefix.encode("latin-1")})
    assert 'href="/static/dashboard.css?' in page.text


async def test_the_description_says_where_it_is_mounted(api: httpx2.AsyncClient) -> None:
    for prefix in ("/kinitro", "/elsewhere"):
        description = (await api.get("/openapi.json", headers=below(prefix))).json()
        assert description["servers"] == [{"url": prefix}]
    assert (await api.get("/openapi.json")).json()["servers"] == [{"url": "/"}]


@pytest.mark.parametrize(
    ("headers", "location"),
    [
        ({}, "/miners/0?a=b"),
        ({"Host": "api.example:8443", "X-Forwarded-Proto": "https"}, "/miners/0?a=b"),
        (below("/kinitro"), "/kinitro/miners/0?a=b"),
        ({"Host": "evil.example"}, "/miners/0?a=b"),
    ],
)
async def test_redirects_keep_prefix_host_port_and_scheme(
    api: httpx2.AsyncClient, headers: dict[str, str], location: str
) -> None:
    answer = await api.get("/miners/0/?a=b", headers=headers)
    assert answer.status_code == 307
    assert answer.headers["location"] == location


async def test_head_is_get_without_a_body(api: httpx2.AsyncClient) -> None:
    """On every route that can be read, whatever it answers."""
    description = (await api.get("/openapi.json")).json()["paths"]
    read = [path for path, methods in description.items() if "get" in methods]
    assert len(read) > 12
    for path in [*read, "/", "/miners/0", "/docs", "/static/dashboard.css", "/openapi.json"]:
        path = re.sub(r"\{[^}]*\}", "1", path)
        got, headed = await api.get(path), await api.head(path)
        assert headed.status_code == got.status_code, path
        assert headed.content == b""
        if path not in ("/metrics", "/docs", "/"):  # whose length changes with the time of day
            assert headed.headers["content-length"] == got.headers["content-length"], path
    assert (await api.head("/v1/tasks/fetch")).status_code == 405


async def test_clients_behind_a_proxy_do_not_share_one_rate_limit(database: str) -> None:
    async with serving(database, requests_per_s=0.01) as url, httpx2.AsyncClient(base_url=url) as client:

        async def statuses(*chains: str) -> list[int]:
            return [
                (await client.get("/v1/environments", headers={"X-Forwarded-For": chain})).status_code
                for chain in chains
            ]

        assert await statuses(*2 * ["192.0.2.1"]) == [200, 429]
        assert await statuses("192.0.2.2", "192.0.2.3:4711", "2001:db8:1::1") == 3 * [200]
        assert await statuses("invented, 192.0.2.1", "9.9.9.9, 192.0.2.1, 127.0.0.1") == 2 * [429], (
            "only its end counts"
        )
        assert await statuses("[2001:db8:1::2]:80", "2001:db8:1::3") == 2 * [429], "a /64 is one caller"
        assert await statuses("::ffff:192.0.2.1") == [429]


async def test_only_trusted_proxies_are_believed(database: str) -> None:
    served = serving(database, requests_per_s=0.01, trusted_proxies=["10.0.0.0/8"])
    with capture_logs() as logs:
        async with served as url, httpx2.AsyncClient(base_url=url) as client:
            answers = [
                (await client.get("/", headers={"X-Forwarded-For": f"192.0.2.{n}"} | below("/x"))) for n in range(3)
            ]
            assert [answer.status_code for answer in answers] == [200, 429, 429]
            assert 'href="/static' in answers[0].text
    assert len([log for log in logs if "name it with --trusted-proxies" in str(log)]) == 1


def test_what_is_no_network_or_prefix_is_refused_in_one_sentence() -> None:
    with pytest.raises(
        ConfigurationError, match=r"--trusted-proxies .*'10\.0\.0\.300' is not an IP address or network"
    ):
        ApiSettings.load(database_url="postgresql://x/y", trusted_proxies="10.0.0.0/8, 10.0.0.300")
    with pytest.raises(ConfigurationError, match=r"--root-path .* write a path such as /kinitro"):
        ApiSettings.load(database_url="postgresql://x/y", root_path="https://x/")


def test_addresses_have_one_form() -> None:
    assert name_caller("::ffff:192.0.2.1") == name_caller("192.0.2.1") == "192.0.2.1"
    assert name_caller("2001:db8::1") == name_caller("2001:db8::ffff:1%eth0") == "2001:db8::/64"
    assert name_caller(None) == "unknown"
    assert "::ffff:10.1.2.3" in Networks(["10.0.0.0/8"])
    assert "11.1.2.3" not in Networks(["10.0.0.0/8", "fd00::/8"])


async def test_pages_of_other_sites_may_read_what_is_public(database: str, api: httpx2.AsyncClient) -> None:
    for path in ("/v1/status", "/v1/weights/latest", "/openapi.json", "/health"):
        for headers in ({}, {"Origin": "https://leaderboard.example"}):
            answer = await api.get(path, headers=headers)
            assert answer.headers["access-control-allow-origin"] == "*", path
            assert "ETag" in answer.headers["access-control-expose-headers"]
    asked = {"Origin": "https://x.example", "Access-Control-Request-Method": "GET"}
    allowed = await api.options("/v1/status", headers=asked | {"Access-Control-Request-Headers": "if-none-match"})
    assert allowed.status_code == 204
    assert "If-None-Match" in allowed.headers["access-control-allow-headers"]


async def test_pages_of_other_sites_can_do_nothing_else(database: str, api: httpx2.AsyncClient) -> None:
    add_executor(database)
    asked = {"Origin": "https://x.example", "Access-Control-Request-Method": "POST"}
    answers = [
        await api.options("/v1/tasks/fetch", headers=asked),
        await api.post("/v1/tasks/fetch", json={}, headers={"Origin": "https://x.example"}),
        await api.get("/metrics", headers={"Origin": "https://x.example"}),
        await api.get("/", headers={"Origin": "https://x.example"}),
    ]
    for answer in answers:
        assert "access-control-allow-origin" not in answer.headers
    asked["Access-Control-Request-Method"] = "GET"
    assert (
        "Authorization" not in (await api.options("/v1/status", headers=asked)).headers["access-control-allow-headers"]
    )
