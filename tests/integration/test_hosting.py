"""Hosted policies: real sandboxes and worker processes; a fault is named and costs only its own episodes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kinitro.evaluation import Outcome
from kinitro.evaluation.jobs import Job
from kinitro.evaluation.pool import WorkerPool
from kinitro.evaluation.worker import WorkerConfig
from kinitro.executor.hosting import (
    ENDED,
    NOT_DOWNLOADED,
    NOT_STARTED,
    UNAVAILABLE,
    HostedPolicies,
    SandboxedUploads,
    ShippedPolicy,
    UploadedPolicy,
)
from kinitro.policies.shipped import assemble_policy
from kinitro.sandbox import BubblewrapSandbox, RepositoryUnverifiable, inspect_runtime
from tests.fakes.puppet import LIMITS, public_directory, write_policy

ROOT = Path(__file__).parents[2]
FORWARD = """
class RobotPolicy:
    max_concurrent_episodes = 4
    max_chunk = 1
    @classmethod
    def load(cls): pass
    async def reset(self, task_config): return task_config["episode_id"]
    async def act(self, observation, images):
        BODY
        return [1.0, 1.0, 1.0, 0.0]
"""


class FolderUploads:
    """Uploads that are already in a folder; what is missing there is missing on the hub."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.fetched = 0

    def write(self, name: str, body: str = "pass") -> UploadedPolicy:
        place = assemble_policy("numpy", self.directory / name)
        write_policy(place, {"policy.py": FORWARD.replace("BODY", body)})
        return UploadedPolicy(f"miner/{name}", "a" * 40, replace(LIMITS, start_s=60, wall_s=300))

    async def fetch(self, repo: str, revision: str, at_most: int | None = None) -> Path:
        self.fetched += 1
        place = self.directory / repo.split("/")[1] / "numpy"
        if not place.is_dir():
            raise RepositoryUnverifiable(f"{repo} does not exist")
        return place


def job(seed: int = 1) -> Job:
    return Job("fake/point", "1", f"{seed:032x}", "", 120)


@pytest.fixture
def uploads() -> Iterator[FolderUploads]:
    with public_directory() as directory:
        yield FolderUploads(directory)


@pytest.fixture
async def hosted(uploads: FolderUploads) -> AsyncIterator[HostedPolicies]:
    runtime = await inspect_runtime(Path(sys.executable))
    sandbox = BubblewrapSandbox(allow_no_control_group=True)
    pool = HostedPolicies(SandboxedUploads(uploads, sandbox, runtime), instances=1)
    yield pool
    await pool.close()


@pytest.fixture
async def workers(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WorkerPool]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    fakes = WorkerConfig(
        environments="tests.fakes.point:make",
        fingerprint="tests.fakes.point:fingerprint",
        prepare="tests.fakes.point:fingerprint",
        log_level="error",
    )
    pool = WorkerPool(1, 8, fakes)
    await pool.start()
    yield pool
    await pool.close()


async def test_warm_policies_share_few_places_and_shut_down(
    uploads: FolderUploads, hosted: HostedPolicies, workers: WorkerPool
) -> None:
    one = uploads.write("one")
    episodes = [hosted.evaluate(workers, job(seed), "miner 1", one) for seed in range(6)]
    results = await asyncio.gather(*episodes)
    assert [result.outcome for result in results] == [Outcome.SUCCESS] * 6
    assert uploads.fetched == 1, "an instance is kept warm between episodes"
    reference = await hosted.evaluate(workers, job(), "reference", ShippedPolicy("baseline"))
    assert reference.outcome is Outcome.FAILURE, "a source that needs the place of an idle instance gets it"
    unknown = await hosted.evaluate(workers, job(), "reference", ShippedPolicy("unheard-of"))
    assert (unknown.outcome, unknown.reason) == (Outcome.EVALUATOR_FAULT, UNAVAILABLE)


async def test_each_fault_is_named_and_ends_only_its_own_episodes(
    uploads: FolderUploads, hosted: HostedPolicies, workers: WorkerPool
) -> None:
    gone = await hosted.evaluate(workers, job(), "miner 1", UploadedPolicy("miner/gone", "b" * 40))
    assert (gone.outcome, gone.reason) == (Outcome.POLICY_FAULT, NOT_DOWNLOADED)

    broken = uploads.write("broken")
    (uploads.directory / "broken" / "numpy" / "server.py").write_text("raise RuntimeError('my fault')")
    fetched = uploads.fetched
    for _ in range(3):
        result = await hosted.evaluate(workers, job(), "miner 2", broken)
        assert (result.outcome, result.reason) == (Outcome.POLICY_FAULT, NOT_STARTED)
        assert "my fault" in (result.detail or "")
    assert uploads.fetched == fetched + 1, "what did not start is not started again for each of its tasks"

    crashing = uploads.write("crashing", "import os; os._exit(3)")
    for _ in range(2):
        result = await hosted.evaluate(workers, job(), "miner 3", crashing)
        assert (result.outcome, result.reason) == (Outcome.POLICY_FAULT, f"{ENDED}_exited")
    honest = await hosted.evaluate(workers, job(), "miner 4", uploads.write("honest"))
    assert honest.outcome is Outcome.SUCCESS
