"""Why PostgreSQL refuses, by its SQLSTATE: its sentences are in the language of the server.

libpq tells the SQLSTATE of a statement that failed, but not that of a connection that was refused. It writes it into
its trace of the protocol, though, so the connection is tried once more with a trace.
"""

from __future__ import annotations

import os
import re
import select
import tempfile
import time

import psycopg
from psycopg import pq

from kinitro.database.errors import DatabaseRefused, DatabaseUnavailable, SchemaMismatch
from kinitro.errors import KinitroError

DEADLINE_S = 3.0
"""How long the second try may take, in seconds; the server has just answered, so it is short."""
_REFUSAL = re.compile(rb'\tErrorResponse\t.*? C "([0-9A-Z]{5})"')

NO_SUCH_DATABASE = "3D000"
NO_RIGHT = "42501"
NO_CONNECTIONS_ALLOWED = "55000"
"""This database accepts no connections: `allow_connections` is off, as for template0."""
NOT_AUTHENTICATED = ("28P01", "28000")
"""The password is wrong, or there is no such role, or it may not log in, or pg_hba.conf has no line for it."""
NOT_OUR_SCHEMA = ("42P01", "42703", "42883", "3F000")
"""There is no such table, column, function or schema: the database has an older revision, or none."""
TAKEN_NAMES = ("42P07", "42710", "42723")
"""A table, another object or a function of that name is there already."""
READ_ONLY = "25006"


def sqlstate_of(error: psycopg.Error, address: str) -> str | None:
    """The SQLSTATE of `error`; None if there is none, as when no server answered.

    `address` is where the connection that failed should have led, in libpq's form.
    """
    if error.sqlstate is not None or isinstance(error, psycopg.errors.ConnectionTimeout):
        return error.sqlstate
    if error.pgconn is not None and error.pgconn.needs_password:
        return NOT_AUTHENTICATED[0]
    return _trace_refusal(address)


def _trace_refusal(address: str) -> str | None:
    """The SQLSTATE with which the server at `address` refuses a connection."""
    with tempfile.TemporaryFile() as file:  # it holds a login: without a name, ours alone, soon gone
        trace = file.fileno()
        connection = pq.PGconn.connect_start(address.encode())
        try:
            connection.trace(trace)
            _finish_connecting(connection)
            connection.untrace()
        finally:
            connection.finish()
        os.lseek(trace, 0, os.SEEK_SET)
        found = _REFUSAL.findall(os.read(trace, 1 << 20))
    return found[-1].decode() if found else None


def _finish_connecting(connection: pq.abc.PGconn) -> None:
    """Poll a connection that was begun until it is made, refused, or over the deadline."""
    deadline = time.monotonic() + DEADLINE_S
    while (status := connection.connect_poll()) in (pq.PollingStatus.READING, pq.PollingStatus.WRITING):
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            return
        reading = [connection.socket] if status == pq.PollingStatus.READING else []
        writing = [] if reading else [connection.socket]
        select.select(reading, writing, [], left_s)


def explain(error: psycopg.Error, address: str, where: str, *, connected: bool) -> KinitroError | None:
    """What to tell the operator about `error`; None if it is a fault of our own, whose traceback is wanted.

    `where` names the database of `address` without its password. `connected` is false if the connection failed, true
    if a statement did.
    """
    state = error.sqlstate if connected else sqlstate_of(error, address)
    said = one_line(error)
    if state == NO_SUCH_DATABASE:
        return DatabaseRefused(
            f"The server has no such database ({where}): create it with `kinitro db create`, then `kinitro db init`.",
            state,
        )
    if state in NOT_AUTHENTICATED:
        return DatabaseRefused(f"PostgreSQL at {where} refused the user or password: {said}.", state)
    if state == NO_RIGHT:
        what = "do that" if connected else "connect"
        return DatabaseRefused(f"The user may not {what} at {where} ({said}): grant the right, or be its owner.", state)
    if state == NO_CONNECTIONS_ALLOWED and not connected:
        return DatabaseRefused(f"The database {where} takes no connections ({said}): name another one.", state)
    if state in NOT_OUR_SCHEMA:
        return SchemaMismatch(f"The database {where} has no schema of this program ({said}): run `kinitro db init`.")
    if state in TAKEN_NAMES:
        return DatabaseRefused(
            f"The database {where} has something of another program under a name that we use ({said}): "
            "give Kinitro a database of its own, or a schema of its own that comes first in its role's search_path.",
            state,
        )
    if state == READ_ONLY:
        return DatabaseUnavailable(
            f"PostgreSQL at {where} accepts no writes ({said}): is it a standby, or is a switch-over under way?"
        )
    if not connected:
        return DatabaseUnavailable(
            f"PostgreSQL at {where} cannot be reached ({said}): is it running, and is --database-url right?"
        )
    if isinstance(error, psycopg.OperationalError):
        return DatabaseUnavailable(f"PostgreSQL at {where} failed: {said}.")
    return None


def one_line(error: BaseException) -> str:
    """The first line of a message, where PostgreSQL and libpq put the reason."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].removesuffix(".") if lines else type(error).__name__
