"""A database that goes silent, becomes read-only or is restarted: unavailable for a while, and nothing else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx2
import psycopg
import pytest
from structlog.testing import capture_logs

from kinitro.database import schema
from kinitro.database.errors import DatabaseUnavailable, SchemaMismatch
from kinitro.database.pool import Connection, ConnectionPool, connect_async, open_pool, run_on
from kinitro.local.postgres import LocalPostgres
from kinitro.scheduler.leadership import Leadership
from kinitro.scheduler.service import run_scheduler
from tests.fakes.api import serving
from tests.fakes.executor import run_tasks
from tests.fakes.pool_rows import rows
from tests.fakes.silent_proxy import silent_proxy
from tests.fakes.subnet import by_skill, healthy, subnet

LEADER = "select pid from pg_locks where locktype = 'advisory' and objid > 1000 and granted"


@pytest.fixture(scope="module")
def own_server() -> Iterator[str]:
    """The URL of a server whose settings nobody else minds."""
    with LocalPostgres() as server:
        yield server.url


@pytest.fixture
def own_database(own_server: str) -> Iterator[str]:
    url = urlsplit(own_server)._replace(path="/alone").geturl()
    schema.create_database(url)
    schema.upgrade(url)
    yield url
    rows(own_server, "alter system reset default_transaction_read_only")
    rows(own_server, "select pg_reload_conf()")
    schema.drop_database(url, force=True)


def read_only(server: str, value: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"alter system set default_transaction_read_only = {value}")
        connection.execute("select pg_reload_conf()")


async def until(look: Callable[[], Awaitable[Any]], wanted: Any, within_s: float = 30.0) -> None:
    async with asyncio.timeout(within_s):
        while await look() != wanted:  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.02)


async def readiness(client: httpx2.AsyncClient, wanted: int) -> str:
    """Wait until /ready answers this status; returns the body."""
    answers: list[httpx2.Response] = []

    async def status() -> int:
        answers.append(await client.get("/ready"))
        return answers[-1].status_code

    await until(status, wanted, 15)
    return answers[-1].text


@asynccontextmanager
async def client_of(database_url: str, **settings: Any) -> AsyncIterator[httpx2.AsyncClient]:
    async with (
        serving(database_url, auth=False, **{"requests_per_s": 10_000, **settings}) as url,
        httpx2.AsyncClient(base_url=url, timeout=60) as client,
    ):
        yield client


async def open_all_connections(client: httpx2.AsyncClient) -> None:
    """Ask for what is not remembered; probes share one connection."""
    await asyncio.gather(*(client.get("/v1/miners/0/verifications") for _ in range(300)))


async def test_a_silent_link_is_noticed_within_seconds_and_replaced(database: str) -> None:
    async with silent_proxy(database) as (proxy, url), client_of(url) as client:
        await open_all_connections(client)
        assert proxy.silence() > 1
        began = time.monotonic()
        answer = await client.get("/ready")
        assert time.monotonic() - began < 15
        assert answer.status_code in (200, 503)
        await readiness(client, 200)
        assert (await client.get("/v1/status")).status_code == 200, "the other silent connections are gone too"


async def test_a_statement_that_nobody_answers_ends_on_our_side(database: str) -> None:
    async with silent_proxy(database) as (proxy, url):
        connection = await connect_async(url)
        connection.deadline_s = 0.5
        assert proxy.silence() == 1
        with pytest.raises(psycopg.OperationalError, match=r"did not answer within 0\.5 s"):
            await connection.execute("select 1")
        assert connection.closed


async def test_a_cancelled_statement_on_a_silent_link_ends_at_once(database: str) -> None:
    async with silent_proxy(database) as (proxy, url):
        connection = await connect_async(url)
        proxy.silence()
        asking = asyncio.create_task(connection.execute("select 1"))
        await asyncio.sleep(0)
        began = time.monotonic()
        asking.cancel()
        await asyncio.wait([asking])
        assert time.monotonic() - began < 3
        assert connection.closed


async def test_a_caller_who_leaves_costs_no_connection_but_his_own(database: str) -> None:
    pool = await open_pool(database, size=2)
    try:
        other = await run_on(pool, lambda connection: _pid_of_other(pool, connection))
        asking = asyncio.create_task(run_on(pool, lambda connection: connection.execute("select pg_sleep(60)")))
        await asyncio.to_thread(_until_asleep, database)
        asking.cancel()
        await asyncio.wait([asking])
        left = {await run_on(pool, _pid) for _ in range(4)}
        assert other & left, "the connection that nobody cancelled was replaced, too"
    finally:
        await pool.close()


async def _pid(connection: Connection) -> int:
    return connection.info.backend_pid


async def _pid_of_other(pool: ConnectionPool, connection: Connection) -> set[int]:
    return {await _pid(connection), await run_on(pool, _pid)}


def _until_asleep(database: str) -> None:
    asleep = "select 1 from pg_stat_activity where query = 'select pg_sleep(60)' and datname = current_database()"
    while not rows(database, asleep):
        pass


async def test_the_kernel_watches_connections_too(database: str) -> None:
    connection = await connect_async(database)
    async with connection:
        options = connection.info.get_parameters()
    assert options["tcp_user_timeout"] == "20000"
    assert (options["keepalives"], options["keepalives_idle"], options["connect_timeout"]) == ("1", "10", "5")
    async with await connect_async(f"{database}?connect_timeout=9&tcp_user_timeout=700") as connection:
        options = connection.info.get_parameters()
    assert (options["connect_timeout"], options["tcp_user_timeout"]) == ("9", "700"), "the operator's word counts"


async def test_a_restart_of_postgresql_costs_no_request(database: str) -> None:
    """Every connection of the pool is dead at once; whoever meets the first one has all of them replaced."""
    name = database.rpartition("/")[2]
    end = "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = %s and pid <> pg_backend_pid()"
    async with client_of(database, reap_interval_s=60) as client:
        await open_all_connections(client)
        ended = await asyncio.to_thread(rows, database, end, name)
        assert ended[0][0] > 4, "there were more dead connections than tries"
        answers = [await client.get("/v1/tasks/stats") for _ in range(20)]
        assert {answer.status_code for answer in answers} == {200}


async def test_a_read_only_database_is_unavailable_until_it_is_not(own_server: str, own_database: str) -> None:
    async with client_of(own_database, reap_interval_s=0.1) as client:
        assert (await client.get("/ready")).status_code == 200
        read_only(own_server, "on")
        assert "accepts no writes" in await readiness(client, 503)
        body = {"max_tasks": 1, "executor": "one", "fingerprint": "x", "versions": {}}
        fetched = await client.post("/v1/tasks/fetch", json=body)
        assert fetched.status_code == 503
        assert fetched.headers["retry-after"] == "1"
        assert (await client.get("/v1/status")).status_code == 200, "reading goes on"
        await asyncio.sleep(0.5)  # some turns of the reaper
        read_only(own_server, "off")
        await readiness(client, 200)
        assert (await client.post("/v1/tasks/fetch", json=body)).status_code == 200
        assert any(task.get_name() == "reaper" and not task.done() for task in asyncio.all_tasks())


async def test_a_connection_that_met_a_read_only_server_is_replaced(own_server: str, own_database: str) -> None:
    async def process_id(connection: Any) -> int:
        return int(connection.info.backend_pid)

    async def write(connection: Any) -> None:
        await connection.execute("insert into executor (name) values ('somebody')")

    async with await open_pool(own_database, size=1) as connections:
        with psycopg.connect(own_server, autocommit=True) as setter:
            setter.execute("alter database alone set default_transaction_read_only = on")
        await connections.drain()
        before = await run_on(connections, process_id)
        with pytest.raises(DatabaseUnavailable, match="accepts no writes"):
            await run_on(connections, write)
        assert await run_on(connections, process_id) != before


async def test_without_its_reaper_an_instance_is_not_ready(database: str) -> None:
    async with client_of(database) as client:
        assert (await client.get("/ready")).status_code == 200
        (reaper,) = (task for task in asyncio.all_tasks() if task.get_name() == "reaper")
        reaper.cancel()
        await asyncio.wait([reaper])
        answer = await client.get("/ready")
        assert (answer.status_code, answer.json()["detail"]) == (503, "The reaper has ended: restart this process.")


async def test_the_reaper_survives_what_nobody_foresaw(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    async def broken(self: Any, **_: Any) -> tuple[int, int]:
        nonlocal calls
        calls += 1
        raise KeyError("a mistake of ours")

    monkeypatch.setattr("kinitro.database.tasks.TaskPool.reap", broken)
    monkeypatch.setattr("kinitro.api.routes.service.REAPER_SILENT_S", 0.5)
    async with client_of(database, reap_interval_s=0.01) as client:
        assert "a mistake of ours" in await readiness(client, 503)
        assert calls > 1
        monkeypatch.undo()
        await readiness(client, 200)


async def test_a_scheduler_behind_a_silent_link_leads_again(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kinitro.scheduler.leadership.STATEMENT_DEADLINE_S", 1.0)
    monkeypatch.setattr("kinitro.scheduler.service.RETRY_S", 0.05)
    async with silent_proxy(empty_database) as (proxy, url), subnet(empty_database) as net:
        settings = net.settings(cycles=1, episodes_per_env=10, database_url=url)
        task = asyncio.create_task(run_scheduler(settings, net.chain, healthy, asyncio.Event()))
        await until(lambda: net.one("select count(*) from cycle where state = 'running'"), (1,))
        leader = await net.one(LEADER)
        proxy.silence()

        async def is_another() -> bool:
            return await net.one(LEADER) not in (None, leader)

        await until(is_another, True)
        assert await net.one("select count(*) from pg_stat_activity where pid = %s", *leader) == (0,)
        await run_tasks(net.pool, net.executor_id, by_skill)
        assert await asyncio.wait_for(task, 30) == 1


async def test_an_idle_leader_whose_link_is_silent_learns_it_by_its_beat(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kinitro.scheduler.leadership.STATEMENT_DEADLINE_S", 0.5)
    monkeypatch.setattr("kinitro.scheduler.leadership.BEAT_S", 0.1)
    async with (
        silent_proxy(empty_database) as (proxy, url),
        subnet(empty_database),
        Leadership(url, 1).hold(asyncio.Event()) as connection,
    ):
        assert connection is not None
        proxy.silence()

        async def closed() -> bool:
            return connection.closed

        await until(closed, True)


async def test_the_server_frees_the_lock_of_a_leader_that_says_nothing(empty_database: str) -> None:
    async with subnet(empty_database), Leadership(empty_database, 1).hold(asyncio.Event()) as connection:
        assert connection is not None
        shown = await connection.execute("select name, setting from pg_settings where name like '%idle%timeout'")
        limits = dict(await shown.fetchall())
    assert limits["idle_session_timeout"] == limits["idle_in_transaction_session_timeout"] == "60000"


async def test_a_scheduler_behind_a_silent_link_stops_when_told_to(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kinitro.scheduler.service.STOP_GRACE_S", 0.5)
    async with silent_proxy(empty_database) as (proxy, url), subnet(empty_database) as net:
        stop = asyncio.Event()
        settings = net.settings(episodes_per_env=10, database_url=url)
        task = asyncio.create_task(run_scheduler(settings, net.chain, healthy, stop))
        await until(lambda: net.one("select count(*) from cycle where state = 'running'"), (1,))
        proxy.silence()
        began = time.monotonic()
        stop.set()
        assert await asyncio.wait_for(task, 15) == 0
        assert time.monotonic() - began < 10, "it did not wait for the deadline of the statement"


async def test_a_scheduler_waits_for_a_read_only_database(
    own_server: str, own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kinitro.scheduler.service.RETRY_S", 0.05)
    async with subnet(own_database) as net:
        settings = net.settings(cycles=1, episodes_per_env=10)
        read_only(own_server, "on")
        task = asyncio.create_task(run_scheduler(settings, net.chain, healthy, asyncio.Event()))
        done, _ = await asyncio.wait([task], timeout=1)
        assert not done
        read_only(own_server, "off")
        await until(lambda: net.one("select count(*) from cycle where state = 'running'"), (1,))
        read_only(own_server, "on")
        done, _ = await asyncio.wait([task], timeout=1)
        assert not done
        read_only(own_server, "off")
        await run_tasks(net.pool, net.executor_id, by_skill)
        assert await asyncio.wait_for(task, 30) == 1


async def test_a_spare_that_waited_while_the_schema_was_upgraded_does_not_lead(database: str) -> None:
    """It looked at the schema before it waited only, and would have led with an older program's statements."""
    spare = Leadership(database, 1)
    with capture_logs() as logs:

        async def lead_next() -> None:
            async with spare.hold(asyncio.Event()):
                raise AssertionError("it leads")

        async def waits() -> bool:
            return any(entry["event"] == "standing_by" for entry in logs)

        async with Leadership(database, 1).hold(asyncio.Event()) as leading:
            assert leading is not None
            waiting = asyncio.create_task(lead_next())
            await until(waits, True)
            await leading.execute("alter table task add column of_a_later_version integer")
        with pytest.raises(SchemaMismatch, match="of_a_later_version is not ours"):
            await asyncio.wait_for(waiting, 30)
