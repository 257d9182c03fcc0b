"""The smallest policy server: it conforms to the protocol and never moves. It is the canary, and serves benchmarks.

`python -m kinitro.evaluation.no_op_server --delay-ms 50` listens on a free loopback port, prints its URL and ends when
its standard input is closed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from types import ModuleType

import msgspec

from kinitro.environments.metaworld.robot import ACTION
from kinitro.environments.spec import ActionNumber
from kinitro.policies.messages import MAX_CONCURRENT_EPISODES, PolicyHealth

MAX_BODY_BYTES = 4 * 1024 * 1024
_HEALTH = PolicyHealth(encodings=("json", "msgpack"), max_concurrent_episodes=MAX_CONCURRENT_EPISODES)


_STILL = [command.neutral for command in ACTION]
EPISODES_KEPT = 4096


class _Task(msgspec.Struct):
    episode_id: str
    action: tuple[ActionNumber, ...] = ACTION


class _Reset(msgspec.Struct):
    task_config: _Task


class _Act(msgspec.Struct):
    episode_id: str


class NoOpServer:
    """Listens on `host` after `start`; answers `/act` with the neutral action, `delay_s` seconds after it arrived."""

    def __init__(
        self, delay_s: float = 0.0, encodings: tuple[str, ...] = _HEALTH.encodings, host: str = "127.0.0.1"
    ) -> None:
        self._delay_s = delay_s
        self._host = host
        self._health = msgspec.structs.replace(_HEALTH, encodings=encodings)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()
        self._neutral: dict[str, list[float]] = {}
        self.url = ""

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, self._host, 0)
        host, port = self._server.sockets[0].getsockname()
        self.url = f"http://{host}:{port}"

    async def close(self) -> None:
        """Stop listening and close all connections."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._connections):
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one kept-alive connection; it is closed if something arrives that our client would not send."""
        self._connections.add(writer)
        try:
            while True:
                await self._exchange(reader, writer)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError, IndexError):
            return
        finally:
            self._connections.discard(writer)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        path = lines[0].split(b" ")[1]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
        length = int(headers.get(b"content-length", 0))
        if length > MAX_BODY_BYTES:
            raise ValueError(f"a body of {length} bytes")
        body = await reader.readexactly(length)
        packed = headers.get(b"content-type") == b"application/msgpack"
        codec: ModuleType = msgspec.msgpack if packed else msgspec.json
        if path == b"/act":
            if self._delay_s:
                await asyncio.sleep(self._delay_s)
            episode_id = codec.decode(body, type=_Act).episode_id
            answer: object = {"action": self._neutral.get(episode_id, _STILL)}
        elif path == b"/reset":
            answer = {"episode_id": self._begin(codec.decode(body, type=_Reset).task_config)}
        else:
            answer = self._health
        encoded = codec.encode(answer)
        content_type = b"application/msgpack" if packed else b"application/json"
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b"
            % (content_type, len(encoded), encoded)
        )
        await writer.drain()

    def _begin(self, task: _Task) -> str:
        """Remember what stands still in this episode; return its id."""
        if len(self._neutral) >= EPISODES_KEPT:
            del self._neutral[next(iter(self._neutral))]
        self._neutral[task.episode_id] = [command.neutral for command in task.action]
        return task.episode_id


async def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay-ms", type=float, default=0.0)
    parser.add_argument("--json-only", action="store_true")
    arguments = parser.parse_args()
    server = NoOpServer(arguments.delay_ms / 1000.0, ("json",) if arguments.json_only else _HEALTH.encodings)
    await server.start()
    sys.stdout.write(f"{server.url}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await server.close()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_main())
