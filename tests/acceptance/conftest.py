"""Demos to look at."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from kinitro.local.ports import free_ports
from tests.acceptance.demo_process import MARKER, Demo


@pytest.fixture(scope="session")
def start_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Demo]]:
    """Start `kinitro demo` with two environments and two episodes, and with more flags if given.

    Nobody succeeds in these environments by chance, as an idle arm does in one of ten or thirty episodes of
    drawer-close: of two, now and then in both.
    """
    started: list[Demo] = []

    def start(*flags: str) -> Demo:
        directory, marker = tmp_path_factory.mktemp("demo") / "out", uuid.uuid4().hex
        command = [sys.executable, "-m", "kinitro", "demo", "--out", str(directory)]
        command += ["--api-port", str(free_ports(1)[0]), "--environments", "drawer-open-v3,button-press-v3"]
        command += ["--episodes", "2", "--max-steps", "120", *flags]
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, MARKER: marker},
            start_new_session=True,
        )
        started.append(Demo(process, directory, marker))
        return started[-1]

    yield start
    for demo in started:
        for pid in demo.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def finished_demo(start_demo: Callable[..., Demo]) -> tuple[Demo, str]:
    """An undisturbed run, and what it printed."""
    demo = start_demo()
    output = demo.finish()
    assert demo.process.returncode == 0, output
    return demo, output
