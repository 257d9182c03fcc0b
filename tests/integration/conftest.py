"""Fixtures of integration tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.fakes.published import Published, publish


@pytest.fixture(scope="session")
def published(postgres_url: str) -> Iterator[Published]:
    """A database with one published cycle of real episodes; not to be changed."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("create database audited")
    yield publish(urlsplit(postgres_url)._replace(path="/audited").geturl())
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("drop database audited with (force)")


@pytest.fixture(autouse=True)
def _sdk_keeps_its_files_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Bittensor SDK caches metadata on disk by genesis: never across tests, never in the user's home."""
    monkeypatch.setenv("BITTENSOR_RUNTIME_CACHE_DIR", str(tmp_path / "bittensor-cache"))
