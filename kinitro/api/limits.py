"""Limits on what one caller may cost: requests per second, bytes per body."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kinitro.api.forwarding import route_path
from kinitro.api.problems import problem

BODY_LIMIT_BYTES = 64 * 2**10
"""The limit of every route that has no larger one of its own."""
LINGER = 4
"""How many times the limit is read and discarded before the connection is closed."""
BURST_S = 2.0
"""An idle caller may send the requests of this many seconds at once."""
REMEMBERED_CALLERS = 20_000


class RateLimiter:
    """A token bucket per caller, in this process; idle callers are forgotten first."""

    def __init__(self, per_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = max(1.0, per_s * BURST_S)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> None:
        """Count one request; raises HTTPException 429 with Retry-After."""
        now = self._clock()
        tokens, then = self._buckets.pop(caller, (self._burst, now))
        tokens = min(self._burst, tokens + (now - then) * self._per_s)
        allowed = tokens >= 1.0
        self._buckets[caller] = (tokens - 1.0 if allowed else tokens, now)
        if len(self._buckets) > REMEMBERED_CALLERS:
            self._buckets.popitem(last=False)
        if not allowed:
            wait_s = math.ceil((1.0 - tokens) / self._per_s)
            raise HTTPException(
                429, f"More than {self._per_s:g} requests per second: slow down.", headers={"Retry-After": str(wait_s)}
            )


class BodyLimit:
    """ASGI middleware: answers 413 before an oversized body is read any further."""

    def __init__(self, app: ASGIApp, limits: dict[str, int]) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limits.get(route_path(scope), BODY_LIMIT_BYTES)
        too_large = f"The body is larger than {limit} bytes: send less at once."
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > limit:
            await _discard(receive, LINGER * limit)
            await problem(413, too_large)(scope, receive, send)
            return
        received = 0

        async def count_received() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                if message.get("more_body"):
                    await _discard(receive, LINGER * limit)
                raise HTTPException(413, too_large)
            return message

        await self._app(scope, count_received, send)


async def _discard(receive: Receive, at_most: int) -> None:
    """Read on for a while and discard it, because a caller that is still writing would not see the answer."""
    while at_most > 0:
        message = await receive()
        at_most -= max(1, len(message.get("body", b"")))
        if not message.get("more_body"):
            return
