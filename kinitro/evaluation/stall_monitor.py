"""Measures how long this process' event loop stood still, so that no policy is blamed for our own delay."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

PERIOD_S = 0.02
"""Seconds between two measurements."""
NOTICED_S = 0.05
"""Smaller delays are normal and not counted."""


class StallMonitor:
    """Sleeps for `PERIOD_S` again and again, and adds up by how much it woke too late when that was much."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._total_s = 0.0

    async def run(self) -> None:
        """Measure until cancelled."""
        before = self._clock()
        while True:
            await asyncio.sleep(PERIOD_S)
            now = self._clock()
            late_s = now - before - PERIOD_S
            if late_s > NOTICED_S:
                self._total_s += late_s
            before = now

    def get_total_s(self) -> float:
        """Return the seconds of all stalls so far; the number never decreases."""
        return self._total_s
