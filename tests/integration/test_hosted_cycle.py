"""A cycle in which executors run what miners committed: from the chain to the audit, everything real but the chain."""

from __future__ import annotations

import asyncio
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg

from kinitro.audit.audit import audit_cycle
from kinitro.audit.report import AuditVerdict
from kinitro.chain.commitments import Commitment, encode
from kinitro.chain.local import OWNER
from kinitro.client.http import ApiClient
from kinitro.client.messages import HostingLimits, MinerList
from kinitro.client.records import Manifest, ResultPage, digest_opening
from kinitro.cycles.freeze import NO_ENDPOINT, freeze_miners
from kinitro.evaluation.pool import WorkerPool
from kinitro.evaluation.worker import WorkerConfig
from kinitro.executor.hosted_tasks import HostedTasks
from kinitro.executor.hosting import NOT_DOWNLOADED, NOT_STARTED, HostedPolicies, SandboxedUploads
from kinitro.executor.reruns import check_reruns
from kinitro.executor.service import Executor
from kinitro.executor.settings import ExecutorSettings
from kinitro.executor.spool import Spool
from kinitro.miner.projects import create_project
from kinitro.sandbox import BubblewrapSandbox, PolicyRepositories, inspect_runtime
from tests.fakes.chain import FakeChain
from tests.fakes.policy_servers import POLICY, running_policies
from tests.fakes.served_api import served_api
from tests.fakes.subnet import subnet
from tests.integration.test_reference import CONSTANT, publish
from tests.standin.hub import Hub

SOLVER, SERVED, VANISHED, BROKEN = 1, 2, 3, 4
IDLE = POLICY.replace("self.random.uniform(-1, 1, 4)", "[0.0, 0.0, 0.0, 0.0]")


def upload(hub: Hub, directory: Path, name: str, policy: str) -> Commitment:
    """Publish a project with this policy.py; returns what its miner commits."""
    create_project(directory / name)
    (directory / name / "policy.py").write_text(policy)
    files = {
        path.relative_to(directory / name).as_posix(): path.read_bytes()
        for path in (directory / name).rglob("*")
        if path.is_file()
    }
    return Commitment(f"owner/{name}", hub.publish(f"owner/{name}", files), None)


async def test_what_is_uploaded_is_what_plays(empty_database: str, tmp_path: Path) -> None:
    options: dict[str, Any] = {"policies": "both", "episodes_per_env": 10, "max_steps": 100, "hosted_start": "20s"}
    options |= {"environments": ["metaworld/drawer-close-v3"], "allow_private_endpoints": True}
    options |= {"wallet_name": OWNER.name, "hotkey_name": OWNER.hotkey, "hosted_concurrency": 4}
    runtime = await inspect_runtime(Path(sys.executable))
    with Hub(token="secret") as hub, running_policies(tmp_path, {"idle": IDLE}) as servers:
        commitments = {
            SOLVER: upload(hub, tmp_path, "solver", CONSTANT),
            SERVED: Commitment("owner/served", "a" * 40, servers["idle"]),
            VANISHED: Commitment("owner/vanished", "b" * 40, None),
            BROKEN: upload(hub, tmp_path, "broken", "raise RuntimeError('my own fault')"),
        }
        async with subnet(empty_database) as net, served_api(empty_database, auth="false") as url:
            net.chain = FakeChain()
            net.chain.owner = OWNER.hotkey
            for uid, commitment in commitments.items():
                net.chain.add_raw(uid, encode(commitment), block=40 + uid)
            await net.reach("running", **options)
            repositories = PolicyRepositories(tmp_path / "cache", hub=hub.url)
            uploads = SandboxedUploads(repositories, BubblewrapSandbox(allow_no_control_group=True), runtime)
            hosted, workers = HostedPolicies(uploads), WorkerPool(2, 8, WorkerConfig(allow_private_endpoints=True))
            settings = ExecutorSettings.load(api_url=url, spool_dir=tmp_path, allow_private_endpoints=True)
            stop = asyncio.Event()
            async with ApiClient(url) as api:
                executor = Executor(
                    settings, api, workers, Spool(tmp_path / "spool", url, None), hosted=HostedTasks(hosted, miners=2)
                )
                running = asyncio.create_task(executor.run(stop))
                watching = asyncio.create_task(publish(net.scheduler(**options)))
                await asyncio.wait((running, watching), return_when=asyncio.FIRST_COMPLETED)
                stop.set()
                await running
                await watching
                weights = await api.weights_latest()
                manifest = await api.get("/v1/cycles/1/manifest", Manifest)
                rows = (await api.get("/v1/cycles/1/results", ResultPage)).results
                miners = (await api.get("/v1/miners", MinerList)).miners
                report = await audit_cycle(api, 1, workers=0, netuid=1, chain=net.chain)
                choose = random.Random(1)
                again = HostedTasks(hosted)
                reruns = await check_reruns(api, manifest, rows, 4, again, workers, choose, lambda *_: None)
                create_project(tmp_path / "other")
                (tmp_path / "other" / "policy.py").write_text(IDLE)
                await hosted.close()
                cache = PolicyRepositories(tmp_path / "forged")
                solver = commitments[SOLVER]
                cache.keep(solver.repo, solver.revision, tmp_path / "other")
                forged = HostedPolicies(
                    SandboxedUploads(cache, BubblewrapSandbox(allow_no_control_group=True), runtime)
                )
                lies = await check_reruns(api, manifest, rows, 2, HostedTasks(forged), workers, choose, lambda *_: None)
                await forged.close()
            await hosted.close()
            await workers.close()
            recorded = await net.one("select count(*) from recording join task on task_id = id where uid <> %s", SERVED)
    assert weights.weights == {SOLVER: 1.0}
    found = {uid: Counter((row.outcome, row.reason) for row in rows if row.uid == uid) for uid in commitments}
    assert found[SOLVER][1, None] >= 9
    assert found[SERVED][1, None] + found[SERVED][2, None] == 10, found[SERVED]
    assert found[VANISHED] == {(3, NOT_DOWNLOADED): 10}
    assert found[BROKEN] == {(3, NOT_STARTED): 10}
    assert {miner.uid: miner.hosted for miner in miners} == {SOLVER: True, SERVED: False, VANISHED: True, BROKEN: True}
    assert manifest.config.hosting == HostingLimits(start_s=20, concurrency=4)
    assert recorded == (0,), "what is uploaded is what plays, so there is nothing to verify"
    assert not report.failures, report.reason
    assert reruns.verdict is AuditVerdict.PASSED, reruns
    assert "4 equal to the bit" in reruns.detail
    assert lies.verdict is AuditVerdict.FAILED, "another policy than the uploaded one would have been noticed"
    assert "of what the upload answers" in lies.differences[0]
    looser = manifest.config.hosting.model_copy(update={"memory_bytes": 2**40})
    lying = manifest.model_copy(update={"config": manifest.config.model_copy(update={"hosting": looser})})
    assert digest_opening(lying) != digest_opening(manifest), "the operator is bound to the limits"


async def test_a_commitment_without_an_endpoint_counts_where_policies_are_hosted() -> None:
    chain = FakeChain()
    chain.add_raw(1, encode(Commitment("owner/hosted", "a" * 40, None)))
    chain.add_miner(2)
    chain.add_raw(3, encode(Commitment("owner/private", "c" * 40, "http://127.0.0.1:8001")))
    snapshot = await chain.snapshot(1)
    by_mode = {
        mode: [(m.uid, m.hosted, m.endpoint, m.excluded) for m in freeze_miners(snapshot, policies=mode)]
        for mode in ("endpoint", "hosted", "both")
    }
    assert by_mode["endpoint"][0] == (1, False, None, NO_ENDPOINT)
    assert by_mode["endpoint"][1] == (2, False, "https://miner-2.example.com", None)
    assert by_mode["hosted"] == [(uid, True, None, None) for uid in (1, 2, 3)], "whatever their endpoints are"
    assert by_mode["both"][:2] == [(1, True, None, None), (2, False, "https://miner-2.example.com", None)]
    assert "not public" in str(by_mode["both"][2][3])


async def test_an_executor_gets_tasks_of_few_hosted_miners(empty_database: str) -> None:
    """Of those it has warm as long as they have tasks, and of others that nobody plays yet."""
    from tests.fakes.pool_rows import report, request

    async with subnet(empty_database) as net:
        net.chain = FakeChain()
        for uid in range(12):
            net.chain.add_raw(uid, encode(Commitment(f"owner/p{uid}", f"{uid:040x}", None)))
        await net.reach("running", policies="hosted", episodes_per_env=3, hosted_concurrency=4)
        await asyncio.to_thread(add_another_executor, empty_database)
        assert not (await net.pool.fetch(1, request(100))).tasks, "it hosts nobody"
        first = await net.pool.fetch(1, request(100, hosts=3, warm=[]))
        assert Counter(task.uid for task in first.tasks) == {0: 4, 1: 4, 2: 4}
        assert first.hosting == HostingLimits(concurrency=4)
        assert {(task.endpoint, task.upload) for task in first.tasks if task.uid == 1} == {("", f"owner/p1@{1:040x}")}
        other = await net.pool.fetch(2, request(100, hosts=3, warm=[]))
        assert {task.uid for task in other.tasks} == {3, 4, 5}, "those whom nobody plays come first"
        assert first.lease_id is not None
        await net.pool.submit(1, first.lease_id, [report(task.task_id) for task in first.tasks])
        again = await net.pool.fetch(1, request(100, hosts=3, warm=[0, 1, 2]))
        assert Counter(task.uid for task in again.tasks) == {0: 2, 1: 2, 2: 2}
        assert again.lease_id is not None
        await net.pool.submit(1, again.lease_id, [report(task.task_id) for task in again.tasks])
        fresh = await net.pool.fetch(1, request(100, hosts=3, warm=[0, 1, 2]))
        assert {task.uid for task in fresh.tasks} == {6, 7, 8}, "the warm ones have none left"


def add_another_executor(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("insert into executor (name) values ('two')")
