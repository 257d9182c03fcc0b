"""Alembic's entry point: runs migrations on the connection that kinitro.database.schema passes in."""

from __future__ import annotations

from typing import Any

import psycopg
from alembic import context
from sqlalchemy import Connection, text

from kinitro.database.queries import fetch_now
from kinitro.database.schema import SQL, VERSION_TABLE

ADD_INDEXES_OF_0001 = """
create index if not exists task_next on task (id) where false;
create index if not exists task_next_of_miner on task (id) where false
"""
"""0005 drops two indexes that the first form of 0001 did not make; empty ones of these names do."""


def prepare(connection: Connection) -> None:
    """Undo what differs from what the migrations assume: a revision in a shared table, indexes that were never made."""
    connection.execute(text("select pg_advisory_xact_lock(1263095382, 2)"))  # two upgrades at once take turns
    driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
    if any(place.shared for place in fetch_now(driver, SQL("FIND"))):
        fetch_now(driver, SQL("ADOPT"))
    revision = context.get_context().get_current_revision()
    if revision is not None and revision < "0005":
        connection.execute(text(ADD_INDEXES_OF_0001))


connection = context.config.attributes["connection"]
context.configure(connection=connection, transactional_ddl=True, version_table=VERSION_TABLE)
with context.begin_transaction():
    prepare(connection)
    context.run_migrations()
