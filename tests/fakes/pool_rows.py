"""Rows that a scheduler would write: a running cycle with its miners and tasks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import psycopg

from kinitro.client.messages import FetchRequest, TaskResult
from kinitro.database.keys import create_key

ADD_CYCLE = """
insert into cycle (state, netuid, network, config, block, block_hash, seed_key, key_hash, key_committed_block,
                   deadline_at, tasks_created_at)
values (%s, %s, 'test', %s, 100, sha256('block'), sha256('key'), sha256('hash'), 101, now() + interval '1 day', now())
returning id
"""


def add_cycle(
    url: str,
    *,
    miners: int | Mapping[int, int] = 4,
    environments: tuple[str, ...] = ("metaworld/reach-v3", "metaworld/push-v3"),
    netuid: int = 1,
    state: str = "running",
) -> int:
    """A cycle without tasks; `miners` is how many, or uid -> max_concurrency."""
    capacities = dict.fromkeys(range(miners), 100) if isinstance(miners, int) else miners
    config = {
        "environments": [{"id": name, "version": "1", "max_steps": 50} for name in environments],
        "episodes": 100,
        "min_episodes": 1,
        "max_void_share": 0.1,
        "timeout_s": 3600,
        "kinitro_version": "0",
    }
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(ADD_CYCLE, (state, netuid, json.dumps(config))).fetchone()
        assert row is not None
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into cycle_miner (cycle_id, uid, hotkey, endpoint, max_concurrency) "
                "values (%s, %s, %s, %s, %s)",
                [(row[0], uid, f"hotkey-{uid}", f"http://miner-{uid}", room) for uid, room in capacities.items()],
            )
    return int(row[0])


def add_tasks(url: str, cycle_id: int, *, uids: list[int], environments: int = 2, episodes: int = 3) -> None:
    """The same rows as `create_tasks`, without a running loop."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "insert into task (cycle_id, uid, env, episode, seed) "
            "select %s, uid, env, episode, decode(lpad(to_hex(env * 1000 + episode), 32, '0'), 'hex') "
            "from generate_series(0, %s) episode, generate_series(0, %s) env, unnest(%s::int[]) uid "
            "order by episode, env, uid",
            (cycle_id, episodes - 1, environments - 1, uids),
        )


def add_executor(url: str, name: str = "gpu-1") -> tuple[int, str]:
    """Number and key of an executor."""
    with psycopg.connect(url, autocommit=True) as connection:
        _, key = create_key(connection, name, "tasks")
        row = connection.execute("select id from executor where name = %s", (name,)).fetchone()
    assert row is not None
    return int(row[0]), key


def rows(url: str, query: str, *parameters: Any) -> list[Any]:
    """What a query returns."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(query, parameters or None)
        return cursor.fetchall() if cursor.description else []


def request(n: int = 10, **fields: Any) -> FetchRequest:
    """A fetch of up to `n` tasks by a machine with fingerprint `physics-a`."""
    return FetchRequest(max_tasks=n, **{"fingerprint": "physics-a"} | fields)


def report(task_id: int, outcome: int = 1, *, trace: bytes | None = None, **fields: Any) -> TaskResult:
    """A report on one task; outcome 1 success, 2 failure, 3 policy fault, 4 evaluator fault."""
    return TaskResult(task_id=task_id, outcome=outcome, steps=7, trace=trace, **fields)  # type: ignore[arg-type]
