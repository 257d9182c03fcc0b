"""HTTP/1.1 to one server that may be hostile: a pinned address, one deadline, and every byte is counted.

General HTTP clients guarantee too little here. In this one, the bytes of a call are counted as they leave the socket,
before anything is parsed, so that no flood of interim responses, chunk extensions or headers costs more than parsing
80 KiB (aiohttp spends its whole deadline on such a flood and holds up the event loop). The connection goes to an
address that was checked, not to a name. And a bare exchange costs 0.1 ms of CPU, a third of what aiohttp needs. The
parser is llhttp, through httptools.
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
"""Seconds after which an idle connection is not used any more; servers commonly close theirs after 5 s."""
PIN_LIMIT_S = 60.0
"""Seconds after which a call with `repin` looks the host up again, so that a server may move between episodes."""
_GRACE_TURNS = 3
"""Turns of the event loop between the deadline and the cancellation. If we were busy at the deadline, an answer that
came in time may still be unread in the socket, and that must not cost the miner a step."""


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
        """Make a transport; it does not connect yet. The arguments are those of `client.HttpPolicy`."""
        self._endpoint = endpoint
        self._allow_private = allow_private
        self._lookup = lookup
        self._tls = (tls or _make_default_tls()) if endpoint.secure else None
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
        """Make one call, complete within `deadline_s`; raises PolicyUnreachable or PolicyMisbehaved.

        path: the path below that of the endpoint.
        repin: whether to look the host up again if the last look-up is older than PIN_LIMIT_S.
        """
        request = self._build_head(method, path, headers, len(body)) + body
        connected = False
        try:
            async with _enforce_deadline(deadline_s, self._stalled_s):
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

    def build_target(self, path: str) -> str:
        """Return the request target of `path` as it is sent."""
        return self._endpoint.path + path

    async def close(self) -> None:
        """Close every connection; running calls fail as disconnected."""
        for connection in self._open:
            connection.abort()
        self._open.clear()
        self._idle.clear()
        await asyncio.sleep(0)  # the event loop closes the sockets in its next turn

    def _build_head(self, method: str, path: str, headers: Mapping[str, str], length: int) -> bytes:
        lines = [
            f"{method} {self.build_target(path)} HTTP/1.1",
            f"host: {self._endpoint.authority}",
            "accept-encoding: identity",
            *(f"{name}: {value}" for name, value in headers.items()),
            f"content-length: {length}",
            "\r\n",
        ]
        return "\r\n".join(lines).encode("ascii")

    async def _exchange(self, connection: PolicyConnection, request: bytes) -> Response:
        """Use the connection once; keep it only if the exchange succeeded."""
        try:
            return await connection.exchange(request)
        finally:
            if connection.reusable and not connection.closed:
                connection.idle_since = time.monotonic()
                self._idle.append(connection)
            else:
                self._drop(connection)

    def _take_idle(self) -> PolicyConnection | None:
        """Return the connection that was used last, if it can still be used."""
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
        """Make a new connection to the pinned address; raises PolicyUnreachable."""
        if self._unix_socket is not None:
            with _name_connection_errors(str(self._unix_socket)):
                loop = asyncio.get_running_loop()
                _, connection = await loop.create_unix_connection(PolicyConnection, str(self._unix_socket))
        else:
            connection = await self._connect_to_first(await self._look_up_addresses())
        self._open.add(connection)
        return connection

    async def _connect_to_first(self, addresses: list[Address]) -> PolicyConnection:
        endpoint = self._endpoint
        server_hostname = endpoint.host if self._tls else None
        for i, address in enumerate(addresses):
            try:
                with _name_connection_errors(f"{endpoint.authority} at {address}"):
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

    async def _look_up_addresses(self) -> list[Address]:
        """Return the pinned address; if none is pinned yet, look up the host's addresses and check them."""
        async with self._pinning:
            if not self._pinned:
                self._pinned = await resolve(self._endpoint, allow_private=self._allow_private, lookup=self._lookup)
                self._pinned_at = time.monotonic()
            return self._pinned


@functools.cache
def _make_default_tls() -> ssl.SSLContext:
    """Read the system's certificates, once per process because that takes 20 ms."""
    return ssl.create_default_context()


@contextlib.contextmanager
def _name_connection_errors(where: str) -> Iterator[None]:
    """Turn the errors of connecting into PolicyUnreachable with a reason."""
    try:
        yield
    except ssl.SSLError as error:
        raise PolicyUnreachable(Reason.TLS_FAILURE, f"No TLS connection to {where}: {error}.") from None
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise PolicyUnreachable(Reason.CONNECTION_REFUSED, f"No connection to {where}: {why}.") from None


@contextlib.asynccontextmanager
async def _enforce_deadline(seconds: float, stalled_s: Callable[[], float]) -> AsyncIterator[None]:
    """Raise TimeoutError after so many seconds, like `asyncio.timeout`, but without counting stalls of the event loop.

    At the end the loop gets a few more turns to find what has already arrived.
    """
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
