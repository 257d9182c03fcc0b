"""The tasks without an endpoint: of the cycle's reference, and of miners whose policies executors host."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import replace

import msgspec

from kinitro.client.messages import POLICY_VERSION, HostingLimits, Task
from kinitro.errors import KinitroError
from kinitro.evaluation import EpisodeResult, Outcome
from kinitro.evaluation.jobs import Evaluator, Job
from kinitro.executor.hosting import (
    HOSTED_LIMITS,
    UNAVAILABLE,
    HostedPolicies,
    PolicySource,
    ShippedPolicy,
    UploadedPolicy,
)
from kinitro.logs import get_logger
from kinitro.policies.shipped import REFERENCES, digest_policy

OWNER = "the reference"
"""The owner of the reference's instances; no miner's hotkey can be this."""
TRIED_EVERY_S = 300.0
"""Seconds between two tries of a reference that did not start."""
log = get_logger(__name__)


class HostedTasks:
    """Plays tasks without an endpoint, and knows what the API has to be told to get them.

    A reference that does not start on this machine is not told to the API. Otherwise this executor would get its tasks,
    and its faults would make their episodes void.
    """

    def __init__(self, policies: HostedPolicies, *, references: bool = True, miners: int = 0) -> None:
        """Play with the policies of a pool.

        references: whether to play references.
        miners: of how many hosted miners to take tasks at once; 0 to take none.
        """
        self.policies = policies
        self._references = {digest_policy(name): ShippedPolicy(name) for name in REFERENCES} if references else {}
        self._ready: set[str] = set()
        self._miners = miners
        self._uids: dict[str, int] = {}
        """By hotkey, of the hosted miners whose tasks came last."""

    @property
    def versions(self) -> Mapping[str, str]:
        """The digests of the references that start here, as the API is told them among the versions."""
        return {f"{POLICY_VERSION}{self._references[digest].name}": digest for digest in sorted(self._ready)}

    @property
    def hosts(self) -> int | None:
        """Of how many hosted miners the API may lease tasks; None: of none."""
        return self._miners or None

    @property
    def warm(self) -> list[int] | None:
        """The uids of the hosted miners whose policies run here; None if none is hosted at all."""
        if not self._miners:
            return None
        return sorted({self._uids[owner] for owner in self.policies.owners if self._uids.get(owner, -1) >= 0})

    async def play(self, evaluator: Evaluator, job: Job, task: Task, limits: HostingLimits | None) -> EpisodeResult:
        """Run the episode of a task without an endpoint. Raises EvaluatorUnavailable.

        Whatever goes wrong with a reference is a fault of ours.
        """
        job = msgspec.structs.replace(job, episode_id=derive_episode_id(task.seed, task.hotkey))
        try:
            owner, source = self.name_source(task, limits)
        except KinitroError as error:
            return EpisodeResult(Outcome.EVALUATOR_FAULT, steps=0, reason=UNAVAILABLE, detail=str(error))
        if len(self._uids) > 1000:  # miners of cycles long ago
            self._uids.clear()
        self._uids[owner] = task.uid
        result = await self.policies.evaluate(evaluator, job, owner, source, task.max_concurrency)
        if task.shipped is not None and result.reason == UNAVAILABLE:
            self._ready.discard(task.shipped)  # it is tried again before this machine gets more tasks
        return result

    def name_source(self, task: Task, limits: HostingLimits | None) -> tuple[str, PolicySource]:
        """The owner and the source of the policy that plays a task. Raises KinitroError if it is not known here."""
        if task.shipped is not None:
            if task.shipped not in self._references:
                raise KinitroError(
                    f"The reference {task.hotkey} with the digest {task.shipped[:12]} is not part of this installation."
                )
            return OWNER, self._references[task.shipped]
        repo, _, revision = (task.upload or "").rpartition("@")
        return task.hotkey, _limit(UploadedPolicy(repo, revision), limits or HostingLimits())

    async def keep_trying(self) -> None:
        """Start every reference once, and try again from time to time what does not start. Never returns."""
        while True:
            for digest, source in self._references.items():
                if digest not in self._ready:
                    await self._try(digest, source)
            await asyncio.sleep(TRIED_EVERY_S)

    async def _try(self, digest: str, source: ShippedPolicy) -> None:
        try:
            async with self.policies.occupy(OWNER, source):
                self._ready.add(digest)
                log.info("reference_ready", policy=source.name, digest=digest[:12])
        except KinitroError as error:
            log.warning(
                "reference_not_played",
                policy=source.name,
                reason=str(error),
                hint="Executors elsewhere play it; a cycle with a reference needs one that can.",
            )


def derive_episode_id(seed: str, hotkey: str) -> str:
    """Derive the id of a hosted miner's episode from its seed, so that whoever knows the seed can play it again.

    32 hexadecimal digits of a SHA-256, from which nobody learns the 128 bits of the seed.
    """
    return hashlib.sha256(f"kinitro episode {seed} {hotkey}".encode()).hexdigest()[:32]


def _limit(source: UploadedPolicy, public: HostingLimits) -> UploadedPolicy:
    """The upload with the limits of its cycle."""
    limits = replace(
        HOSTED_LIMITS,
        memory_bytes=public.memory_bytes,
        cpus=public.cpus,
        start_s=public.start_s,
        cpu_s=HOSTED_LIMITS.wall_s * public.cpus,
    )
    return replace(source, limits=limits, upload_bytes=public.upload_bytes)
