"""Writes tests/integration/database/landed/*.sql: databases as each landed state of the migrations left them.

    .venv/bin/python tools/landed_schemas.py

Until revision 0006 landed migrations were rewritten in place, so that one revision number stands for several schemas.
For each state of the folder of migrations in git this makes a database with the last program that had it: its own
`kinitro db init`, its own scheduler and its own task pool, until one cycle is published and the next is half done, with
a lease out. The tests upgrade what is dumped here, and need no history of git. From 0006 on what landed is never edited
(a test sees to it), and a database at an old revision can be made by migrating an empty one to it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from kinitro.local.postgres import LocalPostgres, find_binaries

ROOT = Path(__file__).parents[1]
LANDED = ROOT / "tests/integration/database/landed"
MIGRATIONS = "kinitro/database/migrations"
NEVER_REWRITTEN = "versions/0006_functions.py"
"""The first migration of the time when landed ones were left alone."""
NOT_KEPT = ("--", "\\", "SET ", "SELECT pg_catalog.set_config")
"""How lines of a dump begin that are comments, psql's own commands, or settings that older servers do not have."""

FILL = """
import asyncio, sys
import psycopg
from kinitro.database.keys import create_key
from kinitro.client.messages import FetchRequest
from tests.fakes.executor import run_tasks
try:
    from tests.fakes.subnet import by_skill, subnet
except ImportError:
    from tests.integration.test_scheduler import by_skill, subnet

OPTIONS = {"episodes_per_env": 6}

async def main(url):
    async with subnet(url) as net:
        await net.reach("running", **OPTIONS)
        await run_tasks(net.pool, net.executor_id, by_skill)
        await net.reach("published", **OPTIONS)
        await net.reach("running", **OPTIONS)
        await run_tasks(net.pool, net.executor_id, by_skill, limit=10)
        lease = await net.pool.fetch(net.executor_id, FetchRequest(max_tasks=5, fingerprint="physics-1"))
        assert len(lease.tasks) == 5, lease
    with psycopg.connect(url, autocommit=True) as connection:
        create_key(connection, "two", "tasks")
        connection.execute("insert into trace_digest values (999999, 1, sha256('x')) on conflict do nothing")
        if connection.execute("select to_regclass('recording') is not null").fetchone()[0]:
            connection.execute("insert into recording values (999999, 1, 'x') on conflict do nothing")
            connection.execute("insert into verification (task_id, cycle_id, uid) values (999999, 1, 9)")

asyncio.run(main(sys.argv[1]))
"""


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def states() -> list[tuple[str, str]]:
    """(first, last) commit of each state of the migrations that `kinitro db init` could apply, oldest first."""
    found: dict[str, tuple[str, str]] = {}
    for commit in git("rev-list", "--reverse", "HEAD").splitlines():
        files = git("ls-tree", "-r", "--name-only", commit, f"{MIGRATIONS}/")
        if f"{MIGRATIONS}/{NEVER_REWRITTEN}" in files:
            break
        if f"{MIGRATIONS}/env.py" in files:
            tree = git("rev-parse", f"{commit}:{MIGRATIONS}")
            found[tree] = (found.get(tree, (commit, ""))[0], commit)
    return list(found.values())


def dump(server: LocalPostgres, number: int, first: str, last: str) -> None:
    """Make a database with the program of commit `last`, and write it down."""
    from urllib.parse import urlsplit

    import psycopg

    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"create database landed_{number}")
    url = urlsplit(server.url)._replace(path=f"/landed_{number}").geturl()
    with tempfile.TemporaryDirectory() as directory:
        git("worktree", "add", "--detach", directory, last)
        try:
            environment = {**os.environ, "PYTHONPATH": directory}
            init = [sys.executable, "-m", "kinitro", "db", "init", "--database-url", url]
            subprocess.run(init, cwd=directory, env=environment, check=True)
            subprocess.run([sys.executable, "-c", FILL, url], cwd=directory, env=environment, check=True)
        finally:
            git("worktree", "remove", "--force", directory)
    dumped = subprocess.run(
        [find_binaries() / "pg_dump", "--inserts", "--no-owner", "--no-privileges", url],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    revision = dumped.split("INSERT INTO public.alembic_version VALUES ('")[1][:4]
    lines = [
        f"-- What the migrations of commit {first[:7]} made; its rows are from the program of commit {last[:7]}.",
        *(line for line in dumped.splitlines() if line and not line.startswith(NOT_KEPT)),
    ]
    path = LANDED / f"{number:02}_{revision}_{first[:7]}.sql"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{path.relative_to(ROOT)}: {len(lines)} lines")


def main() -> None:
    LANDED.mkdir(exist_ok=True)
    with LocalPostgres() as server:
        for number, (first, last) in enumerate(states(), 1):
            dump(server, number, first, last)


if __name__ == "__main__":
    main()
