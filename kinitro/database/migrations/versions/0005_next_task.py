"""Ready tasks are those from a cycle's next one on, and those that wait behind it: fetches need no other index."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("alter table cycle add column next_task bigint not null default 0")
    op.execute("alter table task add column waiting boolean not null default false")
    op.execute("drop index task_next, task_next_of_miner")
    # On `id + 0`, by which fetch_tasks sorts, because for `id` the planner wades through the primary key.
    op.execute("create index task_waiting on task (cycle_id, uid, (id + 0)) where waiting")
    # Leases that are alive end here, and everything without an outcome is ready.
    op.execute("delete from lease")
    op.execute("update task set lease_id = null where outcome is null and lease_id is not null")
