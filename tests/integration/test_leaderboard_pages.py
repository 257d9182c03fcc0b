"""The leaderboard and the plot of two environments: what they say is what was published."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from html import unescape

import httpx2
import pytest
from psycopg.types.json import Jsonb

from kinitro.client.messages import EnvironmentScore, MinerScore, Scores
from kinitro.dashboard.frontier import draw_staircase, place_miners
from kinitro.dashboard.leaderboard import list_entries
from kinitro.database.schema import upgrade
from tests.fakes.api import serving
from tests.fakes.large_subnet import HOSTILE, fill
from tests.fakes.pages import page
from tests.fakes.pool_rows import rows


def score(env_id: str, rate: float, *, leader: bool = False) -> EnvironmentScore:
    return EnvironmentScore(
        env_id=env_id, successes=int(10 * rate), episodes=10, success_rate=rate, interval=(rate / 2, (1 + rate) / 2),
        eligible=True, leader=leader,
    )  # fmt: skip


def publication(*rates: tuple[float, float]) -> Scores:
    miners = [
        MinerScore(
            uid=uid, hotkey=f"5Miner{uid}", first_block=uid, points=0, weight=0, frontier=False,
            environments=[score("a", a, leader=a == 1), score("b", b, leader=b == 1)],
        )
        for uid, (a, b) in enumerate(rates)
    ]  # fmt: skip
    return Scores(cycle_id=1, block=1, published_at="2026-01-01T00:00:00+00:00", environments=["a", "b"], miners=miners)


def test_nobody_dominates_the_frontier() -> None:
    scores = publication((0.9, 0.2), (0.5, 0.5), (0.5, 0.4), (0.2, 0.9), (0.1, 0.1), (0.9, 0.2))
    places = place_miners(scores, "a", "b")
    assert [place.uid for place in places if place.undominated] == [0, 3, 5, 1], "equals are both on it"
    for place in places:
        beaten = [
            other for other in places
            if other.x >= place.x and other.y >= place.y and (other.x, other.y) != (place.x, place.y)
        ]  # fmt: skip
        assert place.undominated == (not beaten)
    assert draw_staircase(places) == "0.0,10.0 20.0,10.0 20.0,50.0 50.0,50.0 50.0,80.0 90.0,80.0 90.0,100.0"
    assert draw_staircase([]) == ""
    with pytest.raises(KeyError):
        place_miners(scores, "a", "c")


def test_who_leads_both_is_marked() -> None:
    places = {place.uid: place for place in place_miners(publication((1, 1), (1, 0.5)), "a", "b")}
    assert (places[0].leads_both, places[1].leads_both) == (True, False)


def test_a_miner_without_a_score_somewhere_has_an_empty_cell() -> None:
    scores = publication((0.5, 0.5), (1, 1))
    scores.miners[0].environments.pop()
    first, second = list_entries(scores, {})
    assert [cell is None for cell in first.cells] == [False, True]
    assert second.leads == 2
    assert place_miners(scores, "a", "b")[0].uid == 1


@pytest.fixture
async def client(empty_database: str) -> AsyncIterator[httpx2.AsyncClient]:
    await asyncio.to_thread(upgrade, empty_database)
    async with serving(empty_database) as url, httpx2.AsyncClient(base_url=url, timeout=60) as client:
        yield client


async def test_before_the_first_publication(client: httpx2.AsyncClient) -> None:
    assert "nothing to compare" in (await page(client, "/frontier")).text
    assert "No cycle has been published yet" in (await page(client, "/")).text


async def test_every_number_is_the_published_one(client: httpx2.AsyncClient, empty_database: str) -> None:
    made = await asyncio.to_thread(fill, empty_database, miners=6, environments=3, cycles=6, episodes=10)
    scores = Scores.model_validate((await client.get("/v1/scores/latest")).json())
    html = (await client.get("/")).text
    assert HOSTILE in unescape(html)
    assert HOSTILE not in html
    shown = re.findall(r'<tr data-search="(.*?)" data-badges="(.*?)">(.*?)</tr>', html, re.DOTALL)
    assert len(shown) == len(scores.miners) == made.miners
    for miner, (search, badges, row) in zip(scores.miners, shown, strict=True):
        assert unescape(search).startswith(f"{miner.uid} {miner.hotkey} ")
        cells = re.findall(r"<td class=h(\d+)>(\d+)(★?)<small>(\d+)–(\d+)</small>", row)
        assert cells == [
            (
                str(round(10 * found.success_rate)), str(round(100 * found.success_rate)), "★" if found.leader else "",
                str(round(100 * found.interval[0])), str(round(100 * found.interval[1])),
            )
            for found in miner.environments
        ]  # fmt: skip
        assert ("earns" in badges.split()) == (miner.weight > 0)
        assert ("hosted" in badges.split()) == (miner.uid % 5 == 1)
        assert ("verified" in badges.split()) == (miner.uid % 2 == 1)
        assert ("new" in badges.split()) == (miner.uid % 19 == 3)
    assert "reference" in html


async def test_nobody_is_new_in_the_first_published_cycle(client: httpx2.AsyncClient, empty_database: str) -> None:
    await asyncio.to_thread(fill, empty_database, miners=3, environments=2, cycles=4, episodes=5)
    await asyncio.to_thread(rows, empty_database, "delete from publication where cycle_id < 3")
    assert '"new"' not in (await client.get("/")).text


async def test_a_disqualified_miner_is_marked(client: httpx2.AsyncClient, empty_database: str) -> None:
    await asyncio.to_thread(fill, empty_database, miners=3, environments=2, cycles=4, episodes=5)
    disqualified = "update publication set scores = jsonb_set(scores, '{miners,0,disqualified}', %s)"
    await asyncio.to_thread(rows, empty_database, disqualified, Jsonb(True))
    assert '<span class="badge disqualified">' in (await client.get("/")).text


async def test_any_two_environments(client: httpx2.AsyncClient, empty_database: str) -> None:
    made = await asyncio.to_thread(fill, empty_database, miners=6, environments=3, cycles=4, episodes=10)
    first, _, third = made.environments
    seen = await page(client, f"/frontier?x={third}&y={first}")
    circles = [attributes for tag, attributes in seen.found if tag == "circle"]
    assert len(circles) == made.miners
    assert HOSTILE[:6] in seen.text
    unknown = await page(client, "/frontier?x=%3Cscript%3E", 404)
    assert "had no environment '<script>'" in unknown.text
    assert (await client.get("/frontier?x=" + "x" * 201)).status_code == 422
    again = await client.get("/frontier", headers={"If-None-Match": (await client.get("/frontier")).headers["etag"]})
    assert again.status_code == 304
