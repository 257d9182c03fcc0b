"""Every refusal and failure is answered as a problem document; see `kinitro.client.messages.Problem`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from kinitro.client.errors import ApiRefused
from kinitro.client.messages import PROBLEM_MEDIA_TYPE, PROBLEM_TYPE, UNKNOWN_PATH, Problem
from kinitro.errors import KinitroError, UnavailableError

_KINDS = (
    (400, "bad-request", "The request makes no sense."),
    (401, "unauthorized", "No key, or one that is unknown or revoked."),
    (403, "forbidden", "The key lacks the scope."),
    (404, "not-found", "There is nothing there (yet)."),
    (409, "lease-lost", "The lease is gone."),
    (413, "too-large", "The body is too large."),
    (422, "invalid-field", "A field has a value that is not allowed."),
    (429, "too-many-requests", "Too many requests; see Retry-After."),
    (503, "unavailable", "The database is away, or the service is stopping."),
)
"""The status, what its `type` ends with, and what it means."""
_TYPES = {status: PROBLEM_TYPE + kind for status, kind, _ in _KINDS}
PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": description, "content": {PROBLEM_MEDIA_TYPE: {"schema": Problem.model_json_schema()}}}
    for status, _, description in _KINDS
}


def problem(
    status: int,
    detail: str | list[dict[str, Any]],
    headers: Mapping[str, str] | None = None,
    *,
    kind: str | None = None,
) -> Response:
    """Make a refusal; `kind` is its type, by default the one of the status.

    Text that is not valid Unicode (a lone surrogate from a client) is escaped by the JSON encoder.
    """
    body = json.dumps(
        {"type": kind or _TYPES.get(status, PROBLEM_TYPE + "other"), "status": status, "detail": detail},
        ensure_ascii=True,
    )
    return Response(body, status, headers, media_type=PROBLEM_MEDIA_TYPE)


def list_field_problems(errors: Sequence[Any], at: tuple[str | int, ...] = ()) -> list[dict[str, Any]]:
    """List validation errors as place, message and type; never the input, which may be huge or not even JSON."""
    return [
        {"loc": [*at, *(part if isinstance(part, int) else str(part)[:100] for part in error["loc"])],
         "msg": str(error["msg"])[:300], "type": error["type"]}
        for error in errors[:20]
    ]  # fmt: skip


def add_problem_handlers(app: FastAPI) -> None:
    """Make the application answer every foreseen exception with a problem document."""

    @app.exception_handler(HTTPException)
    async def answer_refusal(request: Request, error: HTTPException) -> Response:
        _note(request, error.status_code, str(error.detail))
        unknown = error.status_code == 405 or (error.status_code == 404 and "route" not in request.scope)
        return problem(error.status_code, str(error.detail), error.headers, kind=UNKNOWN_PATH if unknown else None)

    @app.exception_handler(RequestValidationError)
    async def answer_invalid(request: Request, error: RequestValidationError) -> Response:
        problems = list_field_problems(error.errors())
        _note(request, 422, "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in problems))
        return problem(422, problems)

    @app.exception_handler(KinitroError)
    async def answer_foreseen(request: Request, error: KinitroError) -> Response:
        status = error.status if isinstance(error, ApiRefused) else 503 if isinstance(error, UnavailableError) else 400
        _note(request, status, str(error))
        return problem(status, str(error), {"Retry-After": "1"} if isinstance(error, UnavailableError) else None)


def _note(request: Request, status: int, detail: str) -> None:
    """Let the operator see a refusal, once there is something to note it in."""
    services = getattr(request.app.state, "services", None)
    if services is not None:
        services.refusals.note_request(request, status, detail)
