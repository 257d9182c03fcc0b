"""Databases as operators have them: other encodings, roles with few rights, odd defaults, a pooler in between.

Each works, or is refused with one sentence that says what to do.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from kinitro.api.main import run
from kinitro.api.settings import ApiSettings
from kinitro.database import connection, schema
from kinitro.database.errors import DatabaseRefused, DatabaseUnavailable, SchemaMismatch
from kinitro.database.keys import create_key, list_keys
from kinitro.database.pool import connect, open_pool
from kinitro.errors import ConfigurationError, KinitroError
from kinitro.scheduler.commands import read_cycles
from kinitro.scheduler.leadership import Leadership
from tests.fakes.executor import run_tasks
from tests.fakes.pgbouncer import pgbouncer
from tests.fakes.pool_rows import rows
from tests.fakes.subnet import by_skill, subnet


def _keys(url: str) -> None:
    with schema.checked_connection(url) as connected:
        list_keys(connected)


def _lead(url: str) -> None:
    async def lead() -> None:
        async with Leadership(url, 1).hold(asyncio.Event()) as leading:
            assert leading is not None

    asyncio.run(lead())


def _serve(url: str) -> None:
    run(ApiSettings(database_url=url, port=0))


def _new_key(url: str) -> None:
    with schema.checked_connection(url) as connected:
        create_key(connected, "one", "tasks")


COMMANDS: dict[str, Callable[[str], object]] = {
    "db init": schema.upgrade,
    "db status": schema.status,
    "keys list": _keys,
    "keys create": _new_key,
    "cycle list": lambda url: read_cycles(url, 1),
    "api": _serve,
    "scheduler": _lead,
}


def refused(url: str, kind: type[KinitroError], sentence: str, *commands: str) -> None:
    """Every command, or those named, refuses this database with one sentence."""
    for command in commands or COMMANDS:
        with pytest.raises(kind, match=sentence) as caught:
            COMMANDS[command](url)
        assert "\n" not in str(caught.value), command


def with_user(url: str, name: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{name}:secret@{parts.hostname}:{parts.port}").geturl()


@contextmanager
def role(url: str, name: str, attributes: str = "") -> Iterator[str]:
    """The URL of a new role, dropped afterwards with what it owns in the database."""
    rows(url, f"create role {name} login password 'secret' {attributes}")
    try:
        yield with_user(url, name)
    finally:
        rows(url, f"drop owned by {name} cascade")
        rows(url, f"drop role {name}")


async def play(url: str) -> None:
    """A cycle from its beginning to its publication."""
    async with subnet(url) as net:
        await net.reach("running", episodes_per_env=6)
        assert await run_tasks(net.pool, net.executor_id, by_skill) == 36
        await net.reach("published", episodes_per_env=6)


# --- encodings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_other_encodings_are_refused(empty_database: str, encoding: str) -> None:
    name = schema.database_name(empty_database)
    schema.drop_database(empty_database)
    server = urlsplit(empty_database)._replace(path="/postgres").geturl()
    rows(server, f"create database {name} encoding '{encoding}' lc_collate 'C' lc_ctype 'C' template template0")
    refused(empty_database, DatabaseRefused, f"has the encoding {encoding}, UTF8 is needed.*kinitro db create")
    assert schema.drop_database(empty_database) == schema.create_database(empty_database) == name
    schema.upgrade(empty_database)


# --- roles -----------------------------------------------------------------------------------------------------------


def test_a_role_that_may_not_create_tables_is_told_which_right_it_needs(empty_database: str) -> None:
    rows(empty_database, "revoke create on schema public from public")  # the default from PostgreSQL 15 on
    with role(empty_database, "newcomer") as url:
        with pytest.raises(DatabaseRefused, match="may not create tables in the schema public") as caught:
            schema.upgrade(url)
        (advice,) = re.findall("`(grant .*?)`", str(caught.value))
        rows(empty_database, advice)
        schema.upgrade(url)
        _lead(url)


def test_a_role_that_does_not_own_the_tables_is_told_which_rights_it_needs(database: str) -> None:
    with role(database, "tenant") as url:
        for change in ("", "revoke usage on schema public from public"):
            if change:
                rows(database, change)
            with pytest.raises(
                DatabaseRefused, match=r"role tenant may not use all of the schema public \(.* and \d+ more"
            ) as caught:
                _serve(url)
            for command in ("scheduler", "cycle list", "keys list"):
                refused(url, DatabaseRefused, "role tenant may not use all of the schema public", command)
        (advice,) = re.findall("`(grant .*?)`", str(caught.value))
        refused(url, DatabaseRefused, "names no schema .* that the role may use", "db init")
        for statement in advice.split(";"):
            rows(database, statement)
        _lead(url)
        assert schema.upgrade(url) == schema.head_revision(), "there is nothing to change"
        rows(database, "update kinitro_schema_version set version_num = '0005'")
        rows(database, "grant create on schema public to tenant")
        refused(url, DatabaseRefused, "tables belong to the role postgres", "db init")


async def test_a_role_with_all_rights_on_rows_can_run_a_cycle(database: str) -> None:
    with role(database, "worker") as url:
        with pytest.raises(DatabaseRefused) as caught:
            await asyncio.to_thread(_lead, url)
        for statement in re.findall("`(grant .*?)`", str(caught.value))[0].split(";"):
            rows(database, statement)
        await play(url)


def test_a_role_that_may_connect_to_no_other_database_is_told_so(postgres_url: str) -> None:
    url = urlsplit(postgres_url)._replace(path="/walled").geturl()
    with role(postgres_url, "walled", "createdb") as mine:
        mine = urlsplit(mine)._replace(path="/walled").geturl()
        rows(postgres_url, "revoke connect on database postgres from public")
        try:
            assert schema.create_database(mine) == "walled", "by way of template1"
            assert schema.drop_database(mine) == "walled"
            rows(postgres_url, "revoke connect on database template1 from public")
            for command in (schema.create_database, schema.drop_database):
                with pytest.raises(DatabaseRefused, match="neither to the database 'postgres' nor to 'template1'"):
                    command(mine)
            schema.create_database(url)
            rows(url, "revoke connect on database walled from public")
            refused(mine, DatabaseRefused, "may not connect at .*walled")
        finally:
            rows(postgres_url, "drop database if exists walled with (force)")
            rows(postgres_url, "grant connect on database postgres, template1 to public")


def test_a_table_of_another_program_under_our_name_is_named(empty_database: str) -> None:
    rows(empty_database, "create table task (id int)")
    refused(empty_database, DatabaseRefused, "something of another program .*task.*search_path", "db init")
    refused(empty_database, SchemaMismatch, "no schema", "api", "scheduler", "cycle list", "keys list")


# --- defaults of sessions --------------------------------------------------------------------------------------------

DEFAULTS = {
    "DateStyle": "German",
    "IntervalStyle": "sql_standard",
    "TimeZone": "Asia/Kathmandu",
    "bytea_output": "escape",
    "extra_float_digits": "-12",
    "client_encoding": "LATIN1",
    "standard_conforming_strings": "off",
    "transform_null_equals": "on",
    "array_nulls": "off",
    "quote_all_identifiers": "on",
    "default_transaction_isolation": "serializable",
    "default_transaction_deferrable": "on",
    "statement_timeout": "400ms",
    "lock_timeout": "1ms",
    "idle_session_timeout": "400ms",
    "idle_in_transaction_session_timeout": "400ms",
    "plpgsql.extra_errors": "all",
}


@pytest.mark.parametrize("owner", ["database", "role"])
async def test_defaults_of_a_database_or_a_role_change_nothing(empty_database: str, owner: str) -> None:
    with role(empty_database, "local_custom", "superuser") as url:
        named = schema.database_name(url) if owner == "database" else "local_custom"
        for name, value in DEFAULTS.items():
            rows(empty_database, f"alter {owner} {named} set {name} = '{value}'")
        await asyncio.to_thread(schema.create_database, urlsplit(url)._replace(path="/odd").geturl())
        await asyncio.to_thread(schema.drop_database, urlsplit(url)._replace(path="/odd").geturl())
        assert await asyncio.to_thread(schema.upgrade, url) == schema.head_revision()
        await play(url)
        with connect(url) as connected:
            assert create_key(connected, "one", "tasks")[0] == 1
            assert list_keys(connected)[0].created_at.utcoffset() is not None
        async with await open_pool(url, size=1) as connections, connections.connection() as pooled:
            row = await (await pooled.execute("select 0.1::float8 + 0.2::float8, 'NULL'::text")).fetchone()
            assert row == (0.1 + 0.2, "NULL")
        rows(empty_database, "drop owned by local_custom cascade")


def test_our_tables_are_found_wherever_the_search_path_leads(database: str) -> None:
    name = schema.database_name(database)
    rows(database, "create schema elsewhere")
    for path in ("elsewhere", "''", "elsewhere, public", '"$user", public'):
        rows(database, f"alter database {name} set search_path = {path}")
        assert schema.upgrade(database) == schema.head_revision()
        _lead(database)
        _keys(database)
    assert rows(database, "select count(*) from pg_class where relname = 'kinitro_schema_version'") == [(1,)]


async def test_a_schema_of_ones_own_is_used(empty_database: str) -> None:
    name = schema.database_name(empty_database)
    rows(empty_database, 'create schema "Own Place"')
    rows(empty_database, "create table public.task (id int)")  # another program's
    rows(empty_database, f'alter database {name} set search_path = "Own Place", public')
    await asyncio.to_thread(schema.upgrade, empty_database)
    assert schema.status(empty_database).differences == []
    await play(empty_database)
    assert rows(empty_database, "select count(*) from public.task") == [(0,)]


def test_a_search_path_without_a_schema_is_named(empty_database: str) -> None:
    rows(empty_database, f"alter database {schema.database_name(empty_database)} set search_path = nowhere")
    refused(empty_database, DatabaseRefused, "search_path .* names no schema", "db init")


def test_a_read_only_database_is_unavailable(database: str, empty_database: str) -> None:
    for url in (database, empty_database):
        rows(url, f"alter database {schema.database_name(url)} set default_transaction_read_only = on")
    refused(database, DatabaseUnavailable, "accepts no writes", "keys create")
    refused(empty_database, DatabaseUnavailable, "accepts no writes", "db init")


# --- refusals by SQLSTATE --------------------------------------------------------------------------------------------


@contextmanager
def foreign_server(sqlstate: str, sentence: str) -> Iterator[str]:
    """A server that refuses everybody with this code and sentence, as PostgreSQL does before a session begins."""
    fields = f"SFATAL\0VFATAL\0C{sqlstate}\0M{sentence}\0\0".encode()
    listener = socket.create_server(("127.0.0.1", 0))

    def refuse() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                while (size := client.recv(4)) and (request := client.recv(struct.unpack("!I", size)[0] - 4)):
                    if request[:4] == struct.pack("!HH", 1234, 5679):  # TLS? No.
                        client.sendall(b"N")
                        continue
                    client.sendall(b"E" + struct.pack("!I", 4 + len(fields)) + fields)
                    break

    thread = threading.Thread(target=refuse)
    thread.start()
    try:
        yield f"postgresql://wer:geheim@127.0.0.1:{listener.getsockname()[1]}/wo"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.mark.parametrize(
    ("sqlstate", "said", "kind", "sentence"),
    [
        ("3D000", "Datenbank »wo« existiert nicht", DatabaseRefused, "no such database.*kinitro db create"),
        ("28P01", "Passwort-Authentifizierung für Benutzer »wer« fehlgeschlagen", DatabaseRefused, "user or password"),
        ("28000", "Rolle »wer« existiert nicht", DatabaseRefused, "user or password"),
        ("42501", "keine Berechtigung für Datenbank »wo«", DatabaseRefused, "may not connect"),
        ("55000", "Datenbank »wo« akzeptiert gegenwärtig keine Verbindungen", DatabaseRefused, "takes no connections"),
        (
            "53300",
            "tut mir leid, schon zu viele Verbindungen",
            DatabaseUnavailable,
            "cannot be reached.*schon zu viele",
        ),
        ("57P03", "das Datenbanksystem startet", DatabaseUnavailable, "cannot be reached.*startet"),
        ("XX000", 'database "wo" does not exist', DatabaseUnavailable, "cannot be reached"),
    ],
)
def test_a_refusal_is_understood_in_every_language(
    sqlstate: str, said: str, kind: type[KinitroError], sentence: str
) -> None:
    with foreign_server(sqlstate, said) as url:
        refused(url, kind, sentence)


def test_the_addresses_own_connect_timeout_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.LINK_OPTIONS, "connect_timeout", 200)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://u:p@127.0.0.1:{silent.getsockname()[1]}/x"
        refused(f"{url}?connect_timeout=2", DatabaseUnavailable, "cannot be reached")
        monkeypatch.setenv("PGCONNECT_TIMEOUT", "2")
        refused(url, DatabaseUnavailable, "cannot be reached", "db init")


# --- poolers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pool_mode", ["transaction", "statement"])
@pytest.mark.parametrize("pool_size", [1, 20])
def test_a_pooler_that_shares_sessions_is_refused(
    database: str, monkeypatch: pytest.MonkeyPatch, pool_mode: str, pool_size: int
) -> None:
    monkeypatch.setattr("kinitro.database.pooler.WAIT_S", 1.0)
    with pgbouncer(database, pool_mode, pool_size=pool_size) as url:
        refused(url, ConfigurationError, "set pool_mode = session")
        rows(url, "select 1")  # nobody else was disturbed


async def test_a_pooler_that_keeps_sessions_is_fine(empty_database: str) -> None:
    with pgbouncer(empty_database, "session") as url:
        await play(url)
        await asyncio.to_thread(_lead, url)


def test_a_pooler_that_has_one_session_is_enough_for_a_command(database: str) -> None:
    with pgbouncer(database, "session", pool_size=1) as url:
        assert schema.upgrade(url) == schema.head_revision()
