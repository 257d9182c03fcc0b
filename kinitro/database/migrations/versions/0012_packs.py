"""Sealed packs: the one that a cycle's episodes are drawn from, if they are; secret until the cycle is revealed.

A pack is of one cycle only, because it is public afterwards. Its digest is in the cycle's configuration.
"""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute(
        "create table pack (cycle_id int primary key references cycle on delete cascade, digest bytea not null unique, "
        "data bytea not null)"
    )
