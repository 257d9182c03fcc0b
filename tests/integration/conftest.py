"""Fixtures of integration tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
import pytest

if TYPE_CHECKING:
    from tests.standin.worlds import StandinWorld, World

from tests.fakes.container_engine import NoEngine, container_engine
from tests.fakes.published import Published, publish

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def published(postgres_url: str) -> Iterator[Published]:
    """A database with one published cycle of real episodes; not to be changed."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("create database audited")
    yield publish(urlsplit(postgres_url)._replace(path="/audited").geturl())
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("drop database audited with (force)")


@pytest.fixture(scope="module")
def docker_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A real engine for the `docker` command and the SDK; skips, and says why, where there can be none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        try:
            with container_engine(tmp_path_factory.mktemp("engine")) as host:
                if host is not None:
                    patch.setenv("DOCKER_HOST", host)
                yield
        except NoEngine as reason:
            pytest.skip(str(reason))


@pytest.fixture(autouse=True)
def _sdk_keeps_its_files_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Bittensor SDK caches metadata on disk by genesis: never across tests, never in the user's home."""
    monkeypatch.setenv("BITTENSOR_RUNTIME_CACHE_DIR", str(tmp_path / "bittensor-cache"))


@pytest.fixture(params=["local", "bittensor"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """A subnet on each kind of chain, one after the other."""
    from tests.standin.worlds import local_world, standin_world

    if request.param == "local":
        async with local_world(request.getfixturevalue("empty_database")) as local:
            yield local
    else:
        async with standin_world(tmp_path) as standin:
            yield standin


@pytest.fixture
async def standin(tmp_path: Path) -> AsyncIterator[StandinWorld]:
    """A subnet on a stand-in node, for what only a node can do."""
    from tests.standin.worlds import standin_world

    async with standin_world(tmp_path) as world:
        yield world
