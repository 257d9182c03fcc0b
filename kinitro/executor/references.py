"""The references that this executor can play: shipped policies that have shown that they start here."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from kinitro.client.messages import POLICY_VERSION
from kinitro.errors import KinitroError
from kinitro.executor.hosting import HostedPolicies, ShippedPolicy
from kinitro.logs import get_logger
from kinitro.policies.shipped import REFERENCES, digest_policy

OWNER = "the reference"
"""The owner of the instances; no miner's hotkey can be this."""
TRIED_EVERY_S = 300.0
"""Seconds between two tries of a policy that did not start."""
log = get_logger(__name__)


class References:
    """Knows which shipped policies start on this machine. A policy that does not is not told to the API.

    Otherwise this executor would get the reference's tasks, and its faults would make their episodes void.
    """

    def __init__(self, hosted: HostedPolicies) -> None:
        self.hosted = hosted
        self._by_digest = {digest_policy(name): ShippedPolicy(name) for name in REFERENCES}
        self._ready: set[str] = set()

    @property
    def versions(self) -> Mapping[str, str]:
        """The digests of the policies that start here, as the API is told them among the versions."""
        return {f"{POLICY_VERSION}{self._by_digest[digest].name}": digest for digest in sorted(self._ready)}

    def find(self, digest: str) -> ShippedPolicy:
        """Return the policy with this digest. Raises KeyError, which only a wrong API causes."""
        return self._by_digest[digest]

    async def keep_trying(self) -> None:
        """Start every policy once, and try again from time to time what does not start. Never returns."""
        while True:
            for digest, source in self._by_digest.items():
                if digest not in self._ready:
                    await self._try(digest, source)
            await asyncio.sleep(TRIED_EVERY_S)

    async def _try(self, digest: str, source: ShippedPolicy) -> None:
        try:
            async with self.hosted.occupy(OWNER, source):
                self._ready.add(digest)
                log.info("reference_ready", policy=source.name, digest=digest[:12])
        except KinitroError as error:
            log.warning(
                "reference_not_played",
                policy=source.name,
                reason=str(error),
                hint="Executors elsewhere play it; a cycle with a reference needs one that can.",
            )

    def doubt(self, digest: str) -> None:
        """Note that a policy could not be played just now: it is tried again before this machine gets more tasks."""
        self._ready.discard(digest)
