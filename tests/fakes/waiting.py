"""Waiting for what other processes do, as long as a busy machine may take."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


async def until(condition: Callable[[], bool], within_s: float = 20.0) -> bool:
    """Whether it comes true in time."""
    deadline = time.monotonic() + within_s
    while not (is_true := condition()) and time.monotonic() < deadline:  # noqa: ASYNC110 - of other processes
        await asyncio.sleep(0.005)
    return is_true
