"""One scheduler of a subnet acts at a time: the one whose database session holds an advisory lock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg

from kinitro.logs import get_logger
from kinitro.stopping import pause
from kinitro.taskpool.database import CONNECT_TIMEOUT_S, explained
from kinitro.taskpool.schema import check_schema

_LOCK_CLASS = 1263095382
"""Tells our advisory locks from other programs'; the second number is the subnet's, plus _LOCK_BASE."""
_LOCK_BASE = 1000
SPARE_POLL_S = 1.0
"""How often a hot spare tries to become the leader."""
_LEADER_SESSION = {
    "application_name": "kinitro scheduler",
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
"""The server notices within 30 s that a leader's machine is gone, and frees the lock."""

log = get_logger(__name__)


@asynccontextmanager
async def leadership(
    database_url: str, netuid: int, stop: asyncio.Event
) -> AsyncIterator[psycopg.AsyncConnection[Any] | None]:
    """Wait to be the leader, and give the connection that holds the lock; None if `stop` was set first.

    Leadership is lost exactly when this connection is: write through no other. Raises DatabaseUnavailable,
    DatabaseRefused, SchemaMismatch.
    """
    with explained(database_url):
        connection = await psycopg.AsyncConnection.connect(
            database_url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S
        )
    async with connection:
        for name, value in _LEADER_SESSION.items():
            await connection.execute("select set_config(%s, %s, false)", (name, value))
        await check_schema(connection)
        waiting = False
        while not stop.is_set():
            cursor = await connection.execute("select pg_try_advisory_lock(%s, %s)", (_LOCK_CLASS, _LOCK_BASE + netuid))
            row = await cursor.fetchone()
            if row and row[0]:
                log.info("leading", netuid=netuid)
                yield connection
                return
            if not waiting:
                log.info("another scheduler leads; standing by", netuid=netuid)
                waiting = True
            await pause(stop, SPARE_POLL_S)
        yield None
