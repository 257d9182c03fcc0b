"""The fingerprint of the schema: what the database's catalogue should list, and in what it differs.

A revision number says which migrations ran, not what is there: a migration may have been rewritten, a restore may have
left out an index, somebody may have changed a function by hand. So every start compares the catalogue itself with
`catalogue.txt`. That file is a list, not a digest, so that a difference can be named, and so that the schema, which the
migrations spread over many files, can be read in one place. Nobody can forget to change it: a test migrates an empty
database and compares, and `tools/schema_catalogue.py` writes it anew. Nothing is stored in the database, where it would
go wrong together with what it vouches for.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path

from kinitro.database.queries import Statements

PATH = Path(__file__).with_suffix(".txt")
SQL = Statements(Path(__file__).with_suffix(".sql"))
NAMED = 3
"""How many differences a sentence names."""


@functools.cache
def expected() -> tuple[str, ...]:
    """The lines of `catalogue.txt`."""
    return tuple(line for line in PATH.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))


@functools.cache
def our_names() -> list[str]:
    """Tables, sequences, types and functions of ours; what else is in the same schema is somebody else's."""
    kinds = ("table ", "sequence ", "type ", "function ")
    return sorted({line.split(" ")[1].partition("(")[0] for line in expected() if line.startswith(kinds)})


def differences(found: Iterable[str]) -> list[str]:
    """What a database lacks, has in another form, or has in addition, a clause each; empty when nothing differs.

    How rows are stored, and more indexes that are not unique, may be the operator's choice: nothing depends on them.
    """
    have = {_object(line): line for line in found}
    want = {_object(line): line for line in expected() if not line.startswith("storage ")}
    lost = {name for name in want if name.startswith("table ") and name not in have}
    missing = [name for name, line in want.items() if name not in have and f"table {_table(line)}" not in lost]
    changed = [name for name, line in want.items() if name in have and have[name] != line]
    more = [name for name in have if name not in want and not name.startswith(("storage ", "index "))]
    return [
        *(f"{name} is missing" for name in (*sorted(lost), *missing)),
        *(f"{name} is different" for name in changed),
        *(f"{name} is not ours" for name in more),
    ]


def summary(clauses: list[str]) -> str:
    """The first few of some differences, and how many more there are."""
    rest = f", and {len(clauses) - NAMED} more" if len(clauses) > NAMED else ""
    return ", ".join(clauses[:NAMED]) + rest


def _object(line: str) -> str:
    """Kind and name of what a line is about: `index task_waiting`, `column task.uid`, `function fetch_tasks(...)`."""
    if line.startswith("storage "):
        return line.partition(":")[0]
    if line.startswith("function "):
        return line.partition(")")[0] + ")"
    return " ".join(line.split(" ")[: 3 if line.startswith("unique ") else 2])


def _table(line: str) -> str | None:
    """The table that a column, a constraint or an index belongs to; None for other lines."""
    if line.startswith("column "):
        return line.split(" ")[1].partition(".")[0]
    if line.startswith(("constraint ", "index ", "unique index ")):
        return line.split(" on ")[1].partition(" ")[0]
    return None
