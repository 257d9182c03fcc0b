"""How long-running commands stop on SIGTERM or Ctrl-C: by being asked to finish, or by being cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

CANCEL_AGAIN_S = 0.5
T = TypeVar("T")


@contextlib.asynccontextmanager
async def stop_on_signals() -> AsyncIterator[asyncio.Event]:
    """An event that SIGTERM or Ctrl-C sets; a second signal cancels the body, which then ends without an error."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    this = asyncio.current_task()

    def on_signal() -> None:
        if stop.is_set() and this is not None:
            this.cancel()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    try:
        yield stop
    except asyncio.CancelledError:
        if not stop.is_set():
            raise


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Sleep, but not longer than until `stop` is set."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


@contextlib.asynccontextmanager
async def cancel_on_signals() -> AsyncIterator[None]:
    """SIGTERM cancels the body; Ctrl-C does too, and ends it with KeyboardInterrupt.

    The body is cancelled again every CANCEL_AGAIN_S until it ends: who awaits may swallow a cancellation that comes in
    the moment in which there is a result, as `asyncio.wait_for` does before Python 3.12.
    """
    loop, this = asyncio.get_running_loop(), asyncio.current_task()
    assert this is not None  # noqa: S101 - asked in a coroutine
    received: list[signal.Signals] = []

    def cancel(number: signal.Signals) -> None:
        received.append(number)
        if not this.done():
            this.cancel()
            loop.call_later(CANCEL_AGAIN_S, cancel, number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, cancel, number)
    try:
        yield
    except asyncio.CancelledError:
        if signal.SIGINT in received:
            raise KeyboardInterrupt from None
        raise


async def finish_or_cancel(work: Coroutine[Any, Any, T], stop: asyncio.Event, grace_s: float) -> T | None:
    """The result of `work`; None if it had not ended `grace_s` after `stop` was set, and was cancelled."""
    working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait([working], timeout=grace_s)
        return working.result() if working.done() else None
    finally:
        stopping.cancel()
        working.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)
