"""What policy servers declare when a cycle opens: whom they serve, and how many episodes they run at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from kinitro.client.records import FrozenMiner
from kinitro.cycles.freeze import exclude_misled, settle_endpoints
from kinitro.policies.errors import PolicyError, PolicyUnreachable, Reason
from kinitro.policies.messages import MAX_CONCURRENT_EPISODES, PolicyHealth

PROBE_DEADLINE_S = 10.0
"""How long one miner's `/health` may take, name resolution included; the others are asked meanwhile."""
PROBES_AT_ONCE = 32

Probe = Callable[[str], Awaitable[PolicyHealth]]
"""Asks the policy server at an endpoint for its `/health`; raises PolicyError."""


async def ask_capacities(
    miners: Sequence[FrozenMiner], probe: Probe, holders: Mapping[str, str] | None = None
) -> list[FrozenMiner]:
    """Ask every miner that takes part how many episodes it runs at once; one that does not say gets one at a time.

    If several miners have committed one endpoint, its owner is decided by whom the server says that it serves, and by
    who held the endpoint in the cycle before (`holders`). A miner whose endpoint leads to an address that is not
    allowed is excluded. A miner whose server is down takes part all the same: it may be up when its episodes run.
    """
    named: dict[int, str] = {}
    turns = asyncio.Semaphore(PROBES_AT_ONCE)

    async def ask(miner: FrozenMiner) -> FrozenMiner:
        if miner.excluded is not None or miner.endpoint is None:
            return miner
        async with turns:
            try:
                async with asyncio.timeout(PROBE_DEADLINE_S):
                    health = await probe(miner.endpoint)
                declared = health.max_concurrent_episodes
                if health.hotkey:
                    named[miner.uid] = health.hotkey
            except PolicyUnreachable as error:
                if error.reason in (Reason.BAD_ENDPOINT, Reason.ADDRESS_REFUSED):
                    return exclude_misled(miner, error)
                declared = 1
            except (PolicyError, TimeoutError):
                declared = 1
        return miner.model_copy(update={"max_concurrency": min(max(declared, 1), MAX_CONCURRENT_EPISODES)})

    asked = await asyncio.gather(*(ask(miner) for miner in miners))
    return settle_endpoints(asked, holders, named)
