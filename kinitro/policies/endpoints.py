"""Checks where a policy server is: the URL that a miner commits, and the addresses to which we would connect."""

from __future__ import annotations

import asyncio
import ipaddress
import posixpath
import re
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from kinitro.policies.errors import PolicyUnreachable, Reason

MAX_ENDPOINT_CHARS = 512
MAX_ADDRESSES = 4
"""The number of addresses of a host that are tried, in order; more are ignored."""
PUBLIC_PORTS = (80, 443)
"""Ports below 1024 that a public endpoint may use; the others belong to services that are not policy servers."""
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")

Address = str
"""An IPv4 or IPv6 address in its textual form."""
Lookup = Callable[[str, int], Awaitable[Sequence[Address]]]
"""Maps (host, port) to its addresses; raises OSError. Tests replace DNS with one of their own."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The parts of a policy server's base URL."""

    secure: bool
    host: str
    """A name or address in ASCII; IPv6 addresses are without brackets."""
    port: int
    path: str
    """The path without a trailing slash; empty for the root."""

    @property
    def authority(self) -> str:
        """The value of the `Host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


def parse_endpoint(url: str, *, allow_private: bool = False) -> Endpoint:
    """Return the endpoint that `url` names, without asking DNS; raises PolicyUnreachable(BAD_ENDPOINT).

    allow_private: whether ports below 1024 other than PUBLIC_PORTS are allowed.
    """

    def refuse(why: str) -> PolicyUnreachable:
        return PolicyUnreachable(
            Reason.BAD_ENDPOINT, f"The endpoint {url[:100]!r} {why}; write https://host[:port][/path]."
        )

    if len(url) > MAX_ENDPOINT_CHARS or not url.isascii() or any(c <= " " or c in '\x7f"<>\\^`{|}' for c in url):
        raise refuse(f"has characters that are not allowed in a URL, or more than {MAX_ENDPOINT_CHARS} of them")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise refuse("is not a URL") from None
    if parts.scheme not in ("http", "https"):
        raise refuse("is neither http nor https")
    if "@" in parts.netloc:
        raise refuse("has user-info")
    if "?" in url or "#" in url:
        raise refuse("has a query or a fragment")
    if not _HOST.fullmatch(host) and not _is_address(host):
        raise refuse(f"has the host {host[:60]!r}, which is not a valid name or address")
    secure = parts.scheme == "https"
    port = (443 if secure else 80) if port is None else port
    if port == 0 or (port < 1024 and port not in PUBLIC_PORTS and not allow_private):
        raise refuse(f"has port {port}, where {' or '.join(map(str, PUBLIC_PORTS))} or 1024 and above is allowed")
    return Endpoint(secure, host, port, parts.path.rstrip("/"))


def canonicalize_endpoint(url: str) -> str:
    """Return the same text for all spellings of one place, without asking DNS.

    The scheme, the standard ports of both schemes, case and a final dot of the host, forms of an IP address, percent
    signs, dots and repeated slashes in the path do not matter (RFC 3986, section 6.2). Raises
    PolicyUnreachable(BAD_ENDPOINT).
    """
    found = parse_endpoint(url, allow_private=True)
    port = "" if found.port in PUBLIC_PORTS else f":{found.port}"
    path = posixpath.normpath("/" + unquote(found.path, errors="backslashreplace")).strip("/")
    return f"{_canonicalize_host(found.host)}{port}/{path}"


def _canonicalize_host(host: str) -> str:
    host = host.rstrip(".").lower()
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        try:
            return socket.inet_ntoa(socket.inet_aton(host))  # 0x7f.1, 2130706433 and other forms of an IPv4 address
        except OSError:
            return host
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)


def _is_address(host: str) -> bool:
    try:
        return bool(ipaddress.ip_address(host)) and "%" not in host
    except ValueError:
        return False


def is_on_this_machine(url: str) -> bool:
    """Return whether the host of `url` is a loopback address or `localhost`; DNS is not asked."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_public(address: Address) -> bool:
    """Return whether `address` is a public unicast address, and not another way of writing a private one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return parsed.is_global and not parsed.is_multicast
    tunnelled = parsed.sixtofour is not None or parsed.teredo is not None
    return parsed.is_global and parsed in _GLOBAL_UNICAST and not tunnelled


async def lookup_addresses(host: str, port: int) -> Sequence[Address]:
    """Return the addresses that the system's resolver gives, IPv4 first; raises OSError.

    Each look-up has a thread of its own: a resolver cannot be interrupted, and hosts whose name servers never answer
    could fill up a shared pool of threads.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[Address]] = loop.create_future()

    def settle(found: list[Address] | OSError) -> None:
        if answer.done():
            return
        if isinstance(found, OSError):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def ask() -> None:
        found: list[Address] | OSError
        try:
            records = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            records.sort(key=lambda record: record[0] != socket.AF_INET)
            found = list(dict.fromkeys(str(record[4][0]) for record in records))
        except (OSError, UnicodeError) as error:
            found = error if isinstance(error, OSError) else OSError(f"not a valid host name: {error}")
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, found)

    threading.Thread(target=ask, name="lookup", daemon=True).start()
    return await answer


async def resolve(
    endpoint: Endpoint, *, allow_private: bool = False, lookup: Lookup = lookup_addresses
) -> list[Address]:
    """Return the addresses to which we may connect, at most MAX_ADDRESSES; raises PolicyUnreachable.

    A host with both public and other addresses is refused: an honest server has no reason for that.
    """
    try:
        found = list(await lookup(endpoint.host, endpoint.port))
    except OSError as error:
        raise PolicyUnreachable(Reason.NAME_NOT_FOUND, f"The host {endpoint.host!r} was not found: {error}.") from None
    if not found:
        raise PolicyUnreachable(Reason.NAME_NOT_FOUND, f"The host {endpoint.host!r} has no address.")
    refused = [address for address in found if not is_public(address)]
    if refused and not allow_private:
        raise PolicyUnreachable(
            Reason.ADDRESS_REFUSED,
            f"The host {endpoint.host!r} has the address {refused[0]}, which is not public; use one that is.",
        )
    return found[:MAX_ADDRESSES]
