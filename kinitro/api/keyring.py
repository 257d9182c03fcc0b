"""The key ring: finds the caller of a key in the database, and remembers it for a moment."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from kinitro.database.keys import SQL, key_hash
from kinitro.database.pool import Connection, ConnectionPool, run_on
from kinitro.database.queries import fetch

KEY_CACHE_S = 5.0
"""How long a revoked key may still work."""
KEY_CACHE_SIZE = 10_000


@dataclass(frozen=True, slots=True)
class Caller:
    """The owner of a key. Without authentication there is only one caller, whose `executor_id` is None."""

    executor_id: int | None
    name: str
    scope: str


class KeyRing:
    """Valid keys, looked up in the database and remembered for KEY_CACHE_S; invalid ones are not remembered."""

    def __init__(self, connections: ConnectionPool, clock: Callable[[], float] = time.monotonic) -> None:
        self._connections = connections
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()

    def remembered(self, key: str) -> Caller | None:
        """Return the caller with this key if that is known without asking the database."""
        known = self._known.get(key_hash(key))
        return known[1] if known and known[0] > self._clock() else None

    async def caller(self, key: str) -> Caller | None:
        """Return the caller with this key; None if the key is unknown or revoked."""
        if known := self.remembered(key):
            return known
        hashed = key_hash(key)

        async def look_up(connection: Connection) -> Caller | None:
            rows = await fetch(connection, SQL("AUTHENTICATE", hash=hashed))
            if not rows:
                return None
            await fetch(connection, SQL("USED", id=rows[0].id))
            return Caller(executor_id=rows[0].executor_id, name=rows[0].name, scope=rows[0].scope)

        self._known.pop(hashed, None)
        found = await run_on(self._connections, look_up)
        if found is not None:
            self._known[hashed] = (self._clock() + KEY_CACHE_S, found)
            if len(self._known) > KEY_CACHE_SIZE:
                self._known.popitem(last=False)
        return found
