"""How fast tasks are created, leased and reported, against what a plain ORM does.

    python benchmarks/task_pool.py [--rows 102400 1000000] [--rounds 20]

A private PostgreSQL with fsync on. Both sides have `rows` pending and as many finished rows, 256 miners and 8
environments; both are asked in turns, so that a busy machine disturbs them alike. The baseline keeps a status column
with an index, fetches with `count(*)` and SELECT ... FOR UPDATE SKIP LOCKED, and stores the same reports as ours with
one SELECT ... FOR UPDATE and one UPDATE per result; over HTTP it sits behind FastAPI and uvicorn like ours. Times are
medians of whole calls from Python, and the CPU time of the calling process and PostgreSQL's sessions together, which a
busy machine hardly changes. A call is a batch of 100 tasks and ends with a commit that reaches the disk; what such a
commit of one row costs is shown too.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx2
import numpy as np
import psycopg
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import JSON, DateTime, Engine, String, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from kinitro.client.http import ApiClient
from kinitro.client.messages import FetchRequest, SubmitRequest, Task, TaskResult, TaskTimings
from kinitro.database import schema
from kinitro.database.pool import ConnectionPool, open_pool
from kinitro.database.tasks import TaskPool
from kinitro.evaluation import traces
from kinitro.evaluation.outcomes import Trace
from kinitro.local.ports import free_ports
from kinitro.local.postgres import LocalPostgres

MINERS = 256
ENVIRONMENTS = 8
BATCH = 100
STEPS = 150
"""Of a reported episode."""
ROOM = 4
"""Tasks of one miner at once."""
ORM_CREATED = 10_240
"""Rows that the baseline creates for its figure; the rest of its table is filled by SQL."""


T = TypeVar("T")


class Base(DeclarativeBase):
    pass


class OrmTask(Base):
    """The baseline's table."""

    __tablename__ = "orm_task"
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(String(20), index=True)
    cycle_id: Mapped[int] = mapped_column(index=True)
    uid: Mapped[int]
    env_id: Mapped[str]
    episode: Mapped[int]
    seed: Mapped[str]
    executor: Mapped[str | None]
    success: Mapped[bool | None]
    steps: Mapped[int | None]
    success_step: Mapped[int | None]
    total_reward: Mapped[float | None]
    forfeits: Mapped[int | None]
    reason: Mapped[str | None]
    timings: Mapped[dict[str, float] | None] = mapped_column(JSON)
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class OrmReport(BaseModel):
    """What ours stores of a report without a trace."""

    task_id: int
    success: bool
    steps: int
    success_step: int | None = None
    total_reward: float = 1.5
    forfeits: int = 0
    reason: str | None = None
    timings: dict[str, float] = TaskTimings().model_dump()


def orm_fetch(engine: Engine, n: int) -> list[dict[str, object]]:
    with Session(engine) as session:
        session.scalar(select(func.count()).select_from(OrmTask).where(OrmTask.status == "pending"))
        wanted = select(OrmTask).where(OrmTask.status == "pending").order_by(OrmTask.id).limit(n)
        tasks = session.scalars(wanted.with_for_update(skip_locked=True)).all()
        for task in tasks:
            task.status, task.executor = "assigned", "gpu-1"
        session.flush()
        answer = [
            {"task_id": task.id, "uid": task.uid, "env_id": task.env_id, "episode": task.episode, "seed": task.seed}
            for task in tasks
        ]
        session.commit()
        return answer


def orm_submit(engine: Engine, reports: list[OrmReport]) -> int:
    with Session(engine) as session:
        for report in reports:
            task = session.get(OrmTask, report.task_id, with_for_update=True)
            if task is not None and task.status == "assigned":
                task.status, task.finished_at = "done", datetime.now(UTC)
                for name, value in report:
                    if name != "task_id":
                        setattr(task, name, value)
                session.flush()
        session.commit()
    return len(reports)


def serve_baseline(url: str, port: int) -> None:
    engine = orm_engine(url)
    app = FastAPI()

    @app.post("/fetch")
    def fetch() -> list[dict[str, object]]:
        return orm_fetch(engine, BATCH)

    @app.post("/submit")
    def submit(reports: list[OrmReport]) -> int:
        return orm_submit(engine, reports)

    uvicorn.run(app, port=port, log_level="error")


def orm_engine(url: str) -> Engine:
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[102_400, 1_000_000])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--serve-baseline", nargs=2, metavar=("URL", "PORT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve_baseline:
        serve_baseline(arguments.serve_baseline[0], int(arguments.serve_baseline[1]))
        return
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    for rows in arguments.rows:
        with LocalPostgres(durable=True) as server:
            url = urlsplit(server.url)._replace(path="/benchmark").geturl()
            schema.create_database(url)
            schema.upgrade(url)
            asyncio.run(measure(url, rows, arguments.rounds))


async def commit_one_row(connections: ConnectionPool) -> None:
    async with connections.connection() as connection:
        await connection.execute("update executor set last_seen_at = now()")


class Meter:
    """Wall and CPU seconds of calls; the CPU of this process and of PostgreSQL's sessions (Linux)."""

    def __init__(self, sessions: Callable[[], list[int]] = list) -> None:
        self._sessions = sessions
        self.wall_s: list[float] = []
        self.cpu_s: list[float] = []

    async def call(self, work: Callable[[], Awaitable[T]]) -> T:
        cpu_s, began = self._cpu_s(), time.perf_counter()
        answer = await work()
        self._note(began, cpu_s)
        return answer

    def call_now(self, work: Callable[[], T]) -> T:
        cpu_s, began = self._cpu_s(), time.perf_counter()
        answer = work()
        self._note(began, cpu_s)
        return answer

    @property
    def wall_ms(self) -> float:
        return 1000 * statistics.median(self.wall_s)

    @property
    def cpu_ms(self) -> float:
        return 1000 * statistics.median(self.cpu_s)

    def _note(self, began: float, cpu_s: float) -> None:
        self.wall_s.append(time.perf_counter() - began)  # first: to read the sessions' clocks takes a while
        self.cpu_s.append(self._cpu_s() - cpu_s)

    def _cpu_s(self) -> float:
        nanoseconds = 0
        for number in self._sessions():
            with suppress(FileNotFoundError, ProcessLookupError):
                nanoseconds += int(Path(f"/proc/{number}/schedstat").read_text().split()[0])
        return time.process_time() + nanoseconds / 1e9


async def measure(url: str, rows: int, rounds: int) -> None:
    episodes = -(-rows // (MINERS * ENVIRONMENTS))
    async with await open_pool(url, size=2) as connections:
        pool = TaskPool(connections)
        cycle_id, executor_id = prepare(url)
        seeds = [[os.urandom(16) for _ in range(episodes)] for _ in range(ENVIRONMENTS)]
        await pool.create_tasks(cycle_id, range(MINERS), seeds)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("update task set outcome = 'failure', lease_id = 1, steps = 1, finished_at = now()")
            connection.execute("update cycle set next_task = last_task + 1")
        creation = Meter()
        created = await creation.call(lambda: pool.create_tasks(cycle_id, range(MINERS), seeds))
        create_rate, orm_create_rate = created / creation.wall_s[0], orm_prepare(url, created)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("vacuum analyze")
            connection.execute("checkpoint")
        engine = orm_engine(url)
        orm_submit(engine, [])
        pids = sessions(url)
        fetch, submit, orm_fetching, orm_submitting, bare = (Meter(lambda: pids) for _ in range(5))
        for _ in range(rounds):
            await bare.call(partial(commit_one_row, connections))
            for _ in range(5):
                leased = await fetch.call(lambda: pool.fetch(executor_id, wanted()))
                reports = [report(task.task_id) for task in leased.tasks]
                await submit.call(partial(pool.submit, executor_id, leased.lease_id or 0, reports))
            given = orm_fetching.call_now(lambda: orm_fetch(engine, BATCH))
            done = [OrmReport(task_id=int(str(task["task_id"])), success=False, steps=150) for task in given]
            orm_submitting.call_now(partial(orm_submit, engine, done))
        engine.dispose()
        http, orm_http, traced = await over_http(url, rounds)
        counts, dropping = Meter(), Meter()
        for _ in range(3):
            await counts.call(pool.stats)
        dropped = await dropping.call(lambda: pool.drop_cycle_rows(cycle_id))
    print(f"### {created:,} pending and {created:,} finished rows\n")
    print("| | kinitro | plain ORM | ratio | CPU ms, kinitro | CPU ms, ORM | ratio |\n|---|---|---|---|---|---|---|")
    print(
        f"| create, tasks/s | {create_rate:,.0f} | {orm_create_rate:,.0f} | {create_rate / orm_create_rate:.1f} | | | |"
    )
    print(f"| commit of one row, p50 ms | {bare.wall_ms:.2f} | | | {bare.cpu_ms:.2f} | | |")
    row(f"fetch({BATCH}), p50 ms", fetch, orm_fetching)
    row(f"submit({BATCH}), p50 ms", submit, orm_submitting)
    row(f"over HTTP, fetch + submit of {BATCH}, p50 ms", http, orm_http)
    print(
        f"| the same with a trace of {STEPS} steps each, p50 ms | {traced.wall_ms:.2f} | | | {traced.cpu_ms:.2f} | | |"
    )
    print(f"| counts of the cycle, p50 ms | {counts.wall_ms:.0f} | | | | | |")
    print(f"| drop the cycle, rows/s | {dropped / dropping.wall_s[0]:,.0f} | | | | | |\n", flush=True)


def row(what: str, ours: Meter, plain: Meter) -> None:
    print(
        f"| {what} | {ours.wall_ms:.2f} | {plain.wall_ms:.1f} | {plain.wall_ms / ours.wall_ms:.1f} "
        f"| {ours.cpu_ms:.2f} | {plain.cpu_ms:.1f} | {plain.cpu_ms / ours.cpu_ms:.1f} |"
    )


def sessions(url: str) -> list[int]:
    """Process numbers of the sessions on the benchmark's database."""
    with psycopg.connect(url, autocommit=True) as connection:
        query = "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        return [pid for (pid,) in connection.execute(query).fetchall()]


async def over_http(url: str, rounds: int) -> tuple[Meter, Meter, Meter]:
    """A fetch and a submit of 100 tasks: ours, the baseline's, and ours with traces, which are checked and stored; the
    CPU of client, server and PostgreSQL."""
    api_command = [sys.executable, "-m", "kinitro", "api", "--no-auth", "--database-url", url, "--log-level", "error"]
    baseline_command = [sys.executable, __file__, "--serve-baseline", url]
    with (
        process(lambda port: [*api_command, "--port", str(port)], "/health") as (api_url, api_pid),
        process(lambda port: [*baseline_command, str(port)], "/docs") as (baseline_url, baseline_pid),
    ):
        async with ApiClient(api_url) as api, httpx2.AsyncClient(base_url=baseline_url, timeout=120) as baseline:

            async def our_turn(reported: Callable[[Task], TaskResult] = without_trace) -> None:
                leased = await api.fetch(wanted())
                reports = [reported(task) for task in leased.tasks]
                await api.submit(SubmitRequest(lease_id=leased.lease_id or 0, results=reports))

            async def its_turn() -> None:
                given = (await baseline.post("/fetch")).json()
                done = [{"task_id": task["task_id"], "success": False, "steps": 150} for task in given]
                (await baseline.post("/submit", json=done)).raise_for_status()

            await our_turn()
            await its_turn()
            pids = [*sessions(url), api_pid, baseline_pid]
            ours, plain, traced = (Meter(lambda: pids) for _ in range(3))
            for _ in range(rounds):
                for _ in range(5):
                    await ours.call(our_turn)
                    await traced.call(partial(our_turn, with_trace))
                await plain.call(its_turn)
    return ours, plain, traced


@contextmanager
def process(command: Callable[[int], list[str]], path: str) -> Iterator[tuple[str, int]]:
    """Address and process number of a server on a free port, once it answers."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    running = subprocess.Popen(command(port))
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and running.poll() is None:
            try:
                httpx2.get(url + path).raise_for_status()
                break
            except httpx2.HTTPError:
                time.sleep(0.2)
        yield url, running.pid
    finally:
        running.terminate()
        running.wait()


def prepare(url: str) -> tuple[int, int]:
    """A running cycle, its miners and an executor: (cycle, executor)."""
    environments = ", ".join(
        f'{{"id": "metaworld/{n}", "version": "1", "max_steps": 500}}' for n in range(ENVIRONMENTS)
    )
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(
            "insert into cycle (state, netuid, network, config, block, block_hash, seed_key, key_hash, "
            "key_committed_block, deadline_at) values ('running', 1, 'benchmark', %s, 1, '', '', '', 1, "
            "now() + interval '1 day') returning id",
            (f'{{"environments": [{environments}]}}',),
        ).fetchone()
        connection.execute(
            "insert into cycle_miner (cycle_id, uid, hotkey, endpoint, max_concurrency) "
            "select 1, uid, 'hotkey-' || uid, 'http://miner-' || uid, %s from generate_series(0, %s) uid",
            (ROOM, MINERS - 1),
        )
        added = connection.execute("insert into executor (name) values ('gpu-1') returning id").fetchone()
    assert row
    assert added
    return int(row[0]), int(added[0])


def orm_prepare(url: str, rows: int) -> float:
    """Fill the baseline's table; returns how many tasks per second the ORM creates."""
    engine = orm_engine(url)
    Base.metadata.create_all(engine)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "insert into orm_task (status, cycle_id, uid, env_id, episode, seed) "
            "select case when outcome is null then 'pending' else 'done' end, cycle_id, uid, 'metaworld/' || env, "
            "episode, encode(seed, 'hex') from task where outcome is not null or episode > 0 or uid > 0 limit %s",
            (2 * rows - ORM_CREATED,),
        )
    began = time.perf_counter()
    with Session(engine) as session:
        for number in range(ORM_CREATED):
            session.add(OrmTask(status="pending", cycle_id=1, uid=number % MINERS, env_id="metaworld/0", episode=number,
                                seed=os.urandom(16).hex()))  # fmt: skip
        session.commit()
    engine.dispose()
    return ORM_CREATED / (time.perf_counter() - began)


def wanted() -> FetchRequest:
    return FetchRequest(max_tasks=BATCH, fingerprint="benchmark")


def report(task_id: int) -> TaskResult:
    return TaskResult(task_id=task_id, outcome=2, steps=STEPS, total_reward=1.5)


def without_trace(task: Task) -> TaskResult:
    """A fault of the policy needs none; a result is refused without."""
    return TaskResult(task_id=task.task_id, outcome=3, steps=STEPS, total_reward=1.5)


def with_trace(task: Task) -> TaskResult:
    """A success whose actions are as hard to compress as a policy's. The client's work of packing is in the figure."""
    actions = np.random.default_rng(task.task_id).uniform(-1, 1, (STEPS, 4)).astype("<f4")
    trace = Trace(
        version=traces.TRACE_VERSION, env_id=task.env_id, env_version=task.env_version, seed=task.seed,
        max_steps=task.max_steps, actions=actions.tobytes(), success_step=STEPS, total_reward=1.5,
        digests=bytes(traces.DIGEST_BYTES * len(traces.list_digest_steps(STEPS))), fingerprint="benchmark",
    )  # fmt: skip
    packed = traces.encode(trace)
    return TaskResult(task_id=task.task_id, outcome=1, steps=STEPS, success_step=STEPS, total_reward=1.5, trace=packed)


if __name__ == "__main__":
    main()
