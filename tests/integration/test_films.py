"""Videos and stills on pages: made from real traces in processes of their own, bounded, kept, and never before time."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import msgspec
import psycopg
import pytest
from psycopg.types.json import Jsonb

from kinitro.client.records import CycleConfig, CycleEnvironment
from kinitro.dashboard import films as films_module
from kinitro.dashboard.films import Films, FilmUnavailable
from kinitro.database.schema import upgrade
from kinitro.environments import fingerprint, make, make_expert
from kinitro.evaluation.filming import Film
from kinitro.evaluation.rollout import Rollout
from kinitro.evaluation.traces import encode
from tests.fakes.served_api import served_api

ENV_ID = "metaworld/reach-v3"


def play(seed: int, env_id: str = ENV_ID, steps: int = 12) -> bytes:
    """The encoded trace of the beginning of an episode of the expert."""
    environment = make(env_id, cameras=())
    rollout = Rollout(environment, seed=seed, max_steps=steps)
    rollout.reset()
    expert = make_expert(environment)
    while not rollout.over:
        rollout.execute(expert.act()[None])
    environment.close()
    return encode(rollout.make_trace(fingerprint()))


@pytest.fixture
async def films(tmp_path: Path) -> AsyncIterator[Films]:
    made = Films(tmp_path / "films", 10**9)
    yield made
    await made.close()


def add_episode(url: str, trace: bytes, env_id: str = ENV_ID) -> None:
    config = CycleConfig(
        environments=[CycleEnvironment(id=env_id, version="2", max_steps=500)],
        episodes=1, min_episodes=1, max_void_share=0.1, timeout_s=60, kinitro_version="0",
    )  # fmt: skip
    with psycopg.connect(url) as connection:
        connection.execute(
            "insert into cycle (state, netuid, network, config, block, block_hash, seed_key, key_hash,"
            " key_committed_block, deadline_at) values ('published', 1, 'test', %s, 90, '', '', '', 90, now())",
            (Jsonb(config.model_dump()),),
        )
        connection.execute("insert into task (cycle_id, uid, env, episode, seed) values (1, 3, 0, 0, %s)", (bytes(16),))
        connection.execute("update task set outcome = 'policy_fault', reason = 'timeout', steps = 12")
        connection.execute("insert into trace (task_id, cycle_id, data) values (1, 1, %s)", (trace,))


async def test_an_episode_is_filmed_once_it_is_public(empty_database: str) -> None:
    await asyncio.to_thread(upgrade, empty_database)
    await asyncio.to_thread(add_episode, empty_database, play(5))
    async with served_api(empty_database, auth="false") as url, httpx2.AsyncClient(base_url=url, timeout=60) as client:
        for name in ("episodes/1", "films/episodes/1.mp4", "films/episodes/1.png", "films/episodes/1.json"):
            assert (await client.get(name)).status_code == 404, name
        async with await psycopg.AsyncConnection.connect(empty_database) as connection:
            await connection.execute("update cycle set revealed_at = now()")
        page = await client.get("/episodes/1")
        assert "Ended by a fault of the policy (the policy took longer than allowed)" in page.text
        assert "media-src 'self'" in page.headers["content-security-policy"]
        still = await client.get("/films/episodes/1.png")
        assert still.status_code == 200, still.text
        assert still.content.startswith(b"\x89PNG")
        assert len(still.content) < 100_000
        video = await client.get("/films/episodes/1.mp4")
        assert video.headers["content-type"] == "video/mp4"
        assert video.content[4:8] == b"ftyp"
        part = await client.get("/films/episodes/1.mp4", headers={"Range": "bytes=0-99"})
        assert (part.status_code, part.content) == (206, video.content[:100])
        numbers = msgspec.json.decode((await client.get("/films/episodes/1.json")).content, type=Film)
        assert numbers.agrees
        assert len(numbers.rewards) == 12
        assert (await client.get("/films/episodes/1.exe")).status_code == 422
        head = await client.head("/films/episodes/1.mp4")
        assert (head.status_code, head.content) == (200, b"")


async def test_a_film_is_made_once_and_the_oldest_goes_first(films: Films, tmp_path: Path) -> None:
    traces = [play(seed) for seed in (1, 2)]
    first, again = await asyncio.gather(films.film_trace(traces[0], ".png"), films.film_trace(traces[0], ".png"))
    assert first == again
    made = first.stat().st_mtime_ns, first.stat().st_ino
    assert (await films.film_trace(traces[0], ".png")).stat().st_ino == made[1], "it is kept"
    films._most_bytes = first.stat().st_size + 100
    second = await films.film_trace(traces[1], ".png")
    assert second.exists()
    assert not first.exists(), "there is room for one"
    assert [path.name for path in (tmp_path / "films").iterdir()] == [second.name], "nothing unfinished stays"


def test_a_video_goes_with_its_numbers(films: Films, tmp_path: Path) -> None:
    for age, name in enumerate(("new.png", "old.mp4", "old.json")):  # the numbers are older than their video
        (tmp_path / name).write_bytes(bytes(10))
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    films._most_bytes = 25
    films._make_room(tmp_path, 0)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["new.png"], "no video without its numbers"


async def test_what_cannot_be_filmed_is_said_once(films: Films, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FilmUnavailable, match="cannot be filmed"):
        await films.film_trace(b"no trace", ".mp4")
    started: list[object] = []
    monkeypatch.setattr(films_module, "start_child", lambda *a, **k: started.append(a))
    with pytest.raises(FilmUnavailable, match="cannot be filmed"):
        await films.film_trace(b"no trace", ".mp4")
    assert not started, "it is not tried again at once"


async def test_one_that_takes_too_long_is_ended(films: Films, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(films_module, "LIMIT_S", 0.05)
    with pytest.raises(FilmUnavailable, match="took longer than"):
        await films.film_expert(ENV_ID, "2", ".mp4")


async def test_too_many_at_once_are_asked_to_come_back(films: Films, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(films_module, "MOST_WAITING", 1)
    async with films._turn:  # somebody's film is being made
        waiting = asyncio.create_task(films.film_expert(ENV_ID, "2", ".png"))
        while not films._making:  # noqa: ASYNC110 - it is one step away
            await asyncio.sleep(0)
        with pytest.raises(FilmUnavailable, match="come back"):
            await films.film_expert("metaworld/push-v3", "2", ".png")
    assert (await waiting).exists()


async def test_without_a_simulator_or_when_switched_off_pages_say_so(
    films: Films, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FilmUnavailable, match="switched them off"):
        await Films(tmp_path, 0).film_expert(ENV_ID, "2", ".png")
    (tmp_path / "file").touch()
    with pytest.raises(FilmUnavailable, match="cannot be kept"):
        await Films(tmp_path / "file" / "films", 10**9).film_expert(ENV_ID, "2", ".png")
    monkeypatch.setattr(films_module, "find_spec", lambda name: None)
    with pytest.raises(FilmUnavailable, match="has no simulator"):
        await films.film_expert(ENV_ID, "2", ".png")
