"""Many episodes share one event loop: their simulation takes turns with each other and with whatever arrives."""

from __future__ import annotations

import asyncio
import time

import pytest

from kinitro.evaluation.simulator import SharedSimulator

PIECE_S = 0.02


def work() -> None:
    time.sleep(PIECE_S)


async def test_work_is_done_in_the_order_of_asking() -> None:
    simulator = SharedSimulator()
    done: list[int] = []
    await asyncio.gather(*(simulator.run(lambda number=number: done.append(number)) for number in range(5)))
    assert done == [0, 1, 2, 3, 4]


async def test_what_arrives_is_read_after_one_piece_of_work_however_many_wait() -> None:
    simulator = SharedSimulator()
    arrived: asyncio.Queue[float] = asyncio.Queue()

    async def read() -> float:
        sent = await arrived.get()
        await asyncio.sleep(0)
        return time.perf_counter() - sent

    reading = asyncio.create_task(read())
    crowd = asyncio.gather(*(simulator.run(work) for _ in range(10)))
    asyncio.get_running_loop().call_later(PIECE_S / 2, lambda: arrived.put_nowait(time.perf_counter()))
    waited_s = await reading
    assert not crowd.done()
    assert waited_s < 2 * PIECE_S
    await crowd


async def test_nobody_works_for_who_is_gone() -> None:
    simulator = SharedSimulator()
    done: list[str] = []
    first = asyncio.create_task(simulator.run(lambda: done.append("first")))
    gone = asyncio.create_task(simulator.run(lambda: done.append("gone")))
    last = asyncio.create_task(simulator.run(lambda: done.append("last")))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(first, gone, last, return_exceptions=True)
    assert done == ["first", "last"]


async def test_an_error_reaches_who_asked_and_nobody_else() -> None:
    simulator = SharedSimulator()

    def fail() -> None:
        raise ZeroDivisionError

    failing = asyncio.create_task(simulator.run(fail))
    fine = asyncio.create_task(simulator.run(lambda: 5))
    with pytest.raises(ZeroDivisionError):
        await failing
    assert await fine == 5
