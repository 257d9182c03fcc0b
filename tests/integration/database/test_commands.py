"""`kinitro db`, `kinitro keys` and `kinitro api` as an operator runs them: one sentence, the right exit code."""

from __future__ import annotations

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx2
import psycopg
import pytest
from typer.testing import CliRunner

from kinitro.api.server import bind_socket
from kinitro.api.settings import ApiSettings
from kinitro.cli import build_app
from kinitro.database import schema
from kinitro.database.errors import DatabaseRefused, SchemaMismatch
from kinitro.database.keys import create_key
from kinitro.database.pool import connect
from kinitro.errors import KinitroError
from kinitro.local.ports import free_ports
from tests.fakes.pool_rows import add_cycle, add_tasks, rows


def kinitro(*arguments: str, url: str, answer: str | None = None) -> str:
    """What the command prints, or the sentence that its error says; run in this process."""
    arguments = (*arguments, "--database-url", url)
    done = CliRunner().invoke(build_app(), list(arguments), input=answer)
    if isinstance(done.exception, KinitroError):
        return str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.output


def another(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def test_a_database_from_creation_to_its_end(postgres_url: str) -> None:
    url = another(postgres_url, f"life_{os.getpid()}")
    assert "create it with `kinitro db create`" in kinitro("db", "init", url=url)
    assert "Next: kinitro db init" in kinitro("db", "create", url=url)
    assert "exists already" in kinitro("db", "create", url=url)
    assert "no schema" in kinitro("db", "status", url=url)
    assert "revision 0" in kinitro("db", "init", url=url)
    assert "revision 0" in kinitro("db", "init", url=url)
    rows(url, "insert into executor (name) values ('x')")
    assert re.search(r"revision \d+ \(up to date\)[\s\S]*executor +1\n", kinitro("db", "status", url=url))
    assert "Aborted" in kinitro("db", "drop", url=url, answer="n\n")
    with psycopg.connect(url):
        assert "--force" in kinitro("db", "drop", "--yes", url=url)
        assert "new and empty" in kinitro("db", "reset", "--yes", "--force", url=url)
    assert re.search(r"executor +0\n", kinitro("db", "status", url=url))
    assert "Dropped" in kinitro("db", "drop", url=url, answer="y\n")
    assert "There is no database" in kinitro("db", "drop", "--yes", url=url)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://localhost/x", "write postgresql://"),
        ("localhost/x", "write postgresql://"),
        ("postgresql://127.0.0.1:1/x", "cannot be reached"),
        ("postgresql://nobody.invalid/x", "cannot be reached"),
        ("postgresql://u:p@[::1/x", "cannot be read"),
        ("postgresql://u@h:port/x", "cannot be read|cannot be reached"),
        ("postgresql:///x?nonsense=1", "cannot be read"),
    ],
)
def test_a_wrong_address_is_one_sentence(url: str, sentence: str) -> None:
    for command in (("db", "init"), ("db", "create"), ("keys", "list"), ("api", "--port", "0")):
        said = kinitro(*command, url=url)
        assert re.search(sentence, said), (command, said)
        assert "\n" not in said.strip()


def test_a_wrong_password_is_not_shown_again(postgres_url: str) -> None:
    wrong = re.sub(r":[^:@]+@", ":not-the-password@", postgres_url)
    said = kinitro("db", "status", url=wrong)
    assert "refused the user or password" in said
    assert "not-the-password" not in said


def test_upgrades_at_the_same_time_take_turns(empty_database: str) -> None:
    command = [sys.executable, "-m", "kinitro", "db", "init", "--database-url", empty_database]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    ends = [(process.communicate(timeout=120), process.returncode) for process in running]
    assert [code for _, code in ends] == [0, 0, 0], ends


def test_a_schema_that_is_newer_or_missing_is_named(database: str, empty_database: str) -> None:
    rows(database, "update kinitro_schema_version set version_num = '9999'")
    for refused in (lambda: schema.upgrade(database), lambda: schema.status(database).head and _serve(database)):
        with pytest.raises(SchemaMismatch, match="install the newer kinitro"):
            refused()
    with pytest.raises(SchemaMismatch, match="run `kinitro db init`"):
        _serve(empty_database)


def test_a_schema_that_was_changed_by_hand_is_listed_and_refused(database: str) -> None:
    for index in ("task_waiting", "task_cycle", "trace_cycle", "recording_cycle"):
        rows(database, f"drop index {index}")
    said = kinitro("db", "status", url=database)
    assert "not as it should be" in said
    assert re.findall("index (.*) is missing", said) == ["recording_cycle", "task_cycle", "task_waiting", "trace_cycle"]
    for refused in (("db", "init"), ("keys", "list"), ("cycle", "list"), ("api", "--port", "0")):
        assert "index task_waiting is missing, and 1 more" in kinitro(*refused, url=database)


def _serve(url: str) -> None:
    from kinitro.api.main import run

    run(ApiSettings(database_url=url, port=0))


def test_keys_are_shown_once_and_rotated(database: str) -> None:
    first = kinitro("keys", "create", "gpu-1", url=database)
    assert re.search(r"^kin_[\w-]{43}$", first, re.MULTILINE)
    kinitro("keys", "create", "gpu-1", url=database)
    assert "two live keys" in kinitro("keys", "create", "gpu-1", url=database)
    assert "Key 3" in kinitro("keys", "create", "gpu-1", "--scope", "read", url=database)
    assert "is revoked" in kinitro("keys", "revoke", "1", url=database)
    assert "was revoked at" in kinitro("keys", "revoke", "1", url=database)
    assert "There is no key 99" in kinitro("keys", "revoke", "99", url=database)
    assert "Key 4" in kinitro("keys", "create", "gpu-1", url=database)
    listed = kinitro("keys", "list", url=database)
    assert "revoked" in listed
    assert "never" in listed
    assert "kin_" not in listed
    assert "cannot be" in kinitro("keys", "create", "two words", url=database)


def test_a_deployment_brings_its_own_keys(database: str) -> None:
    key = f"kin_{secrets.token_urlsafe(32)}"
    assert "Key 1 of 'fleet', scope tasks, is there" in kinitro("keys", "import", "fleet", url=database, answer=key)
    assert "Key 1 of" in kinitro("keys", "import", "fleet", url=database, answer=f"{key}\r\n")
    refusals = [
        kinitro("keys", "import", "fleet", "--scope", "read", url=database, answer=key),
        kinitro("keys", "import", "other", url=database, answer=key),
        kinitro("keys", "import", "fleet", url=database, answer=key[:-1]),
        kinitro("keys", "import", "fleet", url=database, answer=""),
    ]
    wanted = ["is number 1, of 'fleet' with the scope tasks"] * 2 + ["has 46 characters", "has 0 characters"]
    for refusal, words in zip(refusals, wanted, strict=True):
        assert words in refusal
        assert key[4:20] not in refusal
    assert rows(database, "select count(*) from executor") == [(1,)]
    kinitro("keys", "revoke", "1", url=database)
    assert "which was revoked" in kinitro("keys", "import", "fleet", url=database, answer=key)


def test_old_cycles_are_pruned_and_new_ones_kept(database: str) -> None:
    for state in ("published", "failed", "published", "running"):
        add_tasks(database, add_cycle(database, state=state), uids=[0])
    assert "removed 6 rows" in kinitro("db", "prune", "--keep", "2", url=database)
    assert rows(database, "select cycle_id, count(*) from task group by 1 order by 1") == [(2, 6), (3, 6), (4, 6)]


def test_a_restored_backup_is_made_safe(database: str) -> None:
    assert "All leases ended" in kinitro("db", "restored", url=database)
    assert rows(database, "select nextval('lease_id_seq') > 1000000000") == [(True,)]


def test_an_open_api_needs_keys(database: str) -> None:
    everywhere = ("0.0.0.0", "::", "0", "::ffff:0.0.0.0", "::ffff:0:0", "0:0:0:0:0:ffff:0:0", "::0.0.0.0")
    for host in (*everywhere, "8.8.8.8", "::ffff:8.8.8.8", "example.org"):
        assert "--no-auth is refused" in kinitro("api", "--no-auth", "--host", host, url=database)


def test_without_keys_it_counts_where_a_name_leads(monkeypatch: pytest.MonkeyPatch, database: str) -> None:
    """A machine's hosts file may say anything about localhost."""
    anywhere = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("0.0.0.0", 0))]
    monkeypatch.setattr("kinitro.api.server.socket.getaddrinfo", lambda *_, **__: anywhere)
    assert "--no-auth is refused" in kinitro("api", "--no-auth", "--host", "localhost", "--port", "0", url=database)


def test_a_taken_port_and_a_foreign_address(database: str) -> None:
    with bind_socket("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        assert f"Port {port} on 127.0.0.1 is already in use" in kinitro("api", "--port", port, url=database)
    assert "cannot be listened on" in kinitro("api", "--host", "192.0.2.1", "--port", "0", url=database)
    assert "is not a valid address" in kinitro("api", "--host", "no such host", "--port", "0", url=database)
    assert "--port (or KINITRO_API_PORT) cannot be 70000" in kinitro("api", "--port", "70000", url=database)


def test_a_connection_string_may_name_options(postgres_url: str) -> None:
    with connect(postgres_url + "?application_name=operator") as connection:
        assert connection.execute("show application_name").fetchone() == ("operator",)
    with connect(postgres_url.replace("postgresql://", "postgresql+asyncpg://")) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert schema.database_name("postgresql://somebody@host") == "somebody"
    with pytest.raises(DatabaseRefused, match="names no database"):
        schema.database_name("postgresql://host")


def test_sigterm_turns_work_away_and_a_second_one_ends_it(database: str) -> None:
    with connect(database) as connection:
        _, key = create_key(connection, "gpu-1", "tasks")
    bearer = {"Authorization": f"Bearer {key}"}
    with _api(database, "--drain-notice-s", "60") as process, httpx2.Client(base_url=_url(process)) as client:
        process.send_signal(signal.SIGTERM)
        while (ready := client.get("/ready")).status_code == 200:
            pass
        assert (ready.status_code, ready.json()["detail"]) == (503, "This instance is draining.")
        assert client.get("/v1/status").status_code == 200
        assert client.post("/v1/tasks/fetch", json={"fingerprint": "p"}, headers=bearer).status_code == 503
        assert client.post("/v1/leases/1/heartbeat", headers=bearer).status_code == 409
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def test_sigterm_waits_for_requests_in_flight(database: str) -> None:
    with (
        _api(database) as process,
        httpx2.Client(base_url=_url(process)) as client,
        ThreadPoolExecutor(1) as thread,
        psycopg.connect(database) as connection,
    ):
        connection.execute("lock table publication")
        answer = thread.submit(client.get, "/v1/weights/latest", timeout=60)
        waiting = "select 1 from pg_locks where not granted and relation = 'publication'::regclass"
        while not rows(database, waiting):
            pass
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert process.poll() is None
        connection.commit()
        assert answer.result().json()["detail"].startswith("No cycle has been published yet")
        assert process.wait(timeout=30) == 0


@contextmanager
def _api(url: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A `kinitro api` process that is ready; `_url` finds it."""
    port = str(free_ports(1)[0])
    command = [sys.executable, "-m", "kinitro", "api", "--database-url", url, "--port", port, *arguments]
    process = subprocess.Popen(command, text=True)
    try:
        deadline = time.monotonic() + 90
        while True:
            assert process.poll() is None, "the API stopped"
            assert time.monotonic() < deadline, "the API did not become ready"
            try:
                if httpx2.get(f"{_url(process)}/ready").status_code == 200:
                    break
            except httpx2.TransportError:
                time.sleep(0.1)
        yield process
    finally:
        process.kill()
        process.wait()


def _url(process: subprocess.Popen[str]) -> str:
    command = process.args
    assert isinstance(command, list)
    return f"http://127.0.0.1:{command[command.index('--port') + 1]}"
