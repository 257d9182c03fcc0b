"""A sandbox that isolates nothing and runs no stranger's code: a scripted policy on a real Unix socket."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinitro.sandbox.interface import Ending, Limits, Runtime

Answer = Callable[[int], Any]
"""step -> value of "action"; a string is sent as the body itself, None closes the connection."""


@dataclass
class ScriptedSandbox:
    """`answer` acts; `ending` is what the sandbox says once it gave None; `error` keeps it from starting."""

    answer: Answer
    ending: Ending | None = None
    error: Exception | None = None
    resets: bool = True
    name: str = "scripted"
    over: bool = False
    episode_id: str = ""
    """Of the last /reset."""

    async def check(self) -> None: ...

    def poll(self) -> Ending | None:
        return self.ending if self.over else None

    async def wait(self, within_s: float) -> Ending | None:
        return self.poll()

    @property
    def socket(self) -> Path:
        return self._socket

    @asynccontextmanager
    async def serve(
        self, policy: Path, *, runtime: Runtime, limits: Limits | None = None
    ) -> AsyncIterator[ScriptedSandbox]:
        if self.error is not None:
            raise self.error
        self.over = False
        with tempfile.TemporaryDirectory() as directory:
            self._socket = Path(directory) / "policy"
            conversations: list[asyncio.Task[None]] = []

            async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                conversations.append(asyncio.current_task())  # type: ignore[arg-type]
                await self._converse(reader, writer)

            server = await asyncio.start_unix_server(converse, self._socket)
            try:
                yield self
            finally:
                server.close()
                await asyncio.gather(*conversations)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not self.over:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                length = int(head.partition("content-length:")[2].partition("\r\n")[0] or 0)
                body = json.loads(await reader.readexactly(length) or b"{}")
                path = head.split(" ")[1]
                answer = self._respond(path, body)
                if answer is None:
                    self.over = self.ending is not None
                    break
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                             % (len(answer), answer))  # fmt: skip
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    def _respond(self, path: str, body: dict[str, Any]) -> bytes | None:
        if path == "/health":
            return json.dumps({"status": "ok", "max_chunk": 10}).encode()
        if path == "/reset":
            self.episode_id = body["task_config"]["episode_id"]
            return json.dumps({"episode_id": self.episode_id if self.resets else "no"}).encode()
        action = self.answer(body["step"])
        if action is None:
            return None
        return action.encode() if isinstance(action, str) else json.dumps({"action": action}).encode()
