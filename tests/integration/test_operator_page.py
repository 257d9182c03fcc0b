"""The operator's page: who may see it, what it says, and what was refused."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx2
import psycopg
import pytest

from kinitro.api.recent_refusals import RecentRefusals
from kinitro.client.operations import REFUSALS_KEPT, ExecutorReport, Operations
from kinitro.database.keys import create_key
from kinitro.database.operations import find_concerns
from kinitro.database.schema import upgrade
from tests.fakes.api import serving
from tests.fakes.large_subnet import EXECUTORS, HOSTILE, LargeSubnet, fill
from tests.fakes.pages import page
from tests.fakes.pool_rows import add_executor, rows


@pytest.fixture
async def subnet(empty_database: str) -> LargeSubnet:
    await asyncio.to_thread(upgrade, empty_database)
    return await asyncio.to_thread(fill, empty_database, miners=6, environments=2, cycles=4, episodes=5)


@pytest.fixture
async def client(subnet: LargeSubnet) -> AsyncIterator[httpx2.AsyncClient]:
    async with serving(subnet.url) as url, httpx2.AsyncClient(base_url=url, timeout=60) as client:
        yield client


def as_browser(key: str, user: str = "me") -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{key}'.encode()).decode()}"}


def as_program(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def make_key(url: str, scope: str) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        return create_key(connection, f"with-{scope}", scope)[1]  # type: ignore[arg-type]


async def test_it_is_for_those_with_a_key_to_read(client: httpx2.AsyncClient, subnet: LargeSubnet) -> None:
    locked = await client.get("/operator")
    assert (locked.status_code, locked.headers["cache-control"]) == (401, "no-store")
    assert locked.headers["www-authenticate"].startswith("Basic realm="), "so a browser asks"
    assert "kinitro keys create --scope read" in locked.text
    assert (await client.get("/v1/operations")).status_code == 401
    verify, tasks = [await asyncio.to_thread(make_key, subnet.url, scope) for scope in ("verify", "tasks")]
    assert (await client.get("/operator", headers=as_browser(verify))).status_code == 403
    assert (await client.get("/v1/operations", headers=as_program(verify))).status_code == 403
    for headers in (as_browser(subnet.read_key), as_browser(subnet.read_key, user=""), as_program(tasks)):
        assert (await client.get("/operator", headers=headers)).status_code == 200
        assert (await client.get("/v1/operations", headers=headers)).status_code == 200
        assert (await client.head("/operator", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "given", ["Basic x", "Basic eDp5", "Basic " + "A" * 5000, "Basic =", "Negotiate x", "Basic /w=="]
)
async def test_what_is_no_key_is_refused(client: httpx2.AsyncClient, given: str) -> None:
    answer = await client.get("/operator", headers={"Authorization": given})
    assert answer.status_code == 401
    assert "unknown or revoked" in answer.json()["detail"]
    assert answer.headers["www-authenticate"].startswith("Basic" if given.startswith("Basic") else "Bearer")


async def test_a_password_is_good_for_reading_only(client: httpx2.AsyncClient, subnet: LargeSubnet) -> None:
    """A browser sends it along with what another site makes it ask for."""
    key = await asyncio.to_thread(make_key, subnet.url, "tasks")
    body = {"fingerprint": "physics-a"}
    assert (await client.post("/v1/tasks/fetch", json=body, headers=as_browser(key))).status_code == 401
    assert (await client.post("/v1/tasks/fetch", json=body, headers=as_program(key))).status_code == 200
    assert (await client.get("/", headers=as_browser(key))).status_code == 200


async def test_without_keys_everybody_sees_it(subnet: LargeSubnet) -> None:
    async with serving(subnet.url, auth=False) as url, httpx2.AsyncClient(base_url=url, timeout=60) as client:
        seen = await page(client, "/operator")
        assert HOSTILE in seen.text
        assert (await client.get("/v1/operations")).status_code == 200


async def test_it_says_how_the_machines_are_doing(client: httpx2.AsyncClient, subnet: LargeSubnet) -> None:
    rows(subnet.url, "update task set finished_at = now() where finished_at is not null")
    told = Operations.model_validate((await client.get("/v1/operations", headers=as_program(subnet.read_key))).json())
    assert (told.cycle_id, told.cycle_state, told.tasks, told.tasks_finished) == (subnet.running, "running", 48, 24)
    assert len(told.executors) == EXECUTORS + 1, "and the owner of the key"
    by_name = {machine.name: machine for machine in told.executors}
    assert sum(machine.episodes_per_min for machine in told.executors) == pytest.approx(2.4)
    assert sum(machine.steps_per_s for machine in told.executors) == pytest.approx(4)
    assert sum(machine.tasks for machine in told.executors) == told.tasks_out == 24
    assert sum(machine.leases for machine in told.executors) == told.leases_total == len(told.leases) == 8
    failed = [machine for machine in told.executors if machine.failed_tasks]
    assert {machine.failure for machine in failed} == {"worker_crashed"}
    assert by_name["an-operator"].silent_s is None
    assert by_name["gpu-4"].silent_s == pytest.approx(100_000, abs=600)
    assert by_name["gpu-2"].verifier_silent_s is not None
    assert told.verdicts == {"match": 3, "error": 3}
    assert told.weights_age_s is not None
    assert told.pool_age_s is not None
    assert told.database_bytes > 1e6
    assert {"task", "lease"} <= {table.name for table in told.tables}
    assert any("No scheduler leads" in concern for concern in told.concerns)
    assert any("gpu-4 has 3 tasks and was not seen" in concern for concern in told.concerns)

    html = (await client.get("/operator", headers=as_browser(subnet.read_key))).text
    assert HOSTILE not in html
    for machine in told.executors:
        if machine.name != HOSTILE:
            assert f'<th scope="row">{machine.name}</th>' in html


async def test_in_an_empty_database(empty_database: str) -> None:
    await asyncio.to_thread(upgrade, empty_database)
    async with serving(empty_database, auth=False) as url, httpx2.AsyncClient(base_url=url, timeout=60) as client:
        seen = await page(client, "/operator")
        for sentence in (
            "none yet", "never published", "No executor has ever asked", "No tasks are out.",
            "Nothing has been verified", "Nothing was refused",
        ):  # fmt: skip
            assert sentence in seen.text


async def test_refusals_are_shown_together(client: httpx2.AsyncClient, subnet: LargeSubnet) -> None:
    _, key = await asyncio.to_thread(add_executor, subnet.url, "gpu-99")
    for _ in range(3):
        await client.get("/metrics")
    await client.get("/metrics", headers=as_program("kin_" + "x" * 43))
    await client.get("/no-such-page")
    await client.post("/v1/tasks/fetch", json={"fingerprint": HOSTILE}, headers=as_program(key))
    await client.post("/v1/tasks/fetch", json={"fingerprint": "physics-b"}, headers=as_program(key))
    await client.post("/v1/leases/999/heartbeat", headers=as_program(key))
    bad = {"task_id": 1, "outcome": 1, "steps": -1}
    good = {"task_id": 2, "outcome": 2, "steps": 1}
    await client.post("/v1/tasks/submit", json={"lease_id": 1, "results": [bad, good]}, headers=as_program(key))
    told = (await client.get("/v1/operations", headers=as_program(subnet.read_key))).json()["refusals"]
    found = {(refusal["status"], refusal["route"], refusal["caller"]): refusal for refusal in told}
    assert found[401, "GET /metrics", "127.0.0.1"]["times"] in (1, 3)
    assert sum(refusal["times"] for refusal in told if refusal["route"] == "GET /metrics") == 4
    assert 404 not in {refusal["status"] for refusal in told}
    owner = "key of gpu-99 for tasks"
    assert "fingerprint" in found[422, "POST /v1/tasks/fetch", owner]["detail"]
    assert "physics-b" in found[409, "POST /v1/tasks/fetch", "executor gpu-99"]["detail"]
    assert "is gone" in found[409, "POST /v1/leases/{lease_id}/heartbeat", owner]["detail"]
    rejected = [refusal["detail"] for refusal in told if refusal["route"] == "POST /v1/tasks/submit"]
    assert any("steps" in detail for detail in rejected), rejected
    assert "kin_" not in str(told), "no key is shown"


def test_a_flood_of_one_kind_pushes_out_no_other() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    refusals = RecentRefusals(lambda: now)
    refusals.note(403, "GET /metrics", "somebody", "Wrong scope.")
    for number in range(10_000):
        now += timedelta(seconds=1)
        refusals.note(401, "GET /metrics", f"192.0.2.{number}", "x" * 10_000)
    found = refusals.newest_first()
    assert len(found) == REFUSALS_KEPT + 1
    assert [refusal.caller for refusal in found[:2]] == ["192.0.2.9999", "192.0.2.9998"]
    assert found[-1].status == 403
    assert max(len(refusal.detail) for refusal in found) == 300


def quiet(**changed: object) -> Operations:
    """A system that needs nobody's attention, but for what is changed."""
    fields: dict[str, object] = {
        "concerns": [],
        "cycle_id": 1,
        "cycle_state": "running",
        "tasks": 10,
        "tasks_finished": 5,
        "tasks_out": 5,
        "pool_age_s": 60,
        "weights_age_s": 60,
        "leaders": 1,
        "database_bytes": 1,
        "standby_lag_s": None,
        "tables": [],
        "executors": [machine()],
        "leases": [],
        "leases_total": 1,
        "checks_open": 0,
        "verdicts": {},
        "refusals": [],
    }  # fmt: skip
    return Operations.model_validate(fields | changed)


def machine(**changed: object) -> ExecutorReport:
    fields: dict[str, object] = {
        "name": "gpu-1",
        "fingerprint": None,
        "versions": {},
        "silent_s": 0.0,
        "verifier_silent_s": None,
        "episodes_per_min": 1,
        "steps_per_s": 1,
        "leases": 1,
        "tasks": 1,
        "failed_tasks": 0,
        "failure": None,
    }  # fmt: skip
    return ExecutorReport.model_validate(fields | changed)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({}, None),
        ({"leaders": 0}, "No scheduler leads"),
        ({"leaders": 2}, "2 sessions lead"),
        ({"weights_age_s": 7 * 3600}, "7 hours old"),
        ({"weights_age_s": None}, None),
        ({"pool_age_s": 3 * 3600}, "waiting for 3.0 hours"),
        ({"executors": [machine(silent_s=901.0)]}, "gpu-1 has 1 tasks and was not seen"),
        ({"executors": [machine(failed_tasks=21, failure="worker_crashed")]}, "most often by worker_crashed"),
        ({"executors": []}, "no executor has asked"),
        ({"executors": [], "pool_age_s": None}, None),
        ({"verdicts": {"error": 11}}, "11 verifications"),
        ({"standby_lag_s": 61.0}, "61 s behind"),
        ({"tables": [{"name": "task", "live_rows": 10**5, "dead_rows": 10**6, "total_bytes": 1}]}, "autovacuum"),
    ],
)
def test_concerns(changed: dict[str, object], sentence: str | None) -> None:
    found = list(find_concerns(quiet(**changed)))
    if sentence is None:
        assert found == []
    else:
        assert any(sentence in concern for concern in found), found
