"""The validator's audit: a real published cycle, the real API, the local chain, a process of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from structlog.testing import capture_logs

from kinitro.audit.errors import AuditUnavailable
from kinitro.audit.witness import Witness
from kinitro.chain import Wallet
from kinitro.chain.commitments import Commitment, encode
from kinitro.chain.local import OWNER, URL_VARIABLE, LocalChain
from kinitro.client.http import ApiClient
from kinitro.client.records import Manifest
from kinitro.database.schema import upgrade
from kinitro.validator import auditing
from kinitro.validator.auditing import Auditor
from kinitro.validator.errors import AuditRefused
from kinitro.validator.settings import ValidatorSettings
from tests.fakes.api import serving
from tests.fakes.published import publish_cycle

NETUID = 1
"""That of `publish_cycle`."""


@dataclass
class Subnet:
    database: str
    api: ApiClient
    auditor: Auditor
    witness_file: Path


@pytest.fixture
async def subnet(empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Subnet]:
    await asyncio.to_thread(upgrade, empty_database)
    chain = await LocalChain.create(empty_database, NETUID, block_time_s=0.05)
    await chain.register(NETUID, OWNER)
    for uid in (2, 5, 9):
        miner = Wallet("miner", str(uid))
        await chain.register(NETUID, miner, uid=uid)
        place = Commitment(f"owner/policy-{uid}", f"{uid:040x}", f"https://miner-{uid}.example.com")
        await chain.commit(NETUID, miner, encode(place))
    await publish_cycle(empty_database, chain)
    monkeypatch.setenv(URL_VARIABLE, empty_database)
    async with serving(empty_database) as url, ApiClient(url, tries=1) as api:
        settings = ValidatorSettings(
            backend_url=url,
            netuid=NETUID,
            network="local-dev",
            audit_sample=2,
            audit_workers=0,
            state_directory=tmp_path / "state",
        )
        yield Subnet(empty_database, api, Auditor(settings, api), tmp_path / "state" / "witness.json")


async def test_the_truth_passes_and_lies_are_refused(
    subnet: Subnet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One story, because a published cycle takes seconds to make."""
    weights = await subnet.api.weights_latest()
    await subnet.auditor.check(weights)

    lie = weights.model_copy(update={"weights_u16": dict.fromkeys(weights.weights_u16, 7)})
    with pytest.raises(AuditRefused, match=r"Cycle 1 does not pass its audit: weights"):
        await subnet.auditor.check(lie)

    gone = ValidatorSettings(
        backend_url="http://127.0.0.1:1", netuid=NETUID, network="local-dev", state_directory=tmp_path
    )
    with pytest.raises(AuditUnavailable, match="cannot be reached"):
        await Auditor(gone, subnet.api).check(weights)

    await subnet.auditor.witness()
    assert not subnet.witness_file.exists(), "a revealed key proves nothing any more"
    with psycopg.connect(subnet.database) as connection:
        connection.execute("update cycle set state = 'running', revealed_at = null, published_at = null")
    async with asyncio.timeout(60):
        while not subnet.witness_file.exists():  # the API remembers its answers for a while
            await asyncio.sleep(0.2)
            await subnet.auditor.witness()
    assert Witness.load(subnet.witness_file).key_hash(subnet.api.base_url, 1) is not None

    monkeypatch.setattr(auditing, "AUDIT_TIMEOUT_S", 0.05)
    with pytest.raises(AuditUnavailable, match="did not end within"):
        await subnet.auditor.check(weights)


async def test_forged_outcomes_whose_traces_are_gone_are_refused(subnet: Subnet) -> None:
    """Red team: forge, publish, delete the traces. The replays were "skipped", and everything else passed."""
    weights = await subnet.api.weights_latest()
    with psycopg.connect(subnet.database) as connection:
        connection.execute("delete from trace")
    async with asyncio.timeout(60):
        while True:  # the API remembers its answers for a while
            if not (await subnet.api.get("/v1/cycles/1/manifest", Manifest)).traces_kept:
                break
            await asyncio.sleep(0.2)
    with pytest.raises(AuditRefused, match=r"could not be checked completely: .*no traces.*--allow-unchecked"):
        await subnet.auditor.check(weights)
    small = subnet.auditor.settings.model_copy(update={"allow_unchecked": True})
    with capture_logs() as logs:
        await Auditor(small, subnet.api).check(weights)
    assert [(log["log_level"], log["event"]) for log in logs if "unchecked" in log["event"]] == [
        ("error", "weights_are_set_unchecked")
    ]
