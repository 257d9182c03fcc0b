"""A database with the schema in it, and the pool on it."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import psycopg
import pytest

from kinitro.database import schema
from kinitro.database.pool import ConnectionPool, open_pool
from kinitro.database.tasks import PoolLimits, TaskPool

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def template_database(postgres_url: str) -> Iterator[str]:
    """A migrated database that tests copy, because copying takes a tenth of migrating."""
    name = f"template_{os.getpid()}"
    url = urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
    schema.create_database(url)
    schema.upgrade(url)
    yield name
    schema.drop_database(url, force=True)


@pytest.fixture
def database(postgres_url: str, template_database: str) -> Iterator[str]:
    """The URL of a new database with the schema."""
    name = f"pool_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"create database {name} template {template_database}")
    url = urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
    yield url
    schema.drop_database(url, force=True)


@pytest.fixture
async def connections(database: str) -> AsyncIterator[ConnectionPool]:
    async with await open_pool(database, size=8) as opened:
        yield opened


@pytest.fixture
def pool(connections: ConnectionPool) -> TaskPool:
    return TaskPool(connections, PoolLimits(fault_retry_s=0.0))
