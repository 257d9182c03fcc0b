"""Endpoints that miners sealed to the operator are kept for executors and shown to nobody."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("alter table cycle_miner add column sealed boolean not null default false")
