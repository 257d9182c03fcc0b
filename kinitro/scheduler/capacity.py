"""How many episodes a miner runs at once: its own word, asked for when a cycle opens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from kinitro.policies.errors import PolicyError, PolicyUnreachable, Reason
from kinitro.policies.messages import MAX_CONCURRENT_EPISODES, Health
from kinitro.taskpool.freeze import misled
from kinitro.taskpool.records import FrozenMiner

PROBE_DEADLINE_S = 10.0
"""For one miner's `/health`, name resolution included; the others are asked meanwhile."""
PROBES_AT_ONCE = 32

Probe = Callable[[str], Awaitable[Health]]
"""Asks the policy server at an endpoint for its `/health`; raises PolicyError."""


async def with_capacities(miners: Sequence[FrozenMiner], probe: Probe) -> list[FrozenMiner]:
    """Ask every miner that takes part how many episodes it runs at once; one that does not say gets one at a time.

    Whoever leads us to an address that is not allowed is excluded. A server that is down stays in: being up when its
    episodes run is the miner's business.
    """
    turns = asyncio.Semaphore(PROBES_AT_ONCE)

    async def ask(miner: FrozenMiner) -> FrozenMiner:
        if miner.excluded is not None or miner.endpoint is None:
            return miner
        async with turns:
            try:
                async with asyncio.timeout(PROBE_DEADLINE_S):
                    declared = (await probe(miner.endpoint)).max_concurrent_episodes
            except PolicyUnreachable as error:
                if error.reason in (Reason.BAD_ENDPOINT, Reason.ADDRESS_REFUSED):
                    return misled(miner, error)
                declared = 1
            except (PolicyError, TimeoutError):
                declared = 1
        return miner.model_copy(update={"max_concurrency": min(max(declared, 1), MAX_CONCURRENT_EPISODES)})

    return list(await asyncio.gather(*(ask(miner) for miner in miners)))
