"""The forecast of a cycle's end, against cycles that are played to their end."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest

from kinitro.cycles.forecast import Forecast, MinerPace, choose_window, forecast

DEADLINE_S = 1e9


def play(room: Sequence[int], episodes: int, slots: Sequence[tuple[float, int]], seconds: Sequence[float]) -> list[
    tuple[float, int]
]:  # fmt: skip
    """Play a cycle; returns when each task was finished, and whose it was, in order of time.

    Miner m gets `episodes` tasks, of which `room[m]` may be played at once and each takes about `seconds[m]`. From each
    time in `slots` on, executors play so many at once. Tasks are given out in the order of their numbers.
    """
    chance = np.random.default_rng(0)
    waiting = list(product(range(episodes), range(len(room))))
    busy: Counter[int] = Counter()
    out: list[tuple[float, int]] = []
    finished: list[tuple[float, int]] = []
    now = 0.0
    while waiting or out:
        places = max(n for since, n in slots if since <= now)
        passed_over = []
        for position, (episode, miner) in enumerate(waiting):
            if len(out) >= places or position > 5000:
                passed_over += waiting[position:]
                break
            if busy[miner] >= room[miner]:
                passed_over.append((episode, miner))
                continue
            busy[miner] += 1
            heapq.heappush(out, (now + seconds[miner] * chance.uniform(0.5, 1.5), miner))
        waiting = passed_over
        now, miner = heapq.heappop(out)
        busy[miner] -= 1
        finished.append((now, miner))
    return finished


def forecast_at(share: float, finished: list[tuple[float, int]], miners: int, episodes: int) -> float:
    """The end that is forecast when this share of the time is over, as a multiple of the true end."""
    end = finished[-1][0]
    now = share * end
    since = now - choose_window(now)
    done = Counter(miner for at, miner in finished if at <= now)
    recent = Counter(miner for at, miner in finished if since < at <= now)
    found = forecast([MinerPace(episodes, done[m], recent[m]) for m in range(miners)], now, DEADLINE_S)
    assert found.left_s is not None
    return (now + found.left_s) / end


@pytest.mark.parametrize(
    ("room", "slots", "seconds"),
    [
        ([50] * 40, [(0.0, 100)], [20.0] * 40),
        ([50] * 40, [(0.0, 100)], [5.0, 40.0] * 20),
        ([1] * 3 + [50] * 37, [(0.0, 100)], [20.0] * 40),
        ([1] + [50] * 39, [(0.0, 100)], [60.0] + [10.0] * 39),
    ],
    ids=["all alike", "slow and fast episodes", "three that take one at a time", "one slow one at a time"],
)
def test_it_holds(room: list[int], slots: list[tuple[float, int]], seconds: list[float]) -> None:
    episodes = 200
    finished = play(room, episodes, slots, seconds)
    for share in (0.25, 0.5, 0.75, 0.9):
        assert forecast_at(share, finished, len(room), episodes) == pytest.approx(1, abs=0.1), share


def test_it_follows_when_executors_join() -> None:
    """Executors double in the middle: soon after, the new rate counts."""
    room, episodes = [50] * 40, 400
    finished = play(room, episodes, [(0.0, 50), (1600.0, 100)], [20.0] * 40)
    later = (1600 + 700) / finished[-1][0]
    assert forecast_at(later, finished, len(room), episodes) == pytest.approx(1, abs=0.1)


def test_little_is_known_at_the_beginning() -> None:
    assert forecast([MinerPace(100, 3, 3)], 60, DEADLINE_S) == Forecast(None, None, at_deadline=False)
    assert forecast([MinerPace(100, 0, 0)], 0, DEADLINE_S) == Forecast(None, None, at_deadline=False)


def test_the_deadline_ends_a_cycle_that_is_too_slow() -> None:
    found = forecast([MinerPace(1000, 100, 100)], 100, 50)
    assert found == Forecast(1.0, 50, at_deadline=True)
    assert forecast([MinerPace(1000, 100, 100)], 100, -5).left_s == 0


def test_a_cycle_that_stands_still_waits_for_its_deadline() -> None:
    assert forecast([MinerPace(100, 50, 0)], 7200, 600) == Forecast(0.0, 600, at_deadline=True)


def test_a_finished_cycle_has_nothing_left() -> None:
    assert forecast([MinerPace(10, 10, 10)], 100, 50).left_s == 0
    assert forecast([], 100, 50).left_s == 0


def test_a_rate_is_of_ten_minutes_or_a_quarter_of_the_time() -> None:
    assert [choose_window(s) for s in (0, 60, 1200, 7200)] == [0, 60, 600, 1800]
