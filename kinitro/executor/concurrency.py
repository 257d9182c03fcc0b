"""Limits how many episodes of one miner run at once: never more than its server says it can take."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from kinitro.policies.client import HttpPolicy
from kinitro.policies.errors import PolicyError

REFRESH_S = 300.0
"""Seconds after which a server is asked again: it may have been restarted with other limits."""


class EndpointLimits:
    """Limits the episodes per endpoint. `declared` asks a server for its limit and must not raise."""

    def __init__(self, declared: Callable[[str], Awaitable[int]], clock: Callable[[], float]) -> None:
        self._declared = declared
        self._clock = clock
        self._limits: dict[str, tuple[float, int]] = {}
        self._running: defaultdict[str, int] = defaultdict(int)
        self._change = asyncio.Condition()
        self._asking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @asynccontextmanager
    async def occupy(self, endpoint: str, at_most: int | None = None) -> AsyncIterator[None]:
        """Wait until another episode may run at the endpoint, and occupy a place there until the context ends.

        at_most: the limit that the task itself sets; None for no further limit.
        """
        declared = await self._read_limit(endpoint)
        limit = declared if at_most is None else max(1, min(at_most, declared))
        async with self._change:
            while self._running[endpoint] >= limit:
                await self._change.wait()
            self._running[endpoint] += 1
        try:
            yield
        finally:
            self._running[endpoint] -= 1
            if not self._running[endpoint]:
                del self._running[endpoint]
            async with self._change:
                self._change.notify_all()

    async def _read_limit(self, endpoint: str) -> int:
        async with self._asking[endpoint]:
            asked, limit = self._limits.get(endpoint, (float("-inf"), 1))
            if self._clock() - asked > REFRESH_S:
                limit = max(1, await self._declared(endpoint))
                self._limits[endpoint] = (self._clock(), limit)
            return limit


async def ask_concurrency(endpoint: str, *, allow_private: bool) -> int:
    """Ask the server at `endpoint` how many episodes it takes at once; 1 if it does not answer."""
    policy = HttpPolicy(endpoint, allow_private=allow_private)
    try:
        return (await policy.health()).max_concurrent_episodes
    except PolicyError:
        return 1  # its episodes will show whether that is a fault
    finally:
        await policy.close()
