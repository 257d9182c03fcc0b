"""SIGKILL at random moments, to every kind of service: no cycle is published twice, and none is published wrong."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from kinitro.audit.audit import audit_cycle
from kinitro.client.http import ApiClient
from kinitro.client.records import compute_results_root
from kinitro.cycles.scorecard import PublicationIdentity, score
from kinitro.database.cycles import CycleStore
from kinitro.database.verifications import Verifications
from kinitro.errors import KinitroError
from kinitro.local.subnet import Subnet, SubnetOptions, run_subnet

VICTIMS = ("scheduler", "api", "executor", "validator", "postgres")
CHECK_EVERY_S = 0.25


@dataclass(frozen=True)
class Storm:
    """Kills until every kind of service was killed and so many cycles are published."""

    cycles: int
    pause_s: tuple[float, float]
    """Between two kills, uniform."""


@pytest.mark.parametrize(
    "storm",
    [
        pytest.param(Storm(cycles=5, pause_s=(2.0, 8.0)), id="short"),
        pytest.param(Storm(cycles=20, pause_s=(4.0, 16.0)), id="long", marks=pytest.mark.slow),
    ],
)
@pytest.mark.timeout(3600)
async def test_random_kills_over_many_cycles(storm: Storm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kinitro.local.supervisor.MAX_RAPID_EXITS", 10**6)
    monkeypatch.setenv("KINITRO_API_LEASE_TTL_S", "3")
    options = SubnetOptions(
        directory=tmp_path,
        environments=["metaworld/drawer-close-v3"],
        episodes=2,
        max_steps=20,
        cycles=10**6,
        workers=1,
    )
    choose = random.Random(20)
    async with run_subnet(options) as subnet:
        kills = await kill_until_published(subnet, storm, choose)
        print({victim: kills.count(victim) for victim in VICTIMS})
        assert set(kills) == set(VICTIMS)
        async with await psycopg.AsyncConnection.connect(subnet.postgres.url, autocommit=True) as connection:
            await check_every_cycle(CycleStore(connection), storm.cycles)
        async with ApiClient(subnet.api_url) as api:
            report = await audit_cycle(api, sample=5, workers=0, chain=subnet.chain)
            assert report.ok, report.reason


async def kill_until_published(subnet: Subnet, storm: Storm, choose: random.Random) -> list[str]:
    """Kill and let restart until enough is published, and everything is well again; returns who was killed."""
    kills: list[str] = []
    waiting: list[str] = []
    until_kill_s = choose.uniform(*storm.pause_s)
    while await published(subnet) < storm.cycles or set(kills) != set(VICTIMS):
        subnet.check()
        await asyncio.sleep(CHECK_EVERY_S)
        until_kill_s -= CHECK_EVERY_S
        if until_kill_s <= 0:
            waiting = waiting or choose.sample(VICTIMS, len(VICTIMS))
            victim = waiting.pop()
            pid = subnet.postgres.pid if victim == "postgres" else subnet.supervisor.pid(victim)
            with suppress(ProcessLookupError):
                os.kill(pid or 0, signal.SIGKILL)
                kills.append(victim)
            until_kill_s = choose.uniform(*storm.pause_s)
    for _ in range(400):
        subnet.check()
        await asyncio.sleep(CHECK_EVERY_S)
        async with ApiClient(subnet.api_url, tries=1) as api:
            with suppress(KinitroError):
                await api.status()
                return kills
    raise AssertionError("the subnet did not recover")


async def published(subnet: Subnet) -> int:
    try:
        async with await psycopg.AsyncConnection.connect(subnet.postgres.url, connect_timeout=5) as connection:
            row = await (await connection.execute("select count(*) from publication")).fetchone()
            return int(row[0]) if row else 0
    except psycopg.OperationalError:
        return 0


async def check_every_cycle(store: CycleStore, at_least: int) -> None:
    """Published once and equal to what an undisturbed scheduler makes of the same outcomes; or failed, and why."""
    cycles = [cycle for cycle, _ in await store.newest(10_000)]
    assert sum(cycle.state == "published" for cycle in cycles) >= at_least
    for cycle in cycles:
        publications = await (
            await store.connection.execute("select scores, weights from publication where cycle_id = %s", (cycle.id,))
        ).fetchall()
        assert len(publications) == (cycle.state == "published")
        assert cycle.state != "failed" or cycle.reason
        if cycle.state != "published":
            continue
        rows = await store.all_results(cycle)
        miners = await store.miners(cycle.id)
        taking_part = sum(miner.excluded is None for miner in miners)
        assert len({(row.uid, row.env_id, row.episode) for row in rows}) == len(rows) == taking_part * 2
        scores, weights = publications[0]
        identity = PublicationIdentity(cycle.id, cycle.netuid, cycle.block, scores["published_at"])
        verdicts = await Verifications(store.connection).verdicts(cycle.id)
        again = score(identity, cycle.config, miners, rows, verdicts)
        assert again.scores.model_dump(mode="json") == scores
        assert again.weights.model_dump(mode="json") == weights
        assert cycle.results_root == compute_results_root(rows)
