"""The round of drand that a cycle's seeds follow from, beside the block: its number, and its signature.

Both are null in cycles whose chain records no drand, and in all older ones.
"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("alter table cycle add column drand_round bigint, add column drand_signature bytea")
