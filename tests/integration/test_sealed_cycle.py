"""A cycle that draws from a sealed pack, from the pack to the audit: everything real but the chain."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import psycopg
import pytest

from kinitro.audit.audit import audit_cycle
from kinitro.audit.report import AuditReport, AuditVerdict
from kinitro.chain.local import OWNER
from kinitro.client.errors import ApiNotFound, ApiUnavailable
from kinitro.client.http import ApiClient
from kinitro.client.packs import PackCache
from kinitro.client.records import CycleConfig, Manifest, ResultPage, digest_opening
from kinitro.database.keys import create_key
from kinitro.environments import get_spec
from kinitro.environments.errors import InvalidPack
from kinitro.environments.packs.directory import load_pack, locate_pack
from kinitro.environments.packs.format import decode_pack, digest_pack, encode_pack
from kinitro.environments.packs.making import PackSizes, make_pack
from kinitro.environments.packs.sources import OwnMaterial
from kinitro.environments.packs.versions import bind_version
from kinitro.errors import ConfigurationError
from kinitro.evaluation.pool import WorkerPool
from kinitro.evaluation.worker import WorkerConfig
from kinitro.executor.service import Executor
from kinitro.executor.settings import ExecutorSettings
from kinitro.executor.spool import Spool
from tests.fakes.policy_servers import POLICY, running_policies
from tests.fakes.served_api import served_api
from tests.fakes.subnet import Subnet, subnet
from tests.golden.cycle import golden_config

SEALED, PLAIN = "metaworld/drawer-close-v3@sealed", "metaworld/drawer-close-v3"
WORDS = ("shove that thing shut, as nobody ever said",)
SOLVER = POLICY.replace("self.random.uniform(-1, 1, 4)", "[0.0, 0.5, -0.5, 1.0]")
IDLE = POLICY.replace("self.random.uniform(-1, 1, 4)", "[0.0, 0.0, 0.0, 0.0]")


def make_file(path: Path, seed: bytes = b"s" * 32) -> bytes:
    """Write a small pack; returns its bytes."""
    own = OwnMaterial(wordings={"drawer-close": WORDS})
    data = encode_pack(make_pack(seed, {}, sizes=PackSizes(6, 4, 2, 0), own=own))
    path.write_bytes(data)
    return data


def options(pack: Path | str) -> dict[str, Any]:
    wallet = {"wallet_name": OWNER.name, "hotkey_name": OWNER.hotkey}
    return {"pack": str(pack), "environments": [SEALED, PLAIN], "episodes_per_env": 4, "max_steps": 100} | wallet


def make_keys(net: Subnet) -> dict[str, str]:
    with psycopg.connect(net.url, autocommit=True) as connection:
        return {scope: create_key(connection, "one", scope)[1] for scope in ("tasks", "verify", "read")}


async def ask(url: str, key: str | None = None) -> httpx2.Response:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    async with httpx2.AsyncClient(headers=headers, trust_env=False) as client:
        return await client.get(url)


async def list_public_answers(url: str) -> dict[str, bytes]:
    """What everybody can read of cycle 1, of its miners and of its tasks."""
    described = (await ask(f"{url}/openapi.json")).json()["paths"]
    values = {
        "{cycle_id}": "1",
        "{uid}": "2",
        "{miner}": "2",
        "{task_id}": "1",
        "{block}": "1000",
        "{digest}": "0" * 64,
    }
    found = {}
    for path, methods in described.items():
        if "get" in methods:
            for name, value in values.items():
                path = path.replace(name, value)
            found[path] = (await ask(url + path)).content
    return found


@asynccontextmanager
async def evaluating(net: Subnet, url: str, key: str, place: Path) -> AsyncIterator[None]:
    """A real executor with worker processes, as `kinitro executor` makes it."""
    settings = ExecutorSettings.load(api_url=url, spool_dir=place, allow_private_endpoints=True, verification_rate=0)
    config = WorkerConfig(allow_private_endpoints=True, packs=str(place / "packs"))
    workers, stop = WorkerPool(2, 4, config), asyncio.Event()
    async with ApiClient(url, key) as api:
        packs = PackCache(place / "packs", api.sealed_pack)
        executor = Executor(settings, api, workers, Spool(place / "spool", url, key), packs=packs)
        running = asyncio.create_task(executor.run(stop))
        try:
            yield
        finally:
            stop.set()
            await running
            await workers.close()


async def play(net: Subnet, url: str, key: str, place: Path, **given: Any) -> None:
    """Run the cycle that is running to its publication."""
    async with evaluating(net, url, key, place):
        scheduler = net.scheduler(**given)
        while not scheduler.published:
            await scheduler.step()


async def test_from_the_pack_to_the_audit(empty_database: str, tmp_path: Path) -> None:
    data = make_file(tmp_path / "cycle.kpack")
    digest, given = digest_pack(data), options(tmp_path / "cycle.kpack")
    with running_policies(tmp_path, {"solver": SOLVER, "idle": IDLE}) as servers:
        async with subnet(empty_database) as net, served_api(empty_database, requests_per_s="1000") as url:
            net.chain.owner = OWNER.hotkey
            net.chain.neurons.clear()
            net.chain.commitments.clear()
            net.chain.add_miner(2, block=40, endpoint=servers["solver"])
            net.chain.add_miner(5, block=45, endpoint=servers["idle"])
            given |= {"allow_private_endpoints": True, "verification_checks": 1, "verification_timeout": "0"}
            keys = make_keys(net)

            # while it is open and while it runs: bound, and given to those who evaluate
            opened = await net.reach("open", **given)
            assert opened.config.pack == digest
            bound = digest_opening(await net.store.manifest(opened.id))
            for state in ("open", "running"):
                await net.reach(state, **given)
                await assert_secret(url, keys, digest, data)

            await play(net, url, keys["tasks"], tmp_path, **given)
            kept = locate_pack(tmp_path / "packs", digest)
            assert kept.read_bytes() == data

            # revealed
            revealed = await ask(f"{url}/v1/cycles/1/pack")
            assert (revealed.status_code, revealed.content) == (200, data)
            async with ApiClient(url) as api:
                manifest = await api.get("/v1/cycles/1/manifest", Manifest)
                rows = (await api.get("/v1/cycles/1/results", ResultPage)).results
                weights = await api.weights_latest()
                report = await audit_cycle(api, 1, sample=None, workers=1, netuid=1, chain=net.chain)
                lies = await audit_lies(api, manifest, net)
    assert digest_opening(manifest) == bound, "what was bound before the beacon is what was played"
    assert manifest.config.environments[0].version == bind_version(get_spec(SEALED).version, digest)
    assert manifest.config.environments[1].version == get_spec(PLAIN).version
    assert {(row.uid, row.env_id) for row in rows if row.outcome == 1} >= {(2, SEALED), (2, PLAIN)}
    assert not [row for row in rows if row.outcome == 4], "nothing is void"
    assert weights.weights == {2: 1.0}
    assert not report.failures, report.reason
    checks = {check.name: check for check in report.checks}
    assert checks["binding"].verdict is checks["pack"].verdict is AuditVerdict.PASSED
    assert digest in checks["pack"].detail
    assert checks["replays"].verdict is AuditVerdict.PASSED
    assert "16 of 16 chosen episodes" in checks["replays"].detail
    for name, found in lies.items():
        assert found, name


async def assert_secret(url: str, keys: dict[str, str], digest: str, data: bytes) -> None:
    """Executors and verifiers get the pack; a miner, a validator, an auditor and whoever only reads do not."""
    sealed, public = f"{url}/v1/packs/{digest}", f"{url}/v1/cycles/1/pack"
    for scope in ("tasks", "verify"):
        answer = await ask(sealed, keys[scope])
        assert (answer.status_code, answer.content) == (200, data)
        assert answer.headers["cache-control"] == "no-store"
        assert (await ask(public, keys[scope])).status_code == 404, "before the reveal this route has it for nobody"
    assert (await ask(f"{url}/v1/packs/{'0' * 64}", keys["tasks"])).status_code == 404
    assert (await ask(f"{url}/v1/packs/{digest[:63]}", keys["tasks"])).status_code == 422
    for key, status in ((None, 401), (keys["read"], 403), ("kin_" + "x" * 43, 401)):
        answer = await ask(sealed, key)
        assert answer.status_code == status
        assert "\n" not in answer.json()["detail"]
    answer = await ask(public)
    assert answer.status_code == 404
    assert "not public before the cycle is over" in answer.json()["detail"]
    answers = await list_public_answers(url)
    assert digest.encode() in answers["/v1/cycles/1/manifest"], "what it will be is known"
    pack = decode_pack(data)
    for path, answer_bytes in answers.items():
        for secret in (pack.salt, pack.salt.hex().encode(), pack.textures[0][:64], WORDS[0].encode()):
            assert secret not in answer_bytes, path


class PackLiar:
    """The API, except for what it says about the pack."""

    def __init__(self, api: ApiClient, pack: Any) -> None:
        self._api, self._pack = api, pack

    def __getattr__(self, name: str) -> Any:
        return getattr(self._api, name)

    async def revealed_pack(self, cycle_id: int) -> bytes:
        if isinstance(self._pack, Exception):
            raise self._pack
        return self._pack


async def audit_lies(api: ApiClient, manifest: Manifest, net: Subnet) -> dict[str, bool]:
    """Whether audits find that another pack is revealed, or none."""
    other = encode_pack(make_pack(b"o" * 32, {}, sizes=PackSizes(6, 4, 2, 0)))

    async def audit(pack: Any) -> AuditReport:
        liar: Any = PackLiar(api, pack)
        return await audit_cycle(liar, 1, sample=2, workers=0, netuid=1, chain=net.chain)

    swapped, damaged = await audit(other), await audit(b"kinitro-pack 1\n\x90")
    missing = await audit(ApiNotFound("There is no such pack.", 404))
    unavailable = await audit(ApiUnavailable("The API is away."))
    found = {
        "another pack": "wrong pack" in str(swapped.reason),
        "a damaged pack": "wrong pack" in str(damaged.reason),
        "no pack": "was not revealed" in str(missing.reason),
        "replays without it": {"pack", "replays"} == {check.name for check in swapped.failures},
        "away": not unavailable.failures and {c.name for c in unavailable.unavailable} == {"pack", "replays"},
    }
    lying = manifest.model_copy(update={"config": manifest.config.model_copy(update={"pack": digest_pack(other)})})
    return found | {"bound": digest_opening(lying) != digest_opening(manifest)}


async def test_a_pack_is_for_one_cycle_only(empty_database: str, tmp_path: Path) -> None:
    """After the reveal it is no secret, so that the next cycle waits for a new file; `new` makes one each time."""
    make_file(tmp_path / "cycle.kpack")
    given = options(tmp_path / "cycle.kpack") | {"wallet_name": None}
    async with subnet(empty_database) as net:
        first = await net.reach("open", **given)
        await net.store.cancel(first.id, "for the test")
        assert await net.store.revealed_pack(first.id) == (tmp_path / "cycle.kpack").read_bytes()
        scheduler = net.scheduler(**given)
        for _ in range(3):
            await scheduler.step()
        assert await net.store.active(1) is None
        await net.store.drop_old_traces(1, keep=0)
        await scheduler.step()
        assert await net.store.active(1) is None, "also when retention has dropped it"
        make_file(tmp_path / "cycle.kpack", b"t" * 32)
        await scheduler.step()
        second = await net.store.active(1)
        assert second is not None
        await net.store.cancel(second.id, "for the test")
        seen = {first.config.pack, second.config.pack}
        for _ in range(2):
            made = await net.reach("open", **given | {"pack": "new"})
            seen.add(made.config.pack)
            pack = decode_pack(await net.store.sealed_pack(str(made.config.pack)))
            assert len(pack.wordings["push"]) == 8
            await net.store.cancel(made.id, "for the test")
        assert len(seen) == 4


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"pack": None}, "drawer-close-v3@sealed draws from a sealed pack: give --pack new, or --pack FILE"),
        ({"environments": [PLAIN]}, "A pack was given, and no environment draws from one"),
        ({"pack": "/nowhere/cycle.kpack"}, "There is no pack '/nowhere/cycle.kpack'"),
        ({"pack": __file__}, "This is no pack that this version reads"),
    ],
)
async def test_a_scheduler_without_a_good_pack_opens_nothing(
    empty_database: str, changes: dict[str, Any], sentence: str
) -> None:
    async with subnet(empty_database) as net:
        with pytest.raises(ConfigurationError, match=sentence):
            await net.reach("open", **options("new") | changes)
        assert await net.store.latest(1) is None


async def test_an_executor_plays_nothing_with_the_wrong_pack(
    empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its faults are ours, and no result of the sealed environment is stored."""
    data = make_file(tmp_path / "cycle.kpack")
    wrong = make_file(tmp_path / "another.kpack", b"o" * 32)
    given = options(tmp_path / "cycle.kpack") | {"episodes_per_env": 1, "allow_private_endpoints": True}
    said: list[str] = []
    monkeypatch.setattr("kinitro.executor.service.log.error", lambda event, **words: said.append(f"{event}: {words}"))
    with running_policies(tmp_path, {"solver": SOLVER}) as servers:
        async with subnet(empty_database, fault_retry_s=0.0, max_faults=1) as net, served_api(empty_database) as url:
            net.chain.owner = OWNER.hotkey
            net.chain.neurons.clear()
            net.chain.commitments.clear()
            net.chain.add_miner(2, block=40, endpoint=servers["solver"])
            key = make_keys(net)["tasks"]
            cycle = await net.reach("running", **given)

            async def lie(_self: ApiClient, digest: str) -> bytes:
                assert digest == digest_pack(data)
                return wrong

            monkeypatch.setattr(ApiClient, "sealed_pack", lie)
            async with evaluating(net, url, key, tmp_path):
                while (await net.store.progress(cycle.id)).finished < 2:  # noqa: ASYNC110 - another process plays
                    await asyncio.sleep(0.1)
            rows = {row.env_id: row for row in await net.store.all_results(cycle)}
    assert rows[SEALED].outcome == 4
    assert rows[SEALED].reason == "pack_unavailable"
    assert rows[PLAIN].outcome == 1
    assert "This is the wrong pack" in said[0]
    assert not list((tmp_path / "packs").glob("*.kpack"))


@pytest.mark.parametrize("served", [b"", b"kinitro-pack 1\n\x90", bytes(10**7)])
async def test_what_an_api_serves_instead_of_the_pack_is_not_kept(tmp_path: Path, served: bytes) -> None:
    async def fetch(_digest: str) -> bytes:
        return served

    cache = PackCache(tmp_path / "packs", fetch)
    for _ in range(2):
        with pytest.raises(InvalidPack, match="wrong pack"):
            await cache.ensure("0" * 64)
    assert not (tmp_path / "packs").exists()


async def test_a_worker_refuses_a_pack_that_was_changed_on_disk(tmp_path: Path) -> None:
    data = make_file(tmp_path / "cycle.kpack")
    digest = digest_pack(data)

    async def fetch(_digest: str) -> bytes:
        return data

    cache = PackCache(tmp_path / "packs", fetch)
    await cache.ensure(digest)
    locate_pack(cache.directory, digest).write_bytes(data[:-1])
    with pytest.raises(InvalidPack, match="wrong pack"):
        load_pack(cache.directory, digest)


def test_manifests_from_before_read_as_before() -> None:
    """A cycle without a pack says nothing about packs, and its opening has the digest that it had."""
    config = golden_config()
    assert config.pack is None
    assert "pack" not in config.model_dump(mode="json")
    assert CycleConfig.model_validate(config.model_dump(mode="json")) == config


def kinitro(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kinitro", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "200"})


def test_a_revealed_pack_is_for_everybody_to_evaluate_and_train_with(tmp_path: Path) -> None:
    """Policies are evaluated and demonstrations recorded in the very episodes that the pack makes."""
    digest = digest_pack(make_file(tmp_path / "revealed.kpack"))
    pack = ["--pack", str(tmp_path / "revealed.kpack")]
    at = ["--environments", SEALED, "--episodes", "1"]
    with running_policies(tmp_path, {"solver": SOLVER}) as servers:
        found, keep = tmp_path / "result.json", ["--results", str(tmp_path / "runs"), "--workers", "1"]
        done = kinitro("evaluate", servers["solver"], *at, *pack, "--max-steps", "60", "--json", found, *keep)
    assert done.returncode == 0, done.stderr
    assert bind_version(get_spec(SEALED).version, digest) in found.read_text()
    recorded = kinitro("demos", "--out", tmp_path / "demos", *at, *pack, "--format", "npz", "--workers", "1")
    assert recorded.returncode == 0, recorded.stderr
    recording = np.load(tmp_path / "demos" / "episodes" / SEALED.replace("/", "-") / "000000.npz")
    assert str(recording["instruction"]) == WORDS[0]


@pytest.mark.parametrize("words", [("evaluate", "http://127.0.0.1:1"), ("demos", "--out", "out")])
@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (("--environments", SEALED), "draws from a sealed pack, and none was given"),
        (("--environments", PLAIN, "--pack", "good.kpack"), "A pack was given, and no environment draws from one"),
        (("--environments", SEALED, "--pack", "gone.kpack"), "There is no pack"),
    ],
)
def test_without_the_right_pack_commands_say_so_in_one_sentence(
    tmp_path: Path, words: tuple[str, ...], flags: tuple[str, ...], sentence: str
) -> None:
    make_file(tmp_path / "good.kpack")
    placed = [str(tmp_path / word) if word.endswith(".kpack") or word == "out" else word for word in (*words, *flags)]
    done = kinitro(*placed)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
