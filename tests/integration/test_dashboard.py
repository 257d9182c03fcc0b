"""The pages that the API serves: what they say, and that hostile text stays text."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import numpy as np
import psycopg
import pytest
from psycopg.types.json import Jsonb

from kinitro.database.schema import upgrade
from kinitro.evaluation.outcomes import Trace
from kinitro.evaluation.traces import encode
from tests.fakes.pages import HOSTILE, page, publish
from tests.fakes.served_api import served_api


@pytest.fixture
async def empty(empty_database: str) -> AsyncIterator[httpx2.AsyncClient]:
    await asyncio.to_thread(upgrade, empty_database)
    async with served_api(empty_database) as url, httpx2.AsyncClient(base_url=url) as client:
        yield client


@pytest.fixture
async def published(empty_database: str) -> AsyncIterator[httpx2.AsyncClient]:
    await asyncio.to_thread(upgrade, empty_database)
    await asyncio.to_thread(publish, empty_database)
    async with served_api(empty_database) as url, httpx2.AsyncClient(base_url=url) as client:
        yield client


async def test_before_the_first_cycle(empty: httpx2.AsyncClient) -> None:
    seen = await page(empty, "/")
    assert "No cycle has been published yet" in seen.text
    assert "No cycle yet" in seen.text
    assert "not part of the newest cycle" in (await page(empty, "/miners/3", 404)).text


async def test_every_page_escapes_what_miners_wrote(published: httpx2.AsyncClient) -> None:
    home = await page(published, "/")
    assert f"repo {HOSTILE} is refused" in home.text
    assert HOSTILE in (await page(published, "/miners/4")).text
    assert HOSTILE in (await page(published, "/miners/9")).text
    await page(published, "/environments/metaworld/reach-v3")
    await page(published, "/environments/%3Cscript%3E", 404)


def add_episode(url: str) -> None:
    """Task 1 of the published cycle, with a trace of 120 steps whose environment's name is hostile."""
    actions = np.random.default_rng(0).uniform(-1, 1, (120, 4)).astype("<f4")
    trace = Trace(
        version=1, env_id=HOSTILE, env_version="1", seed="0" * 32, max_steps=500, actions=actions.tobytes(),
        digests=bytes(16 * 4), success_step=117, total_reward=12.5, fingerprint=HOSTILE,
    )  # fmt: skip
    with psycopg.connect(url) as connection:
        connection.execute("insert into task (cycle_id, uid, env, episode, seed) values (1, 3, 1, 7, %s)", (bytes(16),))
        connection.execute("insert into trace (task_id, cycle_id, data) values (1, 1, %s)", (encode(trace),))
        connection.execute("update cycle set config = jsonb_set(config, '{environments,1,id}', %s)", (Jsonb(HOSTILE),))


async def test_an_episode_has_a_page_once_its_cycle_is_over(published: httpx2.AsyncClient, empty_database: str) -> None:
    await asyncio.to_thread(add_episode, empty_database)
    early = await page(published, "/episodes/1", 404)
    assert "not public before the cycle is over, which will be the case at 20" in early.text
    assert (await published.get("/films/episodes/1.mp4")).status_code == 404
    assert "0" * 32 not in early.text
    async with await psycopg.AsyncConnection.connect(empty_database) as connection:
        await connection.execute("update cycle set revealed_at = now()")
        await connection.execute(
            "update task set outcome = 'success', success_step = 117, total_reward = 'NaN',"
            " timings = '{1.5,2.25,30,1200,5}' where id = 1"
        )
    seen = await page(published, "/episodes/1")
    assert HOSTILE in seen.text
    assert "Solved at step 117." in seen.text
    assert "kinitro replay --api-url URL --task 1 --video task-1.mp4" in seen.text
    lines = [str(attributes["points"]).split() for tag, attributes in seen.found if tag == "polyline"]
    assert [len(line) for line in lines] == [120, 120, 120, 120, 0], "rewards come with the video"
    assert all(0 <= float(number) <= 100 for line in lines for point in line for number in point.split(","))
    assert "1.5 / 2.2 / 30.0 ms" in seen.text
    assert "nan" not in seen.text.lower().replace("finance", "")
    assert (await published.get("/v1/tasks/1/trace")).status_code == 200
    refused = await published.get("/films/episodes/1.mp4")
    assert refused.status_code == 503
    assert "There is no environment" in refused.text
    assert "There is no task 2" in (await page(published, "/episodes/2", 404)).text


async def test_pages_say_what_was_published(published: httpx2.AsyncClient) -> None:
    scores: dict[str, Any] = (await published.get("/v1/scores/latest")).json()
    explained = (await published.get("/v1/scores/1/miners/3")).json()["explanation"]
    home, miner = await page(published, "/"), await page(published, "/miners/3")
    assert re.search(r"reference\s+baseline\s+earns nothing", home.text)
    assert "Beats the reference overall" in miner.text
    poor = await page(published, "/miners/5")
    assert "not better than the reference by more than noise" in poor.text
    assert re.search(r"no: \d+ episodes only this, \d+ only the reference, \d+ more would do", poor.text)
    for row in scores["miners"]:
        assert f"{row['weight']:.4f}" in home.text
    assert explained["summary"] in miner.text
    assert "http://x" not in miner.text, "endpoints may be sealed"
    environment = await page(published, "/environments/metaworld/push-v3")
    assert "push the puck to the goal" in environment.text
    order = re.findall(r"/miners/(\d+)", str([attributes.get("href") for _, attributes in environment.found]))
    rates = {row["uid"]: row["environments"][1]["success_rate"] for row in scores["miners"]}
    assert [rates[int(uid)] for uid in order] == sorted(rates.values(), reverse=True)


async def test_a_miners_page_says_what_failed(published: httpx2.AsyncClient, empty_database: str) -> None:
    """Its failures open episodes; faults have words, unknown ones are counted together, slow answers are seen."""
    rows = [
        ("failure", None, 3.0),
        ("policy_fault", "timeout", 700.0),
        ("policy_fault", HOSTILE, 30.0),
        ("void", None, 4.0),
    ]
    async with await psycopg.AsyncConnection.connect(empty_database) as connection:
        for episode, (outcome, reason, latency) in enumerate(rows):
            await connection.execute(
                "insert into task (cycle_id, uid, env, episode, seed, outcome, reason, steps, timings)"
                " values (1, 3, 0, %s, %s, %s, %s, 9, %s)",
                (episode, bytes(16), outcome, reason, [1.0, latency, latency, 10.0, 1.0]),
            )
    seen = await page(published, "/miners/3")
    links = [str(attributes.get("href")) for tag, attributes in seen.found if tag == "a"]
    assert sum(link.startswith("/episodes/") for link in links) == 3, "the void one is nobody's failure"
    assert "the policy took longer than allowed" in seen.text
    assert "void for all miners" in seen.text
    assert seen.text.count("other") >= 2
    assert "500 ms and more" in seen.text
    environment = await page(published, "/environments/metaworld/reach-v3")
    assert "Hardest episodes" in environment.text
    assert "How the scripted expert solves it" in environment.text


async def test_tables_and_pictures_have_names(published: httpx2.AsyncClient) -> None:
    for path in ("/", "/miners/3", "/environments/metaworld/push-v3", "/docs"):
        seen = await page(published, path)
        assert ("html", {"lang": "en"}) in seen.found
        assert sum(tag == "h1" for tag, _ in seen.found) == 1
        for tag, attributes in seen.found:
            if tag == "svg":
                assert attributes["role"] == "img"
                assert attributes["aria-label"]
            if tag == "th":
                assert attributes["scope"] in ("row", "col")


async def test_the_page_about_the_api_names_every_route(empty: httpx2.AsyncClient) -> None:
    seen = await page(empty, "/docs")
    paths = (await empty.get("/openapi.json")).json()["paths"]
    assert len(paths) > 20
    assert all(path in seen.text for path in paths)


async def test_static_files(published: httpx2.AsyncClient) -> None:
    for name, kind in (
        ("dashboard.css", "text/css"),
        ("htmx-2.0.11.min.js", "text/javascript"),
        ("favicon.svg", "image"),
    ):
        response = await published.get(f"/static/{name}")
        assert response.status_code == 200
        assert response.headers["content-type"].startswith(kind)
        assert response.headers["x-content-type-options"] == "nosniff"
    for name in ("routes.py", "..%2froutes.py", "htmx-LICENSE.txt"):
        assert (await published.get(f"/static/{name}")).status_code == 404
