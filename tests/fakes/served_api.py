"""The real API in this process, on a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn

from kinitro.api.application import create_app
from kinitro.api.server import listening_socket
from kinitro.api.settings import ApiSettings


@asynccontextmanager
async def served_api(database_url: str) -> AsyncIterator[str]:
    """Its address; `database_url` has the schema already."""
    with listening_socket("127.0.0.1", 0) as listener:
        settings = ApiSettings.load(database_url=database_url, port=0)
        server = uvicorn.Server(uvicorn.Config(create_app(settings), log_config=None, ws="none"))
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
