"""A cycle with a reference, from its opening to its audit: first with made-up results, then with everything real."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kinitro.audit.audit import audit_cycle
from kinitro.chain.local import OWNER
from kinitro.client.http import ApiClient
from kinitro.client.messages import POLICY_VERSION, Scores, Task, Weights
from kinitro.client.records import REFERENCE_UID, Manifest, digest_opening
from kinitro.evaluation import EpisodeResult, Outcome
from kinitro.evaluation.jobs import Job
from kinitro.evaluation.pool import WorkerPool
from kinitro.evaluation.worker import WorkerConfig
from kinitro.executor import hosted_tasks
from kinitro.executor.hosted_tasks import HostedTasks
from kinitro.executor.hosting import REFERENCE_FAULT, UNAVAILABLE, HostedPolicies, ShippedPolicy
from kinitro.executor.service import Executor
from kinitro.executor.settings import ExecutorSettings
from kinitro.executor.spool import Spool
from kinitro.policies.shipped import assemble_policy, digest_policy
from kinitro.scheduler.service import Scheduler
from tests.fakes.evaluator import FakeEvaluator
from tests.fakes.executor import run_tasks, skill
from tests.fakes.policy_servers import POLICY, running_policies, running_project
from tests.fakes.served_api import served_api
from tests.fakes.subnet import Subnet, subnet

BASELINE = digest_policy("baseline")
HOLDS_IT = {f"{POLICY_VERSION}baseline": BASELINE}


def outcome(task: Task) -> int:
    """Uid 2 is a copy of the reference, which solves half, uid 5 a near-copy, uid 9 is better."""
    of = {REFERENCE_UID: 5, 2: 5}.get(task.uid, task.uid)
    noisy = task.uid == 5 and task.episode % 10 == 3
    return 1 if skill(of, task.seed) != noisy else 2


async def published(net: Subnet, api: ApiClient) -> tuple[Scores, Weights, Manifest]:
    scores = await api.scores_latest()
    weights = await api.weights_at(scores.block)
    return scores, weights, await api.get(f"/v1/cycles/{scores.cycle_id}/manifest", Manifest)


async def test_a_copy_of_the_reference_earns_nothing_and_the_audit_agrees(empty_database: str) -> None:
    options: dict[str, Any] = {"reference": "baseline", "episodes_per_env": 40}
    options |= {"wallet_name": OWNER.name, "hotkey_name": OWNER.hotkey}
    async with subnet(empty_database) as net:
        net.chain.owner = OWNER.hotkey
        cycle = await net.reach("running", **options)
        assert (await net.store.progress(cycle.id)).unplayed == 0
        played = await run_tasks(net.pool, net.executor_id, outcome)
        assert played == 3 * 2 * 40, "who does not hold the reference plays only the miners' episodes"
        assert (await net.store.progress(cycle.id)).unplayed == 2 * 40, "the scheduler's log says so"
        assert await run_tasks(net.pool, net.executor_id, outcome, versions=HOLDS_IT) == 2 * 40
        await net.reach("published", **options)
        async with served_api(empty_database) as url, ApiClient(url) as api:
            scores, weights, manifest = await published(net, api)
            report = await audit_cycle(api, 1, sample=0, netuid=1, chain=net.chain)
    assert weights.weights == {9: 1.0}
    assert scores.reference is not None
    assert scores.reference.beaten_by == [9]
    assert manifest.config.reference is not None
    assert manifest.config.reference.digest == BASELINE
    assert not report.failures, report.reason
    lies = manifest.config.reference.model_copy(update={"digest": "0" * 64})
    lying = manifest.model_copy(update={"config": manifest.config.model_copy(update={"reference": lies})})
    without = manifest.model_copy(update={"config": manifest.config.model_copy(update={"reference": None})})
    assert len({digest_opening(one) for one in (manifest, lying, without)}) == 3, "the operator is bound to it"


async def publish(scheduler: Scheduler) -> None:
    """Until the cycle is published, however long its episodes take."""
    while not scheduler.published:
        await scheduler.step()


CONSTANT = POLICY.replace("self.random.uniform(-1, 1, 4)", "[0.5, 0.5, -0.5, 1.0]")
"""Drives nails in 29 of 30 episodes, which the baseline was not trained for."""


async def test_who_serves_the_baseline_earns_nothing_and_who_is_better_everything(
    empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything real: the executor plays the shipped baseline, beside servers of the baseline and of another one.

    Only the seeds are always the same, since 16 episodes are few and chance would decide some of the runs.
    """
    monkeypatch.setattr("kinitro.scheduler.service.secrets.token_bytes", lambda length: bytes(length))
    options: dict[str, Any] = {"reference": "baseline", "episodes_per_env": 16, "max_steps": 120}
    options |= {"environments": ["metaworld/drawer-close-v3", "metaworld/hammer-v3"]}
    options |= {"allow_private_endpoints": True}
    squatter = assemble_policy("baseline", tmp_path)
    with running_project(squatter) as early, running_policies(tmp_path, {"better": CONSTANT}) as servers:
        async with subnet(empty_database) as net, served_api(empty_database, auth="false") as url:
            net.chain.neurons.clear()
            net.chain.commitments.clear()
            net.chain.add_miner(1, block=20, endpoint=early)
            net.chain.add_miner(2, block=90, endpoint=servers["better"])
            await net.reach("running", **options)
            hosted, workers = HostedPolicies(), WorkerPool(2, 8, WorkerConfig(allow_private_endpoints=True))
            settings = ExecutorSettings.load(api_url=url, spool_dir=tmp_path, allow_private_endpoints=True)
            stop = asyncio.Event()
            async with ApiClient(url) as api:
                spool = Spool(tmp_path / "spool", url, None)
                executor = Executor(settings, api, workers, spool, hosted=HostedTasks(hosted))
                running = asyncio.create_task(executor.run(stop))
                watching = asyncio.create_task(publish(net.scheduler(**options)))
                await asyncio.wait((running, watching), return_when=asyncio.FIRST_COMPLETED)
                stop.set()
                await running
                await watching
                scores, weights, _ = await published(net, api)
            await hosted.close()
            await workers.close()
    assert scores.reference is not None
    drawer, hammer = scores.reference.environments
    assert drawer.successes >= 14, "the shipped policy was really played"
    assert hammer.successes == 0
    solved = {m.uid: [one.successes for one in m.environments] for m in scores.miners}
    assert solved[1][0] >= 14
    assert weights.weights == {2: 1.0}, solved


async def test_a_fault_of_the_reference_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job("metaworld/reach-v3", "1", "0" * 32, "", 10)
    hosted = HostedPolicies()
    faulty = FakeEvaluator(lambda job: EpisodeResult(Outcome.POLICY_FAULT, steps=3, reason="timeout"))
    result = await hosted.evaluate(faulty, job, "the reference", ShippedPolicy("baseline"))
    assert (result.outcome, result.reason) == (Outcome.EVALUATOR_FAULT, REFERENCE_FAULT)
    assert Path(faulty.jobs[0].socket or "").name == "policy.sock"
    broken = FakeEvaluator()
    monkeypatch.setattr("kinitro.executor.own_policy._ONE_THREAD", {"PYTHONPATH": "/nowhere", "PYTHONHOME": "/nowhere"})
    result = await hosted.evaluate(broken, msgspec.structs.replace(job), "another", ShippedPolicy("baseline"))
    assert (result.outcome, result.reason) == (Outcome.EVALUATOR_FAULT, UNAVAILABLE)
    assert not broken.jobs
    await hosted.close()


async def test_a_reference_that_does_not_start_is_not_told_to_the_api(monkeypatch: pytest.MonkeyPatch) -> None:
    hosted, told = HostedPolicies(), asyncio.Event()
    monkeypatch.setattr("kinitro.executor.own_policy._ONE_THREAD", {"PYTHONPATH": "/nowhere", "PYTHONHOME": "/nowhere"})
    references = HostedTasks(hosted)
    monkeypatch.setattr(hosted_tasks.log, "warning", lambda *_, **__: told.set())
    trying = asyncio.create_task(references.keep_trying())
    async with asyncio.timeout(60):
        await told.wait()
    assert references.versions == {}
    monkeypatch.undo()
    await references._try(BASELINE, ShippedPolicy("baseline"))
    assert references.versions == {}, "what did not start a moment ago is not started again at once"
    trying.cancel()
    await hosted.close()


async def test_instances_end_when_nobody_uses_them() -> None:
    hosted = HostedPolicies(idle_s=0.2)
    async with hosted.occupy("the reference", ShippedPolicy("numpy")) as instance:
        assert instance.socket.exists()
        socket = instance.socket
    async with asyncio.timeout(30):
        while socket.exists():  # noqa: ASYNC110 - a process outside ends it
            await asyncio.sleep(0.05)
    async with hosted.occupy("the reference", ShippedPolicy("numpy")) as instance:
        assert instance.socket.exists(), "another one starts when it is needed again"
    await hosted.close()
