"""A database with one published cycle of real episodes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from kinitro.chain import Chain
from kinitro.chain.local import OWNER
from kinitro.database.cycles import CycleStore
from kinitro.database.pool import connect_async, open_pool
from kinitro.database.schema import upgrade
from kinitro.database.tasks import TaskPool
from kinitro.database.verifications import Verifications
from kinitro.environments import fingerprint
from kinitro.policies.messages import PolicyHealth
from kinitro.scheduler.service import Scheduler
from kinitro.scheduler.settings import SchedulerSettings
from tests.fakes.chain import FakeChain
from tests.fakes.executor import run_episodes
from tests.fakes.verifier import verify

ENVIRONMENTS = ["metaworld/drawer-close-v3", "metaworld/button-press-v3"]
EPISODES, MAX_STEPS = 5, 80


@dataclass(frozen=True)
class Published:
    """Where it is, and the chain it was frozen from.

    uid 9 is the best and the first, uid 2 is disqualified by three checks of three, uid 11 is excluded.
    """

    url: str
    chain: FakeChain


def publish(url: str) -> Published:
    """Fill an empty database. The seeds are always the same."""
    chain = FakeChain()
    for uid in (2, 5, 9):
        chain.add_miner(uid, block=50 - uid)
    chain.add_raw(11, b"nonsense")
    chain.owner = OWNER.hotkey
    chain.number = 96  # which makes block 104 the beacon, and of this cycle's seeds one that is not trivial
    upgrade(url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kinitro.scheduler.service.secrets.token_bytes", lambda size: b"k" * size)
        asyncio.run(publish_cycle(url, chain))
    return Published(url, chain)


async def publish_cycle(url: str, chain: Chain) -> None:
    """Have a scheduler publish one cycle of subnet 1 of this chain, in a database with the schema."""

    async def healthy(endpoint: str) -> PolicyHealth:
        return PolicyHealth(max_concurrent_episodes=50)

    settings = SchedulerSettings.load(
        netuid=1,
        network="fake",
        database_url=url,
        environments=ENVIRONMENTS,
        episodes_per_env=EPISODES,
        max_steps=MAX_STEPS,
        poll_interval="0.01",
        eval_interval="0",
        reference="none",
        wallet_name=OWNER.name,
        hotkey_name=OWNER.hotkey,
    )
    connections = await open_pool(url, size=2)
    async with await connect_async(url) as connection:
        await connection.execute("insert into executor (name) values ('one')")
        scheduler = Scheduler(settings, chain, healthy, CycleStore(connection), asyncio.Event())
        while not scheduler.published:
            await scheduler.step()
            await run_episodes(TaskPool(connections), 1, fingerprint())
            await verify(Verifications(connection), 1, fingerprint(), cheats={2})
    await connections.close()
