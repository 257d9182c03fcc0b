"""A policy server of our own: if we cannot reach even this one, the fault is ours.

It listens on loopback in the process that asks, and is asked through the same client as the miners' servers, so it
shows exhausted sockets, a starved machine or a broken client. It cannot show a broken uplink; an operator who wants
that too names a policy server of theirs outside (`--canary-url`), which is asked in addition.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import numpy as np

from kinitro.environments.interface import Observation
from kinitro.evaluation.no_op_server import StillServer
from kinitro.policies.errors import PolicyError
from kinitro.policies.messages import Policy, TaskConfig

REMEMBERED_S = 1.0
"""One verdict serves all episodes that fail within this time."""
_TASK = TaskConfig("canary", "canary", "stay", "canary", 1, 80.0, ("corner",), (8, 8))
_OBSERVATION = Observation(np.zeros(4, np.float32), {"corner": np.zeros((8, 8, 3), np.uint8)})


class Canary:
    """`start` it, then ask `sings`."""

    def __init__(self, connect: Callable[[str], Policy], *, outside_url: str | None = None) -> None:
        self._connect = connect
        self._outside_url = outside_url
        self._server = StillServer()
        self._verdict = (float("-inf"), True)
        self._asking = asyncio.Lock()

    async def start(self) -> None:
        """Listen on a free loopback port."""
        await self._server.start()

    async def close(self) -> None:
        """Stop listening; from now on it does not sing."""
        await self._server.close()

    async def sings(self) -> bool:
        """Whether our own policy servers answer health, reset and act within their deadlines."""
        async with self._asking:
            asked, answered = self._verdict
            if time.monotonic() - asked > REMEMBERED_S:
                urls = [self._server.url, *([self._outside_url] if self._outside_url else [])]
                answered = all(await asyncio.gather(*(self._reaches(url) for url in urls)))
                self._verdict = (time.monotonic(), answered)
            return answered

    async def _reaches(self, url: str) -> bool:
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
