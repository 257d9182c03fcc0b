"""Writes the tasks of a cycle by COPY, in PostgreSQL's binary format, which numpy builds without a loop over rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kinitro.database.pool import Connection
from kinitro.database.queries import Statements, fetch

SQL = Statements(Path(__file__).with_name("tasks.sql"))

_COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_TRAILER = b"\xff\xff"
_COPY_ROW = np.dtype(
    [
        ("fields", ">i2"),
        ("cycle_size", ">i4"), ("cycle", ">i4"),
        ("uid_size", ">i4"), ("uid", ">i4"),
        ("env_size", ">i4"), ("env", ">i2"),
        ("episode_size", ">i4"), ("episode", ">i4"),
        ("seed_size", ">i4"), ("seed", "V16"),
        ("record_size", ">i4"), ("record", "?"),
    ]
)  # fmt: skip
"""One row of PostgreSQL's binary COPY format: the number of columns, then the size and value of each."""


async def create_tasks(
    connection: Connection,
    cycle_id: int,
    uids: Sequence[int],
    seeds: Sequence[Sequence[bytes]],
    *,
    record: npt.NDArray[np.bool_] | None = None,
) -> int:
    """One task per miner x environment x episode; returns how many.

    seeds[env][episode] is 16 bytes, env an index into the cycle's environments; `record`, if given, is bool
    (episodes, environments, miners). Fetch order is episode, environment, miner. The rows belong to the
    connection's transaction, which should set `tasks_created_at` too.
    """
    episodes = {len(row) for row in seeds}
    if not uids or len(episodes) != 1 or episodes == {0}:
        return 0
    first = await _next_task(connection)
    async with connection.cursor() as cursor, cursor.copy(SQL("CREATE").text) as copy:
        await copy.write(_COPY_HEADER)
        for episode in range(episodes.pop()):
            for env, row in enumerate(seeds):
                marked = None if record is None else record[episode, env]
                await copy.write(_copy_rows(cycle_id, uids, env, episode, row[episode], marked))
        await copy.write(_COPY_TRAILER)
    last = await _next_task(connection) - 1
    await fetch(connection, SQL("NOTE_TASKS", cycle=cycle_id, first=first, last=last))
    return len(uids) * sum(len(row) for row in seeds)


async def _next_task(connection: Connection) -> int:
    (row,) = await fetch(connection, SQL("NEXT_TASK"))
    return int(row.id)


def _copy_rows(
    cycle_id: int, uids: Sequence[int], env: int, episode: int, seed: bytes, record: npt.NDArray[np.bool_] | None
) -> bytes:
    if len(seed) != 16:
        raise ValueError(f"A seed has 16 bytes, not {len(seed)}.")
    rows = np.zeros(len(uids), _COPY_ROW)
    rows["fields"] = 6
    for column, size in (("cycle", 4), ("uid", 4), ("env", 2), ("episode", 4), ("seed", 16), ("record", 1)):
        rows[f"{column}_size"] = size
    rows["cycle"], rows["uid"], rows["env"], rows["episode"] = cycle_id, uids, env, episode
    rows["seed"] = np.void(seed)
    if record is not None:
        rows["record"] = record
    return rows.tobytes()
