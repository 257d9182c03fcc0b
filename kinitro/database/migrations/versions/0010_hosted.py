"""Hosted miners: executors play the committed policy themselves. The SQL is in the file beside this one.

A hosted miner's tasks go only to executors that can host, and each of those gets tasks of few hosted miners at a time,
because every policy that it plays has to be started. Whose they are is decided per fetch. The new column has a constant
default, so that the table is not written anew, and a cycle in flight goes on.
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    sql = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.driver_connection.execute(sql)  # type: ignore[union-attr]
