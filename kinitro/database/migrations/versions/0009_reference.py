"""The reference plays: `fetch_tasks` gives its tasks to executors that have it; the SQL is in the file beside this.

The reference of a cycle is in its configuration and no row of `cycle_miner`, because it is no miner: it has no hotkey,
no commitment and no endpoint. Its tasks have the uid -1. An executor names the digests of the policies that it can
play, and only one that names the cycle's reference gets these tasks. No table changes, so a cycle in flight goes on.
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    sql = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.driver_connection.execute(sql)  # type: ignore[union-attr]
