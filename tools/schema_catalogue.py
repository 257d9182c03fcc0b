"""Writes kinitro/database/catalogue.txt anew, from what the migrations make of an empty database.

    .venv/bin/python tools/schema_catalogue.py

Run it after adding a migration; `tests/integration/database/test_upgrades.py` fails until it has been.
"""

from __future__ import annotations

from kinitro.database import catalogue, schema
from kinitro.local.postgres import LocalPostgres

HEAD = """\
# The schema that the migrations make, as kinitro/database/catalogue.sql lists it: every start compares it with the
# database's. Written by tools/schema_catalogue.py; do not edit.
"""


def main() -> None:
    with LocalPostgres() as server:
        schema.migrate(server.url)
        lines = "".join(f"{line}\n" for line in schema.list_catalogue(server.url))
        catalogue.PATH.write_text(HEAD + lines, encoding="utf-8")
    print(f"Wrote {catalogue.PATH}.")


if __name__ == "__main__":
    main()
