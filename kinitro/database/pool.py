"""Connections to PostgreSQL, and its failures as one sentence each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

import psycopg
import psycopg_pool
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow

from kinitro.database.connection import STATEMENT_DEADLINE_S, link_options
from kinitro.database.connection import Connection as Connection
from kinitro.database.connection import ConnectionPool as ConnectionPool
from kinitro.database.errors import DatabaseRefused, DatabaseUnavailable
from kinitro.database.pooler import check_session, check_session_async
from kinitro.database.queries import Query, Row, answer, answer_async, fetch
from kinitro.database.refusals import explain
from kinitro.database.refusals import one_line as one_line
from kinitro.database.session import CLIENT_ENCODING, SQL, check_encoding, settle
from kinitro.errors import ConfigurationError
from kinitro.logs import get_logger
from kinitro.settings import normalize_database_url

T = TypeVar("T")
log = get_logger(__name__)

TRIES = 4
"""Work whose connection breaks is tried so many times altogether."""
POOL_WAIT_S = 10.0
MINIMUM_VERSION = 140000
"""PostgreSQL 14, in the server's own numbering."""

SESSION_SETTINGS = {
    "jit": "off",  # compiling a statement costs more than any of ours takes
    "statement_timeout": "20s",  # less than STATEMENT_DEADLINE_S, so that the server is the one that says so
    "idle_in_transaction_session_timeout": "15s",  # a client that vanished must not keep its locks
    "plan_cache_mode": "force_generic_plan",  # hot statements are planned once per connection
}


def where(url: str) -> str:
    """The host, port and database that `url` names, for messages; never its password."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error:
        return "the given address"
    host, port = parts.get("host", "localhost"), parts.get("port", "5432")
    return f"{host}:{port}/{parts.get('dbname', '')}"


@contextmanager
def explain_failures(url: str) -> Iterator[None]:
    """Turn a failure to connect or a refusal into DatabaseUnavailable or DatabaseRefused."""
    try:
        yield
    except psycopg.ProgrammingError as error:
        if error.sqlstate is not None:
            raise
        raise ConfigurationError(  # the address itself could not be parsed
            "--database-url cannot be read: write postgresql://user:password@host:5432/database, with special "
            "characters of the password percent-encoded."
        ) from None
    except psycopg_pool.PoolTimeout:
        raise DatabaseUnavailable(
            f"PostgreSQL at {where(url)} gave no connection within {POOL_WAIT_S:.0f} s."
        ) from None
    except psycopg.OperationalError as error:
        raise explain(error, url, where(url), connected=False) or error from None


@contextmanager
def explain_refusals(url: str) -> Iterator[None]:
    """Turn errors of statements that the operator can do something about into one sentence each."""
    try:
        yield
    except psycopg.Error as error:
        if reason := explain(error, url, where(url), connected=True):
            raise reason from None
        raise


@contextmanager
def connect(url: str, *, database: str | None = None) -> Iterator[psycopg.Connection[TupleRow]]:
    """A blocking connection in autocommit mode, for commands; to any `database` of the server, if it is given.

    Raises ConfigurationError or DatabaseUnavailable, also for what PostgreSQL refuses in the body.
    """
    address = normalize_database_url(url)
    with explain_failures(address):
        address = make_conninfo(address, dbname=database) if database else address
    with _connect(address, ours=database is None) as connection, explain_refusals(address):
        answer(connection, settle())
        yield connection


@contextmanager
def _connect(address: str, *, ours: bool) -> Iterator[psycopg.Connection[TupleRow]]:
    with ExitStack() as closing:
        with explain_failures(address):
            connection = closing.enter_context(_open(address))
            _check_server(connection, address, ours=ours)
            if not check_session(connection, where(address)):
                connection = closing.enter_context(_open(address))
        yield connection


def _open(address: str) -> psycopg.Connection[TupleRow]:
    return psycopg.connect(address, autocommit=True, **_options(address))


async def connect_async(url: str) -> Connection:
    """A connection in autocommit mode that is nobody else's. Raises ConfigurationError or DatabaseUnavailable."""
    address = normalize_database_url(url)
    with explain_failures(address):
        connection = await Connection.connect(address, autocommit=True, **_options(address))
        try:
            _check_server(connection, address)
            if not await check_session_async(connection, where(address)):
                connection = await Connection.connect(address, autocommit=True, **_options(address))
            await answer_async(connection, settle())
        except BaseException:
            await connection.close()
            raise
    return connection


def _options(address: str) -> dict[str, Any]:
    return link_options(address) | {"client_encoding": CLIENT_ENCODING}


def _check_server(
    connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any], address: str, *, ours: bool = True
) -> None:
    if connection.info.server_version < MINIMUM_VERSION:
        raise DatabaseRefused(
            f"PostgreSQL at {where(address)} is version {connection.info.server_version // 10000}: "
            "14 or newer is needed."
        )
    if ours:
        check_encoding(connection, where(address))


async def open_pool(url: str, *, size: int = 8) -> ConnectionPool:
    """A pool of up to `size` connections in autocommit mode. Raises ConfigurationError or DatabaseUnavailable."""
    address = normalize_database_url(url)
    await (await connect_async(address)).close()
    pool = ConnectionPool(
        address,
        connection_class=Connection,
        min_size=1,
        max_size=size,
        timeout=POOL_WAIT_S,
        open=False,
        configure=_configure,
        kwargs={"autocommit": True, "prepare_threshold": 0, **_options(address)},
    )
    with explain_failures(address):
        await pool.open(wait=True, timeout=POOL_WAIT_S)
    return pool


async def run_on(
    connections: ConnectionPool, work: Callable[[Connection], Awaitable[T]], *, deadline_s: float = STATEMENT_DEADLINE_S
) -> T:
    """`work` on a connection of the pool, and again on another one if it breaks; so `work` must bear repetition.

    `deadline_s` is for each round trip. A connection that breaks, stays silent or accepts no writes is replaced, and
    so are its contemporaries in the pool. Raises DatabaseUnavailable.
    """
    wait_s = min(POOL_WAIT_S, deadline_s)
    for attempt in range(1, TRIES + 1):
        try:
            async with connections.connection(timeout=wait_s) as connection:
                connection.deadline_s = deadline_s
                try:
                    return await work(connection)
                except Exception as error:  # not a cancellation: it says nothing about others
                    if isinstance(error, psycopg.InternalError):  # read-only, ended while idle, unreadable data
                        await connection.close()
                    if connection.closed:
                        await connections.distrust(connection)
                    raise
        except psycopg_pool.PoolTimeout:
            raise DatabaseUnavailable(f"PostgreSQL gave no connection within {wait_s:.0f} s.") from None
        except psycopg.errors.QueryCanceled as error:
            raise DatabaseUnavailable(f"PostgreSQL took too long: {one_line(error)}.") from None
        except psycopg.errors.ReadOnlySqlTransaction as error:
            raise DatabaseUnavailable(
                f"PostgreSQL accepts no writes ({one_line(error)}): is it a standby, or is a switch-over under way?"
            ) from None
        except (psycopg.OperationalError, psycopg.InternalError) as error:
            if attempt == TRIES:
                raise DatabaseUnavailable(f"PostgreSQL failed {TRIES} times: {one_line(error)}.") from None
            log.warning("database_connection_lost", attempt=attempt, error=one_line(error))
    raise AssertionError("unreachable")


async def fetch_on(connections: ConnectionPool, query: Query) -> list[Row]:
    """The rows that the query gives, on any connection of the pool (see run_on); it must bear repetition."""
    return await run_on(connections, lambda connection: fetch(connection, query))


async def check_writable(connection: Connection) -> None:
    """Raises psycopg.errors.ReadOnlySqlTransaction where nothing can be stored: on a standby, or by a setting."""
    (found,) = await fetch(connection, SQL("IS_READ_ONLY"))
    if found.read_only:
        raise psycopg.errors.ReadOnlySqlTransaction("transactions are read-only")


async def _configure(connection: Connection) -> None:
    await answer_async(connection, settle())
    await fetch(connection, SQL("SET", names=list(SESSION_SETTINGS), values=list(SESSION_SETTINGS.values())))
