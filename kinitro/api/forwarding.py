"""ASGI middleware for use behind a reverse proxy: who calls, how, and below which path we are mounted."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kinitro.api.addresses import Networks, parse_address
from kinitro.logs import get_logger

PREFIX = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._~-]+)*")
"""Paths that we may be mounted below: without empty segments, because `//host` is another server, and without `..`."""
MAX_WARNINGS = 10
log = get_logger(__name__)


class Forwarding:
    """Believes `X-Forwarded-For`, `-Proto` and `-Prefix` of trusted proxies, and makes redirects relative.

    A proxy may strip the prefix from the path or leave it there. A relative redirect needs no knowledge of the host,
    port and scheme that the caller used.
    """

    def __init__(self, app: ASGIApp, trusted: Networks, root_path: str = "") -> None:
        self._app = app
        self._trusted = trusted
        self._root_path = root_path
        self._warned: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        prefix = self._root_path
        peer = scope["client"][0] if scope.get("client") else ""
        forwarded = _read_forwarded(scope)
        if peer in self._trusted:
            if (caller := self._caller(forwarded.get("for", ""))) is not None:
                scope["client"] = (caller, 0)
            if (scheme := forwarded.get("proto", "").strip().lower()) in ("http", "https"):
                scope["scheme"] = scheme
            given = forwarded.get("prefix", "").strip().rstrip("/")
            if given and PREFIX.fullmatch(given):
                prefix = given
        elif "for" in forwarded:
            self._warn(peer)
        if prefix:
            _mount(scope, prefix)
        await self._app(scope, receive, _make_redirects_relative(send))

    def _caller(self, chain: str) -> str | None:
        """The last address in the chain that is not a trusted proxy's own; what stands before it may be invented."""
        caller = None
        for hop in reversed(chain.split(",")):
            address = parse_address(_strip_port(hop.strip()))
            if address is None:
                break
            caller = str(address)
            if caller not in self._trusted:
                break
        return caller

    def _warn(self, peer: str) -> None:
        """Warn of a proxy that the operator probably forgot to name; strangers on the internet are not logged."""
        address = parse_address(peer)
        if address is None or not address.is_private or peer in self._warned or len(self._warned) >= MAX_WARNINGS:
            return
        self._warned.add(peer)
        log.warning(
            "x_forwarded_for_ignored",
            address=peer,
            hint="All who come through this address share one rate limit: if it is your proxy, name it with "
            "--trusted-proxies.",
        )


def route_path(scope: Scope) -> str:
    """The path below the prefix that we are mounted at."""
    path, prefix = str(scope["path"]), str(scope.get("root_path", ""))
    return path.removeprefix(prefix) if path.startswith(prefix + "/") else path


def _read_forwarded(scope: Scope) -> dict[str, str]:
    """`X-Forwarded-*` by the last part of its name; repeated ones as one list."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name.startswith(b"x-forwarded-"):
            key, text = name[12:].decode("latin-1"), value.decode("latin-1")
            found[key] = f"{found[key]},{text}" if key in found else text
    return found


def _strip_port(hop: str) -> str:
    """`192.0.2.1:4711` and `[2001:db8::1]:4711` as some proxies write them, without the port."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _mount(scope: Scope, prefix: str) -> None:
    scope["root_path"] = prefix
    if scope["path"] != prefix and not scope["path"].startswith(prefix + "/"):
        scope["path"] = prefix + scope["path"]
        scope["raw_path"] = prefix.encode() + scope.get("raw_path", b"")


def _make_redirects_relative(send: Send) -> Send:
    async def send_relative(message: Message) -> None:
        if message["type"] == "http.response.start" and 300 <= message["status"] < 400:
            message["headers"] = [
                (name, _make_relative(value) if name == b"location" else value) for name, value in message["headers"]
            ]
        await send(message)

    return send_relative


def _make_relative(location: bytes) -> bytes:
    parts = urlsplit(location.decode("latin-1"))
    path = "/" + parts.path.lstrip("/")
    return (f"{path}?{parts.query}" if parts.query else path).encode("latin-1")
