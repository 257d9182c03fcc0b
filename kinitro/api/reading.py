"""ASGI middleware for readers: HEAD wherever there is GET, and public data for pages on other sites."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kinitro.api.forwarding import route_path

READING = frozenset({"GET", "HEAD"})
PUBLIC_PATHS = frozenset({"/health", "/ready", "/openapi.json"})
"""Public paths besides those below PUBLIC_PREFIX."""
PUBLIC_PREFIX = "/v1/"
SHARED = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, Retry-After, X-Request-Id"),
]
"""Headers that are sent with every public read, so that caches may keep one answer for all callers."""
PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "If-None-Match, X-Request-Id",
    "Access-Control-Max-Age": "86400",
}


class HeadLikeGet:
    """Answers a HEAD request as the GET request would be answered, without the body.

    A route whose body never ends finds `kinitro.head` among the scope's extensions, and leaves the body out itself.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        extensions = {**scope.get("extensions", {}), "kinitro.head": {}}
        as_get = dict(scope) | {"method": "GET", "extensions": extensions}
        await self._app(as_get, receive, send_without_body)
        if "route" in as_get:
            scope["route"] = as_get["route"]  # for the metrics


class PublicReads:
    """Allows cross-origin reads of what is public; never with keys, never requests that change something."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_public(route_path(scope)):
            await self._app(scope, receive, send)
        elif scope["method"] in READING:
            await self._app(scope, receive, _share(send))
        elif scope["method"] == "OPTIONS" and _asks_to_read(scope):
            await Response(status_code=204, headers=PREFLIGHT)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _is_public(path: str) -> bool:
    return path.startswith(PUBLIC_PREFIX) or path in PUBLIC_PATHS


def _asks_to_read(scope: Scope) -> bool:
    wanted = dict(scope["headers"]).get(b"access-control-request-method", b"").decode("latin-1")
    return wanted in READING


def _share(send: Send) -> Send:
    async def send_shared(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *SHARED]
        await send(message)

    return send_shared
