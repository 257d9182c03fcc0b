"""Where the simulator's work is done: beside the event loop, so that answers are read the moment they arrive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

T = TypeVar("T")


class Simulator(Protocol):
    """Runs simulation work for the episodes of one process."""

    async def run(self, work: Callable[[], T]) -> T: ...


class InlineSimulator:
    """Does the work at once, on the event loop: for a single episode and for tests."""

    async def run(self, work: Callable[[], T]) -> T:
        """Call `work`."""
        return work()


class SimulationThread:
    """Does all work of a process in one thread, first come first served.

    One thread, because a MuJoCo environment is not thread-safe and an OpenGL context belongs to its thread; not the
    event loop, because a policy's deadline must not pass while another episode's images are being drawn.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="simulation")

    async def run(self, work: Callable[[], T]) -> T:
        """Call `work` in the thread. Once it began it is not interrupted, also if the caller is cancelled."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def later(self, work: Callable[[], object]) -> None:
        """Have `work` done after everything that was asked for before; nobody waits for it."""
        self._thread.submit(work)

    def close(self) -> None:
        """Drop what has not begun; idempotent."""
        self._thread.shutdown(wait=False, cancel_futures=True)
