"""The real API in this process, on a real socket."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from kinitro.api.application import create_app
from kinitro.api.server import bind_socket, configure_server
from kinitro.api.settings import ApiSettings


@asynccontextmanager
async def served_api(database_url: str, **given: str) -> AsyncIterator[str]:
    """Its address; `database_url` has the schema already."""
    with bind_socket("127.0.0.1", 0) as listener:
        settings = ApiSettings.load(database_url=database_url, port=0, **given)
        server = uvicorn.Server(configure_server(create_app(settings), settings))
        serving = asyncio.create_task(server.serve([listener]))
        while not server.started:
            if serving.done():
                serving.result()
                raise RuntimeError("the API stopped before it had started")
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


@contextmanager
def api_in_a_thread(database_url: str, **given: str) -> Iterator[str]:
    """The same for tests that are no coroutines."""
    address: concurrent.futures.Future[str] = concurrent.futures.Future()
    stop = threading.Event()

    async def serve() -> None:
        async with served_api(database_url, **given) as url:
            address.set_result(url)
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        yield address.result(30)
    finally:
        stop.set()
        thread.join()
