"""The supervisor restarts what fails, gives up loudly, and leaves no process behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from kinitro.errors import UnavailableError
from kinitro.local.supervisor import STOP_DEADLINE_S, Service, Supervisor

FOREVER = "import time; time.sleep(1000)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); {FOREVER}"


def python(name: str, code: str) -> Service:
    return Service(name, [sys.executable, "-c", code])


async def wait_for(condition: Callable[[], bool], deadline_s: float = 60.0) -> None:
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, "waited too long"
        await asyncio.sleep(0.02)


async def started(supervisor: Supervisor, name: str) -> int:
    await wait_for(lambda: runs(supervisor, name))
    return supervisor.pid(name)


def runs(supervisor: Supervisor, name: str) -> bool:
    with suppress(ProcessLookupError):
        return bool(supervisor.pid(name))
    return False


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
async def supervisor(tmp_path: Path) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(tmp_path)
    yield supervisor
    await supervisor.stop()


async def test_a_killed_service_comes_back(supervisor: Supervisor) -> None:
    supervisor.start(python("sleeper", FOREVER))
    first = await started(supervisor, "sleeper")
    os.kill(first, signal.SIGKILL)
    await wait_for(lambda: runs(supervisor, "sleeper") and supervisor.pid("sleeper") != first)
    supervisor.check()
    assert supervisor.restarts == 1


async def test_a_service_that_is_done_stays_done(supervisor: Supervisor) -> None:
    supervisor.start(python("short", "print('bye')"))
    await wait_for(lambda: supervisor.is_done("short"))
    supervisor.check()
    assert supervisor.restarts == 0
    assert supervisor.read_log_end("short") == "bye"
    with pytest.raises(ProcessLookupError):
        supervisor.pid("short")


async def test_a_service_that_keeps_failing_is_reported_with_its_last_words(supervisor: Supervisor) -> None:
    supervisor.start(python("broken", "raise SystemExit('no database here')"))

    def is_reported() -> bool:
        supervisor.check()
        return False

    with pytest.raises(UnavailableError, match=r"broken ended 5 times.*exit code 1; .*no database here"):
        await wait_for(is_reported, 120)
    assert supervisor.restarts == 4


async def test_a_command_that_does_not_exist_is_reported(supervisor: Supervisor) -> None:
    supervisor.start(Service("typo", ["/no/such/command"]))

    def is_reported() -> bool:
        supervisor.check()
        return False

    with pytest.raises(UnavailableError, match=r"typo ended 5 times"):
        await wait_for(is_reported, 120)


async def test_stop_ends_deaf_services_and_their_children_in_time(supervisor: Supervisor, tmp_path: Path) -> None:
    family = f"import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {FOREVER!r}]); "
    family += f"print(child.pid, flush=True); {DEAF}"
    supervisor.start(python("family", family))
    log = tmp_path / "family.log"
    await wait_for(lambda: log.exists() and "deaf" in log.read_text())
    parent, child = supervisor.pid("family"), int(log.read_text().split()[0])
    begun = time.monotonic()
    await supervisor.stop()
    assert time.monotonic() - begun < STOP_DEADLINE_S + 5
    assert not is_alive(parent)
    await wait_for(lambda: not is_alive(child) or Path(f"/proc/{child}/stat").read_text().split()[2] == "Z")


async def test_what_a_service_left_behind_ends_with_it(supervisor: Supervisor, tmp_path: Path) -> None:
    """A second life must not meet the children of the first one, which may hold its port."""
    code = f"import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {FOREVER!r}]); print(child.pid)"
    supervisor.start(python("parent", code))
    await wait_for(lambda: supervisor.is_done("parent"))
    child = int((tmp_path / "parent.log").read_text())
    await wait_for(lambda: not is_alive(child) or Path(f"/proc/{child}/stat").read_text().split()[2] == "Z")
