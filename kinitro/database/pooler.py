"""Is there a connection pooler in between, and does it keep one server session for each of our connections?

The scheduler's locks, settings and prepared statements belong to a session of the server. A pooler such as pgbouncer
hands each transaction to any session it likes when it pools by transaction or by statement; with some luck everything
works for a while, and then two schedulers lead. So we have to be sure, without disturbing others who use the pooler.

A pooler is there if the server's process is not the one that the handshake named. Then the session is told to end when
it has been idle for a moment. If the session is ours, our connection ends with it. If it is not, the pooler has already
taken it back, and it ends while it is idle: nobody's transaction is in it.
"""

from __future__ import annotations

import asyncio
import select
import time
from collections.abc import Iterator
from typing import Any

import psycopg

from kinitro.database.errors import DatabaseRefused
from kinitro.database.queries import Queries, answer, answer_async
from kinitro.database.session import SQL

IDLE_MS = 100
"""Idle time after which the session ends, in milliseconds."""
WAIT_S = 10.0
"""How long the end of our connection is waited for; a server under load is late."""
_LOOK_EVERY_S = 0.02


def is_pooled(told: int) -> Queries[bool]:
    """Whether the server's process differs from `told`, the one that the handshake named."""
    (real,) = yield SQL("SERVER_PROCESS")
    return bool(real.pid != told)


def _end_when_idle() -> Queries[None]:
    yield SQL("END_WHEN_IDLE", after=f"{IDLE_MS}ms")


def check_session(connection: psycopg.Connection[Any], where: str) -> bool:
    """Whether `connection` can be used; else a session pooler has just ended it, and another one has to be made.

    Raises DatabaseRefused if a pooler gives sessions to whole transactions only.
    """
    if not answer(connection, is_pooled(connection.info.backend_pid)):
        return True
    answer(connection, _end_when_idle())
    for _ in _look_for_end(connection.pgconn.socket, where):
        time.sleep(_LOOK_EVERY_S)
    connection.close()
    return False


async def check_session_async(connection: psycopg.AsyncConnection[Any], where: str) -> bool:
    """What check_session does, for an asynchronous connection."""
    if not await answer_async(connection, is_pooled(connection.info.backend_pid)):
        return True
    await answer_async(connection, _end_when_idle())
    for _ in _look_for_end(connection.pgconn.socket, where):
        await asyncio.sleep(_LOOK_EVERY_S)
    await connection.close()
    return False


def _look_for_end(descriptor: int, where: str) -> Iterator[None]:
    """Yields until the other side has something to say, which can only be that it ends the connection."""
    deadline = time.monotonic() + WAIT_S
    while not select.select([descriptor], [], [], 0)[0]:
        if time.monotonic() > deadline:
            raise DatabaseRefused(
                f"A connection pooler at {where} gives sessions to single transactions (pgbouncer: pool_mode = "
                "transaction or statement): give --database-url the address of PostgreSQL itself, "
                "or set pool_mode = session for this database."
            )
        yield
