"""The executor leases tasks, evaluates them and submits their results. No result is lost, and none holds up others."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import asdict
from functools import partial
from typing import Any

import msgspec

from kinitro.client.errors import ApiRefused, ApiUnauthorized, ApiUnavailable, LeaseLost
from kinitro.client.messages import (
    FetchRequest,
    FetchResponse,
    HostingLimits,
    SubmitRequest,
    Task,
    TaskResult,
    TaskTimings,
)
from kinitro.client.packs import PackCache
from kinitro.environments.errors import InvalidPack
from kinitro.environments.packs.versions import split_version
from kinitro.evaluation import EpisodeResult, Outcome, traces
from kinitro.evaluation.errors import EvaluatorUnavailable
from kinitro.evaluation.fault_attribution import PACK_UNAVAILABLE
from kinitro.evaluation.jobs import Evaluator, Job
from kinitro.executor.concurrency import EndpointLimits, ask_concurrency
from kinitro.executor.hosted_tasks import HostedTasks
from kinitro.executor.hosting import UNAVAILABLE
from kinitro.executor.leases import Lease, TaskApi
from kinitro.executor.settings import ExecutorSettings
from kinitro.executor.spool import Spool
from kinitro.logs import get_logger
from kinitro.stopping import cancel_and_wait, finish_or_cancel
from kinitro.supervision import Backoff, SupervisedLoop

FETCH_LINGER_S = 0.25
"""Seconds to wait after a place has become free, so that one fetch fills several places."""
MAX_BACKOFF_S = 15.0
SUBMIT_BATCH = 100
REFUSES_A_RESULT = frozenset({400, 413, 422})
"""Statuses with which the API says that it cannot accept a report as it is."""
LAST_CALLS_S = 3.5
"""Seconds at shutdown, after the grace period, for the answer of a last fetch; as many again to report and release."""
PROGRESS_EVERY_S = 30.0
FAULTS_IN_A_ROW = 5
"""After so many evaluator faults without a usable result between them, this machine is the problem: it slows down, so
that it does not use up the tasks' attempts."""
_DICE = random.SystemRandom()
"""Decides which episodes are recorded, in a way that no miner can predict."""
log = get_logger(__name__)


class Executor:
    """Runs until `stop` is set, then finishes or gives back what it holds."""

    def __init__(
        self,
        settings: ExecutorSettings,
        api: TaskApi,
        evaluator: Evaluator,
        spool: Spool,
        declared: Callable[[str], Awaitable[int]] | None = None,
        hosted: HostedTasks | None = None,
        packs: PackCache | None = None,
    ) -> None:
        self._settings = settings
        self._api = api
        self._evaluator = evaluator
        self._spool = spool
        self._hosted = hosted
        self._packs = packs
        self._leases: dict[int, Lease] = {}
        self._background: set[asyncio.Task[None]] = set()
        ask = partial(ask_concurrency, allow_private=settings.allow_private_endpoints)
        self._limits = EndpointLimits(declared or ask, time.monotonic)
        self._fetching: asyncio.Future[FetchResponse] | None = None
        self._freed = asyncio.Event()
        self._spooled = asyncio.Event()
        self._submitted = asyncio.Event()
        self._counts: Counter[Outcome] = Counter()
        self._faults_in_a_row = 0
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set. Raises EvaluatorUnavailable or ApiUnauthorized if no further work is possible."""
        if not await finish_or_cancel(self._evaluator.start(), stop):
            return
        log.info("executor_ready", capacity=self._evaluator.capacity, fingerprint=self._evaluator.fingerprint)
        fetching = self._spawn(self._supervise("fetching", self._keep_fetching))
        for name, loop in (("submitting", self._keep_submitting), ("progress", self._keep_logging_progress)):
            self._spawn(self._supervise(name, loop))
        if self._hosted is not None:
            self._spawn(self._supervise("references", self._hosted.keep_trying))
        try:
            await self._wait_until_stopped_or_failed(stop)
        finally:
            fetching.cancel()
            try:
                await self._drain()
            finally:
                await cancel_and_wait(*self._background)

    async def _wait_until_stopped_or_failed(self, stop: asyncio.Event) -> None:
        """Return when `stop` is set; raise the error that makes further work impossible."""
        waiting = asyncio.create_task(stop.wait())
        try:
            both: list[asyncio.Future[Any]] = [waiting, self._failure]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if self._failure.done():
            self._failure.result()

    # --- fetching

    async def _keep_fetching(self) -> None:
        backoff = Backoff(MAX_BACKOFF_S)
        while True:
            room = self._evaluator.capacity - self._in_flight
            if room <= 0:
                self._freed.clear()
                await self._freed.wait()
                await asyncio.sleep(FETCH_LINGER_S)
                continue
            try:
                response = await self._fetch(min(room, self._settings.batch_size))
            except (ApiUnavailable, ApiRefused) as error:
                if isinstance(error, ApiUnauthorized):
                    raise
                log.warning("fetch_failed", reason=str(error))
                await backoff.pause()
                continue
            backoff.reset()
            if response.reason is not None:
                log.warning("no_tasks", reason=response.reason)
            self._accept(response)
            if response.lease_id is None:
                await asyncio.sleep(response.retry_after_s * random.uniform(0.8, 1.2))
            elif self._faults_in_a_row >= FAULTS_IN_A_ROW:
                await asyncio.sleep(min(2.0 ** (self._faults_in_a_row - FAULTS_IN_A_ROW), 4 * MAX_BACKOFF_S))

    async def _fetch(self, max_tasks: int) -> FetchResponse:
        """Lease tasks. Cancelling does not stop the call: `_drain` releases the lease that it may bring."""
        self._fetching = asyncio.ensure_future(self._api.fetch(self._request(max_tasks)))
        try:
            response = await asyncio.shield(self._fetching)
        except Exception:  # whatever it was, there is no lease; a cancellation is not among these
            self._fetching = None
            raise
        self._fetching = None
        return response

    def _request(self, max_tasks: int) -> FetchRequest:
        return FetchRequest(
            max_tasks=max_tasks,
            env_families=self._settings.families,
            executor=self._settings.name,
            fingerprint=self._evaluator.fingerprint,
            versions={**self._evaluator.versions, **(self._hosted.versions if self._hosted else {})},
            hosts=self._hosted.hosts if self._hosted else None,
            warm=self._hosted.warm if self._hosted else None,
        )

    def _accept(self, response: FetchResponse) -> None:
        if response.lease_id is None or not response.tasks:
            return
        lease = Lease(response.lease_id, response.ttl_s, (task.task_id for task in response.tasks))
        self._leases[lease.lease_id] = lease
        for task in response.tasks:
            lease.running[task.task_id] = self._spawn(self._run_task(lease, task, response.hosting))
        self._spawn(self._keep(lease))

    async def _keep(self, lease: Lease) -> None:
        try:
            await lease.keep(self._api.heartbeat)
        finally:
            self._leases.pop(lease.lease_id, None)

    @property
    def _in_flight(self) -> int:
        return sum(len(lease.running) for lease in self._leases.values())

    # --- evaluating

    async def _run_task(self, lease: Lease, task: Task, hosting: HostingLimits | None) -> None:
        try:
            result = await self._evaluate(task, hosting)
            self._counts[result.outcome] += 1
            self._faults_in_a_row = self._faults_in_a_row + 1 if result.outcome is Outcome.EVALUATOR_FAULT else 0
            try:
                await self._spool.put(lease.lease_id, report(task.task_id, result))
            finally:
                self._submitted.clear()
                self._spooled.set()
        finally:
            lease.running.pop(task.task_id, None)
            self._freed.set()

    async def _evaluate(self, task: Task, hosting: HostingLimits | None) -> EpisodeResult:
        if (fault := await self._prepare_pack(task)) is not None:
            return fault
        job = Job(task.env_id, task.env_version, task.seed, task.endpoint, task.max_steps, receiver=task.hotkey)
        if task.shipped is not None or task.upload is not None:
            if self._hosted is None:
                return EpisodeResult(Outcome.EVALUATOR_FAULT, steps=0, reason=UNAVAILABLE)
            return await self._hosted.play(self._evaluator, job, task, hosting)
        record = task.record or _DICE.random() < self._settings.verification_rate
        async with self._limits.occupy(task.endpoint, task.max_concurrency):
            return await self._evaluator.evaluate(msgspec.structs.replace(job, record=record))

    async def _prepare_pack(self, task: Task) -> EpisodeResult | None:
        """Have the pack here that the task's version names; returns the fault if that fails, None without a pack."""
        _, digest = split_version(task.env_version)
        if digest is None:
            return None
        try:
            if self._packs is None:
                raise InvalidPack(f"The pack {digest} cannot be used: this executor keeps none.")
            await self._packs.ensure(digest)
        except (InvalidPack, ApiUnavailable, ApiRefused) as error:
            log.error("pack_refused", env_id=task.env_id, reason=str(error))
            return EpisodeResult(Outcome.EVALUATOR_FAULT, steps=0, reason=PACK_UNAVAILABLE, detail=str(error))
        return None

    # --- submitting

    async def _keep_submitting(self) -> None:
        """Submit results for ever. What fails is sent again in smaller parts and after everything else: a result that a
        proxy refuses, because it is too large for example, must not hold up the others."""
        backoff = Backoff(MAX_BACKOFF_S)
        limit = SUBMIT_BATCH
        self._spooled.set()  # also what a turn left behind that failed unexpectedly
        while True:
            await self._spooled.wait()
            self._spooled.clear()
            while (batch := self._spool.batch(limit)) is not None:
                lease_id, results = batch
                try:
                    await self._submit(lease_id, results)
                    backoff.reset()
                    limit = min(2 * limit, SUBMIT_BATCH)
                except ApiUnavailable as error:
                    log.warning("results_wait", reason=str(error), waiting=len(self._spool))
                    limit = max(1, len(results) // 2)
                    self._spool.postpone(lease_id, results)
                    await backoff.pause()
            self._submitted.set()

    async def _submit(self, lease_id: int, results: list[TaskResult]) -> None:
        """Report a batch; a result leaves the spool as soon as the API has answered for it.

        Raises ApiUnavailable if the API did not answer for all of them, ApiUnauthorized.
        """
        answers: dict[int, tuple[str, str | None]]
        try:
            response = await self._api.submit(SubmitRequest(lease_id=lease_id, results=results))
        except LeaseLost:
            answers = {result.task_id: ("stale", None) for result in results}
        except ApiUnauthorized:
            raise
        except ApiRefused as error:
            if error.status not in REFUSES_A_RESULT:
                raise ApiUnavailable(str(error)) from None
            if len(results) > 1:  # find the one that is refused; the others are unharmed
                for result in results:
                    await self._submit(lease_id, [result])
                return
            answers = {results[0].task_id: ("rejected", str(error))}
        else:
            answers = {answer.task_id: (answer.status, answer.reason) for answer in response.results}
        unanswered = [result for result in results if result.task_id not in answers]
        for result in results:
            if result.task_id in answers:
                self._settle(lease_id, result.task_id, *answers[result.task_id])
        if unanswered:
            raise ApiUnavailable(f"The API did not say what became of {len(unanswered)} of {len(results)} results.")

    def _settle(self, lease_id: int, task_id: int, status: str, reason: str | None) -> None:
        self._spool.remove(lease_id, task_id, taken=status in ("accepted", "duplicate"))
        lease = self._leases.get(lease_id)
        if status == "rejected":
            log.error("result_rejected", lease_id=lease_id, task_id=task_id, reason=reason)
        if lease is None:
            return
        lease.settle(task_id)
        if status == "stale":
            log.warning("lease_lost", lease_id=lease_id, tasks=len(lease.open))
            lease.drop()

    # --- stopping

    async def _drain(self) -> None:
        """Let running episodes finish within the grace period, report them, and release the other tasks."""
        running = [task for lease in self._leases.values() for task in lease.running.values()]
        log.info("stopping", running=len(running), grace_s=self._settings.grace_s)
        if running:
            await asyncio.wait(running, timeout=self._settings.grace_s)
        await self._await_last_fetch()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        try:
            async with asyncio.timeout(LAST_CALLS_S):
                await self._submitted.wait()
                await asyncio.gather(*(self._release(lease) for lease in list(self._leases.values()) if lease.open))
        except TimeoutError:
            log.warning("results_wait_on_disk", waiting=len(self._spool))

    async def _await_last_fetch(self) -> None:
        """Wait for a fetch that was running when we stopped, so that its lease is released, too."""
        if self._fetching is None:
            return
        try:
            async with asyncio.timeout(LAST_CALLS_S):
                response = await self._fetching
        except (TimeoutError, ApiUnavailable, ApiRefused) as error:
            log.warning("last_fetch_brought_nothing", reason=str(error))
            return
        if response.lease_id is not None:
            task_ids = (task.task_id for task in response.tasks)
            self._leases[response.lease_id] = Lease(response.lease_id, response.ttl_s, task_ids)

    async def _release(self, lease: Lease) -> None:
        try:
            await self._api.release(lease.lease_id)
        except (ApiUnavailable, ApiRefused) as error:
            log.warning("lease_not_given_back", lease_id=lease.lease_id, reason=str(error))

    # --- around it

    async def _keep_logging_progress(self) -> None:
        while True:
            await asyncio.sleep(PROGRESS_EVERY_S)
            log.info("progress", **self._count_progress())

    def _count_progress(self) -> dict[str, int]:
        """Return counts of outcomes since the start, and of what is in progress."""
        counts = {outcome.name.lower(): self._counts[outcome] for outcome in Outcome}
        return counts | {"running": self._in_flight, "leases": len(self._leases), "unsubmitted": len(self._spool)}

    async def _supervise(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        """Run a loop for ever. Only an error that makes further work impossible ends it, and with it the executor."""
        await SupervisedLoop(name, max_pause_s=MAX_BACKOFF_S, final=(ApiUnauthorized, EvaluatorUnavailable)).run(loop)

    def _spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Run `work` in the background; an error in it ends `run`."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._reap)
        return task

    def _reap(self, task: asyncio.Task[None]) -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not self._failure.done():
            self._failure.set_exception(error)


def report(task_id: int, result: EpisodeResult) -> TaskResult:
    """Return a result in the form in which the API expects it."""
    return TaskResult(
        task_id=task_id,
        outcome=result.outcome.value,
        reason=result.reason,
        steps=result.steps,
        success_step=result.success_step,
        total_reward=result.total_reward,
        forfeits=result.forfeits,
        timings=TaskTimings(**asdict(result.timings)),
        trace=None if result.trace is None else traces.encode(result.trace),
        recording=result.recording,
    )
