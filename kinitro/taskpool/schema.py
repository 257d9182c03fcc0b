"""The database and its schema: create, upgrade, look at, drop."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow

from kinitro.settings import normalized_database_url
from kinitro.taskpool.database import Connection, connect, explained, where
from kinitro.taskpool.errors import DatabaseRefused, SchemaMismatch
from kinitro.taskpool.statements import load_statements

if TYPE_CHECKING:
    from alembic.config import Config

SQL = load_statements(Path(__file__).with_name("pool.sql"))
MIGRATIONS = Path(__file__).parent / "migrations"
TABLES = (
    "cycle",
    "cycle_miner",
    "task",
    "lease",
    "trace",
    "recording",
    "verification",
    "publication",
    "executor",
    "executor_key",
)
"""Those whose rows `kinitro db status` counts."""


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """What a database holds. `revision` is None without a schema; `rows` is then empty."""

    revision: str | None
    head: str
    rows: dict[str, int]


def upgrade(url: str) -> str:
    """Bring the database to this program's schema; returns the revision. Repeating it changes nothing.

    Raises SchemaMismatch when the database is newer than this program.
    """
    from alembic import command
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    address = normalized_database_url(url)
    connect(address).close()  # says in one sentence what is wrong with the address
    _refuse_unknown(_revision(address))
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(address), poolclass=NullPool)
    config = _alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return head_revision()


def head_revision() -> str:
    """The schema revision that this program needs."""
    from alembic.script import ScriptDirectory

    head = ScriptDirectory.from_config(_alembic_config()).get_current_head()
    if head is None:
        raise SchemaMismatch(f"No migration was found in {MIGRATIONS}: install kinitro again.")
    return head


async def check_schema(connection: Connection) -> None:
    """Raises SchemaMismatch, which says which command to run, unless the database has exactly this program's schema."""
    cursor = await connection.execute("select to_regclass('alembic_version') is not null")
    row = await cursor.fetchone()
    revision = None
    if row and row[0]:
        found = await (await connection.execute("select version_num from alembic_version")).fetchone()
        revision = str(found[0]) if found else None
    _refuse_unknown(revision)
    if revision != head_revision():
        found_text = f"revision {revision}" if revision else "no schema"
        raise SchemaMismatch(
            f"The database has {found_text}, this program needs {head_revision()}: "
            "run `kinitro db init` with the same --database-url."
        )


def status(url: str) -> SchemaStatus:
    """Revision and row counts of a database."""
    revision = _revision(url)
    rows: dict[str, int] = {}
    if revision is not None:
        with connect(url) as connection:
            for table in TABLES:
                counted = connection.execute(
                    sql.SQL("select count(*) from {}").format(sql.Identifier(table))
                ).fetchone()
                rows[table] = int(counted[0]) if counted else 0
    return SchemaStatus(revision, head_revision(), rows)


def after_restore(url: str) -> int:
    """Make a database restored from a backup safe to use; returns how many tasks became ready again.

    A backup rewinds the counter of leases, so that numbers given out since would be given again, to other executors:
    skip far ahead, and end every lease that the backup remembers.
    """
    with connect(url) as connection, connection.transaction():
        connection.execute(SQL["FETCH_TURN"])
        connection.execute(SQL["SKIP_LEASE_NUMBERS"])
        connection.execute(SQL["END_ALL_LEASES"])
        return connection.execute(SQL["FREE_ALL_TASKS"]).rowcount


def create_database(url: str) -> str:
    """Create the database that `url` names; returns its name. Raises DatabaseRefused."""
    name = database_name(url)
    with _maintenance(url) as connection:
        try:
            connection.execute(
                sql.SQL("create database {} encoding 'UTF8' template template0").format(sql.Identifier(name))
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
    address = normalized_database_url(url)
    with explained(address):
        parts = conninfo_to_dict(address)
    name = parts.get("dbname") or parts.get("user")
    if not name:
        raise DatabaseRefused("--database-url names no database: write postgresql://user:password@host:5432/database.")
    return str(name)


def _maintenance(url: str) -> psycopg.Connection[TupleRow]:
    """A connection to the same server, but to a database that is always there."""
    database_name(url)
    try:
        return connect(url, dbname="postgres")
    except DatabaseRefused:
        return connect(url, dbname="template1")


def _revision(url: str) -> str | None:
    with connect(url) as connection:
        present = connection.execute("select to_regclass('alembic_version') is not null").fetchone()
        if not present or not present[0]:
            return None
        found = connection.execute("select version_num from alembic_version").fetchone()
        return str(found[0]) if found else None


def _refuse_unknown(revision: str | None) -> None:
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory.from_config(_alembic_config()).walk_revisions()}
    if revision is not None and revision not in known:
        raise SchemaMismatch(
            f"The database has revision {revision}, which this program ({head_revision()}) does not know: "
            "install the newer kinitro that wrote it."
        )


def _alembic_config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
