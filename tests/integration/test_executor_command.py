"""`kinitro executor` against the real API and PostgreSQL, real episodes; killing either of them only delays it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from kinitro.database.schema import upgrade
from kinitro.environments import get_spec, make
from kinitro.evaluation import replay, traces
from kinitro.local.ports import free_ports
from kinitro.local.postgres import LocalPostgres

ROOT = Path(__file__).parents[2]
ENV = get_spec("metaworld/reach-v3")
MAX_STEPS = 15


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with LocalPostgres() as server:
        upgrade(server.url)
        yield server.url


@pytest.fixture
def miner() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "kinitro.evaluation.no_op_server", "--delay-ms", "20"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.communicate()


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT)}


@contextmanager
def command(log: Path, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """A kinitro command in a process of its own; killed at the end if it still runs."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "kinitro", *(str(argument) for argument in arguments)],
            stdout=output,
            stderr=output,
            env=environment(),
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def open_cycle(database: str, endpoint: str, episodes: int) -> int:
    """A running cycle with one miner and `episodes` tasks."""
    config = {"environments": [{"id": ENV.id, "version": ENV.version, "max_steps": MAX_STEPS}]}
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("update cycle set state = 'cancelled'")
        row = connection.execute(
            "insert into cycle (state, netuid, network, config, block, block_hash, seed_key, key_hash,"
            " key_committed_block, deadline_at) values ('running', 1, 'test', %s, 1, '\\x00', '\\x00', '\\x00', 1,"
            " now() + interval '1 hour') returning id",
            (Jsonb(config),),
        ).fetchone()
        assert row is not None
        connection.execute(
            "insert into cycle_miner (cycle_id, uid, hotkey, endpoint, max_concurrency) values (%s, 3, 'hk', %s, 16)",
            (row[0], endpoint),
        )
        connection.cursor().executemany(
            "insert into task (cycle_id, uid, env, episode, seed) values (%s, 3, 0, %s, %s)",
            [(row[0], episode, os.urandom(16)) for episode in range(episodes)],
        )
    return int(row[0])


def count(database: str, cycle: int, where: str) -> int:
    with psycopg.connect(database, autocommit=True) as connection:
        row = connection.execute(f"select count(*) from task where cycle_id = %s and {where}", (cycle,)).fetchone()
    assert row is not None
    return int(row[0])


def until(holds: Callable[[], bool], within_s: float = 90.0) -> None:
    deadline = time.monotonic() + within_s
    while True:
        with suppress(OSError, psycopg.OperationalError):
            if holds():
                return
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.1)


def answers(port: int) -> bool:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as response:
        return bool(response.status == 200)


def api(database: str, port: int) -> tuple[Any, ...]:
    return ("api", "--database-url", database, "--port", port, "--no-auth", "--lease-ttl-s", 5)


def executor(port: int, spool: Path) -> tuple[Any, ...]:
    return (
        *("executor", "--api-url", f"http://127.0.0.1:{port}", "--workers", 1, "--episodes-per-worker", 8),
        *("--allow-private-endpoints", "--spool-dir", spool, "--grace-s", 2),
    )


def crash_postgres(database: str) -> None:
    """SIGKILL of a backend: the server throws everybody out and recovers, as after a crash."""
    with suppress(psycopg.OperationalError), psycopg.connect(database, autocommit=True) as connection:
        connection.execute("select 1")
        os.kill(connection.info.backend_pid, signal.SIGKILL)
        connection.execute("select 1")


def check_traces(database: str, cycle: int, episodes: int) -> None:
    """Every episode has a trace of its own seed; some are replayed."""
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "select t.seed, t.steps, t.timings, r.data from task t join trace r on r.task_id = t.id"
            " where t.cycle_id = %s",
            (cycle,),
        ).fetchall()
    assert len(rows) == episodes
    simulator = make(ENV.id)
    for seed, steps, timings, data in rows[:2]:
        trace = traces.decode(data)
        assert trace.seed == seed.hex()
        assert steps == MAX_STEPS
        assert 20 <= timings[0] <= timings[1] <= timings[2]
        assert replay(trace, simulator).agrees
    simulator.close()


def test_killing_the_api_or_postgresql_only_delays_the_executor(database: str, miner: str, tmp_path: Path) -> None:
    port, episodes = free_ports(1)[0], 36
    cycle = open_cycle(database, miner, episodes)
    with command(tmp_path / "executor.log", *executor(port, tmp_path)) as running:
        with command(tmp_path / "api.log", *api(database, port)):
            until(lambda: count(database, cycle, "outcome is not null") >= 4)
        assert count(database, cycle, "outcome is not null") < episodes
        with command(tmp_path / "api.log", *api(database, port)):
            until(lambda: answers(port))
            until(lambda: count(database, cycle, "outcome is not null") >= 12)
            crash_postgres(database)
            until(lambda: count(database, cycle, "outcome = 'failure'") == episodes)
            check_traces(database, cycle, episodes)
            finishes_or_releases_everything_on_sigterm(database, miner, running)


def finishes_or_releases_everything_on_sigterm(database: str, miner: str, running: subprocess.Popen[bytes]) -> None:
    cycle = open_cycle(database, miner, 400)
    until(lambda: count(database, cycle, "outcome is not null") >= 3)
    running.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    assert running.wait(30) == 0
    assert time.monotonic() - begun < 20
    assert count(database, cycle, "id in (select unnest(task_ids) from lease)") == 0
    assert count(database, cycle, "outcome is null") > 0
