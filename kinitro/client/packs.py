"""Sealed packs as evaluators and auditors get them: fetched once, checked against their digest, kept in a directory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from kinitro.environments.errors import InvalidPack
from kinitro.environments.packs.directory import drop_old_packs, keep_pack

KEPT_PACKS = 4
"""How many packs stay in the directory: those of the cycles that run, and of the ones before."""


class PackCache:
    """The packs that episodes on this machine are drawn from, in a directory that worker processes read."""

    def __init__(self, directory: Path, fetch: Callable[[str], Awaitable[bytes]]) -> None:
        """`fetch` returns the bytes that the API has for a digest."""
        self.directory = directory
        self._fetch = fetch
        self._kept: set[str] = set()
        self._lock = asyncio.Lock()

    async def ensure(self, digest: str) -> None:
        """Have the pack with this digest in the directory.

        Raises InvalidPack if what the API has is another one or cannot be kept, ApiUnavailable, ApiRefused.
        """
        if digest in self._kept:
            return
        async with self._lock:
            if digest not in self._kept:
                data = await self._fetch(digest)
                await asyncio.to_thread(self._keep, data, digest)
                self._kept.add(digest)

    def _keep(self, data: bytes, digest: str) -> None:
        try:
            keep_pack(self.directory, data, digest)
            drop_old_packs(self.directory, KEPT_PACKS)
        except OSError as error:
            raise InvalidPack(f"The pack {digest} cannot be kept in {self.directory}: {error.strerror}.") from None
