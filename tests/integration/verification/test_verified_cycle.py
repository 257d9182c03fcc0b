"""A cycle with shadow verification, from the policy servers to the weights: every process is the one operators run."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from kinitro.audit.audit import audit_cycle
from kinitro.chain.commitments import Commitment, encode
from kinitro.client.http import ApiClient
from kinitro.client.verdicts import MinerVerdicts, VerdictRow
from kinitro.database.cycles import CycleStore
from kinitro.database.pool import connect_async
from kinitro.database.schema import upgrade
from kinitro.local.miners import DEMO_MINERS, write_policy_directory
from kinitro.local.policy_directory import serve_policy_directory
from kinitro.policies.messages import PolicyHealth
from kinitro.scheduler.service import Scheduler
from kinitro.scheduler.settings import SchedulerSettings
from tests.fakes.api import serving
from tests.fakes.chain import FakeChain
from tests.standin.hub import Hub

CHEAT, GHOST, HONEST, UNLUCKY = 2, 3, 5, 7
"""In the order of their commitments. The cheat uploads another policy than the one behind its endpoint, the ghost
nothing, and of the unlucky one's upload the hub knows nothing but errors. All four deploy the same policy."""
EPISODES = 6


@contextmanager
def kinitro(log: Path, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command that runs until the end of the context, and must end well on SIGTERM."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "kinitro", *arguments], stdout=out, stderr=out, env=os.environ | environment
        )
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            assert process.wait(40) == 0, log.read_text()[-2000:]
        finally:
            process.kill()
            process.wait()


def children(pid: int) -> dict[str, int]:
    """Kinitro's commands among the children of a process, with their process ids."""
    numbers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    commands = {number: Path(f"/proc/{number}/cmdline").read_text().split("\0") for number in numbers}
    return {command[3]: int(number) for number, command in commands.items() if command[1:3] == ["-m", "kinitro"]}


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


@asynccontextmanager
async def deployed(hub: Hub, directory: Path) -> AsyncIterator[FakeChain]:
    """Four policy servers, what their owners uploaded, and what they committed."""
    policies = {miner.name: write_policy_directory(miner, directory) for miner in DEMO_MINERS}
    uploads = {HONEST: "specialist", UNLUCKY: "specialist", CHEAT: "random"}
    chain = FakeChain()
    async with AsyncExitStack() as stack:
        started = [
            stack.enter_async_context(serve_policy_directory(policies["specialist"], directory / f"{uid}.log"))
            for uid in (CHEAT, GHOST, HONEST, UNLUCKY)
        ]
        for uid, server in zip((CHEAT, GHOST, HONEST, UNLUCKY), started, strict=True):
            repo, revision = f"owner/policy-{uid}", "f" * 40
            if uid in uploads:
                revision = hub.publish(repo, files_of(policies[uploads[uid]]))
            chain.add_raw(uid, encode(Commitment(repo, revision, await server)), block=40 + uid)
        hub.failures["GET", f"policy-{UNLUCKY}"] = 500
        yield chain


def files_of(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes() for path in directory.rglob("*") if path.is_file()
    }


async def healthy(_: str) -> PolicyHealth:
    return PolicyHealth(max_concurrent_episodes=16)


async def run_cycle(database: str, chain: FakeChain) -> None:
    """What the scheduler does, until a cycle is published."""
    settings = SchedulerSettings.load(
        netuid=1,
        network="fake",
        database_url=database,
        environments=["metaworld/drawer-close-v3"],
        episodes_per_env=EPISODES,
        max_steps=100,
        poll_interval="0.2",
        eval_interval="0",
        verification_checks=2,
        allow_private_endpoints=True,
        reference="none",
    )
    async with await connect_async(database) as connection:
        scheduler = Scheduler(settings, chain, healthy, CycleStore(connection), asyncio.Event())
        async with asyncio.timeout(240):
            while not scheduler.published:
                await scheduler.step()


async def test_weights_go_to_the_one_who_deployed_what_it_uploaded(
    empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kinitro.database.verifications.RETRY_PAUSE_S", 0.1)
    await asyncio.to_thread(upgrade, empty_database)
    with Hub(token="secret") as hub:
        async with deployed(hub, tmp_path) as chain, serving(empty_database, auth=False) as url:
            flags = ("--api-url", url, "--workers", "1", "--allow-private-endpoints", "--verification-rate", "0")
            environment = {"XDG_STATE_HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "HF_ENDPOINT": hub.url}
            environment |= {"KINITRO_VERIFIER_POLICY_TIME": "60s", "KINITRO_VERIFIER_ALLOW_NO_CONTROL_GROUP": "true"}
            with kinitro(tmp_path / "executor.log", "executor", *flags, "--verify", **environment) as executor:
                await run_cycle(empty_database, chain)
                verifier = children(executor.pid)["verifier"]
            assert not is_running(verifier), "it ends with its executor"
            repeated = await repeat_verdict(url, first_verdict(empty_database, CHEAT), environment)
            async with ApiClient(url) as api:
                verdicts = {uid: await verdicts_on(api, uid) for uid in (CHEAT, GHOST, HONEST, UNLUCKY)}
                scores, weights = await api.scores_latest(), await api.weights_latest()
                audit = await audit_cycle(api, sample=2, workers=0)

    said = (tmp_path / "executor.log").read_text()[-3000:]
    assert {uid: {row.verdict for row in rows} for uid, rows in verdicts.items()} == {
        CHEAT: {"mismatch"}, GHOST: {"unverifiable"}, HONEST: {"match"}, UNLUCKY: {"error"}
    }, said  # fmt: skip
    assert {len(rows) for rows in verdicts.values()} == {2}
    assert {miner.uid for miner in scores.miners if miner.disqualified} == {CHEAT, GHOST, UNLUCKY}, (
        "what fails for one alone is not verified, and what is not verified earns nothing"
    )
    assert weights.weights == {HONEST: 1.0}, "first among those who are not disqualified, and as good as all others"
    assert audit.ok, audit.reason
    check_evidence(verdicts)
    assert repeated.returncode == 0, repeated.stderr
    assert f"of uid {CHEAT}: mismatch, published is mismatch" in repeated.stdout


def first_verdict(database: str, uid: int) -> int:
    """The number of a task with one."""
    with psycopg.connect(database) as connection:
        row = connection.execute("select min(task_id) from verification where uid = %s", (uid,)).fetchone()
    assert row is not None
    return int(row[0])


async def repeat_verdict(url: str, task_id: int, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What anybody may do."""
    command = [sys.executable, "-m", "kinitro", "verify", "--task", str(task_id), "--api-url", url]
    return await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, check=False, env=os.environ | environment
    )


def check_evidence(verdicts: dict[int, list[VerdictRow]]) -> None:
    """Everybody can see why, and the honest one's actions were the same to the last bit."""
    honest, cheat = verdicts[HONEST][0].evidence, verdicts[CHEAT][0].evidence
    assert honest.matching == honest.compared > 20
    assert honest.largest_difference == 0.0
    assert cheat.matching < 0.5 * cheat.compared
    assert cheat.first_difference is not None
    assert cheat.first_difference.committed is not None
    assert "no such public repository" in str(verdicts[GHOST][0].evidence.reason)
    assert "status 500" in str(verdicts[UNLUCKY][0].evidence.reason)


async def verdicts_on(api: ApiClient, uid: int) -> list[VerdictRow]:
    found: Any = await api.get(f"/v1/miners/{uid}/verifications", MinerVerdicts)
    return list(found.verdicts)
