"""Recordings go in with results, out under leases, and their verdicts come back exactly once."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import psycopg
import pytest

from kinitro.client.errors import ApiNotFound, ApiUnauthorized, LeaseLost
from kinitro.client.http import ApiClient
from kinitro.client.messages import SubmitRequest
from kinitro.client.verdicts import (
    Evidence,
    MinerVerdicts,
    RecordingRecord,
    VerdictPage,
    VerificationLease,
    VerificationReport,
    VerificationRequest,
    VerificationTask,
)
from kinitro.database.keys import create_key
from kinitro.database.schema import connect
from kinitro.database.verifications import MAX_ATTEMPTS, NOT_IN_TIME, Verifications
from kinitro.evaluation import recordings, traces
from tests.fakes.api import serving
from tests.fakes.pool_rows import add_cycle, add_executor, add_tasks, request, rows
from tests.fakes.reports import honest as report_on

BOUNDS = {"repo": "a/b", "revision": "c" * 40, "tolerance": 0.01, "required_share": 0.9}
DONE: dict[str, dict[str, Any]] = {
    "match": BOUNDS | {"compared": 9, "matching": 9},
    "mismatch": BOUNDS | {"compared": 9, "matching": 3},
    "error": {"cause": "machine"},
}
ASK = VerificationRequest(verifier="checker", fingerprint="physics-a")


@pytest.fixture
def cycle(database: str) -> int:
    cycle_id = add_cycle(database)
    add_tasks(database, cycle_id, uids=[0, 1])
    rows(database, "update cycle_miner set repo = 'a/b', revision = repeat('c', 40), first_block = 7")
    return cycle_id


@pytest.fixture
async def api(database: str, cycle: int) -> AsyncIterator[ApiClient]:
    async with serving(database, auth=False) as url, ApiClient(url, tries=1) as client:
        yield client


async def record(api: ApiClient, tasks: int = 12, outcome: int = 1) -> list[int]:
    """Finish tasks with recordings; their numbers."""
    lease = await api.fetch(request(tasks))
    results = [report_on(task, outcome, recorded=True) for task in lease.tasks]
    assert lease.lease_id is not None
    answer = await api.submit(SubmitRequest(lease_id=lease.lease_id, results=results))
    again = await api.submit(SubmitRequest(lease_id=lease.lease_id, results=results))
    assert {status.status for status in answer.results} == {"accepted"}
    assert {status.status for status in again.results} == {"duplicate"}
    return [task.task_id for task in lease.tasks]


async def test_a_miner_without_a_policy_is_not_verified(database: str, api: ApiClient) -> None:
    rows(database, "update cycle_miner set revision = null where uid = 0")
    await record(api)
    verified = rows(database, "select distinct uid from verification")
    assert verified == [(1,)]
    assert (await claimed(api)).uid == 1


async def claimed(api: ApiClient, **changes: Any) -> VerificationTask:
    task = (await api.fetch_verification(ASK.model_copy(update=changes))).task
    assert task is not None
    return task


def report(task: VerificationTask, verdict: str = "match", **evidence: Any) -> VerificationReport:
    return VerificationReport(
        task_id=task.task_id,
        lease_id=task.lease_id,
        verdict=verdict,  # type: ignore[arg-type]
        evidence=Evidence(**DONE[verdict] | evidence),
    )


async def test_a_recording_reaches_a_verifier_and_its_verdict_is_final(api: ApiClient, database: str) -> None:
    (task_id,) = await record(api, 1)
    task = await claimed(api)
    assert (task.task_id, task.repo, task.revision) == (task_id, "a/b", "c" * 40)
    trace = traces.decode(base64.b64decode(task.trace))
    assert recordings.decode(base64.b64decode(task.recording)).task.env_id == trace.env_id
    assert (await api.fetch_verification(ASK)).task is None
    lease = VerificationLease(task_id=task.task_id, lease_id=task.lease_id)
    assert (await api.extend_verification(lease)).ttl_s > 0
    mismatch = report(task, "mismatch", reason="they differ")
    assert (await api.submit_verdict(mismatch)).status == "accepted"
    assert (await api.submit_verdict(mismatch)).status == "duplicate"
    assert (await api.submit_verdict(report(task, "match"))).status == "stale"
    with pytest.raises(LeaseLost):
        await api.extend_verification(lease)
    assert rows(database, "select verdict, evidence ->> 'matching' from verification") == [("mismatch", "3")]


async def test_only_results_that_count_for_a_miner_are_verified(api: ApiClient, database: str) -> None:
    await record(api, 2, outcome=3)
    await record(api, 1, outcome=4)
    assert (await api.fetch_verification(ASK)).task is None
    assert rows(database, "select count(*) from recording") == [(0,)]


async def test_nobody_may_add_a_recording_to_another_executors_result(database: str, cycle: int) -> None:
    (_, mine), (_, other) = add_executor(database, "mine"), add_executor(database, "other")
    async with serving(database) as url, ApiClient(url, mine, tries=1) as owner, ApiClient(url, other) as thief:
        lease = await owner.fetch(request(1))
        assert lease.lease_id is not None
        result = report_on(lease.tasks[0])
        await owner.submit(SubmitRequest(lease_id=lease.lease_id, results=[result]))
        forged = report_on(lease.tasks[0], recorded=True)
        await thief.submit(SubmitRequest(lease_id=lease.lease_id, results=[forged]))
    assert rows(database, "select count(*) from recording") == [(0,)]


async def test_a_recording_that_is_no_base64_is_named(api: ApiClient) -> None:
    lease = await api.fetch(request(1))
    body = {"lease_id": lease.lease_id,
            "results": [{"task_id": lease.tasks[0].task_id, "outcome": 1, "steps": 5, "recording": "%"}]}  # fmt: skip
    async with httpx2.AsyncClient(base_url=api.base_url) as client:
        response = await client.post("/v1/tasks/submit", json=body)
    assert response.status_code == 422
    assert "recording" in response.text


async def test_miners_that_were_looked_at_least_come_first(api: ApiClient, database: str) -> None:
    await record(api)
    uids = [(await claimed(api)).uid for _ in range(6)]
    assert sorted(uids[:2]) == sorted(uids[2:4]) == sorted(uids[4:]) == [0, 1]


async def test_who_used_the_fewest_seconds_comes_first(api: ApiClient, database: str) -> None:
    """A slow upload delays its own checks, not everybody's."""
    await record(api)
    for took_s in {0: 600.0, 1: 5.0}, {0: 600.0, 1: 5.0}:
        task = await claimed(api)
        await api.submit_verdict(report(task, "match", took_s=took_s[task.uid]))
    assert [uid for (uid,) in rows(database, "select distinct uid from verification where verdict is not null")] == [
        0,
        1,
    ]
    following = []
    for _ in range(5):
        task = await claimed(api)
        following.append(task.uid)
        await api.submit_verdict(report(task, "match", took_s=5.0))
    assert following == [1] * 5
    assert (await claimed(api)).uid == 0, "it waits, and is not forgotten"


async def test_what_is_under_way_counts_so_that_verifiers_do_not_all_take_the_same_miners(api: ApiClient) -> None:
    await record(api)
    for _ in range(2):
        await api.submit_verdict(report(await claimed(api), "match", took_s=5.0))
    assert {(await claimed(api)).uid, (await claimed(api)).uid} == {0, 1}


async def test_a_verifier_is_told_how_fast_the_deployed_server_was(api: ApiClient, database: str) -> None:
    (task_id,) = await record(api, 1)
    rows(database, "update task set timings = '{5,20,90,1,1}' where id = %s", task_id)
    assert (await claimed(api)).answer_ms == 20.0
    rows(database, "update cycle set state = 'published', revealed_at = now()")
    assert (await api.get(f"/v1/tasks/{task_id}/recording", RecordingRecord)).answer_ms == 20.0


async def test_a_lost_verifier_gives_way_to_the_next_and_its_report_is_stale(api: ApiClient, database: str) -> None:
    await record(api, 1)
    lost = await claimed(api)
    rows(database, "update verification set ready_at = now()")
    task = await claimed(api)
    assert task.task_id == lost.task_id
    assert task.lease_id != lost.lease_id
    assert (await api.submit_verdict(report(lost, "mismatch"))).status == "stale"
    assert (await api.submit_verdict(report(task))).status == "accepted"


async def test_errors_are_tried_again_and_end_as_errors(api: ApiClient, database: str) -> None:
    await record(api, 1)
    for _ in range(MAX_ATTEMPTS):
        task = await claimed(api)
        assert (await api.submit_verdict(report(task, "error", reason="no hub"))).status == "accepted"
        assert (await api.fetch_verification(ASK)).task is None
        rows(database, "update verification set ready_at = now()")
    assert (await api.fetch_verification(ASK)).task is None
    assert rows(database, "select verdict from verification") == [("error",)]


async def test_what_kills_every_verifier_is_given_up(api: ApiClient, database: str) -> None:
    await record(api, 1)
    for _ in range(MAX_ATTEMPTS):
        await claimed(api)
        rows(database, "update verification set ready_at = now()")
    assert (await api.fetch_verification(ASK)).task is None
    assert rows(database, "select verdict, evidence ->> 'reason' from verification")[0][0] == "error"


async def test_other_physics_get_nothing(api: ApiClient) -> None:
    await record(api, 1)
    other = ASK.model_copy(update={"fingerprint": "physics-b"})
    assert (await api.fetch_verification(other)).task is None
    assert (await api.fetch_verification(ASK)).task is not None


async def test_nothing_is_public_before_the_cycle_is_over(api: ApiClient, database: str, cycle: int) -> None:
    (task_id,) = await record(api, 1)
    await api.submit_verdict(report(await claimed(api), "mismatch", reason="they differ"))
    paths = (f"/v1/cycles/{cycle}/verifications", f"/v1/tasks/{task_id}/recording")
    for path in paths:
        with pytest.raises(ApiNotFound, match="over"):
            await api.get_bytes(path)
    assert (await api.get("/v1/miners/0/verifications", MinerVerdicts)).verdicts == []
    rows(database, "update cycle set state = 'published', revealed_at = now()")
    of_miner = (await api.get("/v1/miners/0/verifications", MinerVerdicts)).verdicts
    of_cycle = (await api.get(paths[0], VerdictPage)).verdicts
    assert of_miner == of_cycle
    assert [(row.verdict, row.evidence.reason) for row in of_miner] == [("mismatch", "they differ")]
    public = await api.get(paths[1], RecordingRecord)
    assert recordings.decode(base64.b64decode(public.recording)).steps == list(range(7))


async def test_a_key_for_verifying_takes_no_tasks_and_one_for_reading_verifies_nothing(
    database: str, cycle: int
) -> None:
    with connect(database) as connection:
        _, verify = create_key(connection, "checker", "verify")
        _, read = create_key(connection, "reader", "read")
    async with serving(database) as url, ApiClient(url, verify) as verifier, ApiClient(url, read) as reader:
        assert (await verifier.fetch_verification(ASK)).task is None
        with pytest.raises(ApiUnauthorized, match="'tasks' is needed"):
            await verifier.fetch(request(1))
        with pytest.raises(ApiUnauthorized, match="'verify' is needed"):
            await reader.fetch_verification(ASK)


async def test_what_failed_here_goes_to_another_verifier_while_there_is_one(api: ApiClient, database: str) -> None:
    """A broken machine is quick with its errors, and would otherwise use up everybody's tries."""
    await record(api, 1)
    other = ASK.model_copy(update={"verifier": "other"})
    task = await claimed(api)
    assert (await api.fetch_verification(other)).task is None
    await api.submit_verdict(report(task, "error", reason="no disk"))
    rows(database, "update verification set ready_at = now()")
    assert (await api.fetch_verification(ASK)).task is None
    assert (await api.fetch_verification(other)).task is not None
    rows(database, "update verification set ready_at = now()")
    rows(database, "update executor set verified_at = now() - interval '1 hour' where name = 'checker'")
    assert (await api.fetch_verification(other)).task is not None, "it is the only one there is"


async def test_what_is_closed_while_it_is_tried_again_keeps_its_reason(
    api: ApiClient, database: str, cycle: int
) -> None:
    await record(api, 2)
    await api.submit_verdict(report(await claimed(api), "error", cause="upload", reason="the hub refuses it"))
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await Verifications(connection).close(cycle)
    found = rows(database, "select evidence ->> 'cause', evidence ->> 'reason' from verification order by 1")
    assert found == [("machine", NOT_IN_TIME), ("upload", "the hub refuses it")]
