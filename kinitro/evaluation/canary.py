"""A policy server of our own: if we cannot reach even this one, the fault is ours.

It listens on loopback in the process that asks, and is asked through the same client as the miners' servers, so it
shows exhausted sockets, a starved machine or a broken client. It cannot show a broken uplink; an operator who wants
that too names a policy server of theirs outside (`--canary-url`), which is asked in addition.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable

import numpy as np

from kinitro.environments.interface import Observation
from kinitro.policies.errors import PolicyError
from kinitro.policies.messages import ACTION_SIZE, Policy, TaskConfig

REMEMBERED_S = 1.0
"""One verdict serves all episodes that fail within this time."""
_ANSWERS = {
    b"/health": {"status": "ok"},
    b"/reset": {"episode_id": "canary"},
    b"/act": {"action": [0.0] * ACTION_SIZE},
}
_TASK = TaskConfig("canary", "canary", "stay", "canary", 1, 80.0, ("corner",), (8, 8))
_OBSERVATION = Observation(np.zeros(4, np.float32), {"corner": np.zeros((8, 8, 3), np.uint8)})


class Canary:
    """`start` it, then ask `sings`."""

    def __init__(self, connect: Callable[[str], Policy], *, outside_url: str | None = None) -> None:
        self._connect = connect
        self._outside_url = outside_url
        self._server: asyncio.Server | None = None
        self._verdict = (float("-inf"), True)
        self._asking = asyncio.Lock()

    @property
    def url(self) -> str:
        """Where it listens."""
        if self._server is None:
            raise RuntimeError("start the canary first")
        host, port = self._server.sockets[0].getsockname()
        return f"http://{host}:{port}"

    async def start(self) -> None:
        """Listen on a free loopback port."""
        self._server = await asyncio.start_server(_answer, "127.0.0.1", 0)

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    async def sings(self) -> bool:
        """Whether our own policy servers answer health, reset and act within their deadlines."""
        async with self._asking:
            asked, answered = self._verdict
            if time.monotonic() - asked > REMEMBERED_S:
                urls = [self.url, *([self._outside_url] if self._outside_url else [])]
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


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve one keep-alive connection."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            lines = head.split(b"\r\n")
            path = lines[0].split(b" ")[1]
            lengths = [line.split(b":")[1] for line in lines[1:] if line.lower().startswith(b"content-length:")]
            await reader.readexactly(int(lengths[0]) if lengths else 0)
            body = json.dumps(_ANSWERS.get(path, {})).encode()
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
            )
            await writer.drain()
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, IndexError, ValueError):
        pass  # whoever this was, it is not our client
    finally:
        writer.close()
