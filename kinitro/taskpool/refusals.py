"""Why PostgreSQL did not let us in, by its SQLSTATE: its sentences are in the language of the server.

libpq tells the SQLSTATE of a statement that failed, but not that of a connection that was refused. It writes it into
its trace of the protocol, though, so the connection is tried once more with a trace.
"""

from __future__ import annotations

import os
import re
import select
import time

import psycopg
from psycopg import pq

DEADLINE_S = 3.0
"""For the second try; the server has just answered."""
_REFUSAL = re.compile(rb'\tErrorResponse\t.*? C "([0-9A-Z]{5})"')

NO_SUCH_DATABASE = "3D000"
NO_RIGHT = "42501"
NO_CONNECTIONS_ALLOWED = "55000"
"""To this database: `allow_connections` is off, as for template0."""
NOT_AUTHENTICATED = ("28P01", "28000")
"""Wrong password; or no such role, one that may not log in, or no line for it in pg_hba.conf."""


def sqlstate_of(error: psycopg.Error, address: str) -> str | None:
    """The SQLSTATE of `error`; None if there is none, as when no server answered.

    `address` is where the connection that failed should have led, in libpq's form.
    """
    if error.sqlstate is not None or isinstance(error, psycopg.errors.ConnectionTimeout):
        return error.sqlstate
    if error.pgconn is not None and error.pgconn.needs_password:
        return NOT_AUTHENTICATED[0]
    return _traced(address)


def _traced(address: str) -> str | None:
    """The SQLSTATE with which the server at `address` refuses a connection."""
    trace = os.memfd_create("kinitro-trace")  # holds what a login is made of: in memory, ours alone, and soon gone
    try:
        connection = pq.PGconn.connect_start(address.encode())
        try:
            connection.trace(trace)
            _finish(connection)
            connection.untrace()
        finally:
            connection.finish()
        os.lseek(trace, 0, os.SEEK_SET)
        found = _REFUSAL.findall(os.read(trace, 1 << 20))
    finally:
        os.close(trace)
    return found[-1].decode() if found else None


def _finish(connection: pq.abc.PGconn) -> None:
    """Go on with a connection that was begun until it is refused, made, or too slow."""
    deadline = time.monotonic() + DEADLINE_S
    while (status := connection.connect_poll()) in (pq.PollingStatus.READING, pq.PollingStatus.WRITING):
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            return
        reading = [connection.socket] if status == pq.PollingStatus.READING else []
        writing = [] if reading else [connection.socket]
        select.select(reading, writing, [], left_s)
