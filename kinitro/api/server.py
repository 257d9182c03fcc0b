"""Serving the application: the socket, and an orderly end."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

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
from kinitro.api.services import Services
from kinitro.api.settings import ApiSettings
from kinitro.errors import ConfigurationError, UnavailableError
from kinitro.logs import get_logger
from kinitro.stopping import cancel_and_wait

log = get_logger(__name__)


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


async def serve_until(stop: asyncio.Event, app: FastAPI, settings: ApiSettings, listener: socket.socket) -> None:
    """Serve; when `stop` is set, say so on /ready for a while, finish what is under way, and return.

    Being cancelled breaks what is under way. Raises UnavailableError if the application could not start.
    """
    server = Server(configure_server(app, settings))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    draining = asyncio.create_task(_drain(stop, app, server))
    try:
        await asyncio.wait([serving])
        serving.result()
        if not server.started and not stop.is_set():
            raise UnavailableError("The API could not start: see its log above.")
    except asyncio.CancelledError:
        server.should_exit = server.force_exit = True
        await asyncio.wait([serving])
        raise
    finally:
        await cancel_and_wait(draining, serving)


async def _drain(stop: asyncio.Event, app: FastAPI, server: Server) -> None:
    await stop.wait()
    services: Services | None = getattr(app.state, "services", None)
    if services is not None:  # otherwise it is still starting, and nobody can have asked anything
        services.draining = True
        settings = services.settings
        log.info("draining", notice_s=settings.drain_notice_s, at_most_s=settings.drain_s)
        await asyncio.sleep(settings.drain_notice_s)
    server.should_exit = True
