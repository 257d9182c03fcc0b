"""Alembic's entry point: runs migrations on the connection that kinitro.taskpool.schema passes in."""

from __future__ import annotations

from alembic import context
from sqlalchemy import text

connection = context.config.attributes["connection"]
context.configure(connection=connection, transactional_ddl=True)
with context.begin_transaction():
    connection.execute(text("select pg_advisory_xact_lock(1263095382, 2)"))  # two upgrades at once take turns
    context.run_migrations()
