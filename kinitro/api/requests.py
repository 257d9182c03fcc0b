"""ASGI middleware around every request: it adds an id, a log line and a latency, and answers every failure."""

from __future__ import annotations

import re
import secrets
import time

import structlog
from prometheus_client import Histogram
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kinitro.api.problems import problem
from kinitro.logs import get_logger

log = get_logger(__name__)
CALLER_GONE = 499
"""The status in metrics, as in nginx, for a caller that left before its body was complete; it is never sent."""
KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""All other methods share one label, so that callers cannot make the metrics grow."""
_REQUEST_ID = re.compile(rb"^[A-Za-z0-9._-]{1,64}$")


class RequestContext:
    """Uses the caller's `X-Request-Id` or makes one; it is in the answer and in every log line."""

    def __init__(self, app: ASGIApp, latencies: Histogram) -> None:
        self._app = app
        self._latencies = latencies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-request-id", b"")
        request_id = given if _REQUEST_ID.match(given) else secrets.token_hex(8).encode()
        status = 0
        began = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id)]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id.decode()):
            try:
                await self._app(scope, receive, send_with_id)
            except ClientDisconnect:
                log.info("caller_gone", method=scope["method"], path=scope["path"])
                status = status or CALLER_GONE
            except Exception:
                log.exception("request_failed", method=scope["method"], path=scope["path"])
                if status:
                    raise
                text = f"Something went wrong here; the operator finds it in the log as request {request_id.decode()}."
                await problem(500, text)(scope, receive, send_with_id)
            elapsed_s = time.perf_counter() - began
            route = getattr(scope.get("route"), "path", "none")
            method = scope["method"] if scope["method"] in KNOWN_METHODS else "OTHER"
            self._latencies.labels(method, route, status).observe(elapsed_s)
            log.debug("request", method=method, path=scope["path"], status=status, ms=round(elapsed_s * 1000, 2))
