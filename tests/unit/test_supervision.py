"""Supervised loops: nothing that a turn raises ends them, and what they log is worth reading."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from kinitro.errors import UnavailableError
from kinitro.supervision import SAY_AGAIN_S, Backoff, SupervisedLoop, backoff_s, send_heartbeats, touch_while_alive
from tests.fakes.waiting import until


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def lines() -> Iterator[list[structlog.typing.EventDict]]:
    with capture_logs() as captured:
        yield captured


@pytest.mark.parametrize("error", [UnavailableError("away"), KeyError("a mistake"), OSError(28, "disk full")])
async def test_a_loop_goes_on_after_whatever_a_turn_raises(error: Exception) -> None:
    enough, calls = asyncio.Event(), 0

    async def work() -> None:
        nonlocal calls
        calls += 1
        if calls < 4:
            raise error
        enough.set()

    loop = SupervisedLoop("test", max_pause_s=0.001)
    running = asyncio.create_task(loop.run(work))
    await enough.wait()
    await asyncio.sleep(0)
    assert not running.done()
    assert (loop.failures, loop.worked, loop.problem(1)) == (0, True, None)
    running.cancel()
    await asyncio.wait([running])
    assert "has ended" in str(loop.problem(1))


async def test_only_what_is_final_ends_a_loop() -> None:
    async def work() -> None:
        raise UnavailableError("for good")

    with pytest.raises(UnavailableError, match="for good"):
        await SupervisedLoop("test", final=(UnavailableError,)).run(work)


def test_a_failure_is_said_once_and_so_is_its_end(lines: list[structlog.typing.EventDict]) -> None:
    clock = Clock()
    loop = SupervisedLoop("test", clock=clock)
    for _ in range(100):
        loop.failed(UnavailableError("the\ndatabase is away"))
    assert [(line["event"], line["reason"]) for line in lines] == [("loop_failed", "the database is away")]
    loop.failed(UnavailableError("something else"))
    clock.now += SAY_AGAIN_S
    loop.failed(UnavailableError("something else"))
    loop.succeeded()
    loop.succeeded()
    assert [line["event"] for line in lines[1:]] == [*2 * ["loop_failed"], "loop_works_again"]


def test_only_what_nobody_foresaw_is_logged_with_its_traceback(lines: list[structlog.typing.EventDict]) -> None:
    loop = SupervisedLoop("test")
    loop.failed(UnavailableError("away"))
    loop.failed(KeyError("a mistake"))
    assert [line["log_level"] for line in lines] == ["warning", "error"]
    assert ["exc_info" in line for line in lines] == [False, True]


def test_a_loop_tells_why_it_cannot_be_relied_on() -> None:
    clock = Clock()
    loop = SupervisedLoop("reaper", clock=clock)
    clock.now += 31
    assert loop.problem(30) == "The reaper has not worked for 31 s: its turn does not end"
    loop.failed(UnavailableError("the database is away"))
    assert loop.problem(30) == "The reaper has not worked for 31 s: the database is away"
    assert loop.problem(60) is None
    loop.succeeded()
    assert loop.problem(30) is None


async def test_pauses_grow_up_to_the_limit_and_end_with_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("kinitro.supervision.asyncio.sleep", sleep)
    loop = SupervisedLoop("test", every_s=0.1, max_pause_s=4.0)
    await loop.pause()
    for _ in range(8):
        loop.failed(OSError("x"))
        await loop.pause()
    assert slept[0] == 0.1
    assert 0.18 < slept[1] < 0.32
    assert all(3.0 <= pause_s <= 5.0 for pause_s in slept[5:])
    monkeypatch.undo()
    stop = asyncio.Event()
    stop.set()
    async with asyncio.timeout(1):
        await loop.pause(stop)


async def test_a_turn_that_ran_long_is_the_first_failure_in_a_row() -> None:
    clock = Clock()
    loop = SupervisedLoop("test", clock=clock)
    for _ in range(5):
        loop.failed(OSError("x"))
    with loop.turn():
        clock.now += 3600
        raise OSError("x")
    assert loop.failures == 1


def test_pauses_double_up_to_a_limit_and_vary_by_a_quarter() -> None:
    for failures, expected in [(1, 0.25), (2, 0.5), (3, 1.0), (7, 15.0), (10_000, 15.0)]:
        pauses = [backoff_s(failures, 15.0) for _ in range(200)]
        assert 0.75 * expected <= min(pauses) < max(pauses) <= 1.25 * expected


async def test_a_backoff_begins_anew_after_a_success(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("kinitro.supervision.asyncio.sleep", sleep)
    monkeypatch.setattr("kinitro.supervision.random.uniform", lambda *_: 1.0)
    backoff = Backoff(max_s=0.6)
    for _ in range(3):
        await backoff.pause()
    backoff.reset()
    await backoff.pause()
    assert slept == [0.25, 0.5, 0.6, 0.25]


class Lost(UnavailableError):
    """The lease is gone."""


async def test_heartbeats_come_when_the_last_one_said_go_on_after_failures_and_end_when_all_is_lost(
    lines: list[structlog.typing.EventDict], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[float | Exception] = [6.0, UnavailableError("away"), KeyError("a mistake"), 3.0, Lost("gone")]
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def beat() -> float:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("kinitro.supervision.asyncio.sleep", sleep)
    with pytest.raises(Lost):
        await send_heartbeats("heartbeats of lease 7", beat, 9.0, final=(Lost,))
    assert slept == [9.0, 6.0, 6.0, 6.0, 3.0]
    assert [line["event"] for line in lines] == ["heartbeat_failed", "heartbeat_failed", "loop_works_again"]
    assert {line["loop"] for line in lines} == {"heartbeats of lease 7"}


async def test_no_heartbeat_is_sent_when_it_is_no_longer_wanted() -> None:
    async def beat() -> float:
        raise AssertionError("nobody wants it")

    await send_heartbeats("test", beat, 0.0, wanted=lambda: False)


async def test_a_living_process_touches_its_file_and_removes_it_at_the_end(tmp_path: Path) -> None:
    file = tmp_path / "run" / "alive"
    async with touch_while_alive(file):
        assert await until(file.exists)
    assert not file.exists()


async def test_a_file_that_cannot_be_touched_is_logged_and_nothing_ends(
    tmp_path: Path, lines: list[structlog.typing.EventDict]
) -> None:
    (tmp_path / "run").write_text("no directory")
    async with touch_while_alive(tmp_path / "run" / "alive"):
        assert await until(lambda: bool(lines))
    assert [(line["event"], line["loop"]) for line in lines] == [("loop_failed", "alive file")]


async def test_without_a_file_nothing_is_touched() -> None:
    async with touch_while_alive(None):
        pass
