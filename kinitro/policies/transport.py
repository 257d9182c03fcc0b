"""HTTP/1.1 to one server that may be hostile: pinned address, one deadline, every byte counted.

Not a general HTTP client, because those promise too little here. The bytes of a call are counted as they leave the
socket, before anything is parsed, so that no flood of interim responses, chunk extensions or headers costs more than
the parsing of 80 KiB (aiohttp spends its whole deadline on such a flood and holds up the event loop); the connection
goes to an address that was checked, not to a name; and a call costs 0.1 ms of CPU, a third of aiohttp's.
The parsing is llhttp's, through httptools.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, cast

import httptools

from kinitro.policies.endpoints import Address, Endpoint, Lookup, lookup_addresses, resolve
from kinitro.policies.errors import PolicyMisbehaved, PolicyUnreachable, Reason
from kinitro.policies.messages import MAX_HEADER_BYTES, MAX_HEADERS, MAX_RESPONSE_BYTES

IDLE_LIMIT_S = 4.0
"""Idle connections are not used after this; servers commonly close theirs after 5 s."""
PIN_LIMIT_S = 60.0
"""A call with `repin` looks the host up again after this, so that a server may move between episodes."""
_GRACE_TURNS = 3
"""Turns of the event loop between the deadline and the cancellation. If we were busy at the deadline, an answer that
was in time may still lie in the socket; that must not cost the miner a step."""


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer, whatever its status."""

    status: int
    content_type: str
    """Lower case, without parameters; empty if there was none."""
    body: bytes


class _NoAnswer(Exception):
    """The connection was closed before a byte of the answer came."""


class _Refused(Exception):
    """Raised in a callback of the parser to stop it."""


class _Connection(asyncio.Protocol):
    """One connection, one exchange at a time. Whatever ends an exchange badly closes the connection."""

    _transport: asyncio.Transport
    _answer: asyncio.Future[Response] | None = None

    def __init__(self) -> None:
        self.idle_since = 0.0
        self.reusable = False

    def exchange(self, request: bytes) -> asyncio.Future[Response]:
        """Send a complete request; the future gets its response, a PolicyMisbehaved or _NoAnswer."""
        answer = self._answer = asyncio.get_running_loop().create_future()
        self._parser = httptools.HttpResponseParser(self)
        self._received_bytes = self._header_bytes = self._headers = 0
        self._body = bytearray()
        self._content_type = ""
        self._in_body = False
        self._until_close = True
        self.reusable = False
        if self.closed:
            answer.set_exception(_NoAnswer())
        else:
            self._transport.write(request)
        return answer

    @property
    def closed(self) -> bool:
        return self._transport.is_closing()

    def abort(self) -> None:
        """Close at once, without waiting for unsent bytes or a TLS goodbye."""
        self._transport.abort()

    # called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            self.abort()  # nobody asked
            return
        self._received_bytes += len(data)
        if self._received_bytes > MAX_HEADER_BYTES + MAX_RESPONSE_BYTES:
            self._fail(Reason.TOO_LARGE, f"It sent more than {MAX_HEADER_BYTES + MAX_RESPONSE_BYTES} bytes.")
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(Reason.MALFORMED_HTTP, f"Its answer is not HTTP/1.1: {str(error)[:100]}.")

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is None or self._answer.done():
            return
        if self._received_bytes == 0:
            self._answer.set_exception(_NoAnswer())
        elif self._in_body and self._until_close and exc is None:
            self._complete()
        else:
            self._fail(Reason.DISCONNECTED, "It closed the connection before its answer was complete.")

    # called by the parser

    def on_message_begin(self) -> None:
        if self._answer is not None and self._answer.done():
            self.abort()  # a second answer to one question

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers += 1
        self._header_bytes += len(name) + len(value)
        if self._headers > MAX_HEADERS or self._header_bytes > MAX_HEADER_BYTES:
            self._refuse(
                Reason.TOO_LARGE, f"It sent more than {MAX_HEADERS} headers or {MAX_HEADER_BYTES} bytes of them."
            )
        match name.lower():
            case b"content-type":
                self._content_type = value.partition(b";")[0].strip().lower().decode("latin-1")
            case b"content-length":
                self._until_close = False
            case b"transfer-encoding":
                self._until_close = False
            case b"content-encoding" if value.strip().lower() != b"identity":
                self._refuse(Reason.CONTENT_ENCODING, f"Its answer is encoded as {value[:30]!r}; identity is allowed.")

    def on_headers_complete(self) -> None:
        self._in_body = True

    def on_body(self, part: bytes) -> None:
        self._body += part
        if len(self._body) > MAX_RESPONSE_BYTES:
            self._refuse(Reason.TOO_LARGE, f"Its answer is longer than {MAX_RESPONSE_BYTES} bytes.")

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() < 200:  # an interim response: the real one follows
            self._in_body, self._until_close = False, True
            return
        self.reusable = self._parser.should_keep_alive()
        self._complete()

    def _complete(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(Response(self._parser.get_status_code(), self._content_type, bytes(self._body)))

    def _refuse(self, reason: Reason, message: str) -> NoReturn:
        """Fail, and stop the parser where it is."""
        self._fail(reason, message)
        raise _Refused

    def _fail(self, reason: Reason, message: str) -> None:
        self.abort()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(PolicyMisbehaved(reason, message))


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
    ) -> None:
        self._endpoint = endpoint
        self._allow_private = allow_private
        self._lookup = lookup
        self._tls = (tls or _default_tls()) if endpoint.secure else None
        self._unix_socket = unix_socket
        self._idle: deque[_Connection] = deque()
        self._open: set[_Connection] = set()
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
            async with _deadline(deadline_s):
                if repin and time.monotonic() - self._pinned_at > PIN_LIMIT_S:
                    self._pinned = []
                while True:
                    connected = False
                    kept = self._take_idle()
                    connection = kept or await self._connect()
                    connected = True
                    try:
                        return await self._exchange(connection, request)
                    except _NoAnswer:
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

    async def close(self) -> None:
        """Close every connection; calls under way fail as disconnected."""
        for connection in self._open:
            connection.abort()
        self._open.clear()
        self._idle.clear()
        await asyncio.sleep(0)  # the event loop closes the sockets in its next turn

    def _head(self, method: str, path: str, headers: Mapping[str, str], length: int) -> bytes:
        lines = [
            f"{method} {self._endpoint.path}{path} HTTP/1.1",
            f"host: {self._endpoint.authority}",
            "accept-encoding: identity",
            *(f"{name}: {value}" for name, value in headers.items()),
            f"content-length: {length}",
            "\r\n",
        ]
        return "\r\n".join(lines).encode("ascii")

    async def _exchange(self, connection: _Connection, request: bytes) -> Response:
        """Use the connection once; keep it only if the exchange ended well."""
        try:
            return await connection.exchange(request)
        finally:
            if connection.reusable and not connection.closed:
                connection.idle_since = time.monotonic()
                self._idle.append(connection)
            else:
                self._drop(connection)

    def _take_idle(self) -> _Connection | None:
        """The connection used last, if there is one that is still good."""
        limit = time.monotonic() - IDLE_LIMIT_S
        while self._idle:
            connection = self._idle.pop()
            if not connection.closed and connection.idle_since > limit:
                return connection
            self._drop(connection)
        return None

    def _drop(self, connection: _Connection) -> None:
        connection.abort()
        self._open.discard(connection)

    async def _connect(self) -> _Connection:
        """A new connection to the pinned address; raises PolicyUnreachable."""
        if self._unix_socket is not None:
            with _connection_errors(str(self._unix_socket)):
                loop = asyncio.get_running_loop()
                _, connection = await loop.create_unix_connection(_Connection, str(self._unix_socket))
        else:
            connection = await self._connect_to_first(await self._addresses())
        self._open.add(connection)
        return connection

    async def _connect_to_first(self, addresses: list[Address]) -> _Connection:
        endpoint = self._endpoint
        server_hostname = endpoint.host if self._tls else None
        for i, address in enumerate(addresses):
            try:
                with _connection_errors(f"{endpoint.authority} at {address}"):
                    _, connection = await asyncio.get_running_loop().create_connection(
                        _Connection, address, endpoint.port, ssl=self._tls, server_hostname=server_hostname
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
        raise PolicyUnreachable(Reason.CONNECTION_REFUSED, f"No connection to {where}: {error}.") from None


@contextlib.asynccontextmanager
async def _deadline(seconds: float) -> AsyncIterator[None]:
    """Like `asyncio.timeout`, but the event loop gets a few more turns to find what has already arrived."""
    loop = asyncio.get_running_loop()
    pending: asyncio.Handle

    def expire(turns_left: int) -> None:
        nonlocal pending
        if turns_left:
            pending = loop.call_soon(expire, turns_left - 1)
        else:
            scope.reschedule(loop.time())

    async with asyncio.timeout(None) as scope:
        pending = loop.call_later(seconds, expire, _GRACE_TURNS)
        try:
            yield
        finally:
            pending.cancel()
