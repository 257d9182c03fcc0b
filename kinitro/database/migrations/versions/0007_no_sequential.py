"""Refuses databases that hold sequential cycles, which this program neither scores nor audits.

Until version 0.1 a cycle could be opened with `--sequential`: miners stopped early, and their tasks got outcome 9. Such
a cycle cannot be derived from its results any more, so a database must not hold one from here on. Nobody's data is
removed without being asked: `kinitro db init --drop-sequential` is the operator's answer, and removes these cycles with
all that belongs to them in the transaction of the upgrade.
"""

from __future__ import annotations

from alembic import op

from kinitro.database.errors import SchemaMismatch

revision = "0007"
down_revision = "0006"

SEQUENTIAL = """
select id from cycle where config ->> 'sequential' = 'true'
union
select cycle_id from task where outcome = 9
order by 1
"""
TABLES = ("lease", "task", "trace", "trace_digest", "recording", "verification")
"""Those with a cycle_id that no foreign key removes together with the cycle."""


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    cycles = [cycle for (cycle,) in connection.execute(SEQUENTIAL).fetchall()]  # type: ignore[union-attr]
    if not cycles:
        return
    if not op.get_context().config.attributes.get("drop_sequential"):  # type: ignore[union-attr]
        which = f"Cycle {cycles[0]} was" if len(cycles) == 1 else f"The cycles {', '.join(map(str, cycles))} were"
        raise SchemaMismatch(
            f"{which} played with --sequential, which this version neither scores nor audits, so nothing was "
            "upgraded: keep a copy of the database (pg_dump) and kinitro 0.1 for whoever wants to audit them, then run "
            "`kinitro db init --drop-sequential`, which removes these cycles and upgrades the rest."
        )
    for table in TABLES:
        connection.execute(f"delete from {table} where cycle_id = any (%s)", (cycles,))  # type: ignore[union-attr]
    connection.execute("delete from cycle where id = any (%s)", (cycles,))  # type: ignore[union-attr]
