"""Reads that are computed at most once per interval, and answered 304 where the caller has them already."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

ENTRIES = 512
KEPT_COSTS = 20
"""A value is kept at least this many times as long as it took, so that reads never take more of the database than this
part of it."""
T = TypeVar("T")
_Key = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    expires: float
    value: Any


@dataclass(frozen=True, slots=True)
class _Answer:
    etag: str
    body: bytes


class ReadCache:
    """Remembers the bodies of answers by route and parameters, and what answers share. Failures are not remembered."""

    def __init__(self, max_age_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._max_age_s = max_age_s
        self._clock = clock
        self._entries: OrderedDict[_Key, _Entry] = OrderedDict()
        self._locks: dict[_Key, asyncio.Lock] = {}

    async def answer(self, request: Request, make: Callable[[], Awaitable[BaseModel]], *values: int | str) -> Response:
        """Answer with what `make` returns or with the remembered body, or with 304 if the caller has it already.

        `values` are the path's parameters as the route has checked them. Query strings, and other ways to write the
        same path, are ignored, because they could be used to get around the cache.
        """

        async def encode() -> _Answer:
            body = (await make()).model_dump_json().encode()
            return _Answer(f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"', body)

        found = await self.share((request.scope["route"].path, *values), encode)
        headers = {"ETag": found.etag, "Cache-Control": f"public, max-age={int(self._max_age_s)}"}
        wanted = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
        if found.etag in wanted or "*" in wanted:
            return Response(status_code=304, headers=headers)
        return Response(found.body, headers=headers, media_type="application/json")

    async def share(self, key: _Key, make: Callable[[], Awaitable[T]]) -> T:
        """Return what `make` returns, or returned a moment ago for this key.

        Callers that ask at the same time wait for one computation. A value that took long is kept longer (KEPT_COSTS).
        """
        entry = self._fresh(key)
        if entry is None:
            lock = self._locks.setdefault(key, asyncio.Lock())
            try:
                async with lock:
                    entry = self._fresh(key) or await self._make(key, make)
            finally:
                if not lock.locked():
                    self._locks.pop(key, None)
        value: T = entry.value
        return value

    def _fresh(self, key: _Key) -> _Entry | None:
        entry = self._entries.get(key)
        return entry if entry and entry.expires > self._clock() else None

    async def _make(self, key: _Key, make: Callable[[], Awaitable[Any]]) -> _Entry:
        began = self._clock()
        value = await make()
        now = self._clock()
        entry = _Entry(now + max(self._max_age_s, KEPT_COSTS * (now - began)), value)
        self._entries.pop(key, None)
        self._entries[key] = entry
        if len(self._entries) > ENTRIES:
            self._entries.popitem(last=False)
        return entry
