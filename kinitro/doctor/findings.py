"""What a check finds, and how all checks run side by side in a bounded time, whatever they wait for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from kinitro.credentials import hide_secrets
from kinitro.errors import KinitroError

T = TypeVar("T")

DEADLINE_S = 7.0
"""How long a check may take; all of them begin at the same time."""
GIVE_UP_S = 1.0
"""How long a check that is late may take to end."""


class State(StrEnum):
    """What came out of a check."""

    OK = "ok"
    MISSING = "missing"
    """Something that this role needs is missing, wrong, or could not be reached."""
    OPTIONAL = "optional"
    """Something is missing, wrong or not set that this role can do without."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. `detail` is what was found, `todo` what to do about it."""

    name: str
    state: State
    detail: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a check returns if it did not fail: what is there, or what is lacking and what to do about it."""

    detail: str
    todo: str = ""
    good: bool = True


Look = Callable[[], Awaitable[Found]]
"""Looks at one thing. Raises KinitroError, whose sentence says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Examination:
    """A check: its name, what it does, and whether this role needs what it looks at."""

    name: str
    look: Look
    required: bool = True


async def examine_all(
    examinations: Sequence[Examination], secrets: Sequence[str | None], deadline_s: float | None = None
) -> list[Finding]:
    """Run all checks side by side; returns their findings in order, without any of the `secrets`.

    deadline_s: by default DEADLINE_S.

    A check that has not ended at the deadline is given up. What it left in a thread does not keep the process.
    """
    deadline_s = DEADLINE_S if deadline_s is None else deadline_s
    asyncio.get_running_loop().set_default_executor(_UnjoinedThreads())
    tasks = [asyncio.create_task(_examine(examination)) for examination in examinations]
    _, late = await asyncio.wait(tasks, timeout=deadline_s) if tasks else (set(), set())
    for task in late:
        task.cancel()
    if late:
        await asyncio.wait(late, timeout=GIVE_UP_S)
    found = [
        task.result() if task not in late else _judge(examination, _describe_silence(deadline_s))
        for examination, task in zip(examinations, tasks, strict=True)
    ]
    return [
        Finding(one.name, one.state, hide_secrets(one.detail, *secrets), hide_secrets(one.todo, *secrets))
        for one in found
    ]


async def in_thread(call: Callable[[], T]) -> T:
    """Return or raise what a blocking call does, in a thread that nobody waits for if it is late."""
    return await asyncio.get_running_loop().run_in_executor(None, call)


async def _examine(examination: Examination) -> Finding:
    try:
        found = await examination.look()
    except KinitroError as error:
        found = Found(str(error), good=False)
    except Exception as error:  # a mistake of ours, or of a library: say so, and go on with the other checks
        found = Found(f"The check itself failed ({type(error).__name__}): please report it.", good=False)
    return _judge(examination, found)


def _judge(examination: Examination, found: Found) -> Finding:
    state = State.OK if found.good else State.MISSING if examination.required else State.OPTIONAL
    return Finding(examination.name, state, found.detail, found.todo)


def _describe_silence(deadline_s: float) -> Found:
    return Found(
        f"There was no answer within {deadline_s:g} s.",
        "Look whether the server, a firewall or a proxy is silent, or this machine overloaded.",
        good=False,
    )


class _UnjoinedThreads(ThreadPoolExecutor):
    """An executor whose threads are daemons: neither the event loop nor the interpreter waits for them at its end."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # it is raised where the result is waited for
                future.set_exception(error)
            else:
                future.set_result(result)

        threading.Thread(target=run, name="doctor", daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Do nothing: nobody waits."""
