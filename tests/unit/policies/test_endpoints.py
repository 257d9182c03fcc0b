"""Where the client may connect to, and where it never does."""

from __future__ import annotations

import asyncio
import socket
import threading
import time

import pytest

from kinitro.policies.endpoints import Endpoint, is_public, lookup_addresses, parse_endpoint, resolve
from kinitro.policies.errors import PolicyUnreachable, Reason


@pytest.mark.parametrize(
    ("url", "endpoint", "authority"),
    [
        ("https://policy.example.com", Endpoint(True, "policy.example.com", 443, ""), "policy.example.com"),
        ("http://policy.example.com:80/", Endpoint(False, "policy.example.com", 80, ""), "policy.example.com"),
        ("https://Example.COM:8443/a/b/", Endpoint(True, "example.com", 8443, "/a/b"), "example.com:8443"),
        ("http://[2606:4700::1111]:8000", Endpoint(False, "2606:4700::1111", 8000, ""), "[2606:4700::1111]:8000"),
        ("http://8.8.8.8:1024", Endpoint(False, "8.8.8.8", 1024, ""), "8.8.8.8:1024"),
    ],
)
def test_an_endpoint_is_a_scheme_a_host_a_port_and_a_path(url, endpoint, authority) -> None:
    assert parse_endpoint(url) == endpoint
    assert endpoint.authority == authority


@pytest.mark.parametrize(
    "url",
    [
        *("", "policy.example.com", "ftp://example.com", "file:///etc/passwd", "gopher://example.com", "http://"),
        *(
            "http://user@example.com",
            "http://example.com@169.254.169.254",
            "http://:pw@example.com",
            "http://@example.com",
        ),
        *("http://example.com:22", "http://example.com:0", "http://example.com:70000", "http://example.com:x"),
        *("http://example.com/?a=1", "http://example.com/#a", "http://example.com/?", "http://example.com#"),
        *(
            "http://exa mple.com",
            "http://example.com/\r\nX: y",
            "http://example.com\\@evil.com",
            "http://ex\u00e4mple.com",
        ),
        *(
            "http://[::1%25eth0]",
            "http://[::1",
            "http://.example.com",
            "http://-a.com",
            "http://a..b",
            "http://%65xample.com",
        ),
        "http://example.com/" + "a" * 600,
    ],
)
def test_everything_else_is_a_bad_endpoint(url) -> None:
    with pytest.raises(PolicyUnreachable) as caught:
        parse_endpoint(url)
    assert caught.value.reason == Reason.BAD_ENDPOINT


def test_a_local_subnet_may_use_low_ports() -> None:
    assert parse_endpoint("http://127.0.0.1:81", allow_private=True).port == 81


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "2001:4860:4860::8888"])
def test_public_addresses(address) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "127.8.9.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
        ),
        *("192.0.2.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "192.0.0.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1"),
        *("2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:7f00:1::1", "not-an-address", ""),
    ],
)
def test_addresses_that_strangers_must_not_send_us_to(address) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "127.1", "::1", "0"])
async def test_every_way_of_writing_loopback_is_refused(host) -> None:
    with pytest.raises(PolicyUnreachable) as caught:
        await resolve(Endpoint(False, host, 8000, ""))
    assert caught.value.reason == Reason.ADDRESS_REFUSED


async def test_one_private_address_among_public_ones_is_refused() -> None:
    async def lookup(host: str, port: int) -> list[str]:
        return ["8.8.8.8", "10.0.0.1"]

    with pytest.raises(PolicyUnreachable) as caught:
        await resolve(Endpoint(False, "example.com", 80, ""), lookup=lookup)
    assert caught.value.reason == Reason.ADDRESS_REFUSED
    assert await resolve(Endpoint(False, "example.com", 80, ""), lookup=lookup, allow_private=True)


async def test_an_unknown_host_is_named() -> None:
    for host in ("no-such-host.invalid", "a" * 64 + ".example"):
        with pytest.raises(PolicyUnreachable) as caught:
            await resolve(Endpoint(False, host, 80, ""))
        assert caught.value.reason == Reason.NAME_NOT_FOUND
        assert host in str(caught.value)


async def test_name_servers_that_never_answer_do_not_hold_up_other_lookups(monkeypatch) -> None:
    release = threading.Event()

    def getaddrinfo(host, port, **_):
        if host == "slow":
            release.wait(10)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    stuck = [asyncio.create_task(lookup_addresses("slow", 80)) for _ in range(50)]
    await asyncio.sleep(0)
    begun = time.monotonic()
    assert await lookup_addresses("fast", 80) == ["8.8.8.8"]
    assert time.monotonic() - begun < 2
    release.set()
    await asyncio.gather(*stuck)
