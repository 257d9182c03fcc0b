"""Upgrades: from every schema that ever landed to today's, with rows in every table and a cycle in flight.

`landed/*.sql` are dumps of databases that earlier programs made, see tools/landed_schemas.py.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import httpx2
import psycopg
import pytest

from kinitro.api.application import create_app
from kinitro.api.settings import ApiSettings
from kinitro.audit.audit import audit_cycle
from kinitro.client.http import ApiClient
from kinitro.client.records import TaskOutcome
from kinitro.database import catalogue, schema
from kinitro.database.errors import SchemaMismatch
from tests.fakes.executor import run_tasks
from tests.fakes.pool_rows import report as pool_report
from tests.fakes.pool_rows import rows
from tests.fakes.subnet import by_skill, subnet

LANDED = Path(__file__).with_name("landed")
DUMPS = sorted(LANDED.glob("*.sql"))
VERSIONS = schema.MIGRATIONS / "versions"
REVISIONS = sorted({path.name[:4] for path in VERSIONS.glob("*.py")})


def restore(url: str, dump: Path) -> None:
    """What `dump` holds, in a new database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set check_function_bodies = off")
        connection.execute(dump.read_text(encoding="utf-8").encode())


def test_the_catalogue_file_is_what_the_migrations_make(database: str) -> None:
    """A migration that is added changes the file with it."""
    assert schema.list_catalogue(database) == list(catalogue.expected()), "run tools/schema_catalogue.py"


def test_what_landed_is_never_edited() -> None:
    """A migration may have run somewhere: change the schema by a new one, and add its digest when it lands."""
    landed = dict(reversed(line.split("  ")) for line in (LANDED / "digests.txt").read_text().splitlines())
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in VERSIONS.glob("*.*")}
    assert files == landed


# Every dump to today's revision at once, and the newest one with a stop at every revision since it was made.
WAYS = [(dump, REVISIONS[-1]) for dump in DUMPS] + [(DUMPS[-1], stop) for stop in REVISIONS[:-1] if stop > "0005"]


@pytest.mark.parametrize(("dump", "stop"), WAYS, ids=[f"{dump.stem}-{stop}" for dump, stop in WAYS])
async def test_every_landed_schema_becomes_todays_and_its_cycle_goes_on(
    empty_database: str, database: str, dump: Path, stop: str
) -> None:
    url = empty_database
    restore(url, dump)
    tables = [name for (name,) in rows(url, "select tablename from pg_tables where schemaname = 'public'")]
    before = {name: rows(url, f"select count(*) from {name}")[0][0] for name in tables if name != "alembic_version"}
    assert all(before.values()), before

    schema.migrate(url, stop)
    assert schema.upgrade(url) == REVISIONS[-1]
    assert schema.list_catalogue(url) == schema.list_catalogue(database)
    assert rows(url, "select to_regclass('alembic_version')") == [(None,)]
    after = {name: rows(url, f"select count(*) from {name}")[0][0] for name in before if name != "lease"}
    assert after == {name: count for name, count in before.items() if name != "lease"}

    async with subnet(url) as net:
        for lease, tasks in rows(url, "select id, task_ids from lease"):
            reports = [pool_report(task, 1, trace=b"trace", success_step=5) for task in tasks]
            statuses = await net.pool.submit(net.executor_id, lease, reports)
            assert [status.status for status in statuses] == ["accepted"] * 5
        await run_tasks(net.pool, net.executor_id, by_skill)
        results = "select count(*) from task where cycle_id = 2 and outcome in ('success', 'failure')"
        assert rows(url, results) == [(36,)]
        await net.reach("published", episodes_per_env=6)
        assert rows(url, "select id, state from cycle order by id") == [(1, "published"), (2, "published")]
    app = create_app(ApiSettings.load(database_url=url))
    async with app.router.lifespan_context(app), ApiClient("http://api", transport=httpx2.ASGITransport(app)) as api:
        for cycle_id in (1, 2):
            audited = await audit_cycle(api, cycle_id, sample=0, workers=0)
            differs = [text for check in audited.failures for text in check.differences]
            assert all("has version 1, here it is 2" in text for text in differs), "only the environments are others"


@pytest.mark.parametrize(
    "marked",
    [
        """update cycle set config = config || '{"sequential": true}' where id = 1""",
        "update task set outcome = 9 where id = (select min(id) from task where cycle_id = 1)",
    ],
)
def test_sequential_cycles_stop_the_upgrade_until_the_operator_drops_them(empty_database: str, marked: str) -> None:
    url = empty_database
    restore(url, DUMPS[-1])
    rows(url, marked)
    found = "select array_agg(id order by id), (select count(*) from task), to_regclass('task_next') from cycle"
    before = rows(url, found)
    with pytest.raises(SchemaMismatch, match=r"^Cycle 1 was played with --sequential.*`kinitro db init --drop-seq"):
        schema.upgrade(url)
    assert rows(url, found) == before
    assert schema.upgrade(url, drop_sequential=True) == REVISIONS[-1]
    for table in ("cycle_miner", "task", "lease", "trace", "publication"):
        assert rows(url, f"select count(*) from {table} where cycle_id = 1") == [(0,)]
    assert rows(url, "select id, state from cycle") == [(2, "running")]
    assert rows(url, "select count(*) from task where cycle_id = 2") == [(36,)]


def test_outcomes_that_were_numbers_get_names(empty_database: str) -> None:
    url = empty_database
    restore(url, DUMPS[-1])
    schema.migrate(url, "0007")
    for task, number in enumerate([1, 2, 3, 4, 8, None], 1):
        rows(url, "update task set outcome = %s where id = %s", number, task)
    rows(url, "update task set outcome = 5 where id = 7")
    with pytest.raises(psycopg.errors.InvalidTextRepresentation, match='enum outcome: "5"'):
        schema.migrate(url)
    assert rows(url, "select outcome from task where id = 7") == [(5,)], "nothing was upgraded"
    rows(url, "update task set outcome = 1 where id = 7")
    schema.migrate(url)
    named = [name for (name,) in rows(url, "select outcome from task where id < 7 order by id")]
    assert named == ["success", "failure", "policy_fault", "void", "cancelled", None]
    assert {TaskOutcome[name.upper()].value for name in named if name} == {1, 2, 3, 4, 8}


@pytest.mark.parametrize("theirs", ["4e1f2a", "0003"])
def test_the_version_table_of_another_program_is_left_alone(empty_database: str, theirs: str) -> None:
    rows(empty_database, "create table alembic_version (version_num varchar(32) primary key)")
    rows(empty_database, "insert into alembic_version values (%s)", theirs)
    for _ in range(2):
        assert schema.upgrade(empty_database) == REVISIONS[-1]
        assert rows(empty_database, "select * from alembic_version") == [(theirs,)]


def test_a_version_table_that_was_shared_keeps_the_other_programs_row(empty_database: str) -> None:
    restore(empty_database, DUMPS[-1])
    rows(empty_database, "insert into alembic_version values ('4e1f2a')")
    assert schema.upgrade(empty_database) == REVISIONS[-1]
    assert rows(empty_database, "select * from alembic_version") == [("4e1f2a",)]


NEW_SOURCE = """
create or replace function miners_with_room(p_cycle int, p_chosen bigint[], p_policies text[], p_hosted int[])
returns table (uid int, room bigint)
stable language sql as 'select 1, 1::bigint'
"""


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ("drop index task_waiting", "index task_waiting is missing"),
        ("drop table trace_digest", "table trace_digest is missing"),
        (NEW_SOURCE, r"function miners_with_room\(.*\) is different"),
        (
            "create function fetch_tasks(int) returns int language sql as 'select 1'",
            r"fetch_tasks\(integer\) is not ours",
        ),
        ("alter table cycle_miner alter sealed drop not null", "column cycle_miner.sealed is different"),
        ("alter table cycle_miner alter sealed drop default", "column cycle_miner.sealed is different"),
        ("alter type outcome add value 'spared'", "type outcome is different"),
        ("alter table task alter steps type bigint", "column task.steps is different"),
        ("alter table task add column extra int", "column task.extra is not ours"),
        ("alter table cycle_miner drop constraint cycle_miner_cycle_id_fkey", "constraint cycle_miner_cycle_id_fkey"),
        ("alter table verification set unlogged", "table verification is different"),
        ("create unique index one_try on task (uid)", "unique index one_try is not ours"),
        ("update pg_index set indisvalid = false where indexrelid = 'task_cycle'::regclass", "index task_cycle"),
    ],
)
async def test_a_schema_that_only_says_it_is_ours_is_refused(database: str, change: str, difference: str) -> None:
    rows(database, change)
    with pytest.raises(SchemaMismatch, match=difference):
        schema.upgrade(database)
    async with await psycopg.AsyncConnection.connect(database) as connection:
        with pytest.raises(SchemaMismatch, match=difference):
            await schema.check_schema(connection)
    assert re.search(difference, "\n".join(schema.status(database).differences))


def test_an_operator_may_tune_the_storage_and_add_indexes(database: str) -> None:
    rows(database, "create index mine on task (executor_id)")
    rows(database, "alter table task set (autovacuum_vacuum_scale_factor = 0.1)")
    rows(database, "create table somebody_elses (id int)")
    assert schema.upgrade(database) == REVISIONS[-1]
    assert schema.status(database).differences == []
