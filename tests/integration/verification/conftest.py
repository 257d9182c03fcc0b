"""Stages on which attackers play: sandboxes of root (or whoever runs the tests), and of a user without any rights."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kinitro.sandbox.interface import Runtime
from kinitro.sandbox.runtimes import inspect_runtime
from tests.fakes.puppet import OwnStage, Stage, public_directory, strangers_stage, why_no_stranger


@pytest.fixture(scope="session")
def runtime() -> Runtime:
    """This interpreter and its packages."""
    return asyncio.run(inspect_runtime(Path(sys.executable)))


@pytest.fixture(scope="session", params=["own", "stranger"])
def stage(request: pytest.FixtureRequest, runtime: Runtime) -> Iterator[Stage]:
    if request.param == "own":
        yield OwnStage(runtime)
        return
    if why := why_no_stranger():
        pytest.skip(why)
    with strangers_stage() as stage:
        yield stage


@pytest.fixture
def public_path() -> Iterator[Path]:
    """A directory that other users may enter, unlike `tmp_path`."""
    with public_directory() as directory:
        yield directory
