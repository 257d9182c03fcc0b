"""The verifier goes on whatever happens, and reports only what it may."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kinitro.client.errors import ApiUnauthorized, ApiUnavailable, LeaseLost
from kinitro.client.messages import HeartbeatResponse
from kinitro.client.verdicts import (
    Evidence,
    Verdict,
    VerificationLease,
    VerificationReport,
    VerificationRequest,
    VerificationResponse,
    VerificationRule,
    VerificationStatus,
    VerificationTask,
)
from kinitro.sandbox.errors import SandboxUnavailable
from kinitro.verification.service import Verifier


def task(number: int) -> VerificationTask:
    return VerificationTask(
        task_id=number, lease_id=number, ttl_s=0.09, cycle_id=1, uid=5, repo="a/b", revision="c" * 40,
        rule=VerificationRule(), recording="", trace="",
    )  # fmt: skip


class Api:
    """Gives out `tasks`, then sets `stop`. An exception among them is raised."""

    def __init__(self, *tasks: VerificationTask | Exception, lost: bool = False) -> None:
        self.tasks = list(tasks)
        self.lost = lost
        self.stop = asyncio.Event()
        self.heartbeats = 0
        self.reports: list[VerificationReport] = []
        self.down = 0

    async def fetch_verification(self, request: VerificationRequest) -> VerificationResponse:
        if not self.tasks:
            self.stop.set()
            return VerificationResponse(task=None, retry_after_s=0.01)
        given = self.tasks.pop(0)
        if isinstance(given, Exception):
            raise given
        return VerificationResponse(task=given)

    async def extend_verification(self, lease: VerificationLease) -> HeartbeatResponse:
        self.heartbeats += 1
        if self.lost:
            raise LeaseLost("It is gone.", 409)
        return HeartbeatResponse(ttl_s=0.09)

    async def submit_verdict(self, report: VerificationReport) -> VerificationStatus:
        if self.down:
            self.down -= 1
            raise ApiUnavailable("The API is away.")
        self.reports.append(report)
        return VerificationStatus(status="accepted")


def after(seconds: float, verdict: Verdict = "match") -> Callable[[VerificationTask], Awaitable[Any]]:
    async def examine(_: VerificationTask) -> tuple[Verdict, Evidence]:
        await asyncio.sleep(seconds)
        return verdict, Evidence()

    return examine


async def run(api: Api, *examiners: Any, grace_s: float = 1.0) -> Verifier:
    verifier = Verifier(api, examiners, name="checker", fingerprint="physics", grace_s=grace_s)
    async with asyncio.timeout(20):
        await verifier.run(api.stop)
    return verifier


async def test_verdicts_are_reported_and_leases_kept_meanwhile() -> None:
    api = Api(task(1), task(2))
    await run(api, after(0.2, "mismatch"))
    assert [(report.task_id, report.verdict) for report in api.reports] == [(1, "mismatch"), (2, "mismatch")]
    assert api.heartbeats >= 4


async def test_several_are_examined_at_once() -> None:
    api = Api(*map(task, range(1, 5)))
    began = asyncio.get_running_loop().time()
    await run(api, *[after(0.3)] * 4)
    assert len(api.reports) == 4
    assert asyncio.get_running_loop().time() - began < 0.9


async def test_an_api_that_is_away_is_waited_for_and_a_mistake_of_ours_is_an_error() -> None:
    async def broken(_: VerificationTask) -> tuple[Verdict, Evidence]:
        raise ZeroDivisionError("a secret /path")

    api = Api(ApiUnavailable("away"), task(1), task(2))
    api.down = 1
    await run(api, broken)
    assert [(report.task_id, report.verdict) for report in api.reports] == [(1, "error"), (2, "error")]
    assert "secret" not in str(api.reports[0].evidence.reason)


async def test_a_lost_lease_ends_its_examination_without_a_report() -> None:
    api = Api(task(1), lost=True)
    await run(api, after(60))
    assert api.reports == []


async def test_a_verdict_waits_for_the_api_as_long_as_its_lease_lasts() -> None:
    class Away(Api):
        offered = 0

        async def extend_verification(self, lease: VerificationLease) -> HeartbeatResponse:
            self.lost = self.offered >= 3
            return await super().extend_verification(lease)

        async def submit_verdict(self, report: VerificationReport) -> VerificationStatus:
            self.offered += 1
            raise ApiUnavailable("A proxy answers in its place.")

    api = Away(task(1))
    await run(api, after(0))
    assert api.offered >= 3
    assert api.heartbeats > 0


async def test_what_runs_may_finish_within_the_grace_period_and_no_longer() -> None:
    patient, hasty = Api(task(1)), Api(task(1))
    await run(patient, after(0.2), after(0.0))
    assert len(patient.reports) == 1
    await run(hasty, after(30), after(0.0), grace_s=0.05)
    assert hasty.reports == []


@pytest.mark.parametrize(
    ("api", "examine", "error"),
    [
        (lambda: Api(ApiUnauthorized("no key", 401)), after(0), ApiUnauthorized),
        (lambda: Api(task(1)), SandboxUnavailable("no namespaces"), SandboxUnavailable),
    ],
    ids=["key", "sandbox"],
)
async def test_what_makes_going_on_pointless_ends_it(api: Any, examine: Any, error: type[Exception]) -> None:
    async def refuse(_: VerificationTask) -> tuple[Verdict, Evidence]:
        raise examine

    with pytest.raises(error):
        await run(api(), refuse if isinstance(examine, Exception) else examine)
