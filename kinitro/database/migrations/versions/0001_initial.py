"""Initial schema; the SQL is in the files beside this one."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    here = Path(__file__)
    for name in ("0001_initial.sql", "0001_functions.sql"):
        sql = here.with_name(name).read_text(encoding="utf-8")
        op.get_bind().connection.driver_connection.execute(sql)  # type: ignore[union-attr]
