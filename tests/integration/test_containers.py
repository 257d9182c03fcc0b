"""The container path without a container engine: Actor, its server, the bridge through Affinetes, options, strays."""

from __future__ import annotations

import asyncio
import base64
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from kinitro.environments.errors import InvalidPack
from kinitro.environments.packs.directory import keep_pack, locate_pack
from kinitro.environments.packs.format import digest_pack, encode_pack
from kinitro.environments.packs.making import PackSizes, make_pack
from kinitro.environments.packs.versions import bind_version
from kinitro.errors import ConfigurationError
from kinitro.evaluation import EpisodeResult, Outcome, replay
from kinitro.evaluation.errors import EvaluatorUnavailable
from kinitro.evaluation.jobs import Assignment, Job
from kinitro.executor.containers.actor import Actor, WrongToken
from kinitro.executor.containers.bridge import Bridge, BridgeConfig, build_container_options, compute_deadline_s
from kinitro.executor.containers.evaluator import ContainerPool, make_bridge_configs
from kinitro.executor.containers.server import build_app
from kinitro.executor.settings import ExecutorSettings
from kinitro.local.ports import free_ports
from tests.fakes.container_engine import answering_engine
from tests.fakes.evaluator import FakeEvaluator
from tests.fakes.point import PointEnvironment
from tests.integration.test_worker_pool import FAKES, ROOT, job
from tests.standin.basilica import Basilica

TOKEN = "not-a-secret"


def settings(**changes: Any) -> ExecutorSettings:
    return ExecutorSettings.load(**{"api_url": "http://api", "name": "test"} | changes)


def builtin(one: Job) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(one)
    return found


async def test_the_actor_runs_many_jobs_at_once_and_returns_them_in_order() -> None:
    evaluator = FakeEvaluator(lambda one: EpisodeResult(Outcome.SUCCESS, steps=int(one.seed, 16)))
    results = await Actor(evaluator).evaluate([builtin(job(number)) for number in range(10)])
    found = msgspec.convert(results, list[EpisodeResult])
    assert [result.steps for result in found] == list(range(10))
    assert evaluator.most_at_once == {"fake://forward": 10}


async def test_the_actor_gives_up_what_is_cancelled_and_what_takes_too_long() -> None:
    evaluator = FakeEvaluator(takes_s=30)
    actor = Actor(evaluator)
    running = asyncio.create_task(actor.evaluate([builtin(job())], task_id="a"))
    await asyncio.sleep(0.05)
    assert await actor.cancel("a")
    assert not await actor.cancel("a")
    with pytest.raises(asyncio.CancelledError):
        await running
    with pytest.raises(TimeoutError):
        await actor.evaluate([builtin(job())], timeout=0.05)
    assert evaluator.cancelled == 2


async def test_the_actor_works_only_for_those_who_know_its_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINITRO_EVAL_TOKEN", TOKEN)
    actor = Actor(FakeEvaluator())
    for wrong in ("", "x", TOKEN + "x"):
        with pytest.raises(WrongToken):
            await actor.evaluate([builtin(job())], token=wrong)
    assert len(await actor.evaluate([builtin(job())], token=TOKEN)) == 1


async def test_the_actor_keeps_the_packs_that_come_with_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINITRO_EVAL_TOKEN", TOKEN)
    actor = Actor(FakeEvaluator())
    data = encode_pack(make_pack(b"s" * 32, {}, sizes=PackSizes(1, 1, 0, 0)))
    digest, encoded = digest_pack(data), base64.b64encode(data).decode()
    with pytest.raises(WrongToken):
        await actor.evaluate([], token="x", packs={digest: encoded})
    for wrong in ({"0" * 64: encoded}, {"../x": encoded}, {digest: encoded[:-4]}):
        with pytest.raises(InvalidPack):
            await actor.evaluate([], token=TOKEN, packs=wrong)
    assert not list(actor.packs.iterdir())
    assert await actor.evaluate([builtin(job())], token=TOKEN, packs={digest: encoded})
    assert locate_pack(actor.packs, digest).read_bytes() == data


@pytest.mark.parametrize(("mode", "times"), [("docker", 1), ("basilica", 2)])
async def test_a_container_gets_each_pack_once_and_every_pod_gets_it(tmp_path: Path, mode: Any, times: int) -> None:
    data = encode_pack(make_pack(b"s" * 32, {}, sizes=PackSizes(1, 1, 0, 0)))
    keep_pack(tmp_path, data, digest_pack(data))
    sealed = msgspec.structs.replace(job(), env_version=bind_version("1", digest_pack(data)))
    sent: list[str] = []

    class Environment:
        async def evaluate(self, *, packs: dict[str, str] | None = None, **_: Any) -> Any:
            sent.extend((packs or {}).values())
            return msgspec.to_builtins([EpisodeResult(Outcome.SUCCESS, steps=1)])

    writer: Any = SilentWriter()
    bridge = Bridge(BridgeConfig(mode=mode, owner="o", name="n", packs=str(tmp_path)), Environment(), writer)
    for number, one in enumerate((job(), sealed, sealed)):
        await bridge._evaluate([Assignment(number, one)])
    assert [base64.b64decode(pack) for pack in sent] == [data] * times


class SilentWriter:
    """Takes what a bridge reports."""

    def write(self, data: bytes) -> None: ...


async def test_the_server_says_what_is_wrong_with_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINITRO_EVAL_TOKEN", TOKEN)
    transport = httpx2.ASGITransport(app=build_app(Actor(FakeEvaluator(takes_s=5))))
    calls: dict[int, dict[str, Any]] = {
        404: {"method": "_close"},
        403: {"method": "describe", "kwargs": {"token": "x"}},
        422: {"method": "evaluate", "kwargs": {"jobs": [{"env_id": 3}], "token": TOKEN}},
        504: {"method": "evaluate", "kwargs": {"jobs": [builtin(job())], "timeout": 0.05, "token": TOKEN}},
        200: {"method": "describe", "kwargs": {"token": TOKEN}},
    }
    async with httpx2.AsyncClient(transport=transport, base_url="http://container") as client:
        for status, body in calls.items():
            assert (await client.post("/call", json=body)).status_code == status
        assert (await client.get("/health")).json() == {"status": "ok"}
        assert [method["name"] for method in (await client.get("/methods")).json()["methods"]] == [
            "describe",
            "evaluate",
            "cancel",
        ]


@pytest.fixture
def container() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The server as it runs in the image, here as a process, with the tests' tiny environments."""
    (port,) = free_ports(1)
    variables = {
        "PYTHONPATH": str(ROOT),
        "KINITRO_EVAL_TOKEN": TOKEN,
        "KINITRO_EVAL_WORKERS": "1",
        "KINITRO_EVAL_WORKER": msgspec.json.encode(FAKES).decode(),
    }
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "uvicorn", "--factory", "kinitro.executor.containers.server:build_app"),
            *("--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"),
        ],
        env=os.environ | variables,
    )
    yield f"http://127.0.0.1:{port}", process
    process.kill()
    process.wait()


async def answering(url: str) -> None:
    deadline = time.monotonic() + 30
    async with httpx2.AsyncClient() as client:
        while time.monotonic() < deadline:
            try:
                await client.get(f"{url}/health")
            except httpx2.ConnectError:
                await asyncio.sleep(0.1)
            else:
                return
    raise AssertionError("the server does not answer")


@pytest.fixture
async def pool(container: tuple[str, Any], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ContainerPool]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    await answering(container[0])
    pool = ContainerPool(
        settings(
            eval_mode="url",
            eval_url=container[0],
            eval_token=TOKEN,
            workers=1,
            episodes_per_worker=16,
            log_level="error",
        )
    )
    await pool.start()
    yield pool
    await pool.close()


async def test_a_container_evaluates_many_episodes_at_once_through_affinetes(pool: ContainerPool) -> None:
    assert pool.fingerprint == "fake-physics"
    begun = time.monotonic()
    results = await asyncio.gather(*(pool.evaluate(job(seed, endpoint="fake://still?10")) for seed in range(16)))
    assert time.monotonic() - begun < 16 * 120 * 0.010 / 2
    for seed, result in enumerate(results):
        assert result.outcome is Outcome.FAILURE
        assert result.trace is not None
        assert result.trace.seed == f"{seed:032x}"
        assert replay(result.trace, PointEnvironment()).agrees
    await episodes_given_up_free_their_places(pool)


async def episodes_given_up_free_their_places(pool: ContainerPool) -> None:
    slow = [asyncio.create_task(pool.evaluate(job(seed, endpoint="fake://still?400"))) for seed in range(16)]
    await asyncio.sleep(0.5)
    for one in slow:
        one.cancel()
    async with asyncio.timeout(15):
        results = await asyncio.gather(*(pool.evaluate(job(seed)) for seed in range(16)))
    assert {result.outcome for result in results} == {Outcome.SUCCESS}


async def test_a_container_that_dies_is_a_fault_of_ours(pool: ContainerPool, container: tuple[str, Any]) -> None:
    running = asyncio.create_task(pool.evaluate(job(endpoint="fake://still?100")))
    await asyncio.sleep(0.5)
    container[1].kill()
    result = await running
    assert result.outcome is Outcome.EVALUATOR_FAULT
    assert result.reason in ("container_failed", "worker_crashed")


async def test_a_container_that_cannot_be_reached_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pool = ContainerPool(settings(eval_mode="url", eval_url="http://127.0.0.1:9", log_level="error"))
    with pytest.raises(EvaluatorUnavailable, match="failed to start"):
        await pool.start()
    await pool.close()


async def test_basilica_pods_are_created_used_and_deleted(
    container: tuple[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    await answering(container[0])
    with Basilica("the api token", served_at=container[0]) as platform:
        platform.phases = ["ready"]
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
        monkeypatch.setenv("BASILICA_API_URL", platform.url)
        monkeypatch.setenv("BASILICA_API_TOKEN", platform.token)
        pool = ContainerPool(
            settings(
                eval_mode="basilica", eval_image="some/image:v1", eval_token=TOKEN, workers=1, episodes_per_worker=8
            )
        )
        try:
            await pool.start()
            results = await asyncio.gather(*(pool.evaluate(job(seed)) for seed in range(8)))
        finally:
            await pool.close()
        created = [call.json for call in platform.calls if (call.method, call.path) == ("POST", "/deployments")]
        left = list(platform.requests)
    assert {result.outcome for result in results} == {Outcome.SUCCESS}
    assert [request["image"] for request in created] == ["some/image:v1"] * 2, "one pod to describe, one for all jobs"
    assert created[0]["env"]["KINITRO_EVAL_TOKEN"] == TOKEN
    assert created[0]["resources"]["memory"] == "8Gi"
    assert left == []


def test_containers_can_write_nothing_and_gain_nothing() -> None:
    (config,) = make_bridge_configs(settings(eval_mode="docker", eval_memory="2g", eval_cpus="1.5"))
    options = build_container_options(config)
    assert options["read_only"] is True
    assert options["cap_drop"] == ["ALL"]
    assert options["restart_policy"] == {"Name": "no"}
    assert options["stop_signal"] == "SIGKILL"
    assert options["labels"] == {"kinitro.executor": config.owner}
    assert (config.memory, options["memswap_limit"], config.cpus) == ("2g", "2g", "1.5")
    assert len(config.token) > 30
    assert build_container_options(msgspec.structs.replace(config, gpus=True))["device_requests"]


def test_every_docker_host_gets_its_replicas_and_names_differ() -> None:
    configs = make_bridge_configs(settings(eval_mode="docker", eval_hosts="localhost, ssh://a@b", eval_replicas=2))
    assert [config.host for config in configs] == [None, None, "ssh://a@b", "ssh://a@b"]
    assert len({config.name for config in configs}) == 4


def test_pods_get_jobs_in_batches() -> None:
    (config,) = make_bridge_configs(settings(eval_mode="basilica", workers=2, episodes_per_worker=8))
    assert (config.batch, config.mode) == (16, "basilica")


def test_an_evaluation_has_an_end() -> None:
    assert compute_deadline_s(500) == 20 + 250 + 120


@pytest.mark.parametrize("changes", [{"eval_mode": "url"}, {"eval_mode": "local"}])
def test_contradicting_settings_are_named(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="--eval-mode"):
        make_bridge_configs(settings(**changes))


@pytest.mark.skipif(answering_engine(), reason="a Docker engine answers")
def test_without_an_engine_one_sentence_says_what_to_do(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "kinitro", "executor", "--api-url", "http://127.0.0.1:9"),
            *("--eval-mode", "docker", "--spool-dir", str(tmp_path), "--log-level", "error"),
        ],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 3
    assert "use --eval-mode local" in done.stderr
    assert "Traceback" not in done.stderr
