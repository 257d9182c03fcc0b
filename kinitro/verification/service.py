"""The verifier leases recordings, examines them and reports verdicts. When it dies, another verifier takes over."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from kinitro.client.errors import ApiRefused, ApiUnauthorized, ApiUnavailable, LeaseLost
from kinitro.client.messages import HeartbeatResponse
from kinitro.client.verdicts import (
    Evidence,
    Verdict,
    VerificationLease,
    VerificationReport,
    VerificationRequest,
    VerificationResponse,
    VerificationStatus,
    VerificationTask,
)
from kinitro.errors import UnavailableError
from kinitro.logs import get_logger
from kinitro.stopping import cancel_and_wait, pause
from kinitro.supervision import Backoff, SupervisedLoop, send_heartbeats

MAX_BACKOFF_S = 15.0
HEARTBEATS_PER_TTL = 3
PROGRESS_EVERY_S = 30.0
REPORT_FOR_S = 600.0
"""Seconds for which a verdict is offered to an API that is unavailable: as long as its lease lasts."""
log = get_logger(__name__)

Examine = Callable[[VerificationTask], Awaitable[tuple[Verdict, Evidence]]]


class VerificationApi(Protocol):
    """What a verifier needs of the API. `kinitro.client.http.ApiClient` implements it, with its errors."""

    async def fetch_verification(self, request: VerificationRequest) -> VerificationResponse: ...

    async def extend_verification(self, lease: VerificationLease) -> HeartbeatResponse: ...

    async def submit_verdict(self, report: VerificationReport) -> VerificationStatus: ...


class Verifier:
    """Runs until `stop` is set, with one examination at a time for each of `examiners`."""

    def __init__(
        self, api: VerificationApi, examiners: Sequence[Examine], *, name: str, fingerprint: str, grace_s: float = 10.0
    ) -> None:
        self._api = api
        self._examiners = examiners
        self._request = VerificationRequest(verifier=name, fingerprint=fingerprint)
        self._grace_s = grace_s
        self.counts: Counter[Verdict] = Counter()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; running examinations may then finish within the grace period.

        Raises SandboxUnavailable or ApiUnauthorized, after which no further work is possible.
        """
        working = [asyncio.create_task(self._keep_working(examine, stop)) for examine in self._examiners]
        around = [asyncio.create_task(stop.wait()), asyncio.create_task(self._tell_progress())]
        try:
            await asyncio.wait([around[0], *working], return_when=asyncio.FIRST_COMPLETED)
            if stop.is_set():
                await asyncio.wait(working, timeout=self._grace_s)
        finally:
            await cancel_and_wait(*working, *around)
        for task in working:
            if not task.cancelled():
                task.result()

    async def _keep_working(self, examine: Examine, stop: asyncio.Event) -> None:
        """Work until `stop`, or until no further work is possible; an unexpected error costs only one examination."""
        loop = SupervisedLoop("verifying", max_pause_s=MAX_BACKOFF_S, final=(UnavailableError, ApiUnauthorized))
        while not stop.is_set():
            with loop.turn():
                await self._work(examine, stop)
            await loop.pause(stop)

    async def _work(self, examine: Examine, stop: asyncio.Event) -> None:
        backoff = Backoff(MAX_BACKOFF_S)
        while not stop.is_set():
            try:
                response = await self._api.fetch_verification(self._request)
            except (ApiUnavailable, ApiRefused) as error:
                if isinstance(error, ApiUnauthorized):
                    raise
                log.warning("fetch_failed", reason=str(error))
                await backoff.pause(stop)
                continue
            backoff.reset()
            if response.task is None:
                await pause(stop, _add_jitter(response.retry_after_s))
            else:
                await self._verify(response.task, examine)

    async def _verify(self, task: VerificationTask, examine: Examine) -> None:
        verifying = asyncio.create_task(self._examine_and_report(task, examine))
        keeping = asyncio.create_task(self._keep(task, verifying))
        try:
            await asyncio.wait([verifying])
        finally:
            await cancel_and_wait(keeping, verifying)
        if not verifying.cancelled():  # as it is when the lease was lost
            verifying.result()

    async def _examine_and_report(self, task: VerificationTask, examine: Examine) -> None:
        verdict, evidence = await _examine_safely(task, examine)
        self.counts[verdict] += 1
        tell = log.warning if verdict == "error" else log.info
        tell("verified", task_id=task.task_id, uid=task.uid, verdict=verdict, reason=evidence.reason)
        report = VerificationReport(task_id=task.task_id, lease_id=task.lease_id, verdict=verdict, evidence=evidence)
        try:
            async with asyncio.timeout(REPORT_FOR_S):
                status = await self._report(report)
        except ApiUnauthorized:
            raise
        except (TimeoutError, ApiRefused) as error:
            reason = str(error) or "the API was away for too long"
            log.error("verdict_not_reported", reason=reason)
        else:
            if status == "stale":
                log.warning("verdict_too_late", task_id=task.task_id)

    async def _report(self, report: VerificationReport) -> str:
        """Report until the API answers, and return the status that it gives. Raises ApiRefused."""
        backoff = Backoff(MAX_BACKOFF_S)
        while True:
            try:
                return (await self._api.submit_verdict(report)).status
            except ApiUnavailable as error:
                log.warning("verdict_waits", task_id=report.task_id, reason=str(error))
            await backoff.pause()

    async def _keep(self, task: VerificationTask, verifying: asyncio.Task[None]) -> None:
        """Send heartbeats; cancel the work when the lease is lost."""
        lease = VerificationLease(task_id=task.task_id, lease_id=task.lease_id)

        async def beat() -> float:
            return (await self._api.extend_verification(lease)).ttl_s / HEARTBEATS_PER_TTL

        name, every_s = f"heartbeats of verification {task.task_id}", task.ttl_s / HEARTBEATS_PER_TTL
        try:
            await send_heartbeats(name, beat, every_s, final=(LeaseLost,))
        except LeaseLost:
            log.warning("lease_lost", task_id=task.task_id)
            verifying.cancel()

    async def _tell_progress(self) -> None:
        while True:
            await asyncio.sleep(PROGRESS_EVERY_S)
            log.info("progress", **dict(self.counts))


async def _examine_safely(task: VerificationTask, examine: Examine) -> tuple[Verdict, Evidence]:
    """Examine the task; an unexpected exception becomes the verdict `error` and does not stop the verifier.

    Its cause is given as the upload: if it happens only with the uploads of one miner, something in them causes it.
    """
    try:
        return await examine(task)
    except UnavailableError:
        raise
    except Exception as error:
        log.exception("examination_failed", task_id=task.task_id, uid=task.uid)
        return "error", Evidence(reason=f"The verifier failed: {type(error).__name__}.", cause="upload")


def _add_jitter(seconds: float) -> float:
    """Vary a pause, so that verifiers that were refused at the same moment do not return at the same moment."""
    return seconds * random.uniform(0.8, 1.2)
