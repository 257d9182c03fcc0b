"""The private PostgreSQL starts, answers, keeps its data when asked to, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from kinitro.errors import UnavailableError
from kinitro.local.postgres import LocalPostgres


@pytest.fixture
def public_directory() -> Iterator[Path]:
    """A directory that another account may enter, as pytest's own are not."""
    directory = Path(tempfile.mkdtemp())
    directory.chmod(0o711)
    yield directory
    shutil.rmtree(directory)


def test_answers_and_leaves_nothing() -> None:
    with LocalPostgres() as server:
        base = server._base
        with psycopg.connect(server.url) as connection:
            assert connection.execute("select 41 + 1").fetchone() == (42,)
    assert not base.exists()


def test_keeps_data_between_starts(public_directory: Path) -> None:
    with LocalPostgres(public_directory / "db") as server, psycopg.connect(server.url) as connection:
        connection.execute("create table kept as select 7 as n")
    with LocalPostgres(public_directory / "db") as server, psycopg.connect(server.url) as connection:
        assert connection.execute("select n from kept").fetchone() == (7,)


def test_a_directory_in_use_is_refused(public_directory: Path) -> None:
    with LocalPostgres(public_directory / "db"), pytest.raises(UnavailableError, match="Another process"):
        LocalPostgres(public_directory / "db").start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to hand the server to another account")
def test_a_directory_closed_to_the_server_account_is_refused(public_directory: Path) -> None:
    public_directory.chmod(0o700)
    with pytest.raises(UnavailableError, match="cannot enter"):
        LocalPostgres(public_directory / "db")


def test_a_killed_server_comes_back_on_its_port_with_what_was_committed() -> None:
    with LocalPostgres() as server:
        url, pid = server.url, server.pid
        assert pid is not None
        with psycopg.connect(url) as connection:
            connection.execute("create table kept as select 7 as n")
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        server.check()
        assert server.url == url
        assert server.pid != pid
        with psycopg.connect(url) as connection:
            assert connection.execute("select n from kept").fetchone() == (7,)
