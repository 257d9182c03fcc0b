"""Notices when this process' event loop stood still, so that nobody else is blamed for being late."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

PERIOD_S = 0.02
NOTICED_S = 0.05
"""Smaller delays are ordinary."""
REMEMBERED = 1000


class StallWatch:
    """Sleeps for `PERIOD_S` again and again, and remembers when it woke much too late."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stalls: deque[tuple[float, float]] = deque(maxlen=REMEMBERED)

    async def run(self) -> None:
        """Watch until cancelled."""
        before = self._clock()
        while True:
            await asyncio.sleep(PERIOD_S)
            now = self._clock()
            late_s = now - before - PERIOD_S
            if late_s > NOTICED_S:
                self._stalls.append((now, late_s))
            before = now

    def worst_since(self, begun: float) -> float:
        """Seconds of the longest stall that ended after `begun`; 0 if there was none."""
        return max((late_s for ended, late_s in self._stalls if ended >= begun), default=0.0)
