"""The one way in which SQL is run: a statement by its name, with its parameters, and rows whose columns have names.

SQL lives in a `.sql` file beside the module that runs it, with a heading for each statement:

    -- OLD_CYCLES  those that are over, but for the newest few
    select id from cycle where state = 'published' order by id desc offset %(keep)s

The module reads the file once, and calls what it read to make a query, which somebody runs:

    SQL = Statements(Path(__file__).with_name("tasks.sql"))
    rows = await fetch(connection, SQL("OLD_CYCLES", keep=5))
    print(rows[0].id)

| who runs it | where | gives |
|---|---|---|
| `fetch` | an asynchronous connection | rows |
| `execute` | an asynchronous connection | how many rows were changed |
| `pool.fetch_on` | any connection of a pool, again on another one if it breaks | rows |
| `fetch_now` | a blocking connection: commands | rows |
| `answer`, `answer_async` | either kind: a few queries in a row, see `Queries` | what they conclude |

Rows are named tuples with at least one column, made from PostgreSQL's binary format. A column whose type is ours
(`outcome`) must be read as `column::text`, because the driver does not know it.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import psycopg
from psycopg import sql
from psycopg.rows import namedtuple_row

T = TypeVar("T")
Row: TypeAlias = Any
"""A named tuple with the columns of the statement."""

_HEADING = re.compile(r"^-- ([A-Z][A-Z0-9_]+)\b.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Query:
    """A statement with its parameters."""

    text: str | sql.Composed
    """In psycopg's style: parameters are `%(name)s`, and a percent sign of SQL is written twice."""
    parameters: Mapping[str, Any] = field(default_factory=dict)


class Statements:
    """The statements of one `.sql` file; a call makes a query of one of them.

    A line that begins with `-- NAME` in capitals starts the statement NAME; text before the first one is the file's
    introduction. Raises ValueError if a name appears twice.
    """

    def __init__(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        headings = list(_HEADING.finditer(text))
        self._texts: dict[str, str] = {}
        for heading, following in zip(headings, [*headings[1:], None], strict=True):
            name = heading.group(1)
            if name in self._texts:
                raise ValueError(f"{path.name} has two statements named {name}.")
            lines = text[heading.end() : following.start() if following else len(text)].splitlines()
            self._texts[name] = "\n".join(line for line in lines if not line.lstrip().startswith("--")).strip()

    def __call__(self, name: str, /, **parameters: Any) -> Query:
        """Raises KeyError if there is no statement of this name."""
        return Query(self._texts[name], parameters)


async def fetch(connection: psycopg.AsyncConnection[Any], query: Query) -> list[Row]:
    """The rows that the query gives; empty for a statement that gives none."""
    cursor = connection.cursor(binary=True, row_factory=namedtuple_row)
    await cursor.execute(query.text, query.parameters)
    return await cursor.fetchall() if cursor.description else []


async def execute(connection: psycopg.AsyncConnection[Any], query: Query) -> int:
    """How many rows the query changed."""
    return (await connection.execute(query.text, query.parameters)).rowcount


def fetch_now(connection: psycopg.Connection[Any], query: Query) -> list[Row]:
    """What `fetch` does, on a blocking connection."""
    cursor = connection.cursor(binary=True, row_factory=namedtuple_row)
    cursor.execute(query.text, query.parameters)
    return cursor.fetchall() if cursor.description else []


Queries = Generator[Query, list[Row], T]
"""A few queries in a row, written once for blocking and for asynchronous connections: the generator yields each query,
is sent its rows, and returns what it concluded."""


def answer(connection: psycopg.Connection[Any], queries: Queries[T]) -> T:
    """Run `queries` on a blocking connection; returns what they return."""
    try:
        query = next(queries)
        while True:
            query = queries.send(fetch_now(connection, query))
    except StopIteration as end:
        result: T = end.value
        return result


async def answer_async(connection: psycopg.AsyncConnection[Any], queries: Queries[T]) -> T:
    """Run `queries` on an asynchronous connection; returns what they return."""
    try:
        query = next(queries)
        while True:
            query = queries.send(await fetch(connection, query))
    except StopIteration as end:
        result: T = end.value
        return result
