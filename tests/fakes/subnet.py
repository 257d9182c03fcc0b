"""A database, a chain of three miners, a task pool, and a scheduler that is driven step by step."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from kinitro.database.cycles import Cycle, CycleStore
from kinitro.database.pool import Connection, connect_async, open_pool
from kinitro.database.schema import upgrade
from kinitro.database.tasks import PoolLimits, TaskPool
from kinitro.policies.messages import PolicyHealth
from kinitro.scheduler.service import Scheduler
from kinitro.scheduler.settings import SchedulerSettings
from tests.fakes.chain import FakeChain
from tests.fakes.executor import skill

ENVIRONMENTS = ["metaworld/reach-v3", "metaworld/push-v3"]


async def healthy(endpoint: str) -> PolicyHealth:
    return PolicyHealth(max_concurrent_episodes=1000)


def by_skill(task: Any) -> int:
    return 1 if skill(task.uid, task.seed) else 2


@dataclass
class Subnet:
    """A database, a chain and a pool; `scheduler` is a leader without a process."""

    url: str
    chain: FakeChain
    pool: TaskPool
    executor_id: int
    connection: Connection

    @property
    def store(self) -> CycleStore:
        return CycleStore(self.connection)

    def settings(self, **changes: Any) -> SchedulerSettings:
        given: dict[str, Any] = {
            "netuid": 1,
            "network": "fake",
            "database_url": self.url,
            "episodes_per_env": 20,
            "environments": ENVIRONMENTS,
            "eval_interval": "0",
            "poll_interval": "0.01",
            "reference": "none",
        }
        return SchedulerSettings.load(**given | changes)

    def scheduler(self, **changes: Any) -> Scheduler:
        return Scheduler(self.settings(**changes), self.chain, healthy, self.store, asyncio.Event())

    async def reach(self, state: str, **changes: Any) -> Cycle:
        """A cycle in `state`, reached step by step."""
        scheduler = self.scheduler(**changes)
        for _ in range(50):
            latest = await self.store.latest(1)
            if latest is not None and latest.state == state:
                return latest
            await scheduler.step()
        raise AssertionError(f"no cycle became {state}")

    async def one(self, query: str, *parameters: Any) -> Any:
        return await (await self.connection.execute(query, parameters)).fetchone()


@asynccontextmanager
async def subnet(url: str, **limits: Any) -> AsyncIterator[Subnet]:
    await asyncio.to_thread(upgrade, url)
    connections = await open_pool(url, size=4)
    connection = await connect_async(url)
    try:
        add = "insert into executor (name) values ('one') on conflict (name) do update set name = 'one' returning id"
        row = await (await connection.execute(add)).fetchone()
        assert row is not None
        chain = FakeChain()
        for uid in (2, 5, 9):
            chain.add_miner(uid, block=40 + uid)
        yield Subnet(url, chain, TaskPool(connections, PoolLimits(**limits)), row[0], connection)
    finally:
        await connection.close()
        await connections.close()
