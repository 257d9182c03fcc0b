"""The supervisor restarts what fails, gives up loudly, and leaves no process behind."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kinitro.errors import UnavailableError
from kinitro.local.supervisor import STOP_DEADLINE_S, Service, Supervisor

FOREVER = "import time; time.sleep(1000)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); {FOREVER}"


def python(name: str, code: str) -> Service:
    return Service(name, [sys.executable, "-c", code])


def wait_for(condition: Callable[[], bool], deadline_s: float = 15.0) -> None:
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path)
    yield supervisor
    supervisor.stop()


def test_a_killed_service_comes_back(supervisor: Supervisor) -> None:
    supervisor.start(python("sleeper", FOREVER))
    first = supervisor.pid("sleeper")
    os.kill(first, signal.SIGKILL)

    def is_back() -> bool:
        supervisor.check()
        return supervisor.pid("sleeper") != first

    wait_for(is_back)
    assert supervisor.restarts == 1


def test_a_service_that_is_done_stays_done(supervisor: Supervisor) -> None:
    supervisor.start(python("short", "print('bye')"))
    wait_for(lambda: supervisor.is_done("short"))
    supervisor.check()
    assert supervisor.restarts == 0
    assert supervisor.read_log_end("short") == "bye"


def test_a_service_that_keeps_failing_is_reported_with_its_last_words(supervisor: Supervisor) -> None:
    supervisor.start(python("broken", "raise SystemExit('no database here')"))

    def check_until_failure() -> bool:
        supervisor.check()
        return False

    with pytest.raises(UnavailableError, match=r"broken ended 5 times.*no database here"):
        wait_for(check_until_failure, 60)


def test_stop_ends_deaf_services_and_their_children_in_time(supervisor: Supervisor, tmp_path: Path) -> None:
    family = f"import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {FOREVER!r}]); "
    family += f"print(child.pid, flush=True); {DEAF}"
    supervisor.start(python("family", family))
    log = tmp_path / "family.log"
    wait_for(lambda: log.exists() and "deaf" in log.read_text())
    parent, child = supervisor.pid("family"), int(log.read_text().split()[0])
    begun = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - begun < STOP_DEADLINE_S + 1
    assert not is_alive(parent)
    wait_for(lambda: not is_alive(child) or Path(f"/proc/{child}/stat").read_text().split()[2] == "Z")
