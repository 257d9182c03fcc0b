"""What the commands `kinitro cycle` do: look at cycles, or cancel one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from kinitro.client.records import Manifest
from kinitro.database.cycles import Cycle, CycleStore
from kinitro.database.pool import connect_async
from kinitro.database.schema import check_schema
from kinitro.errors import ConfigurationError

T = TypeVar("T")
MAX_REASON_CHARS = 300


def read_cycles(database_url: str, limit: int) -> list[tuple[Cycle, int]]:
    """The newest cycles with their numbers of miners."""
    return _with_store(database_url, lambda store: store.newest(limit))


def read_manifest(database_url: str, cycle_id: int) -> Manifest:
    """The public record of a cycle."""
    return _with_store(database_url, lambda store: store.manifest(cycle_id))


def cancel(database_url: str, cycle_id: int, reason: str) -> None:
    """End a cycle by hand."""
    if not reason.isprintable() or not 0 < len(reason) <= MAX_REASON_CHARS:
        raise ConfigurationError(f"--reason must be 1 to {MAX_REASON_CHARS} printable characters; got {reason[:50]!r}.")
    _with_store(database_url, lambda store: store.cancel(cycle_id, reason))


def _with_store(database_url: str, work: Callable[[CycleStore], Awaitable[T]]) -> T:
    async def connected() -> T:
        async with await connect_async(database_url) as connection:
            await check_schema(connection)
            return await work(CycleStore(connection))

    return asyncio.run(connected())
