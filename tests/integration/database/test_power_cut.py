"""What fetches did not wait for may be gone after a crash: as if it had never been, and no lease number comes back."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from urllib.parse import urlsplit

import psycopg

from kinitro.client.messages import FetchResponse
from kinitro.database import schema
from kinitro.database.pool import open_pool
from kinitro.database.tasks import TaskPool
from kinitro.local.postgres import LocalPostgres
from tests.fakes.pool_rows import add_cycle, add_executor, add_tasks, report, request, rows


def lose_what_is_not_on_disk(server: LocalPostgres, url: str) -> None:
    """SIGKILL of all of PostgreSQL at once, and a new start: what was only in its memory is lost."""
    pids = [int(pid) for (pid,) in rows(url, "select pid from pg_stat_activity where pid <> pg_backend_pid()")]
    assert server.pid is not None
    for pid in (server.pid, *pids):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert server._process is not None
    server._process.wait()
    server.check()


async def fetches(url: str, count: int, *, reported: bool) -> list[FetchResponse]:
    async with await open_pool(url, size=1) as connections:
        pool = TaskPool(connections)
        leased = [await pool.fetch(1, request(4)) for _ in range(count)]
        if reported:
            assert await statuses_of(pool, leased[-1]) == {"accepted"}
    return leased


async def statuses_of(pool: TaskPool, leased: FetchResponse) -> set[str]:
    answers = await pool.submit(1, leased.lease_id or 0, [report(task.task_id) for task in leased.tasks])
    return {answer.status for answer in answers}


async def test_a_crash_undoes_fetches_but_no_report_and_no_lease_number_comes_back() -> None:
    with LocalPostgres() as server:
        rows(server.url, "alter system set wal_writer_delay = '10s'")  # else it may be in time
        rows(server.url, "select pg_reload_conf()")
        url = urlsplit(server.url)._replace(path="/kinitro").geturl()
        schema.create_database(url)
        schema.upgrade(url)
        add_executor(url)
        add_tasks(url, add_cycle(url), uids=[0, 1, 2, 3], episodes=25)
        total = 200

        kept = await fetches(url, 3, reported=True)  # the report takes along to disk what was before it
        rows(url, "checkpoint")  # the next number is written down anew
        waited, *lost = await fetches(url, 6, reported=False)
        lose_what_is_not_on_disk(server, url)
        alive = [lease for (lease,) in rows(url, "select id from lease order by id")]
        assert len(alive) < len(kept) + len(lost), "nothing was lost: the test proved nothing"
        assert alive == [leased.lease_id for leased in (*kept[:-1], waited)]

        async with await open_pool(url, size=1) as connections:
            pool = TaskPool(connections)
            assert [await statuses_of(pool, leased) for leased in lost] == [{"stale"}] * 5
            stats = await pool.stats()
            assert (stats.ready, stats.leased, stats.finished) == (total - 16, 12, 4)
            again = [await pool.fetch(1, request(4)) for _ in lost]
            assert [leased.tasks for leased in again] == [leased.tasks for leased in lost]
            assert min(leased.lease_id or 0 for leased in again) > max(leased.lease_id or 0 for leased in lost)
            assert [await statuses_of(pool, leased) for leased in lost] == [{"stale"}] * 5
            assert [await statuses_of(pool, leased) for leased in [*kept[:-1], waited, *again]] == [{"accepted"}] * 8
            assert [await statuses_of(pool, leased) for leased in lost] == [{"stale"}] * 5
            while (leased := await pool.fetch(1, request(100))).tasks:
                assert await statuses_of(pool, leased) == {"accepted"}
            stats = await pool.stats()
            assert (stats.total, stats.finished, stats.by_outcome["success"]) == (total, total, total)


async def test_the_fetch_that_writes_lease_numbers_down_waits_for_the_disk(database: str) -> None:
    add_executor(database)
    add_tasks(database, add_cycle(database), uids=[0], episodes=50)
    left, waited = [], []
    with psycopg.connect(database, autocommit=True) as connection:
        for _ in range(70):
            with connection.transaction():
                connection.execute(
                    "select from fetch_tasks(1, 1, null, 'physics-a', '{}', 0, '{}', false, '0', '1 min')"
                )
                (durable,) = connection.execute("show synchronous_commit").fetchone() or ("",)
                (log_cnt,) = connection.execute("select log_cnt from lease_id_seq").fetchone() or (0,)
            waited.append(durable == "on")
            left.append(log_cnt)
    assert waited == [count == max(left) for count in left]
    assert 2 <= sum(waited) <= 4
