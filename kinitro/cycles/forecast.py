"""When a running cycle will be over: its rate, and a time that holds although miners differ in speed.

Tasks are given out episode by episode, so most miners are equally far, and the rate of all tasks together says when
they will be finished. A miner that takes fewer episodes at once falls behind, and is still busy when the others are
done: then its own rate says when the cycle ends. So the forecast is the later of the two, and never later than the
deadline, at which the cycle ends in any case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LEAST_FINISHED = 20
"""Finished tasks from which on a rate is told: fewer say too little."""
LEAST_OF_MINER = 5
"""Tasks of one miner in the window from which on its own rate counts; below it the rate since the beginning does."""
WINDOW_S = 600.0
"""A rate is that of so many seconds, or of a quarter of the time since the beginning, whichever is longer."""
WINDOW_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class MinerPace:
    """How far one miner's tasks of a cycle are."""

    total: int
    finished: int
    recent: int
    """Of those finished, how many were played and finished within the window."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """`rate_per_s`: finished tasks per second in the window, None if that is not known yet.

    `left_s`: seconds until the cycle's tasks are finished, None if that is not known yet. `at_deadline`: they will not
    be, and the deadline ends the cycle.
    """

    rate_per_s: float | None
    left_s: float | None
    at_deadline: bool


def choose_window(elapsed_s: float) -> float:
    """The seconds, counted back from now, whose finished tasks make the rate; never longer than `elapsed_s`."""
    return min(elapsed_s, max(WINDOW_S, WINDOW_SHARE * elapsed_s))


def forecast(paces: Sequence[MinerPace], elapsed_s: float, deadline_s: float) -> Forecast:
    """Forecast the end of a cycle that has run for `elapsed_s` and whose deadline is `deadline_s` from now.

    `paces` are those of all its miners, the reference included, within `choose_window(elapsed_s)`.
    """
    deadline_s = max(0.0, deadline_s)
    left = sum(pace.total - pace.finished for pace in paces)
    if not left:
        return Forecast(None, 0.0, at_deadline=False)
    if elapsed_s <= 0 or sum(pace.finished for pace in paces) < LEAST_FINISHED:
        return Forecast(None, None, at_deadline=False)
    window_s = choose_window(elapsed_s)
    rate = sum(pace.recent for pace in paces) / window_s
    if not rate:
        return Forecast(0.0, deadline_s, at_deadline=True)
    slowest_s = max(_time_left(pace, elapsed_s, window_s) for pace in paces if pace.finished < pace.total)
    left_s = max(left / rate, slowest_s)
    return Forecast(rate, min(left_s, deadline_s), at_deadline=left_s > deadline_s)


def _time_left(pace: MinerPace, elapsed_s: float, window_s: float) -> float:
    """Seconds until this miner's tasks are finished at its own rate; 0 if it has finished none, so that nothing is
    known of it."""
    if pace.recent >= LEAST_OF_MINER:
        return (pace.total - pace.finished) * window_s / pace.recent
    return (pace.total - pace.finished) * elapsed_s / pace.finished if pace.finished else 0.0
