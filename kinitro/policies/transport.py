"""HTTP/1.1 to one server that may be hostile: pinned address, one deadline, every byte counted.

Not a general HTTP client, because those promise too little here. The bytes of a call are counted as they leave the
socket, before anything is parsed, so that no flood of interim responses, chunk extensions or headers costs more than
the parsing of 80 KiB (aiohttp spends its whole deadline on such a flood and holds up the event loop); the connection
goes to an address that was checked, not to a name; and a bare exchange costs 0.1 ms of CPU, a third of aiohttp's.
The parsing is llhttp's, through httptools.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path

from kinitro.policies.connection import NoAnswer, PolicyConnection, Response
from kinitro.policies.endpoints import Address, Endpoint, Lookup, lookup_addresses, resolve
from kinitro.policies.errors import PolicyMisbehaved, PolicyUnreachable, Reason

IDLE_LIMIT_S = 4.0
"""Idle connections are not used after this; servers commonly close theirs after 5 s."""
PIN_LIMIT_S = 60.0
"""A call with `repin` looks the host up again after this, so that a server may move between episodes."""
_GRACE_TURNS = 3
"""Turns of the event loop between the deadline and the cancellation. If we were busy at the deadline, an answer that
was in time may still lie in the socket; that must not cost the miner a step."""


class HttpTransport:
    """Kept-alive connections to one endpoint, for any number of concurrent calls.

    With `unix_socket` the connections go to that socket, and nothing is looked up.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        allow_private: bool = False,
        lookup: Lookup = lookup_addresses,
        tls: ssl.SSLContext | None = None,
        unix_socket: Path | None = None,
        stalled_s: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """`stalled_s`: seconds for which this event loop stood still so far; deadlines are later by what is added."""
        self._endpoint = endpoint
        self._allow_private = allow_private
        self._lookup = lookup
        self._tls = (tls or _default_tls()) if endpoint.secure else None
        self._unix_socket = unix_socket
        self._stalled_s = stalled_s
        self._idle: deque[PolicyConnection] = deque()
        self._open: set[PolicyConnection] = set()
        self._pinned: list[Address] = []
        self._pinned_at = 0.0
        self._pinning = asyncio.Lock()

    async def request(
        self,
        method: str,
        path: str,
        *,
        deadline_s: float,
        headers: Mapping[str, str],
        body: bytes = b"",
        repin: bool = False,
    ) -> Response:
        """One call, complete within `deadline_s`; raises PolicyUnreachable or PolicyMisbehaved.

        `path` is below the endpoint's own. `repin` lets the host be looked up again if the last time is long ago.
        """
        request = self._head(method, path, headers, len(body)) + body
        connected = False
        try:
            async with _deadline(deadline_s, self._stalled_s):
                if repin and time.monotonic() - self._pinned_at > PIN_LIMIT_S:
                    self._pinned = []
                while True:
                    connected = False
                    kept = self._take_idle()
                    connection = kept or await self._connect()
                    connected = True
                    try:
                        return await self._exchange(connection, request)
                    except NoAnswer:
                        if kept is None:
                            raise PolicyMisbehaved(
                                Reason.DISCONNECTED, "It closed the connection without an answer."
                            ) from None
        except TimeoutError:
            if not connected:
                raise PolicyUnreachable(
                    Reason.CONNECTION_TIMEOUT, f"No connection to {self._endpoint.authority} within {deadline_s:g} s."
                ) from None
            raise PolicyMisbehaved(
                Reason.TIMEOUT, f"It did not answer {path} within {deadline_s * 1000:.0f} ms."
            ) from None

    def target(self, path: str) -> str:
        """The request target of `path`, as it is sent."""
        return self._endpoint.path + path

    async def close(self) -> None:
        """Close every connection; calls under way fail as disconnected."""
        for connection in self._open:
            connection.abort()
        self._open.clear()
        self._idle.clear()
        await asyncio.sleep(0)  # the event loop closes the sockets in its next turn

    def _head(self, method: str, path: str, headers: Mapping[str, str], length: int) -> bytes:
        lines = [
            f"{method} {self.target(path)} HTTP/1.1",
            f"host: {self._endpoint.authority}",
            "accept-encoding: identity",
            *(f"{name}: {value}" for name, value in headers.items()),
            f"content-length: {length}",
            "\r\n",
        ]
        return "\r\n".join(lines).encode("ascii")

    async def _exchange(self, connection: PolicyConnection, request: bytes) -> Response:
        """Use the connection once; keep it only if the exchange ended well."""
        try:
            return await connection.exchange(request)
        finally:
            if connection.reusable and not connection.closed:
                connection.idle_since = time.monotonic()
                self._idle.append(connection)
            else:
                self._drop(connection)

    def _take_idle(self) -> PolicyConnection | None:
        """The connection used last, if there is one that is still good."""
        limit = time.monotonic() - IDLE_LIMIT_S
        while self._idle:
            connection = self._idle.pop()
            if not connection.closed and connection.idle_since > limit:
                return connection
            self._drop(connection)
        return None

    def _drop(self, connection: PolicyConnection) -> None:
        connection.abort()
        self._open.discard(connection)

    async def _connect(self) -> PolicyConnection:
        """A new connection to the pinned address; raises PolicyUnreachable."""
        if self._unix_socket is not None:
            with _connection_errors(str(self._unix_socket)):
                loop = asyncio.get_running_loop()
                _, connection = await loop.create_unix_connection(PolicyConnection, str(self._unix_socket))
        else:
            connection = await self._connect_to_first(await self._addresses())
        self._open.add(connection)
        return connection

    async def _connect_to_first(self, addresses: list[Address]) -> PolicyConnection:
        endpoint = self._endpoint
        server_hostname = endpoint.host if self._tls else None
        for i, address in enumerate(addresses):
            try:
                with _connection_errors(f"{endpoint.authority} at {address}"):
                    _, connection = await asyncio.get_running_loop().create_connection(
                        PolicyConnection, address, endpoint.port, ssl=self._tls, server_hostname=server_hostname
                    )
            except PolicyUnreachable:
                if i + 1 < len(addresses):
                    continue
                self._pinned_at = 0.0  # the server may have moved
                raise
            self._pinned = [address]
            return connection
        raise PolicyUnreachable(Reason.NAME_NOT_FOUND, f"The host {endpoint.host!r} has no address.")

    async def _addresses(self) -> list[Address]:
        """The pinned address, or those found and checked now, if nothing is pinned yet."""
        async with self._pinning:
            if not self._pinned:
                self._pinned = await resolve(self._endpoint, allow_private=self._allow_private, lookup=self._lookup)
                self._pinned_at = time.monotonic()
            return self._pinned


@functools.cache
def _default_tls() -> ssl.SSLContext:
    """Reads the system's certificates, which takes 20 ms: once per process."""
    return ssl.create_default_context()


@contextlib.contextmanager
def _connection_errors(where: str) -> Iterator[None]:
    """Name what can go wrong while connecting."""
    try:
        yield
    except ssl.SSLError as error:
        raise PolicyUnreachable(Reason.TLS_FAILURE, f"No TLS connection to {where}: {error}.") from None
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise PolicyUnreachable(Reason.CONNECTION_REFUSED, f"No connection to {where}: {why}.") from None


@contextlib.asynccontextmanager
async def _deadline(seconds: float, stalled_s: Callable[[], float]) -> AsyncIterator[None]:
    """Like `asyncio.timeout`, but time in which the event loop stood still does not count, and at the end the loop gets
    a few more turns to find what has already arrived."""
    loop = asyncio.get_running_loop()
    pending: asyncio.Handle
    stalled_before_s = stalled_s()

    def expire(turns_left: int) -> None:
        nonlocal pending, stalled_before_s
        if turns_left:
            pending = loop.call_soon(expire, turns_left - 1)
        elif (lost_s := stalled_s() - stalled_before_s) > 0:
            stalled_before_s += lost_s
            pending = loop.call_later(lost_s, expire, _GRACE_TURNS)
        else:
            scope.reschedule(loop.time())

    async with asyncio.timeout(None) as scope:
        pending = loop.call_later(seconds, expire, _GRACE_TURNS)
        try:
            yield
        finally:
            pending.cancel()
