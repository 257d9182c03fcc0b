"""The API over real sockets: routes, keys, limits, caches, and what happens to nonsense."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import psycopg
import pytest
from psycopg.types.json import Jsonb

from kinitro import __version__
from kinitro.api.keyring import Caller, KeyRing
from kinitro.client.errors import ApiNotFound, ApiUnauthorized, ApiUnavailable, LeaseLost
from kinitro.client.http import ApiClient
from kinitro.client.messages import PROBLEM_MEDIA_TYPE, PROBLEM_TYPE, SubmitRequest
from kinitro.database.keys import create_key, revoke_key
from kinitro.database.pool import Connection
from kinitro.database.publications import PublicationStore
from kinitro.database.schema import check_schema
from kinitro.errors import ConfigurationError
from tests.fakes.api import serving
from tests.fakes.pool_rows import add_cycle, add_executor, add_tasks, request, rows
from tests.fakes.reports import as_json, honest

SCORES = {
    "cycle_id": 1, "block": 100, "published_at": "2026-01-01T00:00:00Z", "environments": ["metaworld/reach-v3"],
    "miners": [],
}  # fmt: skip
WEIGHTS = {
    "cycle_id": 1, "netuid": 1, "block": 100, "published_at": "2026-01-01T00:00:00Z",
    "weights": {"0": 0.75, "1": 0.25}, "weights_u16": {"0": 65535, "1": 21845},
    "hotkeys": {"0": "hotkey-0", "1": "someone-else"},
}  # fmt: skip


@pytest.fixture
async def api(database: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A plain HTTP client of an API without keys."""
    async with serving(database, auth=False) as url, httpx2.AsyncClient(base_url=url) as client:
        yield client


@pytest.fixture
def cycle(database: str) -> int:
    cycle_id = add_cycle(database)
    add_tasks(database, cycle_id, uids=[0, 1, 2, 3])
    return cycle_id


def publish(database: str, cycle_id: int = 1, block: int = 100) -> None:
    mark = {"cycle_id": cycle_id, "block": block}
    rows(database, "insert into publication (cycle_id, netuid, block, scores, weights) values (%s, 1, %s, %s, %s)",
         cycle_id, block, json.dumps(SCORES | mark), json.dumps(WEIGHTS | mark))  # fmt: skip


async def test_an_empty_backend_says_why_there_is_nothing(api: httpx2.AsyncClient) -> None:
    assert (await api.get("/health")).json() == {"status": "ok", "version": __version__}
    assert (await api.get("/ready")).json() == {"status": "ready"}
    assert (await api.get("/v1/status")).json()["cycle_id"] is None
    assert (await api.get("/v1/tasks/stats")).json()["total"] == 0
    for path in ("weights/latest", "weights/5", "scores/latest", "scores/5", "miners"):
        response = await api.get(f"/v1/{path}")
        assert response.status_code == 404
        assert response.json()["detail"].endswith((".", "first one is.", "block 5."))
    environments = (await api.get("/v1/environments")).json()["environments"]
    assert "metaworld/push-v3" in {environment["id"] for environment in environments}


async def test_published_results_are_read_back(database: str, api: httpx2.AsyncClient, cycle: int) -> None:
    publish(database)
    client = ApiClient(str(api.base_url))
    assert (await client.weights_latest()).weights == {0: 0.75, 1: 0.25}
    assert (await client.weights_at(100)).block == (await client.weights_at(10**9)).block == 100
    with pytest.raises(ApiNotFound, match="at or before block 99"):
        await client.weights_at(99)
    assert (await client.scores_latest()) == (await client.scores(1))
    miners = {miner.uid: miner for miner in (await client.miners()).miners}
    assert (miners[0].weight, miners[1].weight, miners[2].weight) == (0.75, None, 0.0)
    status = await client.status()
    assert (status.cycle_id, status.cycle_state, status.tasks_total) == (cycle, "running", 24)
    assert (status.last_published_cycle, status.last_weights_block) == (1, 100)
    await client.close()


async def test_an_executor_works_through_the_client(database: str, cycle: int) -> None:
    _, key = add_executor(database)
    async with serving(database) as url, ApiClient(url, key) as client:
        leased = await client.fetch(request(3))
        assert leased.lease_id is not None
        assert (await client.heartbeat(leased.lease_id)).ttl_s == pytest.approx(60, abs=1)
        results = [honest(task) for task in leased.tasks[:2]]
        answer = await client.submit(SubmitRequest(lease_id=leased.lease_id, results=results))
        assert [status.status for status in answer.results] == ["accepted", "accepted"]
        assert (await client.release(leased.lease_id)).released == 1
        with pytest.raises(LeaseLost, match="is gone"):
            await client.heartbeat(leased.lease_id)
        assert (await client.task_stats()).finished == 2
    stored = rows(database, "select data from trace order by task_id")
    assert [data for (data,) in stored] == [result.trace for result in results]
    assert rows(database, "select name, fingerprint, last_seen_at is not null from executor") == [
        ("gpu-1", "physics-a", True)
    ]


async def test_keys_open_what_their_scope_says_until_they_are_revoked(
    database: str, cycle: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kinitro.api.keyring.KEY_CACHE_S", 0.2)
    with psycopg.connect(database, autocommit=True) as connection:
        number, key = create_key(connection, "gpu-1", "tasks")
        _, read_key = create_key(connection, "grafana", "read")
        async with serving(database) as url:
            async with ApiClient(url) as nobody:
                with pytest.raises(ApiUnauthorized, match="kinitro keys create"):
                    await nobody.fetch(request())
                assert (await nobody.status()).tasks_total == 24
            async with ApiClient(url, "kin_wrong") as wrong:
                with pytest.raises(ApiUnauthorized, match="unknown or revoked"):
                    await wrong.status()
            async with ApiClient(url, read_key) as reader:
                with pytest.raises(ApiUnauthorized, match="'tasks' is needed"):
                    await reader.fetch(request())
                assert b"kinitro_tasks" in await reader.get_bytes("/metrics")
            async with ApiClient(url, key) as executor:
                assert (await executor.fetch(request(1, executor="somebody-else"))).tasks
                revoke_key(connection, number)
                await asyncio.sleep(0.25)
                with pytest.raises(ApiUnauthorized, match="unknown or revoked"):
                    await executor.fetch(request(1))
    owner = "select e.name from lease l join executor e on e.id = l.executor_id"
    assert rows(database, owner) == [("gpu-1",)]
    assert rows(database, "select count(*) from executor_key where key_hash::text like '%%kin_%%'") == [(0,)]
    assert rows(database, "select last_used_at is not null from executor_key order by id") == [(True,), (True,)]


async def test_without_keys_an_executor_is_who_it_says(database: str, api: httpx2.AsyncClient, cycle: int) -> None:
    for name in ("left", "right", "left"):
        assert (await api.post("/v1/tasks/fetch", json={"fingerprint": "p", "executor": name, "max_tasks": 1})).json()[
            "tasks"
        ]
    assert rows(database, "select name from executor order by name") == [("left",), ("right",)]


BAD_REPORTS: list[tuple[str, dict[str, Any]]] = [
    ("reason", {"reason": "nul \x00 byte"}),
    ("reason", {"reason": "x" * 501}),
    ("total_reward", {"total_reward": float("nan")}),
    ("total_reward", {"total_reward": float("inf")}),
    ("task_id", {"task_id": -1}),
    ("task_id", {"task_id": 2**63}),
    ("outcome", {"outcome": 8}),
    ("steps", {"steps": -1}),
    ("steps", {"steps": 10**30}),
    ("success_step", {"success_step": "soon"}),
    ("timings.policy_p50_ms", {"timings": {"policy_p50_ms": float("nan")}}),
    ("timings.policy_p50_ms", {"timings": {"policy_p50_ms": 1e300}}),
    ("trace", {"trace": "this is no base64!"}),
    ("extra", {"extra": 1}),
]


async def test_a_bad_report_is_named_and_harms_no_other(database: str, api: httpx2.AsyncClient) -> None:
    add_tasks(database, add_cycle(database), uids=[0, 1, 2, 3], episodes=10)
    for field, change in BAD_REPORTS:
        leased = (await api.post("/v1/tasks/fetch", json={"fingerprint": "p", "max_tasks": 2})).json()
        good, bad = map(as_json, leased["tasks"])

        async def submit(*results: dict[str, Any], lease: int = leased["lease_id"]) -> httpx2.Response:
            return await api.post("/v1/tasks/submit", content=json.dumps({"lease_id": lease, "results": results}))

        alone = await submit(bad | change)
        assert alone.status_code == 422, (field, change)
        assert ".".join(str(part) for part in alone.json()["detail"][0]["loc"]).endswith(f"results.0.{field}")
        both = await submit(bad | change, good)
        assert both.status_code == 200, (field, change)
        first, second = both.json()["results"]
        assert (first["status"], second["status"]) == ("rejected", "accepted")
        assert first["reason"].startswith(f"{field}:")


BAD_BODIES: list[tuple[str, bytes, int]] = [
    ("fetch", b"{", 422),
    ("fetch", b'{"fingerprint": "' + b"f" * 101 + b'"}', 422),
    ("fetch", b'{"fingerprint": "nul\\u0000"}', 422),
    ("fetch", b'{"fingerprint": "p", "max_tasks": 0}', 422),
    ("fetch", b'{"fingerprint": "p", "max_tasks": 1e400}', 422),
    ("fetch", b'{"fingerprint": "p", "versions": {"policy_revision": "' + b"a" * 501 + b'"}}', 422),
    ("fetch", b'{"fingerprint": "p", "typo": 1}', 422),
    ("fetch", b'{"fingerprint": "\\ud800"}', 422),
    ("fetch", b"\xff\xfe", 422),
    ("fetch", b" " * 100_000, 413),
    ("submit", b"", 422),
    ("submit", b"[]", 422),
    ("submit", b'{"lease_id": 1, "results": []}', 422),
    ("submit", b'{"lease_id": -1, "results": [{}]}', 422),
    ("submit", b'{"lease_id": 1, "results": [' + b"{}," * 1000 + b"{}]}", 422),
    ("submit", b'{"lease_id": 1, "results": ' + b"[" * 5000 + b"]" * 5000 + b"}", 422),
    ("submit", b"x" * (2**20 + 1), 413),
]  # fmt: skip


async def test_nonsense_is_refused_with_a_reason(database: str) -> None:
    async def in_pieces(body: bytes) -> AsyncIterator[bytes]:
        for at in range(0, len(body), 4096):
            yield body[at : at + 4096]

    async with serving(database, auth=False, submit_limit_bytes=2**20) as url, httpx2.AsyncClient() as client:
        for route, body, status in BAD_BODIES:
            for content in (body, in_pieces(body)):
                response = await client.post(f"{url}/v1/tasks/{route}", content=content)
                assert response.status_code == status, (route, body[:100])
                assert response.json()["detail"]


async def test_every_refusal_is_a_problem_document_of_ours(database: str, api: httpx2.AsyncClient) -> None:
    """By media type and `type`, so that no client takes a proxy's page for one; see kinitro.client.http."""
    asked = {
        "not-found": await api.get("/v1/weights/latest"),
        "unknown-path": await api.get("/v1/no/such/path"),
        "invalid-field": await api.get("/v1/weights/x"),
        "lease-lost": await api.post("/v1/leases/7/heartbeat"),
    }
    asked |= {"unknown-path, method": await api.put("/v1/weights/latest")}
    async with serving(database, submit_limit_bytes=2**16) as url, httpx2.AsyncClient(base_url=url) as stranger:
        asked["unauthorized"] = await stranger.post("/v1/tasks/fetch", json={"fingerprint": "p"})
        asked["too-large"] = await stranger.post("/v1/tasks/submit", content=b"x" * (2**16 + 1))
    for kind, answer in asked.items():
        assert answer.headers["content-type"] == PROBLEM_MEDIA_TYPE, kind
        document = answer.json()
        assert document.keys() == {"type", "status", "detail"}
        assert document["type"] == PROBLEM_TYPE + kind.partition(",")[0]
        assert document["status"] == answer.status_code >= 400


async def test_numbers_out_of_range_are_refused(api: httpx2.AsyncClient) -> None:
    for path in ("weights/-1", "weights/x", f"weights/{2**63}", f"scores/{2**31}", "scores/%00"):
        assert (await api.get(f"/v1/{path}")).status_code == 422, path


async def test_public_reads_carry_an_etag_and_are_computed_once(database: str, cycle: int) -> None:
    async with serving(database, auth=False, public_cache_s=300) as url, httpx2.AsyncClient(base_url=url) as client:
        first, second = await asyncio.gather(client.get("/v1/status"), client.get("/v1/status"))
        assert first.headers["etag"] == second.headers["etag"]
        assert first.headers["cache-control"] == "public, max-age=300"
        add_cycle(database, netuid=2)
        again = await client.get("/v1/status", headers={"If-None-Match": f'"other", {first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        other = await client.get("/v1/status", headers={"If-None-Match": '"other"'})
        assert (other.status_code, other.json()["cycle_id"]) == (200, cycle)


async def test_no_way_to_write_an_address_goes_past_the_cache(
    database: str, cycle: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = 0
    read = PublicationStore.at_block

    async def counted(self: PublicationStore, block: int) -> Any:
        nonlocal reads
        reads += 1
        return await read(self, block)

    monkeypatch.setattr(PublicationStore, "at_block", counted)
    publish(database)
    async with serving(database, auth=False, public_cache_s=300) as url, httpx2.AsyncClient(base_url=url) as client:
        ways = ["100", "100?x=1", "100?x=2&x=3", "0100", "%31%30%30", "000000100?", "+100"]
        answers = [await client.get(f"/v1/weights/{way}") for way in ways]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert reads == 1


@pytest.mark.parametrize(
    "key", ["kin_schlüssel", "kin_\u202e", "kin_x\ny", "kin_x\ry", "kin_x y", "kin_\x00", "kin_\ud800"]
)
def test_a_key_that_cannot_be_sent_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(ConfigurationError, match="copy it again") as refused:
        ApiClient("http://127.0.0.1:1", key)
    assert key not in str(refused.value)


async def test_any_bytes_as_a_key_are_a_wrong_key(database: str) -> None:
    async with serving(database) as url, httpx2.AsyncClient(base_url=url) as client:
        for key in (b"kin_schl\xc3\xbcssel", b"kin_\xff\xfe", b"kin_" + 5000 * b"x"):
            answer = await client.get("/v1/status", headers={"Authorization": b"Bearer " + key})
            assert answer.status_code == 401


async def test_a_hasty_caller_is_slowed_down_and_others_are_not(database: str, cycle: int) -> None:
    _, key = add_executor(database)
    async with serving(database, requests_per_s=2) as url, httpx2.AsyncClient(base_url=url) as client:
        answers = [(await client.get("/v1/environments")).status_code for _ in range(8)]
        assert 4 <= answers.count(200) <= 6
        slow = await client.get("/v1/environments")
        assert (slow.status_code, slow.headers["retry-after"]) == (429, "1")
        bearer = {"Authorization": f"Bearer {key}"}
        assert (await client.get("/v1/environments", headers=bearer)).status_code == 200
        assert (await client.get("/v1/environments", headers={"Authorization": "Bearer kin_guess"})).status_code == 429
        assert (await client.get("/health")).status_code == 200


async def test_a_caller_that_leaves_is_no_failure(api: httpx2.AsyncClient, capfd: pytest.CaptureFixture[str]) -> None:
    _reader, writer = await asyncio.open_connection(api.base_url.host, api.base_url.port)
    writer.write(b"POST /v1/tasks/submit HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    gone = 'kinitro_request_seconds_count{method="POST",route="/v1/tasks/submit",status="499"} 1.0'
    async with asyncio.timeout(20):
        while gone not in (await api.get("/metrics")).text:
            pass
    assert "request_failed" not in capfd.readouterr().out


async def test_requests_have_ids(api: httpx2.AsyncClient) -> None:
    given = await api.get("/health", headers={"X-Request-Id": "trace-7"})
    assert given.headers["x-request-id"] == "trace-7"
    made = await api.get("/nowhere", headers={"X-Request-Id": "no spaces allowed"})
    assert made.status_code == 404
    assert len(made.headers["x-request-id"]) == 16


async def test_metrics_tell_the_state_of_the_pool(database: str, api: httpx2.AsyncClient, cycle: int) -> None:
    publish(database)
    leased = (await api.post("/v1/tasks/fetch", json={"fingerprint": "p", "executor": "gpu-7", "max_tasks": 2})).json()
    done = as_json(leased["tasks"][0], 2)
    await api.post("/v1/tasks/submit", json={"lease_id": leased["lease_id"], "results": [done, {"task_id": 0}]})
    for reason in ("canary_failed", "an invention"):
        again = await api.post("/v1/tasks/fetch", json={"fingerprint": "p", "executor": "gpu-8", "max_tasks": 1})
        fault = {"task_id": again.json()["tasks"][0]["task_id"], "outcome": 4, "steps": 0, "reason": reason}
        await api.post("/v1/tasks/submit", json={"lease_id": again.json()["lease_id"], "results": [fault]})
    await api.get("/v1/weights/7")
    text = (await api.get("/metrics")).text
    for line in (
        'kinitro_tasks{state="ready"} 22.0',
        'kinitro_tasks{state="leased"} 1.0',
        'kinitro_tasks{state="failure"} 1.0',
        'kinitro_submits_total{status="accepted"} 3.0',
        'kinitro_submits_total{status="rejected"} 1.0',
        "kinitro_leases 1.0",
        "kinitro_database_up 1.0",
        'kinitro_executor_last_seen_timestamp_seconds{executor="gpu-7"}',
        'kinitro_request_seconds_count{method="GET",route="/v1/weights/{block}",status="404"} 1.0',
        "kinitro_lease_expiries_total 0.0",
        'kinitro_evaluator_faults_total{reason="canary_failed"} 1.0',
        'kinitro_evaluator_faults_total{reason="other"} 1.0',
        "kinitro_reaper_up 1.0",
        "kinitro_scheduler_leaders 0.0",
        "kinitro_standby_lag_seconds NaN",
        "kinitro_saturated_environments 0.0",
        'kinitro_table_rows{kind="dead",table="task"}',
    ):
        assert line in text
    ages = {
        line.split()[0]: float(line.split()[1])
        for line in text.splitlines()
        if "_age_seconds " in line and line[0] != "#"
    }
    assert 0 < ages["kinitro_oldest_ready_task_age_seconds"] < 60
    assert 0 < ages["kinitro_weights_age_seconds"] < 60


async def test_metrics_count_saturated_environments(database: str, api: httpx2.AsyncClient, cycle: int) -> None:
    publish(database)
    note = "Saturated: a/x, a/y. The leaders there solve more than 95% of episodes."
    rows(database, "update publication set scores = jsonb_set(scores, '{notes}', %s::jsonb) returning 1", Jsonb([note]))
    assert "kinitro_saturated_environments 2.0" in (await api.get("/metrics")).text


async def test_a_database_that_goes_away_is_503_and_comes_back(
    database: str, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kinitro.database.pool.POOL_WAIT_S", 0.5)
    name = database.rpartition("/")[2]
    async with serving(database, auth=False, reap_interval_s=0.1) as url, httpx2.AsyncClient(base_url=url) as client:
        assert (await client.get("/ready")).status_code == 200
        rows(postgres_url, f"alter database {name} allow_connections false")
        rows(postgres_url, "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", name)
        for path in ("/ready", "/v1/status"):
            away = await client.get(path)
            assert away.status_code == 503
            assert "PostgreSQL" in away.json()["detail"]
        assert (await client.get("/health")).status_code == 200
        assert "kinitro_database_up 0.0" in (await client.get("/metrics")).text
        rows(postgres_url, f"alter database {name} allow_connections true")
        async with asyncio.timeout(30):
            while (await client.get("/ready")).status_code != 200:
                pass


async def test_a_changed_schema_makes_an_instance_unready(database: str, api: httpx2.AsyncClient) -> None:
    rows(database, "drop index task_waiting")
    response = await api.get("/ready")
    assert response.status_code == 503
    assert "index task_waiting is missing" in response.json()["detail"]
    rows(database, "update kinitro_schema_version set version_num = 'from-the-future'")
    response = await api.get("/ready")
    assert response.status_code == 503
    assert "install the newer kinitro" in response.json()["detail"]


async def test_a_flood_of_probes_takes_one_connection(api: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, most, gate = 0, 0, asyncio.Event()

    async def counted(connection: Connection) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await gate.wait()
        await check_schema(connection)
        at_once -= 1

    monkeypatch.setattr("kinitro.api.routes.service.check_schema", counted)
    probes = [asyncio.create_task(api.get("/ready")) for _ in range(30)]
    assert (await api.get("/v1/status")).status_code == 200
    gate.set()
    assert {(await probe).status_code for probe in probes} == {200}
    assert most == 1
    assert (await api.get("/ready")).status_code == 200


async def test_two_instances_behave_as_one(database: str, cycle: int) -> None:
    _, key = add_executor(database)
    async with (
        serving(database) as left,
        serving(database) as right,
        ApiClient(left, key) as first,
        ApiClient(right, key) as second,
    ):
        done: list[int] = []

        async def work(fetcher: ApiClient, reporter: ApiClient) -> None:
            while (leased := await fetcher.fetch(request(2))).lease_id is not None:
                await reporter.heartbeat(leased.lease_id)
                results = [honest(task) for task in leased.tasks]
                submit = SubmitRequest(lease_id=leased.lease_id, results=results)
                answers = (await reporter.submit(submit)).results
                assert {answer.status for answer in answers} == {"accepted"}
                repeated = (await fetcher.submit(submit)).results
                assert {answer.status for answer in repeated} == {"duplicate"}
                done.extend(answer.task_id for answer in answers)

        await asyncio.gather(work(first, second), work(second, first), work(first, first))
        assert sorted(done) == [row[0] for row in rows(database, "select id from task order by id")]


async def test_the_client_says_what_is_wrong_in_one_sentence() -> None:
    async with ApiClient("http://127.0.0.1:9", tries=1) as client:
        with pytest.raises(ApiUnavailable, match="cannot be reached"):
            await client.status()


async def test_the_openapi_page_names_every_route(api: httpx2.AsyncClient) -> None:
    description = (await api.get("/openapi.json")).json()
    assert {
        "/health", "/ready", "/metrics", "/v1/status", "/v1/weights/latest", "/v1/weights/{block}", "/v1/scores/latest",
        "/v1/scores/{cycle_id}", "/v1/miners", "/v1/operator-key", "/v1/environments", "/v1/tasks/fetch",
        "/v1/tasks/submit", "/v1/tasks/stats", "/v1/leases/{lease_id}/heartbeat", "/v1/leases/{lease_id}/release",
    } <= set(description["paths"])  # fmt: skip
    assert "TaskResult" in description["components"]["schemas"]
    assert (await api.get("/docs")).status_code == 200


async def test_guesses_at_keys_are_limited_before_the_database_is_asked(
    database: str, cycle: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0
    real = KeyRing.caller

    async def counted(self: KeyRing, key: str) -> Caller | None:
        nonlocal asked
        asked += 1
        return await real(self, key)

    monkeypatch.setattr(KeyRing, "caller", counted)
    async with serving(database, requests_per_s=2) as url, httpx2.AsyncClient(base_url=url) as client:
        for number in range(40):
            await client.get("/v1/environments", headers={"Authorization": f"Bearer kin_guess{number}"})
    assert 4 <= asked <= 12
