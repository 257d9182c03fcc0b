"""Decides when simulation work is done where many episodes share one event loop."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
TURNS_BETWEEN = 3
"""Turns of the event loop between two pieces of work: one finds what has arrived, one reads it, and one begins what
follows from it."""


class Simulator(Protocol):
    """Runs simulation work for the episodes of one process."""

    async def run(self, work: Callable[[], T]) -> T: ...


class InlineSimulator:
    """Does the work at once; this suffices for a single episode and for tests."""

    async def run(self, work: Callable[[], T]) -> T:
        """Call `work` and return its result."""
        return work()


class SharedSimulator:
    """Does the work of many episodes in their event loop, first come first served.

    Between two pieces of work the loop may read and send what is ready. So an answer waits for one control step (4 ms)
    at most, and no policy's 500 ms pass while the steps of many other episodes are simulated.

    The work is not done in a thread, which would read answers 4 ms sooner, because handing every step over to it and
    back, and sharing the interpreter with it, took a quarter of a core.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[asyncio.Future[Any], Callable[[], Any]]] = deque()
        self._turning = False

    async def run(self, work: Callable[[], T]) -> T:
        """Call `work` when it is its turn and return its result. It is not called if the caller is cancelled before."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._waiting.append((done, work))
        if not self._turning:
            self._turning = True
            loop.call_soon(self._turn, loop, 0)
        return await done

    def _turn(self, loop: asyncio.AbstractEventLoop, left: int) -> None:
        if left == 0:
            self._work()
            left = TURNS_BETWEEN + 1
        self._turning = bool(self._waiting)
        if self._turning:
            loop.call_soon(self._turn, loop, left - 1)

    def _work(self) -> None:
        """Do the first piece of work whose caller still waits for it."""
        while self._waiting:
            done, work = self._waiting.popleft()
            if done.cancelled():
                continue
            try:
                done.set_result(work())
            except Exception as error:
                done.set_exception(error)
            return
