"""Background loops that never die silently: whatever a turn raises is logged, and the loop goes on."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from types import TracebackType

from kinitro.errors import KinitroError
from kinitro.logs import get_logger
from kinitro.stopping import pause

FIRST_PAUSE_S = 0.25
"""After the first failure in a row; doubled after each further one, up to a limit."""
TOUCH_EVERY_S = 10.0
"""How often `touch_while_alive` touches its file."""
SAY_AGAIN_S = 60.0
"""A failure that repeats itself word by word is logged at most this often."""
CLEAN_RECORD_S = 60.0
"""A turn that ran this long before it failed was not doomed from its start: it counts as the first failure in a row."""

log = get_logger(__name__)


class SupervisedLoop:
    """Supervises a loop whose turns may fail, and knows whether it works.

    A turn that raises is logged, a foreseen error (KinitroError) as a sentence and any other with its traceback, and
    the loop goes on after a pause that grows with every failure in a row. Only cancellation and the exceptions in
    `final` end the loop. The first turn that succeeds again is logged too. `event` is what a failure is logged as.

    >>> await SupervisedLoop("reaper", every_s=2.0).run(reap)

    and for a loop of another shape:

    >>> while not stop.is_set():
    ...     with loop.turn():
    ...         await work()
    ...     await loop.pause(stop)
    """

    def __init__(
        self,
        name: str,
        *,
        every_s: float = 0.0,
        max_pause_s: float = 15.0,
        final: tuple[type[BaseException], ...] = (),
        event: str = "loop_failed",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.final = final
        self.failures = 0
        """In a row, up to now."""
        self.worked = False
        """Whether any turn has succeeded."""
        self._event = event
        self.every_s = every_s
        """From the end of a turn to the next one, unless it failed."""
        self._max_pause_s = max_pause_s
        self._clock = clock
        self._succeeded_at = clock()
        self._said: tuple[float, str] = (float("-inf"), "")
        self._reason = ""
        self._ended = False

    async def run(self, work: Callable[[], Awaitable[object]]) -> None:
        """Repeat `work` until cancelled, or until it raises one of `final`."""
        try:
            while True:
                with self.turn():
                    await work()
                await self.pause()
        finally:
            self._ended = True

    def turn(self) -> _Turn:
        """One turn of the loop, as a context; suppresses and logs what its body raises, unless that is final."""
        return _Turn(self, self._clock)

    def succeeded(self) -> None:
        """Note a success; says so if it ends a series of failures."""
        if self.failures:
            log.info("loop_works_again", loop=self.name, failures=self.failures)
        self.failures, self.worked, self._succeeded_at = 0, True, self._clock()
        self._said = (float("-inf"), "")

    def failed(self, error: Exception, *, lasted_s: float = 0.0) -> None:
        """Note a failure, and say so unless the same was said a moment ago."""
        self.failures = 1 if lasted_s >= CLEAN_RECORD_S else self.failures + 1
        self._reason = " ".join(str(error).split()) or type(error).__name__
        said_at, said = self._said
        if self._reason == said and self._clock() - said_at < SAY_AGAIN_S:
            return
        self._said = (self._clock(), self._reason)
        if isinstance(error, KinitroError):
            log.warning(self._event, loop=self.name, reason=self._reason)
        else:
            log.error(self._event, loop=self.name, reason=self._reason, exc_info=error)

    async def pause(self, stop: asyncio.Event | None = None) -> None:
        """Wait for the next turn, longer after every failure in a row, or until `stop` is set."""
        seconds = self.every_s
        if self.failures:
            seconds = max(seconds, backoff_s(self.failures, self._max_pause_s))
        await (asyncio.sleep(seconds) if stop is None else pause(stop, seconds))

    def problem(self, within_s: float) -> str | None:
        """Why the loop cannot be relied on: it has ended, or no turn has succeeded for `within_s`; None if it works."""
        if self._ended:
            return f"The {self.name} has ended: restart this process."
        silent_s = self._clock() - self._succeeded_at
        if silent_s <= within_s:
            return None
        why = self._reason if self.failures else "its turn does not end"
        return f"The {self.name} has not worked for {silent_s:.0f} s: {why}"


class Backoff:
    """Pauses between tries of one thing, longer after every failure in a row, up to `max_s`."""

    def __init__(self, max_s: float) -> None:
        self._max_s = max_s
        self._failures = 0

    def reset(self) -> None:
        """It has worked."""
        self._failures = 0

    async def pause(self, stop: asyncio.Event | None = None) -> None:
        """It has failed: wait before the next try, or until `stop` is set."""
        self._failures += 1
        seconds = backoff_s(self._failures, self._max_s)
        await (asyncio.sleep(seconds) if stop is None else pause(stop, seconds))


def backoff_s(failures: int, max_s: float) -> float:
    """The pause after so many failures in a row (at least 1): doubled each time, up to `max_s`.

    It varies by a quarter, so that many who failed together do not come back together.
    """
    return min(FIRST_PAUSE_S * 2.0 ** min(failures - 1, 20), max_s) * random.uniform(0.75, 1.25)


async def send_heartbeats(
    name: str,
    beat: Callable[[], Awaitable[float]],
    every_s: float,
    *,
    wanted: Callable[[], bool] = lambda: True,
    final: tuple[type[Exception], ...] = (),
) -> None:
    """Call `beat` again and again, while `wanted`, to keep something that would otherwise be lost, such as a lease.

    The first call comes after `every_s`, the next one after as many seconds as `beat` returns. A beat that fails is
    logged, and the next one comes as planned or later, with back-off; what is in `final` is raised.
    """
    loop = SupervisedLoop(name, every_s=every_s, max_pause_s=every_s, final=final, event="heartbeat_failed")
    while True:
        await loop.pause()
        if not wanted():
            return
        with loop.turn():
            loop.every_s = await beat()


@asynccontextmanager
async def touch_while_alive(file: Path | None) -> AsyncIterator[None]:
    """Touch `file` now, and every TOUCH_EVERY_S as long as the body runs and the event loop turns; then remove it.

    A health check that finds the file older than a minute knows that the process hangs. A disk that is full or
    read-only is logged and tried again. Does nothing without a file.
    """
    if file is None:
        yield
        return

    loop = SupervisedLoop("alive file", every_s=TOUCH_EVERY_S)
    touching = asyncio.create_task(loop.run(partial(asyncio.to_thread, _touch, file)))
    try:
        yield
    finally:
        touching.cancel()
        await asyncio.gather(touching, return_exceptions=True)
        with suppress(OSError):
            await asyncio.to_thread(file.unlink, missing_ok=True)


def _touch(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()


class _Turn:
    def __init__(self, loop: SupervisedLoop, clock: Callable[[], float]) -> None:
        self._loop = loop
        self._clock = clock
        self._began = clock()

    def __enter__(self) -> None:
        self._began = self._clock()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None:
            self._loop.succeeded()
            return False
        if not isinstance(error, Exception) or isinstance(error, self._loop.final):
            return False
        self._loop.failed(error, lasted_s=self._clock() - self._began)
        return True
