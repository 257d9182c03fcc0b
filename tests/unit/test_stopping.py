"""SIGTERM and Ctrl-C: they ask, or they cancel, and neither is lost."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from kinitro import stopping
from kinitro.stopping import cancel_and_wait, finish_or_cancel

PROGRAM = """
import asyncio, contextlib, os, signal
from kinitro import stopping
from kinitro.stopping import pause, stop_on_signals

stopping.CANCEL_AGAIN_S = 0.05

async def main():
    async with stop_on_signals() as stop:
        try:
            {body}
        finally:
            print("tidied")
    await asyncio.sleep(0.2)  # four times the pause between cancellations
    print("ended")

asyncio.run(main())
"""
SIGNAL = "os.kill(os.getpid(), signal.{})"


def run(body: str) -> subprocess.CompletedProcess[str]:
    program = PROGRAM.format(body=body.replace("\n", "\n" + 12 * " "))
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_the_first_signal_asks(name: str) -> None:
    done = run(f"{SIGNAL.format(name)}\nawait pause(stop, 60)\nprint('asked', stop.is_set())")
    assert (done.returncode, done.stdout, done.stderr) == (0, "asked True\ntidied\nended\n", "")


def test_the_second_signal_ends() -> None:
    signalled = SIGNAL.format("SIGTERM")
    done = run(f"{signalled}\nawait pause(stop, 60)\n{signalled}\nawait asyncio.sleep(60)\nprint('never')")
    assert (done.returncode, done.stdout, done.stderr) == (0, "tidied\nended\n", "")


def test_a_second_signal_that_somebody_swallows_comes_again_until_the_end_and_not_after_it() -> None:
    """As `asyncio.wait_for` does before Python 3.12, in libraries too."""
    signalled = SIGNAL.format("SIGTERM")
    swallows = "with contextlib.suppress(asyncio.CancelledError):\n    await asyncio.sleep(60)"
    done = run(f"{signalled}\nawait pause(stop, 60)\n{signalled}\n{swallows}\nprint('lost')\nawait asyncio.sleep(60)")
    assert (done.returncode, done.stdout, done.stderr) == (0, "lost\ntidied\nended\n", "")


def test_who_is_cancelled_without_a_signal_hears_of_it() -> None:
    done = run("asyncio.current_task().cancel()\nawait asyncio.sleep(60)")
    assert done.returncode != 0
    assert "CancelledError" in done.stderr


def test_a_pause_ends_by_itself() -> None:
    done = run("await pause(stop, 0.01)\nprint('over', stop.is_set())")
    assert done.stdout == "over False\ntidied\nended\n"


CANCELLED = """
import asyncio, contextlib, os, signal
from kinitro import stopping
from kinitro.stopping import cancel_on_signals

stopping.CANCEL_AGAIN_S = 0.05

async def main():
    async with cancel_on_signals():
        try:
            os.kill(os.getpid(), signal.{name})
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
            print("swallowed", flush=True)
            await asyncio.sleep(60)
        finally:
            print("tidied", flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize(("name", "error"), [("SIGTERM", "CancelledError"), ("SIGINT", "KeyboardInterrupt")])
def test_a_signal_that_somebody_swallows_comes_again(name: str, error: str) -> None:
    program = CANCELLED.format(name=name)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
    assert done.stdout == "swallowed\ntidied\n"
    assert done.stderr.splitlines()[-1].endswith(error)


STARTING = """
import os, signal, sys
from kinitro.stopping import leave_on_sigterm

leave_on_sigterm()
try:
    os.kill(os.getpid(), signal.SIGTERM)
    import wave
finally:
    print("tidied", flush=True)
print("never")
"""


def test_sigterm_before_there_is_an_event_loop_ends_with_code_0() -> None:
    done = subprocess.run([sys.executable, "-c", STARTING], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, "tidied\n", "")


async def test_work_that_ends_by_itself_is_finished() -> None:
    stop = asyncio.Event()
    assert await finish_or_cancel(asyncio.sleep(0), stop)
    with pytest.raises(ZeroDivisionError):
        await finish_or_cancel(divide(), stop)


async def divide() -> float:
    return 1 / 0


async def test_work_is_cancelled_when_the_grace_is_over_and_its_errors_then_are_dropped() -> None:
    stop, begun, tidied = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            tidied.set()
            raise OSError("the connection was broken already")

    working = asyncio.create_task(finish_or_cancel(work(), stop, 0.01))
    await begun.wait()
    assert not working.done()
    stop.set()
    assert not await working
    assert tidied.is_set()


async def test_work_that_swallows_a_cancellation_is_cancelled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "CANCEL_AGAIN_S", 0.01)
    begun, swallowed = asyncio.Event(), 0

    async def work() -> None:
        nonlocal swallowed
        begun.set()
        while swallowed < 3:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                swallowed += 1
        await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await begun.wait()
    await cancel_and_wait(task)
    assert task.cancelled()
    assert swallowed == 3
