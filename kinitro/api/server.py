"""Serving the application: the socket, signals, and an orderly end."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from kinitro.api.application import create_app
from kinitro.api.connections import (
    ACCEPTED_AT_ONCE,
    KEEP_ALIVE_S,
    LISTEN_BACKLOG,
    RESERVED_FILES,
    Gate,
    RepeatedRarely,
    guard_connections,
    raise_file_limit,
)
from kinitro.api.settings import ApiSettings
from kinitro.database.pool import open_pool, run_on
from kinitro.database.schema import check_schema
from kinitro.errors import ConfigurationError, UnavailableError
from kinitro.logs import get_logger

log = get_logger(__name__)
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Server(uvicorn.Server):
    """uvicorn without its own signal handling: ours drains first and exits with code 0.

    It accepts few connections at once, so that the gate sees them before the process runs out of files.
    """

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(LISTEN_BACKLOG)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def configure_server(app: FastAPI, settings: ApiSettings) -> uvicorn.Config:
    """Configure uvicorn: connections pass our gate, and its own handling of proxies and logs is off."""
    files = raise_file_limit()
    gate = Gate(
        total=max(16, files - RESERVED_FILES - settings.database_connections),
        per_caller=settings.connections_per_address,
        header_deadline_s=settings.header_deadline_s,
        proxies=settings.proxies,
    )
    for library in ("uvicorn.error", "asyncio"):
        logger = logging.getLogger(library)
        if not any(isinstance(known, RepeatedRarely) for known in logger.filters):
            logger.addFilter(RepeatedRarely())
    return uvicorn.Config(
        app,
        http=guard_connections(gate),
        ws="none",
        backlog=ACCEPTED_AT_ONCE,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=int(settings.drain_s),
        server_header=False,
    )


def serve(settings: ApiSettings) -> None:
    """Serve until SIGTERM or Ctrl-C. Raises ConfigurationError or UnavailableError when it cannot start."""
    settings.check_exposure(settings.host)
    with bind_socket(settings.host, settings.port, check=settings.check_exposure) as listener:
        asyncio.run(_serve(settings, listener))


def bind_socket(host: str, port: int, *, check: Callable[[str], None] = lambda _: None) -> socket.socket:
    """Bind a socket. Raises UnavailableError if the port is in use, ConfigurationError if the host is not one
    of this machine's addresses.

    `check` gets the address that `host` turns out to be before anything listens there, and may raise.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise ConfigurationError(f"--host {host!r} is not a valid address ({error.strerror}): try 127.0.0.1.") from None
    check(str(address[0]))
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(LISTEN_BACKLOG)
        return listener
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise UnavailableError(
                f"Port {port} on {host} is already in use; stop the process that uses it, or give another --port."
            ) from None
        if error.errno == errno.EACCES:
            raise UnavailableError(
                f"Port {port} may not be used without privileges: give a --port above 1023."
            ) from None
        raise ConfigurationError(f"--host {host} cannot be listened on ({error.strerror}): try 127.0.0.1.") from None


async def _serve(settings: ApiSettings, listener: socket.socket) -> None:
    probe = await open_pool(settings.database_url, size=2)
    try:
        await run_on(probe, check_schema)
    finally:
        await probe.close()
    app = create_app(settings)
    server = Server(configure_server(app, settings))
    stopping: list[asyncio.Task[None]] = []

    async def stop() -> None:
        app.state.services.draining = True
        log.info("draining", notice_s=settings.drain_notice_s, at_most_s=settings.drain_s)
        await asyncio.sleep(settings.drain_notice_s)
        server.should_exit = True

    def handle_signal() -> None:
        if stopping:
            server.should_exit = server.force_exit = True
        elif not hasattr(app.state, "services"):
            server.should_exit = True
        else:
            stopping.append(asyncio.create_task(stop()))

    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, handle_signal)
    host, port = listener.getsockname()[:2]
    log.info("api_listens", url=f"http://{f'[{host}]' if ':' in host else host}:{port}", auth=settings.auth)
    await server.serve(sockets=[listener])
    log.info("api_stopped")
