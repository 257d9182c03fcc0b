"""Miners who serve named evaluators only serve an executor that signs with such a hotkey, and nobody else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import bittensor_core
import psutil
import pytest

from kinitro.errors import ConfigurationError
from kinitro.evaluation import EpisodeResult, Outcome
from kinitro.evaluation.jobs import Job
from kinitro.evaluation.pool import WorkerPool
from kinitro.evaluation.worker import WorkerConfig
from kinitro.executor.settings import ExecutorSettings
from kinitro.miner.projects import TEMPLATE_DIRECTORY
from tests.fakes.policy_servers import running_project

ROOT = Path(__file__).parents[2]
EVALUATOR = bittensor_core.Keypair.create_from_uri("//Alice")
STRANGER = bittensor_core.Keypair.create_from_uri("//Mallory")
MINER = bittensor_core.Keypair.create_from_uri("//Miner").ss58_address
STEPS = 8


@pytest.fixture
def wallets(tmp_path: Path) -> Path:
    for name, pair in (("evaluator", EVALUATOR), ("stranger", STRANGER)):
        hotkeys = tmp_path / name / "hotkeys"
        hotkeys.mkdir(parents=True)
        (hotkeys / "default").write_bytes(bittensor_core.serialized_keypair_to_keyfile_data(pair))
    return tmp_path


@pytest.fixture
def miner(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The template's server, for requests that the evaluator signed for this very miner."""
    monkeypatch.setenv("KINITRO_EVALUATORS", EVALUATOR.ss58_address)
    monkeypatch.setenv("KINITRO_HOTKEY", MINER)
    with running_project(TEMPLATE_DIRECTORY) as url:
        yield url


def settings(wallets: Path, wallet: str | None) -> ExecutorSettings:
    return ExecutorSettings.load(api_url="http://localhost", wallet_name=wallet, wallet_path=str(wallets))


@asynccontextmanager
async def workers(hotkey: str | None) -> AsyncIterator[WorkerPool]:
    config = WorkerConfig(
        allow_private_endpoints=True,
        environments="tests.fakes.point:make",
        fingerprint="tests.fakes.point:fingerprint",
        prepare="tests.fakes.point:fingerprint",
        hotkey=hotkey,
        log_level="error",
    )
    pool = WorkerPool(1, 4, config)
    await pool.start()
    try:
        yield pool
    finally:
        await pool.close()


async def evaluated(pool: WorkerPool, endpoint: str, receiver: str | None = MINER) -> EpisodeResult:
    return await pool.evaluate(Job("fake/point", "1", f"{1:032x}", endpoint, STEPS, receiver=receiver))


@pytest.mark.parametrize(
    ("wallet", "receiver", "outcome", "reason"),
    [
        ("evaluator", MINER, Outcome.FAILURE, None),
        ("evaluator", STRANGER.ss58_address, Outcome.POLICY_FAULT, "unreachable:http_status"),
        ("stranger", MINER, Outcome.POLICY_FAULT, "unreachable:http_status"),
        (None, MINER, Outcome.POLICY_FAULT, "unreachable:http_status"),
    ],
    ids=["listed evaluator", "signed for another miner", "stranger", "unsigned"],
)
async def test_only_the_listed_evaluator_is_served(
    monkeypatch: pytest.MonkeyPatch,
    wallets: Path,
    miner: str,
    wallet: str | None,
    receiver: str,
    outcome: Outcome,
    reason: str | None,
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    async with workers(settings(wallets, wallet).read_signing_hotkey()) as pool:
        result = await evaluated(pool, miner, receiver)
    assert (result.outcome, result.reason) == (outcome, reason)
    assert result.forfeits == 0
    assert result.steps == (STEPS if outcome is Outcome.FAILURE else 0)


async def test_the_key_is_in_no_argument_and_no_environment_of_a_worker(
    monkeypatch: pytest.MonkeyPatch, wallets: Path
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    hotkey = settings(wallets, "evaluator").read_signing_hotkey()
    assert hotkey is not None
    secrets = [
        str(value) for name, value in json.loads(hotkey).items() if value and name.startswith(("secret", "priv"))
    ]
    assert secrets
    async with workers(hotkey) as pool:
        for process in (psutil.Process(number) for number in pool.process_ids):
            told = " ".join(process.cmdline()) + str(process.environ())
            assert not [secret for secret in secrets if secret.removeprefix("0x") in told]


def test_a_hotkey_that_is_missing_is_noticed_before_any_work(wallets: Path) -> None:
    with pytest.raises(ConfigurationError, match="nobody/default cannot be read"):
        settings(wallets, "nobody").read_signing_hotkey()
