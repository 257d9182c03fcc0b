"""`kinitro api` as a process: logs, signals, the parts put together."""

from __future__ import annotations

import asyncio
import socket

from kinitro.api.application import create_app
from kinitro.api.server import bind_socket, serve_until
from kinitro.api.settings import ApiSettings
from kinitro.database.pool import open_pool, run_on
from kinitro.database.schema import check_schema
from kinitro.logs import configure_logs, get_logger
from kinitro.stopping import finish_or_cancel, stop_on_signals
from kinitro.supervision import touch_while_alive

log = get_logger(__name__)


def run(settings: ApiSettings) -> None:
    """Serve until SIGTERM or Ctrl-C; a second signal stops at once. Raises KinitroError when it cannot start."""
    configure_logs(settings.log_level, settings.log_format, service="api")
    settings.check_exposure(settings.host)
    with bind_socket(settings.host, settings.port, check=settings.check_exposure) as listener:
        asyncio.run(_run(settings, listener))


async def _run(settings: ApiSettings, listener: socket.socket) -> None:
    async with stop_on_signals() as stop, touch_while_alive(settings.alive_file):
        if await finish_or_cancel(_check_database(settings), stop):
            host, port = listener.getsockname()[:2]
            url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
            log.info("api_listens", url=url, auth=settings.auth)
            await serve_until(stop, create_app(settings), settings, listener)
    log.info("api_stopped")


async def _check_database(settings: ApiSettings) -> None:
    """Raises a sentence of ours before uvicorn starts, which would wrap it into a traceback."""
    probe = await open_pool(settings.database_url, size=2)
    try:
        await run_on(probe, check_schema)
    finally:
        await probe.close()
