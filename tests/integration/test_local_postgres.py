"""The private PostgreSQL starts, answers, keeps its data when asked to, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from kinitro.errors import UnavailableError
from kinitro.local.postgres import LocalPostgres


def test_answers_and_leaves_nothing() -> None:
    with LocalPostgres() as server:
        base = server._base
        with psycopg.connect(server.url) as connection:
            assert connection.execute("select 41 + 1").fetchone() == (42,)
    assert not base.exists()


def test_keeps_data_between_starts(tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    with LocalPostgres(tmp_path / "db") as server, psycopg.connect(server.url) as connection:
        connection.execute("create table kept as select 7 as n")
    with LocalPostgres(tmp_path / "db") as server, psycopg.connect(server.url) as connection:
        assert connection.execute("select n from kept").fetchone() == (7,)


def test_a_directory_in_use_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    with LocalPostgres(tmp_path / "db"), pytest.raises(UnavailableError, match="Another process"):
        LocalPostgres(tmp_path / "db").start()
