"""The pages about cycles: what each says in every state of a cycle, and that nothing is told too early."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest
from psycopg.types.json import Jsonb

from kinitro.api.application import create_app
from kinitro.api.server import bind_socket, serve_until
from kinitro.api.settings import ApiSettings
from kinitro.database.schema import upgrade
from tests.fakes.api import serving
from tests.fakes.pages import HOSTILE, page, publish
from tests.fakes.pool_rows import add_cycle, add_tasks, rows

KEY = "5eed" * 16


@pytest.fixture(autouse=True)
def _remember_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a page shows at once what a test has just written."""
    monkeypatch.setattr("kinitro.api.cache.KEPT_COSTS", 0)


@pytest.fixture
async def client(empty_database: str) -> AsyncIterator[httpx2.AsyncClient]:
    await asyncio.to_thread(upgrade, empty_database)
    async with (
        serving(empty_database) as url,
        httpx2.AsyncClient(base_url=url, timeout=30) as client,
    ):
        yield client


async def change(url: str, statement: str, *parameters: Any) -> None:
    await asyncio.to_thread(rows, url, statement, *parameters)


async def test_without_a_cycle(client: httpx2.AsyncClient) -> None:
    assert "There is no cycle yet" in (await page(client, "/cycles")).text
    assert "There is no cycle 7" in (await page(client, "/cycles/7", 404)).text
    assert (await client.get("/cycles/7/events")).status_code == 404
    assert (await client.get("/v1/cycles")).json() == {"cycles": [], "next_before": None}
    for path in ("/v1/cycles/7", "/v1/cycles/7/progress"):
        assert (await client.get(path)).status_code == 404


async def test_every_state_says_what_is_going_on(client: httpx2.AsyncClient, empty_database: str) -> None:
    cycle = await asyncio.to_thread(add_cycle, empty_database, state="open")
    await change(empty_database, "update cycle set tasks_created_at = null, seed_key = decode(%s, 'hex')", KEY)
    opened = await page(client, f"/cycles/{cycle}")
    assert "their seeds depend on the hash of block 103" in opened.text
    assert "secret until the cycle is over" in opened.text
    assert KEY not in opened.text
    assert "A cycle can be audited when it is published." in opened.text

    await asyncio.to_thread(add_tasks, empty_database, cycle, uids=[0, 1, 2, 3], episodes=10)
    await change(
        empty_database,
        "update cycle set state = 'running', tasks_created_at = now() - interval '1 hour', beacon_block = 103,"
        " beacon_hash = sha256('beacon')",
    )
    assert "Executors are about to finish the first episodes." in (await page(client, f"/cycles/{cycle}")).text
    await change(
        empty_database,
        "update task set outcome = 'success', finished_at = now() - id * interval '90 seconds' where id <= 40",
    )
    running = await page(client, f"/cycles/{cycle}")
    assert "40 of 80 episodes are finished (50 %)." in " ".join(running.text.split())
    assert "0.7 episodes a minute" in running.text
    assert "in about 1 h" in running.text, "the other half takes as long as the first"
    assert "Solved" not in running.text
    told = (await client.get(f"/v1/cycles/{cycle}/progress")).json()
    assert (told["total"], told["finished"], told["at_deadline"]) == (80, 40, False)
    assert told["left_s"] == pytest.approx(3600, rel=0.15)

    await change(empty_database, "update cycle set deadline_at = now() + interval '1 minute'")
    assert "the cycle ends at its deadline" in (await page(client, f"/cycles/{cycle}")).text

    await change(empty_database, "update task set outcome = 'cancelled', finished_at = now() where outcome is null")
    await change(empty_database, "update cycle set state = 'scoring', scoring_at = now()")
    assert "the scores are being computed" in (await page(client, f"/cycles/{cycle}")).text
    await change(empty_database, "insert into verification (task_id, cycle_id, uid) values (1, %s, 0)", cycle)
    assert "1 checks by verifiers are awaited" in (await page(client, f"/cycles/{cycle}")).text

    await change(
        empty_database, "update cycle set state = 'failed', reason = %s, revealed_at = now()", f"Too few: {HOSTILE}"
    )
    failed = await page(client, f"/cycles/{cycle}")
    assert f"Too few: {HOSTILE}" in failed.text
    assert "it has no scores" in failed.text
    assert KEY in failed.text
    assert "A cycle without scores is not audited as a whole" in failed.text
    assert "The traces of this cycle have been dropped by retention" in failed.text
    assert f"Too few: {HOSTILE}" in (await page(client, "/cycles")).text

    await change(empty_database, "delete from task")
    assert "have been removed by retention" in (await page(client, f"/cycles/{cycle}")).text


async def test_a_published_cycle_shows_everything(client: httpx2.AsyncClient, empty_database: str) -> None:
    await asyncio.to_thread(publish, empty_database)
    await change(
        empty_database,
        "update cycle set published_at = now(), revealed_at = now(), scoring_at = now(), tasks_created_at = now(),"
        " network = %s, seed_key = decode(%s, 'hex')",
        "ws://x/;rm $(y)", KEY,
    )  # fmt: skip
    seen = await page(client, "/cycles/1")
    assert KEY in seen.text
    assert f"repo {HOSTILE} is refused" in seen.text
    assert HOSTILE in seen.text
    assert "--cycle 1 --netuid 1 --network 'ws://x/;rm $(y)'" in seen.text, "quoted for a shell"
    links = [str(attributes["href"]) for tag, attributes in seen.found if tag == "a"]
    for link in links:
        if link.startswith("/v1/"):
            assert (await client.get(link)).status_code == 200, link
    assert "/v1/scores/1" in links
    assert "/v1/weights/90" in links
    listed = await page(client, "/cycles")
    assert "published" in listed.text


async def test_a_cycle_in_which_nobody_qualified_says_so(client: httpx2.AsyncClient, empty_database: str) -> None:
    await asyncio.to_thread(publish, empty_database)
    nobody = Jsonb({"fallback": "nobody_qualified", "weights": {}, "weights_u16": {}, "hotkeys": {}})
    await change(empty_database, "update publication set weights = weights || %s", nobody)
    assert "Nobody qualified in this cycle, so nobody earns." in (await page(client, "/cycles/1")).text


async def test_cycles_are_listed_in_pages(client: httpx2.AsyncClient, empty_database: str) -> None:
    for _ in range(51):
        await asyncio.to_thread(add_cycle, empty_database, state="cancelled", miners=1)
    first = (await client.get("/v1/cycles")).json()
    assert [cycle["cycle_id"] for cycle in first["cycles"]] == list(range(51, 1, -1))
    rest = (await client.get(f"/v1/cycles?before={first['next_before']}")).json()
    assert [cycle["cycle_id"] for cycle in rest["cycles"]] == [1]
    assert rest["next_before"] is None
    older = await page(client, "/cycles")
    assert any(attributes.get("href") == "/cycles?before=2" for _, attributes in older.found)
    assert "There are no cycles before number 1" in (await page(client, "/cycles?before=1")).text
    assert (await client.get("/cycles?before=x")).status_code == 422


async def test_an_api_of_one_subnet_shows_no_other(empty_database: str) -> None:
    await asyncio.to_thread(upgrade, empty_database)
    ours, other = [await asyncio.to_thread(add_cycle, empty_database, netuid=netuid) for netuid in (1, 2)]
    async with serving(empty_database, netuid=1) as url, httpx2.AsyncClient(base_url=url) as client:
        await page(client, f"/cycles/{ours}")
        for path in ("/cycles/{}", "/cycles/{}/events", "/v1/cycles/{}", "/v1/cycles/{}/progress"):
            assert (await client.get(path.format(other))).status_code == 404, path
        assert [cycle["cycle_id"] for cycle in (await client.get("/v1/cycles")).json()["cycles"]] == [ours]


async def test_progress_is_streamed_until_the_cycle_is_over(client: httpx2.AsyncClient, empty_database: str) -> None:
    cycle = await asyncio.to_thread(add_cycle, empty_database)
    await asyncio.to_thread(add_tasks, empty_database, cycle, uids=[0, 1], episodes=10)
    events: list[tuple[str, str]] = []
    async with asyncio.timeout(60), client.stream("GET", f"/cycles/{cycle}/events") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["x-accel-buffering"] == "no", "nginx would hold it back"
        assert response.headers["cache-control"] == "no-store"
        lines = [""]
        async for line in response.aiter_lines():
            if line:
                lines.append(line)
                continue
            state = next(part[4:] for part in lines if part.startswith("id: "))
            events.append((state, "\n".join(part[6:] for part in lines if part.startswith("data: "))))
            lines = [""]
            if len(events) == 1:
                await change(empty_database, "update task set outcome = 'success', finished_at = now() where id <= 30")
            elif len(events) == 2:
                await change(empty_database, "update cycle set state = 'cancelled', revealed_at = now()")
    assert [state for state, _ in events] == ["running", "running", "cancelled"]
    assert ">0 of 40 episodes" in events[0][1]
    assert ">30 of 40 episodes" in events[1][1]


async def test_head_of_a_stream_ends_at_once(client: httpx2.AsyncClient, empty_database: str) -> None:
    cycle = await asyncio.to_thread(add_cycle, empty_database)
    async with asyncio.timeout(60):
        answer = await client.head(f"/cycles/{cycle}/events")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")


async def test_streams_are_bounded(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kinitro.dashboard.cycle_pages.MAX_STREAMS", 1)
    await asyncio.to_thread(upgrade, empty_database)
    cycle = await asyncio.to_thread(add_cycle, empty_database)
    async with serving(empty_database) as url, httpx2.AsyncClient(base_url=url, timeout=30) as client:
        async with client.stream("GET", f"/cycles/{cycle}/events") as first:
            assert first.status_code == 200
            lines = first.aiter_lines()
            await anext(lines)
            second = await client.get(f"/cycles/{cycle}/events")
            assert (second.status_code, second.headers["retry-after"]) == (503, "30")
        async with asyncio.timeout(60):
            async with client.stream("GET", f"/cycles/{cycle}/events") as third:
                assert third.status_code == 200, "the place of the first is free"


async def test_pages_are_answered_304_compressed_and_to_head(client: httpx2.AsyncClient, empty_database: str) -> None:
    await asyncio.to_thread(publish, empty_database)
    for path in ("/cycles", "/cycles/1", "/docs", "/static/dashboard.css"):
        first = await client.get(path, headers={"Accept-Encoding": "gzip"})
        assert first.headers["content-encoding"] == "gzip", path
        assert first.headers["vary"] == "Accept-Encoding"
        plain = await client.get(path, headers={"Accept-Encoding": "identity, gzip;q=0"})
        assert "content-encoding" not in plain.headers
        assert plain.text == first.text
        again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), path
        head = await client.head(path)
        assert (head.status_code, head.content) == (200, b""), path
        assert head.headers["etag"] == first.headers["etag"]


async def test_everything_leads_below_the_prefix(empty_database: str) -> None:
    await asyncio.to_thread(upgrade, empty_database)
    cycle = await asyncio.to_thread(add_cycle, empty_database)
    async with serving(empty_database, root_path="/kinitro") as url, httpx2.AsyncClient(base_url=url) as client:
        answer = await client.get(f"/kinitro/cycles/{cycle}")
        assert f'data-events="/kinitro/cycles/{cycle}/events"' in answer.text
        assert 'data-root="/kinitro"' in answer.text
        assert 'href="/v1' not in answer.text


async def test_streams_hold_no_connection_to_the_database(empty_database: str) -> None:
    await asyncio.to_thread(upgrade, empty_database)
    cycle = await asyncio.to_thread(add_cycle, empty_database)
    async with (
        serving(empty_database, database_connections=2) as url,
        httpx2.AsyncClient(base_url=url, timeout=30) as client,
        AsyncExitStack() as streams,
    ):
        lines: list[AsyncIterator[str]] = []
        for _ in range(10):
            opened = await streams.enter_async_context(client.stream("GET", f"/cycles/{cycle}/events"))
            lines.append(opened.aiter_lines())
            await anext(lines[-1])
        assert (await client.get("/v1/status")).status_code == 200


async def test_streams_end_when_the_service_stops(empty_database: str) -> None:
    await asyncio.to_thread(upgrade, empty_database)
    cycle = await asyncio.to_thread(add_cycle, empty_database)
    stop = asyncio.Event()
    settings = ApiSettings(database_url=empty_database, drain_s=60)
    with bind_socket("127.0.0.1", 0) as listener:
        app = create_app(settings)
        serving_api = asyncio.create_task(serve_until(stop, app, settings, listener))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with httpx2.AsyncClient(base_url=url, timeout=30) as client:
            async with asyncio.timeout(30), client.stream("GET", f"/cycles/{cycle}/events") as response:
                lines = response.aiter_lines()
                await anext(lines)
                stop.set()
                assert [line async for line in lines][-1] == ""
            async with asyncio.timeout(30):
                await serving_api
