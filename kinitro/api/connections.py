"""Limits on connections: how long one may stay silent, how many one caller may have, and how many there may be.

uvicorn has none of these: as many connections as this process may open files, all silent, would stop the service.
"""

from __future__ import annotations

import asyncio
import logging
import resource
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from kinitro.api.addresses import Networks, name_caller
from kinitro.api.problems import problem
from kinitro.logs import get_logger

KEEP_ALIVE_S = 75
"""Longer than reverse proxies keep idle connections (nginx: 60 s), so that they never use one that is being closed."""
MAX_HEADER_BYTES = 65_536
BODY_STALL_S = 20.0
"""A request is given up if no part of its body comes for this long."""
MAX_FILES = 65_536
ACCEPTED_AT_ONCE = 64
"""asyncio accepts as many connections in a row as its backlog says, before it looks at any of them."""
LISTEN_BACKLOG = 2048
"""How many connections may wait in the kernel to be accepted."""
RESERVED_FILES = 256
"""Files reserved for the database, logs, and three rounds of accepted connections that the gate has not seen yet."""
LOG_EVERY_S = 10.0
log = get_logger(__name__)


def raise_file_limit() -> int:
    """Let this process open as many files as it may, up to MAX_FILES; returns how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return MAX_FILES if soft == resource.RLIM_INFINITY else soft


class Gate:
    """Decides who may connect. At a limit, the connection that has been idle for longest is closed to make room.

    `per_caller` is for one address (IPv6: /64); proxies may have half of all connections, because many speak through
    them.
    """

    def __init__(
        self,
        *,
        total: int,
        per_caller: int,
        header_deadline_s: float,
        proxies: Networks,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.header_deadline_s = header_deadline_s
        self._total = total
        self._per_caller = per_caller
        self._proxies = proxies
        self._open = 0
        self._counts: dict[str, int] = {}
        self._waiting: OrderedDict[GuardedProtocol, None] = OrderedDict()
        self._waiting_of: dict[str, OrderedDict[GuardedProtocol, None]] = {}
        self._refusals = _Sometimes(clock)

    def admit(self, connection: GuardedProtocol) -> bool:
        """Count a new connection; returns False if there is no room and no idle connection can be closed."""
        caller = connection.caller
        limit = self._total // 2 if caller in self._proxies else self._per_caller
        if self._counts.get(caller, 0) >= limit and not self._make_room(self._waiting_of.get(caller), caller):
            return False
        if self._open >= self._total and not self._make_room(self._waiting, caller):
            return False
        self._open += 1
        self._counts[caller] = self._counts.get(caller, 0) + 1
        return True

    def leave(self, connection: GuardedProtocol) -> None:
        """Note that an admitted connection has ended."""
        self.note_busy(connection)
        self._open -= 1
        self._counts[connection.caller] -= 1
        if not self._counts[connection.caller]:
            del self._counts[connection.caller]

    def note_waiting(self, connection: GuardedProtocol) -> None:
        """Note that a connection has no request in progress."""
        self._waiting[connection] = None
        self._waiting_of.setdefault(connection.caller, OrderedDict())[connection] = None

    def note_busy(self, connection: GuardedProtocol) -> None:
        """Note that a connection has received the headers of a request, or has ended."""
        self._waiting.pop(connection, None)
        of_caller = self._waiting_of.get(connection.caller)
        if of_caller is not None:
            of_caller.pop(connection, None)
            if not of_caller:
                del self._waiting_of[connection.caller]

    def _make_room(self, waiting: OrderedDict[GuardedProtocol, None] | None, caller: str) -> bool:
        self._refusals.say("too_many_connections", address=caller, of_all=self._open)
        if not waiting:
            return False
        oldest = next(iter(waiting))
        self.leave(oldest)
        oldest.give_up()
        return True


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's connection with a deadline for headers, one for silence within a body, and a gate before it."""

    gate: Gate
    caller = ""
    _admitted = False
    _in_headers = True
    _header_bytes = 0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        peer = transport.get_extra_info("peername")
        self.caller = name_caller(peer[0] if isinstance(peer, tuple) and peer else None)
        super().connection_made(transport)
        self._admitted = self.gate.admit(self)
        if not self._admitted:
            self._answer_and_close(429, "There are too many connections from this address: close some.")
            return
        self.gate.note_waiting(self)
        self._set_timer(self.gate.header_deadline_s, self._end_late_headers)

    def connection_lost(self, exc: Exception | None) -> None:
        self._unset_timer()
        if self._admitted:
            self._admitted = False
            self.gate.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._in_headers:
            self._header_bytes += len(data)
            if self._timer is None:
                self._set_timer(self.gate.header_deadline_s, self._end_late_headers)
        super().data_received(data)
        if self._header_bytes > MAX_HEADER_BYTES:
            self._answer_and_close(431, f"The headers are larger than {MAX_HEADER_BYTES} bytes.")

    def give_up(self) -> None:
        """Close the connection to make room for others; the gate has already forgotten it."""
        self._admitted = False
        self.transport.abort()

    def on_headers_complete(self) -> None:
        self._in_headers, self._header_bytes = False, 0
        self._set_timer(BODY_STALL_S, self._end_stalled_body)
        self.gate.note_busy(self)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._set_timer(BODY_STALL_S, self._end_stalled_body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_headers = True
        self._unset_timer()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._admitted and self.cycle.response_complete:
            self.gate.note_waiting(self)

    def _end_late_headers(self) -> None:
        self._timer = None
        self._answer_and_close(408, f"No request came within {self.gate.header_deadline_s:g} s.")

    def _end_stalled_body(self) -> None:
        self._timer = None
        if self.flow.read_paused:  # it is we who do not read
            self._set_timer(BODY_STALL_S, self._end_stalled_body)
        else:
            self.transport.abort()

    def _answer_and_close(self, status: int, detail: str) -> None:
        if self.cycle is None or self.cycle.response_complete:
            answer = problem(status, detail, {"Retry-After": "5", "Connection": "close"})
            headers = b"".join(b"%b: %b\r\n" % header for header in answer.raw_headers)
            self.transport.write(b"HTTP/1.1 %d Refused\r\n%b\r\n%b" % (status, headers, bytes(answer.body)))
        self.transport.close()

    def _set_timer(self, seconds: float, late: Callable[[], None]) -> None:
        self._unset_timer()
        self._timer = self.loop.call_later(seconds, late)

    def _unset_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def guard_connections(gate: Gate) -> type[GuardedProtocol]:
    """Make a protocol class for uvicorn whose connections pass `gate`."""
    return type("GatedProtocol", (GuardedProtocol,), {"gate": gate})


class _Sometimes:
    """Logs an event that happens very often only once per LOG_EVERY_S, with the number of times it was left out."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._said_at = float("-inf")
        self._unsaid = 0

    def say(self, event: str, **details: Any) -> None:
        if self._clock() - self._said_at < LOG_EVERY_S:
            self._unsaid += 1
            return
        log.warning(event, unsaid_before=self._unsaid, **details)
        self._said_at, self._unsaid = self._clock(), 0


class RepeatedRarely(logging.Filter):
    """Lets the same line of a library pass once per LOG_EVERY_S, so that strangers cannot fill the disk with logs."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._lines: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Decide whether to write a line, and add to it how many were left out."""
        line, now = str(record.msg).partition("\n")[0], self._clock()
        said_at, unsaid = self._lines.get(line, (float("-inf"), 0))
        if now - said_at < LOG_EVERY_S:
            self._lines[line] = said_at, unsaid + 1
            return False
        if len(self._lines) > 1000:
            self._lines.clear()
        self._lines[line] = now, 0
        if unsaid:
            record.msg, record.args = f"{record.getMessage()} ({unsaid} more since the last time)", ()
        return True
