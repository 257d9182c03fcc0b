"""Fixtures that every kind of test may use: a real PostgreSQL and fresh databases in it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
from hypothesis import settings

os.environ.setdefault("MUJOCO_GL", "disable")

settings.register_profile("kinitro", deadline=None)
"""How long an example takes says something about the machine's other work, not about the property."""
settings.load_profile("kinitro")

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server: the one KINITRO_TEST_DATABASE_URL names, else a private one for this session."""
    if named := os.environ.get("KINITRO_TEST_DATABASE_URL"):
        yield named
        return
    from kinitro.local.postgres import LocalPostgres

    with LocalPostgres() as server:
        yield server.url


@pytest.fixture
def empty_database(postgres_url: str) -> Iterator[str]:
    """The URL of a new, empty database, dropped afterwards."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    try:
        yield urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(f"drop database if exists {name} with (force)")
