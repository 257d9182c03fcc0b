"""All functions again, and what a rewritten first revision left behind; the SQL is in the file beside this one.

Until here a landed file was rewritten five times, so that one revision number stood for several schemas. From here on:

- A migration that landed is never edited; tests/integration/taskpool/landed/digests.txt and a test hold it to that.
- A function changes by a new migration with a file of its own, which drops it and creates it again, whole. There is no
  file of "the functions as they are now" which migrations apply: it would change what a landed migration does, and a
  database at the right revision could again have the wrong functions. The newest file that creates a function is the
  one that counts; kinitro/taskpool/catalogue.txt has the digest of its source, and every start compares it.
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    sql = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.driver_connection.execute(sql)  # type: ignore[union-attr]
