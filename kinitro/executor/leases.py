"""Leases: the right to report on some tasks, kept alive while they run and given up at once when it is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

from kinitro.client.errors import ApiUnauthorized, LeaseLost
from kinitro.client.messages import (
    FetchRequest,
    FetchResponse,
    HeartbeatResponse,
    ReleaseResponse,
    SubmitRequest,
    SubmitResponse,
)
from kinitro.logs import get_logger
from kinitro.supervision import send_heartbeats

HEARTBEATS_PER_TTL = 3
MIN_PAUSE_S = 0.05
log = get_logger(__name__)


class TaskApi(Protocol):
    """What an executor needs of the API. `kinitro.client.http.ApiClient` implements it, with its errors."""

    async def fetch(self, request: FetchRequest) -> FetchResponse: ...

    async def submit(self, request: SubmitRequest) -> SubmitResponse: ...

    async def heartbeat(self, lease_id: int) -> HeartbeatResponse: ...

    async def release(self, lease_id: int) -> ReleaseResponse: ...


class Lease:
    """One fetched batch whose tasks run as asyncio tasks."""

    def __init__(self, lease_id: int, ttl_s: float, task_ids: Iterable[int]) -> None:
        self.lease_id = lease_id
        self.open = set(task_ids)
        """Tasks whose results the API has not taken yet."""
        self.running: dict[int, asyncio.Task[None]] = {}
        self._ttl_s = ttl_s

    def settle(self, task_id: int) -> None:
        """Note that the API has answered for this task."""
        self.open.discard(task_id)

    def drop(self) -> None:
        """Cancel everything that still runs."""
        self.open.clear()
        for task in list(self.running.values()):
            task.cancel()

    async def keep(self, heartbeat: Callable[[int], Awaitable[HeartbeatResponse]]) -> None:
        """Send heartbeats until nothing is open; drop the work when the API says that the lease is lost.

        While the API is unavailable the work goes on: the API may return before the lease ends, and if not, it refuses
        the results one by one. Raises ApiUnauthorized.
        """

        async def beat() -> float:
            return _pause_s((await heartbeat(self.lease_id)).ttl_s)

        try:
            await send_heartbeats(
                f"heartbeats of lease {self.lease_id}",
                beat,
                _pause_s(self._ttl_s),
                wanted=lambda: bool(self.open),
                final=(LeaseLost, ApiUnauthorized),
            )
        except LeaseLost:
            log.warning("lease_lost", lease_id=self.lease_id, tasks=len(self.open))
            self.drop()


def _pause_s(ttl_s: float) -> float:
    return max(ttl_s / HEARTBEATS_PER_TTL, MIN_PAUSE_S)
