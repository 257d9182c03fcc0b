"""SIGTERM and Ctrl-C: they ask, or they cancel, and neither is lost."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import asyncio, os, signal
from kinitro.stopping import pause, stop_on_signals

async def main():
    async with stop_on_signals() as stop:
        try:
            {body}
        finally:
            print("tidied")
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


def test_who_is_cancelled_without_a_signal_hears_of_it() -> None:
    done = run("asyncio.current_task().cancel()\nawait asyncio.sleep(60)")
    assert done.returncode != 0
    assert "CancelledError" in done.stderr


def test_a_pause_ends_by_itself() -> None:
    done = run("await pause(stop, 0.01)\nprint('over', stop.is_set())")
    assert done.stdout == "over False\ntidied\nended\n"


CANCELLED = """
import asyncio, contextlib, os, signal
from kinitro.stopping import cancel_on_signals

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
