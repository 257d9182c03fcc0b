"""Results outlive the key under which they were made: leases belong to executors, not to keys."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from pathlib import Path

import psycopg
import pytest

from kinitro.client.http import ApiClient
from kinitro.client.messages import TaskResult
from kinitro.database.keys import create_key, revoke_key
from kinitro.database.schema import upgrade
from kinitro.executor.service import Executor
from kinitro.executor.settings import ExecutorSettings
from kinitro.executor.spool import OTHERS_KEPT_S, Spool
from tests.fakes.api import serving
from tests.fakes.evaluator import FakeEvaluator
from tests.fakes.pool_rows import add_cycle, add_tasks, request, rows

RESULT = TaskResult(task_id=1, outcome=3, reason="timeout", steps=0)


def files(directory: Path) -> list[Path]:
    return sorted(directory.rglob("*.json"))


async def left_behind(directory: Path, url: str, key: str | None, lease_id: int = 1) -> None:
    """As an executor leaves it that ended before it could report."""
    await Spool(directory, url, key).put(lease_id, RESULT)


async def hand_in(directory: Path, url: str, key: str) -> None:
    """An executor starts with this key, hands in what it finds, and stops."""
    stop = asyncio.Event()
    spool = Spool(directory, url, key)
    settings = ExecutorSettings.load(api_url=url, api_key=key, spool_dir=directory, grace_s=0)
    async with ApiClient(url, key) as api:
        work = asyncio.create_task(Executor(settings, api, FakeEvaluator(takes_s=600), spool).run(stop))
        async with asyncio.timeout(30):
            while len(spool):
                assert not work.done(), work.exception()
                await asyncio.sleep(0.01)
        stop.set()
        await work


async def test_an_executor_whose_key_was_rotated_hands_in_what_it_had(empty_database: str, tmp_path: Path) -> None:
    await asyncio.to_thread(upgrade, empty_database)
    add_tasks(empty_database, add_cycle(empty_database), uids=[0])
    with psycopg.connect(empty_database, autocommit=True) as connection:
        number, old = create_key(connection, "gpu-1", "tasks")
        _, new = create_key(connection, "gpu-1", "tasks")
        _, other = create_key(connection, "gpu-2", "tasks")
        async with serving(empty_database) as url:
            async with ApiClient(url, old) as api:
                leased = await api.fetch(request(1))
            assert leased.lease_id is not None
            await Spool(tmp_path, url, old).put(
                leased.lease_id, RESULT.model_copy(update={"task_id": leased.tasks[0].task_id})
            )
            revoke_key(connection, number)
            finished = "select count(*) from task where outcome is not null"
            await hand_in(tmp_path, url, other)
            assert rows(empty_database, finished) == [(0,)], "leases are not another executor's"
            assert len(files(tmp_path)) == 1, "and its results are not thrown away"
            await hand_in(tmp_path, url, new)
            assert rows(empty_database, finished) == [(1,)]
            assert files(tmp_path) == []


async def test_results_of_another_api_are_left_alone(tmp_path: Path) -> None:
    await left_behind(tmp_path, "http://one", "key")
    assert len(Spool(tmp_path, "http://another", "new key")) == 0
    assert len(Spool(tmp_path, "http://one/", "new key")) == 1


async def test_what_was_spooled_before_directories_had_both_names_is_found(tmp_path: Path) -> None:
    """A directory was named after a digest of address and key together."""
    before = tmp_path / hashlib.sha256(b"http://api\nkey").hexdigest()[:16]
    before.mkdir()
    (before / "3-1.json").write_text(RESULT.model_dump_json())
    spool = Spool(tmp_path, "http://api", "key")
    assert spool.batch(10) == (3, [RESULT])
    spool.remove(3, 1)
    assert files(tmp_path) == []


async def test_what_no_lease_can_be_alive_for_is_removed(tmp_path: Path) -> None:
    await left_behind(tmp_path, "http://api", "lost key")
    (path,) = files(tmp_path)
    long_ago = time.time() - OTHERS_KEPT_S - 60
    os.utime(path, (long_ago, long_ago))
    assert len(Spool(tmp_path, "http://api", "new key")) == 0
    assert files(tmp_path) == []


async def test_files_are_for_their_owner_and_name_no_key(tmp_path: Path) -> None:
    await left_behind(tmp_path, "http://api", "kin_secret")
    (path,) = files(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert "kin_secret" not in str(path)


async def test_a_result_that_was_taken_before_it_was_written_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path, "http://api", None)
    write = spool._write

    def slowly(key: tuple[int, int], result: TaskResult) -> None:
        spool.remove(*key)
        write(key, result)

    monkeypatch.setattr(spool, "_write", slowly)
    await spool.put(1, RESULT)
    assert (len(spool), files(tmp_path)) == (0, [])
