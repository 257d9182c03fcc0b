"""A bounded pool of warm policies on this machine, against which episodes are played over Unix sockets.

A policy comes from one of two sources: the revision that a miner committed (`UploadedPolicy`), which is downloaded with
the checks, the cache and the quota of verification and runs in a sandbox, or a policy that is part of this package
(`ShippedPolicy`), which is our own code and needs none.

An instance belongs to one owner, usually a miner: two miners who commit the same revision share nothing. It stays warm
between episodes and ends when nobody used it for a while, when it has run for half of its time limit (so that the limit
never ends an episode), or when another owner needs its place.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeAlias

import msgspec

from kinitro.errors import KinitroError
from kinitro.evaluation import EpisodeResult, Outcome
from kinitro.evaluation.jobs import Evaluator, Job
from kinitro.executor.own_policy import serve_own_policy
from kinitro.logs import get_logger
from kinitro.policies.client import HttpPolicy
from kinitro.policies.errors import PolicyError
from kinitro.sandbox import (
    Ending,
    Limits,
    PolicyDidNotStart,
    RepositoryUnverifiable,
    Runtime,
    Sandbox,
    SandboxedPolicy,
    SandboxFailed,
)

INSTANCES = 4
"""Instances that exist at once by default. Together they take at most so many times the memory of `Limits`."""
HOSTED_WALL_S = 7200.0
HOSTED_LIMITS = Limits(wall_s=HOSTED_WALL_S, cpu_s=HOSTED_WALL_S, output_bytes=64 * 1024 * 1024)
"""Limits of one instance, which serves many episodes: more time and more output than verification grants for one."""
MINER_FAULT_KEPT_S = 600.0
"""Seconds for which a policy that did not start is not started again: its other tasks end at once, not after as many
start-ups."""
OUR_FAULT_KEPT_S = 15.0
"""The same for faults of ours, after which the next task tries again."""
END_NOTICED_S = 1.0
"""How long a broken connection may be noticed before the end of the process that caused it."""
ENDPOINT = "http://policy"
"""The address of every hosted policy, a name only: all calls go to its socket."""
NOT_DOWNLOADED = "hosted_not_downloaded"
NOT_STARTED = "hosted_not_started"
ENDED = "hosted_ended"
"""Followed by an underscore and the reason of the `Ending`, for example hosted_ended_memory."""
UNAVAILABLE = "hosting_unavailable"
REFERENCE_FAULT = "reference_fault"
"""A shipped policy did not answer as it should: a fault of ours."""
IDLE_S = 600.0
"""Seconds for which an instance is kept without an episode."""
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class UploadedPolicy:
    """The policy that a miner committed: `repo` (owner/name) at the full `revision`."""

    repo: str
    revision: str
    limits: Limits = HOSTED_LIMITS
    """What an instance may use."""
    upload_bytes: int | None = None
    """The largest upload that is accepted; None: what the cache of uploads accepts."""


@dataclass(frozen=True, slots=True)
class ShippedPolicy:
    """A policy that is part of this package; see `kinitro.policies.shipped`."""

    name: str


PolicySource: TypeAlias = UploadedPolicy | ShippedPolicy


class Uploads(Protocol):
    """The source of uploads; `kinitro.sandbox.PolicyRepositories` implements it."""

    async def fetch(self, repo: str, revision: str, at_most: int | None = None) -> Path: ...


class SandboxedUploads:
    """Downloads committed policies and runs each in a sandbox."""

    def __init__(self, uploads: Uploads, sandbox: Sandbox, runtime: Runtime) -> None:
        self._uploads = uploads
        self._sandbox = sandbox
        self._runtime = runtime

    @asynccontextmanager
    async def serve(self, source: UploadedPolicy) -> AsyncIterator[SandboxedPolicy]:
        """Serve one policy until the context ends. Raises SandboxError."""
        directory = await self._uploads.fetch(source.repo, source.revision, source.upload_bytes)
        async with self._sandbox.serve(directory, runtime=self._runtime, limits=source.limits) as served:
            yield served


class HostedInstance:
    """One running policy; `HostedPolicies` makes and ends it."""

    def __init__(self, owner: str, source: PolicySource) -> None:
        self.owner = owner
        self.source = source
        self.running = 0
        """Episodes that are played against it now."""
        self.declared = 1
        """How many it says it can take at once."""
        self.served: SandboxedPolicy | None = None
        """None until it is ready."""
        self.retires_at = float("inf")
        self.used_at = 0.0
        self.leaving = asyncio.Event()

    @property
    def socket(self) -> Path:
        """The Unix socket on which it speaks the policy protocol."""
        return self._ready.socket

    async def wait(self, within_s: float) -> Ending | None:
        """Wait at most `within_s` seconds for its end and return how it ended; None if it still runs."""
        return await self._ready.wait(within_s)

    def is_over(self, now: float) -> bool:
        """Whether no further episode may begin."""
        return self.leaving.is_set() or now >= self.retires_at or self._has_ended()

    def _has_ended(self) -> bool:
        return self.served is not None and self.served.poll() is not None

    @property
    def _ready(self) -> SandboxedPolicy:
        if self.served is None:
            raise RuntimeError("use an instance only while `HostedPolicies.occupy` lends it")
        return self.served


class HostedPolicies:
    """Starts policies when episodes need them, at most `instances` at once, and keeps them warm."""

    def __init__(
        self,
        uploads: SandboxedUploads | None = None,
        *,
        instances: int = INSTANCES,
        idle_s: float = IDLE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make a pool; nothing starts yet.

        uploads: runs the policies that miners committed; None if this machine hosts only shipped ones.
        idle_s: seconds after which an instance ends that nobody uses.
        """
        self._uploads = uploads
        self._most = instances
        self._idle_s = idle_s
        self._clock = clock
        self._instances: dict[tuple[str, PolicySource], HostedInstance] = {}
        self._lives: set[asyncio.Task[None]] = set()
        self._failures: dict[tuple[str, PolicySource], tuple[float, KinitroError]] = {}
        self._waiting: Counter[tuple[str, PolicySource]] = Counter()
        self._change = asyncio.Condition()
        self._closed = False

    async def evaluate(
        self, evaluator: Evaluator, job: Job, owner: str, source: PolicySource, at_most: int | None = None
    ) -> EpisodeResult:
        """Play the job against the owner's policy and say whose fault it is if there is no answer.

        at_most: how many episodes of this owner may run at once, as its task says. Raises EvaluatorUnavailable.
        """
        async with AsyncExitStack() as stack:
            try:
                instance = await stack.enter_async_context(self.occupy(owner, source, at_most))
            except RepositoryUnverifiable as error:
                return _explain(Outcome.POLICY_FAULT, NOT_DOWNLOADED, error)
            except PolicyDidNotStart as error:
                return _explain(Outcome.POLICY_FAULT, NOT_STARTED, error)
            except KinitroError as error:
                return _explain(Outcome.EVALUATOR_FAULT, UNAVAILABLE, error)
            addressed = msgspec.structs.replace(job, endpoint=ENDPOINT, socket=str(instance.socket))
            result = await evaluator.evaluate(addressed)
            if result.outcome not in (Outcome.FAILURE, Outcome.POLICY_FAULT):
                return result
            if isinstance(source, ShippedPolicy) and result.outcome is Outcome.POLICY_FAULT:
                detail = f"{result.reason}: {result.detail}"
                return EpisodeResult(Outcome.EVALUATOR_FAULT, steps=0, reason=REFERENCE_FAULT, detail=detail)
            faulty = result.outcome is Outcome.POLICY_FAULT
            ending = await instance.wait(END_NOTICED_S if faulty else 0.0)
        if ending is not None and ending.is_ours:
            return EpisodeResult(Outcome.EVALUATOR_FAULT, steps=0, reason=UNAVAILABLE, detail=str(ending))
        if ending is not None and faulty:
            return replace(result, reason=f"{ENDED}_{ending.reason}", detail=str(ending))
        return result

    @asynccontextmanager
    async def occupy(
        self, owner: str, source: PolicySource, at_most: int | None = None
    ) -> AsyncIterator[HostedInstance]:
        """Wait until another episode of the owner may run, and occupy a place in its instance until the context ends.

        Raises RepositoryUnverifiable, PolicyDidNotStart (the owner's fault), or another SandboxError (ours).
        """
        instance = await self._enter((owner, source), at_most)
        try:
            yield instance
        finally:
            instance.running -= 1
            instance.used_at = self._clock()
            async with self._change:
                self._change.notify_all()

    @property
    def owners(self) -> set[str]:
        """Who has an instance that runs or starts."""
        return {instance.owner for instance in self._instances.values() if not instance.leaving.is_set()}

    async def close(self) -> None:
        """End every instance at once. It may be called more than once."""
        self._closed = True
        for life in self._lives:
            life.cancel()
        await asyncio.gather(*self._lives, return_exceptions=True)

    async def _enter(self, key: tuple[str, PolicySource], at_most: int | None) -> HostedInstance:
        self._waiting[key] += 1
        try:
            async with self._change:
                while (instance := self._try_to_enter(key, at_most)) is None:
                    await self._change.wait()
                return instance
        finally:
            self._waiting[key] -= 1
            if not self._waiting[key]:
                del self._waiting[key]

    def _try_to_enter(self, key: tuple[str, PolicySource], at_most: int | None) -> HostedInstance | None:
        """Return an instance with a free place, now occupied; None if one must be waited for."""
        if self._closed:
            raise SandboxFailed("The executor is stopping, so no policy is started any more.")
        now = self._clock()
        instance = self._instances.get(key)
        if instance is None:
            self._raise_recent_failure(key, now)
            self._start_or_make_room(key)
            return None
        if instance.is_over(now):
            if not instance.running:
                instance.leaving.set()
            return None
        limit = instance.declared if at_most is None else max(1, min(at_most, instance.declared))
        if instance.served is None or instance.running >= limit:
            return None
        instance.running += 1
        return instance

    def _raise_recent_failure(self, key: tuple[str, PolicySource], now: float) -> None:
        for known, (until, _) in list(self._failures.items()):
            if now >= until:
                del self._failures[known]
        if key in self._failures:
            raise self._failures[key][1]

    def _start_or_make_room(self, key: tuple[str, PolicySource]) -> None:
        """Start an instance if there is room; otherwise end the one that was idle longest and that nobody waits for."""
        if len(self._instances) < self._most:
            self._instances[key] = HostedInstance(*key)
            life = asyncio.create_task(self._live(key, self._instances[key]))
            self._lives.add(life)
            life.add_done_callback(self._lives.discard)
            return
        idle = [
            instance
            for known, instance in self._instances.items()
            if instance.served is not None and not instance.running and not self._waiting[known]
        ]
        if idle and not any(instance.leaving.is_set() for instance in self._instances.values()):
            min(idle, key=lambda instance: instance.used_at).leaving.set()

    async def _live(self, key: tuple[str, PolicySource], instance: HostedInstance) -> None:
        """Run one instance from its download to its end; remember why if it did not start."""
        try:
            began = self._clock()
            async with self._serve(instance.source) as served:
                instance.declared = await _ask_concurrency(served)
                instance.served = served
                if isinstance(instance.source, UploadedPolicy):
                    instance.retires_at = began + instance.source.limits.wall_s / 2
                instance.used_at = self._clock()
                log.info("hosted_policy_ready", owner=instance.owner, took_s=round(instance.used_at - began, 3))
                await self._notify()
                await self._wait_until_unwanted(key, instance)
        except (KinitroError, OSError) as error:
            self._remember(key, error if isinstance(error, KinitroError) else SandboxFailed(f"{error}."))
        except Exception as error:
            log.exception("hosted_policy_lost", owner=instance.owner)
            self._remember(key, SandboxFailed(f"An instance could not be kept: {type(error).__name__}."))
        finally:
            del self._instances[key]
            await self._notify()

    def _remember(self, key: tuple[str, PolicySource], error: KinitroError) -> None:
        theirs = isinstance(error, RepositoryUnverifiable | PolicyDidNotStart)
        log.warning("hosted_policy_not_started", owner=key[0], reason=_quote(error), miners_fault=theirs)
        kept_s = MINER_FAULT_KEPT_S if theirs else OUR_FAULT_KEPT_S
        self._failures[key] = (self._clock() + kept_s, error)

    def _serve(self, source: PolicySource) -> AbstractAsyncContextManager[SandboxedPolicy]:
        if isinstance(source, ShippedPolicy):
            return serve_own_policy(source.name)
        if self._uploads is None:
            raise SandboxFailed("This executor hosts no policies of miners.")
        return self._uploads.serve(source)

    async def _wait_until_unwanted(self, key: tuple[str, PolicySource], instance: HostedInstance) -> None:
        """Return when the instance shall end: its place is needed, it is old, or nobody has used it for a while."""
        while not instance.leaving.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(instance.leaving.wait(), self._idle_s / 4)
            unused = not instance.running and not self._waiting[key]
            if unused and self._clock() - instance.used_at > self._idle_s:
                instance.leaving.set()

    async def _notify(self) -> None:
        async with self._change:
            self._change.notify_all()


async def _ask_concurrency(served: SandboxedPolicy) -> int:
    """Ask a policy that is ready how many episodes it takes at once; 1 if it does not answer."""
    policy = HttpPolicy(ENDPOINT, unix_socket=served.socket)
    try:
        return (await policy.health()).max_concurrent_episodes
    except PolicyError:
        return 1  # its episodes will show whether that is a fault
    finally:
        await policy.close()


def _explain(outcome: Outcome, reason: str, error: KinitroError) -> EpisodeResult:
    return EpisodeResult(outcome, steps=0, reason=reason, detail=_quote(error))


def _quote(error: Exception) -> str:
    """Return an error's message, which may quote strangers, in printable characters."""
    return "".join(character if character.isprintable() else " " for character in str(error))[:500]
