"""Rate limits, the cache of public reads, and the file of statements, with a clock of their own."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import HTTPException, Request
from pydantic import BaseModel
from starlette.responses import Response

from kinitro.api.cache import ReadCache
from kinitro.api.limits import REMEMBERED_CALLERS, RateLimiter
from kinitro.database.statements import load_statements


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def allowed(limiter: RateLimiter, caller: str, tries: int) -> int:
    count = 0
    for _ in range(tries):
        with suppress(HTTPException):
            limiter.take(caller)
            count += 1
    return count


def test_a_refusal_says_when_to_come_back() -> None:
    limiter = RateLimiter(0.1, Clock())
    limiter.take("a")
    with pytest.raises(HTTPException) as refused:
        limiter.take("a")
    assert (refused.value.status_code, refused.value.headers) == (429, {"Retry-After": "10"})


def test_a_caller_gets_its_burst_and_then_its_rate() -> None:
    clock = Clock()
    limiter = RateLimiter(10.0, clock)
    assert allowed(limiter, "a", 100) == 20
    assert allowed(limiter, "b", 100) == 20
    clock.now += 1.0
    assert allowed(limiter, "a", 100) == 10
    clock.now += 3600.0
    assert allowed(limiter, "a", 100) == 20


def test_many_callers_do_not_fill_the_memory() -> None:
    limiter = RateLimiter(1.0, Clock())
    for number in range(REMEMBERED_CALLERS + 100):
        limiter.take(f"address {number}")
    assert len(limiter._buckets) == REMEMBERED_CALLERS


class Body(BaseModel):
    number: int


def asking(path: str = "/v1/x", etag: str | None = None) -> Request:
    headers = [(b"if-none-match", etag.encode())] if etag else []
    return Request({"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers,
                    "server": ("test", 80), "scheme": "http", "route": SimpleNamespace(path=path)})  # fmt: skip


async def test_a_body_is_made_once_per_interval_and_per_path() -> None:
    clock, made = Clock(), 0
    cache = ReadCache(5.0, clock)

    async def make() -> Body:
        nonlocal made
        made += 1
        await asyncio.sleep(0)
        return Body(number=made)

    async def ask(path: str = "/v1/x", etag: str | None = None) -> Response:
        return await cache.answer(asking(path, etag), make)

    together = await asyncio.gather(*(ask() for _ in range(10)))
    assert (made, {response.body for response in together}) == (1, {b'{"number":1}'})
    etag = together[0].headers["etag"]
    assert (await ask(etag=f"W/{etag}")).status_code == 304
    assert (await ask("/v1/y")).body == b'{"number":2}'
    clock.now += 5.1
    changed = await ask(etag=etag)
    assert (changed.status_code, changed.body) == (200, b'{"number":3}')
    assert not cache._locks


async def test_an_expensive_body_is_kept_longer() -> None:
    clock, made = Clock(), 0
    cache = ReadCache(1.0, clock)

    async def make() -> Body:
        nonlocal made
        made += 1
        clock.now += 2.0
        return Body(number=made)

    await cache.answer(asking(), make)
    clock.now += 39.0
    await cache.answer(asking(), make)
    assert made == 1
    clock.now += 2.0
    await cache.answer(asking(), make)
    assert made == 2


async def test_a_failure_is_not_remembered() -> None:
    cache = ReadCache(5.0, Clock())
    fails = True

    async def make() -> Body:
        if fails:
            raise HTTPException(404, "not yet")
        return Body(number=1)

    with pytest.raises(HTTPException):
        await cache.answer(asking(), make)
    fails = False
    assert (await cache.answer(asking(), make)).status_code == 200


def test_statements_are_found_by_name_and_named_once(tmp_path: Path) -> None:
    file = tmp_path / "some.sql"
    file.write_text("-- what this is\n\n-- FIRST_ONE  with a remark\n-- and more\nselect 1\n\n-- SECOND\nselect 2\n")
    assert load_statements(file) == {"FIRST_ONE": "select 1", "SECOND": "select 2"}
    file.write_text("-- SAME\nselect 1\n-- SAME\nselect 2\n")
    with pytest.raises(ValueError, match="two statements named SAME"):
        load_statements(file)
