"""A policy server of our own: if even this one does not answer, the fault is ours and not the miner's.

It listens on loopback in the process that asks, and is asked through the same client as the miners' servers. So it
detects exhausted sockets, a starved machine or a broken client. It cannot detect a broken uplink: an operator who wants
that too names a policy server of their own outside (`--canary-url`), which is asked in addition.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import numpy as np

from kinitro.environments.interface import Observation
from kinitro.evaluation.no_op_server import NoOpServer
from kinitro.policies.errors import PolicyError
from kinitro.policies.messages import Policy, TaskConfig

REMEMBERED_S = 1.0
"""One answer of the canary is used for all episodes that fail within this time."""
_TASK = TaskConfig("canary", "canary", "stay", "canary", 1, 80.0, ("corner",), (8, 8), image_sizes={"corner": (8, 8)})
_OBSERVATION = Observation(np.zeros(len(_TASK.proprioception), np.float32), {"corner": np.zeros((8, 8, 3), np.uint8)})


class Canary:
    """Tells whether our own policy servers answer; `start` it first, then ask `is_healthy`."""

    def __init__(self, connect: Callable[[str], Policy], *, outside_url: str | None = None) -> None:
        self._connect = connect
        self._outside_url = outside_url
        self._server = NoOpServer()
        self._verdict = (float("-inf"), True)
        self._asking = asyncio.Lock()

    async def start(self) -> None:
        """Listen on a free loopback port."""
        await self._server.start()

    async def close(self) -> None:
        """Stop listening; from now on it is not healthy."""
        await self._server.close()

    async def is_healthy(self) -> bool:
        """Return whether our own policy servers answer health, reset and act within their deadlines."""
        async with self._asking:
            asked, answered = self._verdict
            if time.monotonic() - asked > REMEMBERED_S:
                urls = [self._server.url, *([self._outside_url] if self._outside_url else [])]
                answered = all(await asyncio.gather(*(self._is_reachable(url) for url in urls)))
                self._verdict = (time.monotonic(), answered)
            return answered

    async def _is_reachable(self, url: str) -> bool:
        try:
            policy = self._connect(url)
            try:
                await policy.health()
                await policy.reset(_TASK)
                await policy.act(_TASK.episode_id, 0, _OBSERVATION)
            finally:
                await policy.close()
        except PolicyError:
            return False
        return True
