"""A TCP proxy whose connections can go silent: both ends stay open, and nothing passes any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit


class SilentProxy:
    """In front of one server; `silence` kills what passes over the connections that are open now, new ones work."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._open: set[asyncio.Event] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections = 0
        """Ever made."""
        self.port = 0

    def silence(self) -> int:
        """Returns how many connections fell silent."""
        silenced = len(self._open)
        for silent in self._open:
            silent.set()
        self._open.clear()
        return silenced

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        silent = asyncio.Event()
        self._open.add(silent)
        there, back = await asyncio.open_connection(*self._target)
        both = asyncio.gather(_pass_on(reader, back, silent), _pass_on(there, writer, silent))
        try:
            await both
        finally:
            both.cancel()
            self._open.discard(silent)
            self._tasks.discard(task)
            for end in (back, writer):
                end.close()

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, silent: asyncio.Event) -> None:
    try:
        while data := await reader.read(65536):
            if silent.is_set():
                await asyncio.Event().wait()
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    if silent.is_set():
        await asyncio.Event().wait()
    writer.close()


@asynccontextmanager
async def silent_proxy(database_url: str) -> AsyncIterator[tuple[SilentProxy, str]]:
    """A proxy in front of a database's server, and the database's URL through it."""
    parts = urlsplit(database_url)
    proxy = SilentProxy(parts.hostname or "127.0.0.1", parts.port or 5432)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        user = parts.netloc.rpartition("@")[0]
        yield proxy, parts._replace(netloc=f"{user}@127.0.0.1:{proxy.port}").geturl()
    finally:
        server.close()
        await proxy.close()
