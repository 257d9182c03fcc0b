"""Routes that executors call to fetch tasks and to report results, and the counts that everybody may read."""

from __future__ import annotations

from collections import Counter
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError
from pydantic_core import from_json
from starlette.responses import Response

from kinitro.api.answers import answer_json
from kinitro.api.auth import ExecutorCaller
from kinitro.api.problems import list_field_problems
from kinitro.api.recent_refusals import REJECTED_REPORT
from kinitro.api.services import ServicesOf
from kinitro.client.messages import (
    FetchRequest,
    FetchResponse,
    Message,
    SubmitRequest,
    SubmitResponse,
    SubmitStatus,
    TaskResult,
    TaskStats,
)

router = APIRouter(prefix="/v1/tasks", tags=["executors"])
_SUBMIT_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SubmitRequest"}}},
    }
}
"""The route reads the body itself; `application.describe` adds the schema that is named here."""


_Reports = tuple[int, list[TaskResult], list[SubmitStatus | None]]
"""Of which lease; the readable ones; for every report None, or why it is not readable."""


class _Envelope(Message):
    """A SubmitRequest whose results are looked at one by one, so that one bad report does not harm the others."""

    lease_id: int = Field(ge=1, le=2**63 - 1)
    results: list[dict[str, Any]] = Field(min_length=1, max_length=1000)


@router.post("/fetch", response_model=FetchResponse)
async def fetch(body: FetchRequest, caller: ExecutorCaller, services: ServicesOf) -> Response:
    """Lease tasks; report them before `ttl_s` is over, or send heartbeats."""
    if services.draining:
        raise HTTPException(503, "This instance is draining: ask again.", headers={"Retry-After": "1"})
    executor_id = caller.executor_id
    if executor_id is None:
        executor_id = await services.pool.executor_named(body.executor or caller.name)
    response = await services.pool.fetch(executor_id, body)
    if response.reason is not None:  # the only one there is
        services.metrics.mismatches.inc()
        services.refusals.note(409, "POST /v1/tasks/fetch", f"executor {body.executor or caller.name}", response.reason)
    return answer_json(response)


@router.post("/submit", response_model=SubmitResponse, openapi_extra=_SUBMIT_BODY)
async def submit(request: Request, caller: ExecutorCaller, services: ServicesOf) -> Response:
    """Report results. Each gets a status of its own: one that every audit would refuse is refused here, and the others
    are unharmed. 422 when none of them can be read."""
    body = await request.body()
    lease_id, readable, unreadable = _read_all(body) or _read_one_by_one(body)
    refused = [
        SubmitStatus(report.task_id, "rejected", reason) if reason else None
        for report, reason in zip(readable, await services.pool.refusals(readable), strict=True)
    ]
    accepted = [report for report, status in zip(readable, refused, strict=True) if status is None]
    services.metrics.count_faults(accepted)
    stored = iter(await services.pool.submit(caller.executor_id, lease_id, accepted) if accepted else ())
    judged = iter([status or next(stored) for status in refused])
    answers = [status or next(judged) for status in unreadable]
    for status, count in Counter(answer.status for answer in answers).items():
        services.metrics.submits.labels(status).inc(count)
    for answer in answers:
        if answer.status == "rejected":
            services.refusals.note(REJECTED_REPORT, "POST /v1/tasks/submit", caller.name, answer.reason or "rejected")
    return answer_json(SubmitResponse(results=answers))


@router.get("/stats", response_model=TaskStats)
async def stats(request: Request, services: ServicesOf) -> Response:
    """Counts of the newest cycle; what became of its tasks only when it is over."""

    async def make() -> TaskStats:
        return await services.pool.stats(services.settings.netuid, public=True)

    return await services.cache.answer(request, make)


def _read_all(body: bytes) -> _Reports | None:
    """The usual case, in one go: nothing is wrong with any report."""
    try:
        request = SubmitRequest.model_validate_json(body)
        return request.lease_id, request.results, [None] * len(request.results)
    except ValidationError:
        return None


def _read_one_by_one(body: bytes) -> _Reports:
    """Raises RequestValidationError when no report can be read, or what is around them."""
    envelope = _read_envelope(body)
    readable: list[TaskResult] = []
    problems: list[list[dict[str, Any]]] = []
    statuses: list[SubmitStatus | None] = []
    for position, report in enumerate(envelope.results):
        try:
            readable.append(TaskResult.model_validate(report))
            statuses.append(None)
        except ValidationError as error:
            found = list_field_problems(error.errors(), ("body", "results", position))
            problems.append(found)
            statuses.append(_reject(report, found))
    if not readable:
        raise RequestValidationError([problem for found in problems for problem in found])
    return envelope.lease_id, readable, statuses


def _read_envelope(body: bytes) -> _Envelope:
    try:
        return _Envelope.model_validate(from_json(body))
    except ValidationError as error:
        raise RequestValidationError(list_field_problems(error.errors(), ("body",))) from None
    except ValueError as error:
        raise RequestValidationError(
            [{"loc": ("body",), "msg": f"it is not valid JSON: {error}", "type": "json_invalid"}]
        ) from None


def _reject(report: dict[str, Any], found: list[dict[str, Any]]) -> SubmitStatus:
    claimed = report.get("task_id")
    task_id = claimed if isinstance(claimed, int) and abs(claimed) < 2**63 else 0
    field = ".".join(str(part) for part in found[0]["loc"][3:]) or "result"
    return SubmitStatus(task_id=task_id, status="rejected", reason=f"{field}: {found[0]['msg']}")
