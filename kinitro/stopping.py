"""How long-running commands stop on SIGTERM or Ctrl-C: by being asked to finish, or by being cancelled.

The first signal is obeyed at any moment: `leave_on_sigterm` while modules are still imported, `stop_on_signals` from
then on, and `finish_or_cancel` for what nobody need wait for once a signal has come, such as starting.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

CANCEL_AGAIN_S = 5.0
"""A cancellation after which a task has not ended for so long is repeated: who awaits may swallow one that comes in
the moment in which there is a result, as `asyncio.wait_for` does before Python 3.12, in libraries too. Tidying up is
quicker than this, so it is not cut short."""
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def leave_on_sigterm() -> None:
    """Let SIGTERM end this process with exit code 0, until an event loop handles it; call it before slow imports."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


@contextlib.asynccontextmanager
async def stop_on_signals() -> AsyncIterator[asyncio.Event]:
    """An event that SIGTERM or Ctrl-C sets; a second signal cancels the body, which then ends without an error.

    What must be closed with time to spare is opened around this context: a body that was cancelled is cancelled again
    until it has ended.
    """
    stop = asyncio.Event()
    cancellation = _Cancellation()

    def handle(_: signal.Signals) -> None:
        if stop.is_set():
            cancellation.begin()
        stop.set()

    _handle_signals(handle)
    try:
        yield stop
    except asyncio.CancelledError:
        if not cancellation.requests:
            raise
        cancellation.forget()
    finally:
        cancellation.end()


@contextlib.asynccontextmanager
async def cancel_on_signals() -> AsyncIterator[None]:
    """SIGTERM cancels the body, again until it ends; Ctrl-C does too, and ends it with KeyboardInterrupt."""
    cancellation = _Cancellation()
    received: list[signal.Signals] = []

    def handle(number: signal.Signals) -> None:
        received.append(number)
        cancellation.begin()

    _handle_signals(handle)
    try:
        yield
    except asyncio.CancelledError:
        if signal.SIGINT in received:
            raise KeyboardInterrupt from None
        raise
    finally:
        cancellation.end()


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Sleep, but not longer than until `stop` is set."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


async def finish_or_cancel(work: Awaitable[object], stop: asyncio.Event, grace_s: float = 0.0) -> bool:
    """Whether `work` ended by itself; raises what it raises.

    If it has not ended `grace_s` after `stop` was set it is cancelled, and what it raises then is dropped.
    """
    working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            await asyncio.wait([working], timeout=grace_s)
        if not working.done():
            return False
        working.result()
        return True
    finally:
        await cancel_and_wait(working, stopping)


async def cancel_and_wait(*tasks: asyncio.Future[Any]) -> None:
    """Cancel tasks until all have ended, again every CANCEL_AGAIN_S; what they raise is dropped."""
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=CANCEL_AGAIN_S)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # so that nobody is told that it was never retrieved


def _handle_signals(handle: Callable[[signal.Signals], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, handle, number)


class _Cancellation:
    """Cancels the task that makes it, again every CANCEL_AGAIN_S until `end`."""

    def __init__(self) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asked in a coroutine
        self._task = task
        self._again: asyncio.TimerHandle | None = None
        self.requests = 0

    def begin(self) -> None:
        """Cancel now, and once more in a while."""
        self.end()
        self._task.cancel()
        self.requests += 1
        self._again = asyncio.get_running_loop().call_later(CANCEL_AGAIN_S, self.begin)

    def end(self) -> None:
        """Cancel no more."""
        if self._again is not None:
            self._again.cancel()

    def forget(self) -> None:
        """The task goes on: what was requested is settled."""
        for _ in range(self.requests):
            self._task.uncancel()
