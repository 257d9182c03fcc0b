"""Outcomes of tasks have names: a type of PostgreSQL instead of numbers; the SQL is in the file beside this one.

Until here `task.outcome` was a number, the same one on the wire and in SQL, and 4 meant two things: an evaluator fault
in a report, and a void task in the table. Now the table holds a value of the type `outcome`, which has no evaluator
fault, so that none can be stored by mistake; a report names its outcome as text. Numbers remain where others read them,
in reports and in the published records (see kinitro/client), and are translated when they come and go.

Why this form. A function from names to numbers would leave the rows alone, but a misspelt name would be null, a person
with psql would still read numbers, and 4 could still mean anything. A table of names costs a join or a sub-select in
every statement. An enum is checked when a statement is parsed, is compared as fast as a number, and costs the hot
statements nothing. Its price is paid once: PostgreSQL writes the table anew, about 20 s for a million tasks on a
busy machine of 2 cores, and needs as much free disk as the table takes. It happens in the transaction of the upgrade:
when the disk is full, nothing has changed. A number that is not known stops the upgrade too, instead of becoming null,
which would be an open task. Leases and tasks that are out stay as they are, so a cycle in flight goes on.
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    sql = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.driver_connection.execute(sql)  # type: ignore[union-attr]
