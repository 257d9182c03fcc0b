"""Connections to PostgreSQL that notice when the other side has gone silent.

A link can go silent without a reset: a firewall forgets it, a proxy hangs, a machine loses its power. The kernel
notices some of that (LINK_OPTIONS); a deadline on our side notices all of it.
"""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any, TypeVar

import psycopg
import psycopg_pool
from psycopg import waiting
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow

RV = TypeVar("RV")

CONNECT_TIMEOUT_S = 5
STATEMENT_DEADLINE_S = 25.0
"""How long an answer to one statement is waited for: longer than the server's own `statement_timeout`, shorter than our
clients wait."""
LINK_OPTIONS: dict[str, int] = {
    "connect_timeout": CONNECT_TIMEOUT_S,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""Options of libpq: the kernel ends a connection whose other machine has been gone for 20 to 25 s.
`tcp_user_timeout` is in milliseconds, the others in seconds."""
_INTERVAL_S = 0.1


def link_options(address: str) -> dict[str, Any]:
    """Options of libpq for a connection: LINK_OPTIONS without those that the address or PGCONNECT_TIMEOUT sets.

    Raises psycopg.ProgrammingError if the address is malformed.
    """
    given = set(conninfo_to_dict(address))
    if os.environ.get("PGCONNECT_TIMEOUT"):
        given.add("connect_timeout")
    return {name: value for name, value in LINK_OPTIONS.items() if name not in given}


class Connection(psycopg.AsyncConnection[TupleRow]):
    """An asynchronous connection whose round trips have a deadline.

    One that misses it is closed, for its state is unknown. A cancelled round trip closes the connection too, at once:
    whoever stops does not wait for a server.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.deadline_s = STATEMENT_DEADLINE_S
        self.made_at = time.monotonic()

    async def wait(self, gen: PQGen[RV], interval: float = _INTERVAL_S, timeout: float | None = None) -> RV:
        """Make one round trip. Raises psycopg.OperationalError after `deadline_s`."""
        deadline_s = self.deadline_s if timeout is None else timeout
        try:
            async with asyncio.timeout(deadline_s):
                return await waiting.wait_async(gen, self.pgconn.socket, interval=interval)
        except TimeoutError:
            self.pgconn.finish()
            raise psycopg.OperationalError(f"the server did not answer within {deadline_s:g} s") from None
        except asyncio.CancelledError:
            self.pgconn.finish()
            raise


class ConnectionPool(psycopg_pool.AsyncConnectionPool[Connection]):
    """A pool that replaces all its idle connections once one of the same age has turned out to be broken."""

    _distrusted_at = 0.0

    async def distrust(self, broken: Connection) -> None:
        """Replace what is idle now, and what is in use when it comes back; once, however many break together."""
        if broken.made_at > self._distrusted_at:
            self._distrusted_at = time.monotonic()
            await self.drain()
