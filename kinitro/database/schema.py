"""Creates a database, upgrades its schema, checks it, and drops it."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow

from kinitro.database import catalogue
from kinitro.database.errors import DatabaseRefused, SchemaMismatch
from kinitro.database.pool import Connection, connect, explain_failures, where
from kinitro.database.queries import Queries, Query, Statements, answer, answer_async, fetch_now
from kinitro.database.refusals import NO_CONNECTIONS_ALLOWED, NO_RIGHT, NO_SUCH_DATABASE
from kinitro.database.rights import check_may_migrate, check_may_use
from kinitro.settings import normalize_database_url

if TYPE_CHECKING:
    from alembic.config import Config

SQL = Statements(Path(__file__).with_name("schema.sql"))
POOL_SQL = Statements(Path(__file__).with_name("tasks.sql"))
VERSION_TABLE = "kinitro_schema_version"
"""Has the revision; a table of our own, because other programs that use Alembic have `alembic_version`."""
MIGRATIONS = Path(__file__).parent / "migrations"
TABLES = (
    "cycle",
    "cycle_miner",
    "task",
    "lease",
    "trace",
    "recording",
    "verification",
    "pack",
    "publication",
    "executor",
    "executor_key",
)
"""The tables whose rows `kinitro db status` counts."""


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """What a database holds. `revision` is None without a schema; `rows` is then empty.

    `differences` says in what a schema of revision `head` is not as it should be, a clause each.
    """

    revision: str | None
    head: str
    differences: list[str]
    rows: dict[str, int]


def upgrade(url: str, *, drop_sequential: bool = False) -> str:
    """Bring the database to this program's schema; returns the revision. Repeating it changes nothing.

    `drop_sequential` removes cycles that were played with `--sequential`, which are refused otherwise.
    Raises SchemaMismatch when the database is newer than this program, holds such cycles, or is not what the
    migrations make of it.
    """
    migrate(url, drop_sequential=drop_sequential)
    found = status(url)
    _refuse_other(found.revision, found.differences)
    return found.head


def migrate(url: str, revision: str = "head", *, drop_sequential: bool = False) -> None:
    """Run the migrations up to `revision` that the database has not had, all of them or none.

    Raises SchemaMismatch when it is newer than this program, or holds sequential cycles (see migration 0007).
    """
    from alembic import command
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import NullPool

    with connect(url) as connection:  # says in one sentence what is wrong with the address
        found, _ = answer(connection, _look(check_rights=False))
        _refuse_unknown(found)
        if found == head_revision():
            return
        answer(connection, check_may_migrate())
        connection.autocommit = False
        engine = create_engine("postgresql+psycopg://", creator=lambda: connection, poolclass=NullPool)
        config = _alembic_config()
        config.attributes["drop_sequential"] = drop_sequential
        try:
            with engine.begin() as connected:
                config.attributes["connection"] = connected
                command.upgrade(config, revision)
        except DBAPIError as error:
            raise error.orig or error from None


@functools.cache
def head_revision() -> str:
    """The schema revision that this program needs."""
    from alembic.script import ScriptDirectory

    head = ScriptDirectory.from_config(_alembic_config()).get_current_head()
    if head is None:
        raise SchemaMismatch(f"No migration was found in {MIGRATIONS}: install kinitro again.")
    return head


async def check_schema(connection: Connection) -> None:
    """Raises SchemaMismatch unless the database has exactly this program's schema; the message says what to do.

    Raises DatabaseRefused if the role may not use it.
    """
    _refuse_other(*await answer_async(connection, _look(check_rights=True)))


@contextmanager
def checked_connection(url: str) -> Iterator[psycopg.Connection[TupleRow]]:
    """A blocking connection for commands. Raises what check_schema raises."""
    with connect(url) as connection:
        _refuse_other(*answer(connection, _look(check_rights=True)))
        yield connection


def status(url: str) -> SchemaStatus:
    """The revision, differences and row counts of a database."""
    rows: dict[str, int] = {}
    with connect(url) as connection:
        revision, differences = answer(connection, _look(check_rights=False))
        for table in TABLES:
            (found,) = fetch_now(connection, SQL("IS_TABLE", name=table))
            if revision is not None and found.present:
                count = sql.SQL("select count(*) as n from {}").format(sql.Identifier(table))
                rows[table] = fetch_now(connection, Query(count))[0].n
    return SchemaStatus(revision, head_revision(), differences, rows)


def list_catalogue(url: str) -> list[str]:
    """The lines that `catalogue.txt` should have if the schema is that of this database."""
    with connect(url) as connection:
        (place,) = fetch_now(connection, SQL("FIND"))  # the caller has migrated it
        return [row.line for row in fetch_now(connection, catalogue.SQL("LINES", schema=place.schema, names=None))]


def after_restore(url: str) -> int:
    """Make a database restored from a backup safe to use; returns how many tasks became ready again.

    A backup rewinds the counter of leases, so that numbers given out since would be given again, to other executors:
    skip far ahead, and end every lease that the backup remembers.
    """
    with checked_connection(url) as connection, connection.transaction():
        for statement in ("FETCH_TURN", "SKIP_LEASE_NUMBERS", "END_ALL_LEASES"):
            fetch_now(connection, POOL_SQL(statement))
        (freed,) = fetch_now(connection, POOL_SQL("FREE_ALL_TASKS"))
        return int(freed.n)


def create_database(url: str) -> str:
    """Create the database that `url` names; returns its name. Raises DatabaseRefused."""
    name = database_name(url)
    with _maintenance(url) as connection:
        try:
            connection.execute(
                sql.SQL("create database {} encoding 'UTF8' lc_collate 'C' lc_ctype 'C' template template0").format(
                    sql.Identifier(name)
                )  # C goes with every encoding; the server's own locale need not go with UTF8
            )
        except psycopg.errors.DuplicateDatabase:
            raise DatabaseRefused(f"The database {name!r} exists already: go on with `kinitro db init`.") from None
        except psycopg.errors.InsufficientPrivilege:
            raise DatabaseRefused(
                f"This user may not create databases: grant it CREATEDB, or create {name!r} as postgres."
            ) from None
    return name


def drop_database(url: str, *, force: bool = False) -> str:
    """Drop the database that `url` names; returns its name. `force` ends the sessions of others first."""
    name = database_name(url)
    with _maintenance(url) as connection:
        try:
            connection.execute(
                sql.SQL("drop database {} {}").format(sql.Identifier(name), sql.SQL("with (force)" if force else ""))
            )
        except psycopg.errors.InvalidCatalogName:
            raise DatabaseRefused(f"There is no database {name!r} at {where(url)}.") from None
        except psycopg.errors.ObjectInUse:
            raise DatabaseRefused(
                f"The database {name!r} is in use: "
                "stop the API and the scheduler, or add --force to end their sessions."
            ) from None
        except psycopg.errors.InsufficientPrivilege:
            raise DatabaseRefused(f"This user does not own the database {name!r} and may not drop it.") from None
    return name


def database_name(url: str) -> str:
    """The database that `url` names, by libpq's rules."""
    address = normalize_database_url(url)
    with explain_failures(address):
        parts = conninfo_to_dict(address)
    name = parts.get("dbname") or parts.get("user")
    if not name:
        raise DatabaseRefused("--database-url names no database: write postgresql://user:password@host:5432/database.")
    return str(name)


@contextmanager
def _maintenance(url: str) -> Iterator[psycopg.Connection[TupleRow]]:
    """A connection to the same server, but to a database that is always there."""
    name = database_name(url)
    with ExitStack() as closing:
        for database in ("postgres", "template1"):
            try:
                connection = closing.enter_context(connect(url, database=database))
                break
            except DatabaseRefused as error:
                if error.sqlstate not in (NO_SUCH_DATABASE, NO_RIGHT, NO_CONNECTIONS_ALLOWED):
                    raise
        else:
            raise DatabaseRefused(
                "This user may connect neither to the database 'postgres' nor to 'template1', from where others are "
                f"created and dropped: let an administrator create {name!r} with encoding UTF8 and template0; "
                "if it is there already, go on with `kinitro db init`."
            )
        yield connection


def _look(*, check_rights: bool) -> Queries[tuple[str | None, list[str]]]:
    """Revision, and in what a schema of this program's revision differs from it.

    Raises DatabaseRefused if `check_rights` and the role may not use all of it.
    """
    if check_rights:
        yield from check_may_use(catalogue.our_names())
    places = yield SQL("FIND")
    found = (yield SQL("SHARED_REVISION" if places[0].shared else "REVISION")) if places else []
    if not found:
        return None, []
    revision = str(found[0].revision)
    if revision != head_revision():
        return revision, []
    lines = yield catalogue.SQL("LINES", schema=places[0].schema, names=catalogue.our_names())
    return revision, catalogue.differences(row.line for row in lines)


def _refuse_other(revision: str | None, differences: list[str]) -> None:
    """Raises SchemaMismatch unless it is this program's revision, without a difference."""
    _refuse_unknown(revision)
    if revision != head_revision():
        found = f"revision {revision}" if revision else "no schema"
        raise SchemaMismatch(
            f"The database has {found}, this program needs {head_revision()}: "
            "run `kinitro db init` with the same --database-url."
        )
    if differences:
        raise SchemaMismatch(
            f"The database says that it has revision {revision}, but its schema is another one "
            f"({catalogue.summary(differences)}): undo what changed it, or restore a backup; "
            "`kinitro db status` lists every difference."
        )


def _refuse_unknown(revision: str | None) -> None:
    if revision is not None and revision not in _known_revisions():
        raise SchemaMismatch(
            f"The database has revision {revision}, which this program ({head_revision()}) does not know: "
            "install the newer kinitro that wrote it."
        )


@functools.cache
def _known_revisions() -> frozenset[str]:
    from alembic.script import ScriptDirectory

    return frozenset(script.revision for script in ScriptDirectory.from_config(_alembic_config()).walk_revisions())


def _alembic_config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
