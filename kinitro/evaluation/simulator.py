"""When the simulator's work is done, where many episodes share one event loop."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
TURNS_BETWEEN = 3
"""Of the event loop, between two pieces of work: one finds what arrived, one reads it, one begins what follows."""


class Simulator(Protocol):
    """Runs simulation work for the episodes of one process."""

    async def run(self, work: Callable[[], T]) -> T: ...


class InlineSimulator:
    """Does the work at once: for a single episode and for tests."""

    async def run(self, work: Callable[[], T]) -> T:
        """Call `work`."""
        return work()


class SharedSimulator:
    """Does the work of many episodes in their event loop, first come first served, and between two pieces lets the
    loop read and send what is ready. So an answer waits for one control step at most (4 ms), and nobody's 500 ms pass
    while a row of other episodes is being simulated.

    Not in a thread, which would read answers 4 ms sooner: handing every step over to it and back, and sharing the
    interpreter with it, cost a quarter of a core.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[asyncio.Future[Any], Callable[[], Any]]] = deque()
        self._turning = False

    async def run(self, work: Callable[[], T]) -> T:
        """Call `work` when it is its turn; not at all if the caller is cancelled before."""
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
        """The first piece of work that somebody still waits for."""
        while self._waiting:
            done, work = self._waiting.popleft()
            if done.cancelled():
                continue
            try:
                done.set_result(work())
            except Exception as error:
                done.set_exception(error)
            return
