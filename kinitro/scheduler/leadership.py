"""One scheduler of a subnet acts at a time: the one whose database session holds an advisory lock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import psycopg
from psycopg.pq import TransactionStatus

from kinitro.database.connection import Connection
from kinitro.database.errors import DatabaseUnavailable
from kinitro.database.pool import check_writable, connect_async, one_line
from kinitro.database.schema import check_schema
from kinitro.logs import get_logger
from kinitro.stopping import cancel_and_wait, pause
from kinitro.supervision import send_heartbeats

_LOCK_CLASS = 1263095382
"""The first number of our advisory locks, which other programs do not use; the second is _LOCK_BASE plus the netuid."""
_LOCK_BASE = 1000
SPARE_POLL_S = 1.0
"""How often a hot spare tries to become the leader."""
BEAT_S = 10.0
"""How often an idle leader sends a statement, so that the server and the leader notice when the other is gone."""
STATEMENT_DEADLINE_S = 20.0
LONG_STATEMENT_DEADLINE_S = 310.0
"""The deadline of statements on all tasks of a cycle; longer than the server's own limit in _LEADER_SESSION."""
_LEADER_SESSION = {
    "application_name": "kinitro scheduler",
    "statement_timeout": "300s",
    "idle_session_timeout": "60s",
    "idle_in_transaction_session_timeout": "60s",
    "tcp_user_timeout": "30s",
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
"""The server ends a leader's session, and with it the lock, when it has heard nothing for a minute (beats come every
BEAT_S), or has noticed within 30 s that its machine is gone."""

log = get_logger(__name__)


class Leadership:
    """The right to act for a subnet, as often as it is won and lost by this process."""

    def __init__(self, database_url: str, netuid: int) -> None:
        self._url = database_url
        self._netuid = netuid
        self._lock = (_LOCK_CLASS, _LOCK_BASE + netuid)
        self._session: tuple[int, datetime] | None = None
        """Process id and start of the last session that led; it may hold the lock long after the connection broke."""

    async def check_database(self) -> None:
        """Raise DatabaseUnavailable, DatabaseRefused or SchemaMismatch if the database cannot be used."""
        async with await connect_async(self._url) as connection:
            await check_schema(connection)

    @asynccontextmanager
    async def hold(self, stop: asyncio.Event) -> AsyncIterator[Connection | None]:
        """Wait to be the leader, and give the connection that holds the lock; None if `stop` was set first.

        Leadership is lost exactly when this connection is: write through no other. Raises DatabaseUnavailable,
        DatabaseRefused, SchemaMismatch, psycopg.Error.
        """
        async with await connect_async(self._url) as connection:
            connection.deadline_s = STATEMENT_DEADLINE_S
            for name, value in _LEADER_SESSION.items():
                await connection.execute("select set_config(%s, %s, false)", (name, value))
            await check_schema(connection)
            await self._end_last_session(connection)
            if not await self._win(connection, stop):
                yield None
                return
            await check_schema(connection)  # a spare may have waited while somebody upgraded the database
            await check_writable(connection)
            log.info("leading", netuid=self._netuid)
            beating = asyncio.create_task(_beat(connection), name="beat")
            try:
                yield connection
            finally:
                await cancel_and_wait(beating)

    async def _win(self, connection: Connection, stop: asyncio.Event) -> bool:
        waiting = False
        while not stop.is_set():
            row = await (await connection.execute("select pg_try_advisory_lock(%s, %s)", self._lock)).fetchone()
            if row and row[0]:
                session = await connection.execute(
                    "select pid, backend_start from pg_stat_activity where pid = pg_backend_pid()"
                )
                self._session = await session.fetchone()
                return True
            if not waiting:
                log.info("standing_by", netuid=self._netuid)
                waiting = True
            await pause(stop, SPARE_POLL_S)
        return False

    async def _end_last_session(self, connection: Connection) -> None:
        """End the session that was given up: behind a broken link it may still be open and hold the lock."""
        if self._session is not None:
            await connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where pid = %s and backend_start = %s",
                self._session,
            )


async def _beat(connection: Connection) -> None:
    """Ask something now and then, unless a step is asking; ends with the connection, and says so."""

    async def beat() -> float:
        try:
            if connection.info.transaction_status == TransactionStatus.IDLE:
                await connection.execute("select 1")
        except psycopg.Error as error:
            if connection.closed:
                raise _SessionLost(one_line(error)) from None
            raise DatabaseUnavailable(one_line(error)) from None
        return BEAT_S

    try:
        await send_heartbeats("session of the leader", beat, BEAT_S, final=(_SessionLost,))
    except _SessionLost as error:
        log.error("leadership_lost", reason=str(error))


class _SessionLost(Exception):
    """The connection of the leader has ended, and its lock with it."""


@asynccontextmanager
async def allow_long_statements(connection: Connection) -> AsyncIterator[None]:
    """Give the server LONG_STATEMENT_DEADLINE_S for each statement of the body."""
    before, connection.deadline_s = connection.deadline_s, LONG_STATEMENT_DEADLINE_S
    try:
        yield
    finally:
        connection.deadline_s = before
