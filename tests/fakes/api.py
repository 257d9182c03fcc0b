"""The real application on a real socket, inside the test's event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from kinitro.api.application import create_app
from kinitro.api.server import Server, bind_socket, configure_server
from kinitro.api.settings import ApiSettings


@asynccontextmanager
async def serving(database_url: str, **settings: Any) -> AsyncIterator[str]:
    """The base URL of an API on `database_url`; `settings` are fields of ApiSettings."""
    chosen = ApiSettings(
        database_url=database_url, **{"drain_s": 5, "public_cache_s": 0.0, "requests_per_s": 1e6} | settings
    )
    with bind_socket("127.0.0.1", 0) as listener:
        server = Server(configure_server(create_app(chosen), chosen))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            while not server.started:
                if task.done():
                    await task
                await asyncio.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task
