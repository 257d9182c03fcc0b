"""One HTTP/1.1 connection to a server that may be hostile: its answers are counted, cut off and parsed here."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import NoReturn, cast

import httptools

from kinitro.policies.errors import PolicyMisbehaved, Reason
from kinitro.policies.messages import MAX_HEADER_BYTES, MAX_HEADERS, MAX_RESPONSE_BYTES

FREE_FRAGMENTS = 16
"""The number of pieces in which an answer may arrive before it is read with pauses; honest ones have one to three."""
PAUSE_S = 0.02
"""Seconds between two reads of an answer that arrives in tiny pieces, so that it is read at most 50 times a second.
Without pauses, 80,000 pieces of a byte each would take half of a core from the episodes of all other miners."""


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer, whatever its status."""

    status: int
    content_type: str
    """The content type in lower case, without parameters; empty if there was none."""
    body: bytes
    trickled_s: float = 0.0
    """Seconds between its first and its last piece; 0 if it arrived in one."""


class NoAnswer(Exception):
    """The connection was closed before a byte of the answer arrived."""


class _Refused(Exception):
    """Stops the parser when it is raised in one of its callbacks."""


class PolicyConnection(asyncio.Protocol):
    """One connection, with one exchange at a time. An exchange that fails closes the connection."""

    _transport: asyncio.Transport
    _answer: asyncio.Future[Response] | None = None
    _first_at = 0.0

    def __init__(self) -> None:
        self.idle_since = 0.0
        self.reusable = False

    def exchange(self, request: bytes) -> asyncio.Future[Response]:
        """Send a complete request. Its future gets the response, or raises PolicyMisbehaved or NoAnswer."""
        answer = self._answer = asyncio.get_running_loop().create_future()
        self._parser = httptools.HttpResponseParser(self)
        self._received_bytes = self._header_bytes = self._headers = self._fragments = 0
        self._body = bytearray()
        self._content_type = ""
        self._in_body = False
        self._until_close = True
        self.reusable = False
        if self.closed:
            answer.set_exception(NoAnswer())
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
            self.abort()  # it sends although no request is open
            return
        if not self._fragments:
            self._first_at = asyncio.get_running_loop().time()
        self._received_bytes += len(data)
        if self._received_bytes > MAX_HEADER_BYTES + MAX_RESPONSE_BYTES:
            self._fail(Reason.TOO_LARGE, f"It sent more than {MAX_HEADER_BYTES + MAX_RESPONSE_BYTES} bytes.")
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(Reason.MALFORMED_HTTP, f"Its answer is not HTTP/1.1: {str(error)[:100]}.")
        self._fragments += 1
        if self._fragments > FREE_FRAGMENTS and not self._answer.done():
            self._transport.pause_reading()
            asyncio.get_running_loop().call_later(PAUSE_S, self._look_again)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is None or self._answer.done():
            return
        if self._received_bytes == 0:
            self._answer.set_exception(NoAnswer())
        elif self._in_body and self._until_close and exc is None:
            self._complete()
        else:
            self._fail(Reason.DISCONNECTED, "It closed the connection before its answer was complete.")

    def _look_again(self) -> None:
        if not self.closed:
            self._transport.resume_reading()

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
            trickled_s = asyncio.get_running_loop().time() - self._first_at if self._fragments else 0.0
            self._answer.set_result(
                Response(self._parser.get_status_code(), self._content_type, bytes(self._body), trickled_s)
            )

    def _refuse(self, reason: Reason, message: str) -> NoReturn:
        """Fail the exchange and stop the parser where it is."""
        self._fail(reason, message)
        raise _Refused

    def _fail(self, reason: Reason, message: str) -> None:
        self.abort()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(PolicyMisbehaved(reason, message))
