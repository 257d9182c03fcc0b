"""A few queries in a row, written once for blocking and for asynchronous connections."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, TypeVar

import psycopg

T = TypeVar("T")
Query = tuple[str, Sequence[Any] | dict[str, Any]]
Rows = list[tuple[Any, ...]]
Queries = Generator[Query, Rows, T]
"""Yields statements with their parameters, is sent the rows of each, and returns what it concluded."""


def answer(connection: psycopg.Connection[Any], queries: Queries[T]) -> T:
    """Run `queries` on a blocking connection whose rows are tuples; returns what they return."""
    try:
        query = next(queries)
        while True:
            query = queries.send(connection.execute(*query).fetchall())
    except StopIteration as end:
        result: T = end.value
        return result


async def answer_async(connection: psycopg.AsyncConnection[Any], queries: Queries[T]) -> T:
    """Run `queries` on an asynchronous connection whose rows are tuples; returns what they return."""
    try:
        query = next(queries)
        while True:
            query = queries.send(await (await connection.execute(*query)).fetchall())
    except StopIteration as end:
        result: T = end.value
        return result
