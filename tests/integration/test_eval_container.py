"""The evaluation image, built without any network on a base image without any registry, and episodes in its containers.

With a real Docker engine (see tests/fakes/container_engine.py); takes some minutes, so it is not among the quick tests.
"""

from __future__ import annotations

import asyncio
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator
from ipaddress import ip_network
from typing import Any

import pytest

from kinitro.environments import fingerprint as own_fingerprint
from kinitro.environments import get_spec, make
from kinitro.evaluation import EpisodeResult, Outcome, replay
from kinitro.evaluation.jobs import Job
from kinitro.evaluation.no_op_server import NoOpServer
from kinitro.evaluation.pool import ProcessPool
from kinitro.executor.containers.evaluator import derive_owner
from kinitro.executor.containers.image import LOCK, find_needed_distributions, find_source_directory, select_pins
from kinitro.executor.main import make_evaluator
from kinitro.executor.settings import ExecutorSettings
from tests.fakes.container_engine import debian, docker, import_image
from tests.integration.test_eval_image import RUN_AN_EPISODE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
BASE = "kinitro-test-base"
IMAGE = "kinitro-test-eval"
ENVIRONMENT = get_spec("metaworld/reach-v3")
STEPS = 20


@pytest.fixture(scope="module")
def image(docker_engine: None, tmp_path_factory: pytest.TempPathFactory) -> str:
    directory = tmp_path_factory.mktemp("image")
    root, wheelhouse, pins = directory / "root", directory / "wheelhouse", directory / "pins.txt"
    debian(root, "python3-venv")
    import_image(root, BASE)
    pins.write_text(select_pins((find_source_directory() / LOCK).read_text(), find_needed_distributions()))
    download = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    subprocess.run([*download, "-r", str(pins), "-d", str(wheelhouse)], check=True)
    build = [sys.executable, "-m", "kinitro", "build-eval-env", "--tag", IMAGE, "--base-image", BASE]
    subprocess.run([*build, "--wheelhouse", str(wheelhouse)], check=True)
    return IMAGE


def settings(**changes: Any) -> ExecutorSettings:
    return ExecutorSettings.load(
        **{
            "api_url": "http://api",
            "name": "container-test",
            "workers": 2,
            "episodes_per_worker": 4,
            "eval_mode": "docker",
            "eval_image": IMAGE,
            "eval_memory": "4g",
            "allow_private_endpoints": True,
        }
        | changes
    )


@pytest.fixture
async def miner(image: str) -> AsyncIterator[str]:
    """A policy server where containers can reach it."""
    subnet = docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Subnet}}")
    server = NoOpServer(delay_s=0.02, host=str(next(ip_network(subnet).hosts())))
    await server.start()
    yield server.url
    await server.close()


@pytest.fixture
async def containers(image: str) -> AsyncIterator[ProcessPool]:
    evaluator = make_evaluator(settings())
    assert isinstance(evaluator, ProcessPool)
    try:
        await evaluator.start()
        yield evaluator
    finally:
        await evaluator.close()


def job(endpoint: str, steps: int = STEPS) -> Job:
    return Job(ENVIRONMENT.id, ENVIRONMENT.version, secrets.token_hex(16), endpoint, steps)


def running() -> list[str]:
    return docker("ps", "--all", "--quiet", "--filter", f"label=kinitro.executor={derive_owner(settings())}").split()


def test_an_episode_without_network_on_a_read_only_root(image: str) -> None:
    confined = ["--network", "none", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--user", "65534"]
    assert docker("run", "--rm", *confined, image, "python", "-c", RUN_AN_EPISODE) == own_fingerprint()


async def test_many_episodes_run_in_one_confined_container(containers: ProcessPool, miner: str) -> None:
    assert containers.fingerprint == own_fingerprint()
    assert containers.capacity == 8
    results: list[EpisodeResult] = await asyncio.gather(*(containers.evaluate(job(miner)) for _ in range(16)))
    assert {(result.outcome, result.steps, result.forfeits) for result in results} == {(Outcome.FAILURE, STEPS, 0)}
    trace = results[0].trace
    assert trace is not None
    assert replay(trace, make(ENVIRONMENT.id), fingerprint=own_fingerprint()).agrees
    (container,) = running()
    limits = "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.Memory}} {{.HostConfig.CapDrop}} {{.Config.User}}"
    assert docker("inspect", container, "--format", limits) == f"true {4 << 30} [ALL] 65534:65534"


async def test_a_container_that_dies_costs_its_episodes_and_is_replaced(containers: ProcessPool, miner: str) -> None:
    lost = [asyncio.create_task(containers.evaluate(job(miner, 500))) for _ in range(4)]
    await asyncio.sleep(2)
    (container,) = running()
    docker("kill", container)
    assert {result.outcome for result in await asyncio.gather(*lost)} == {Outcome.EVALUATOR_FAULT}
    async with asyncio.timeout(240):
        while (await containers.evaluate(job(miner))).outcome is Outcome.EVALUATOR_FAULT:  # noqa: ASYNC110
            await asyncio.sleep(1)


async def test_nothing_survives_the_executor_and_strays_are_removed_at_the_next_start(image: str) -> None:
    label = f"kinitro.executor={derive_owner(settings())}"
    stray = docker("run", "--detach", "--label", label, image, "sleep", "3600")
    evaluator = make_evaluator(settings())
    try:
        await evaluator.start()
        assert len(running()) == 1
        assert not stray.startswith(running()[0])
    finally:
        await evaluator.close()
    assert running() == []
