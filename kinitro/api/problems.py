"""Every refusal and failure as one JSON body: `{"detail": ...}`, a sentence or a list of fields."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from kinitro.errors import KinitroError, UnavailableError
from kinitro.taskpool.errors import ApiRefused
from kinitro.taskpool.messages import Problem

PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": description}
    for status, description in (
        (400, "The request makes no sense."),
        (401, "No key, or one that is unknown or revoked."),
        (403, "The key lacks the scope."),
        (404, "There is nothing there (yet)."),
        (409, "The lease is gone."),
        (413, "The body is too large."),
        (422, "A field has a value that is not allowed."),
        (429, "Too many requests; see Retry-After."),
        (503, "The database is away, or the service is stopping."),
    )
}


def problem(status: int, detail: str | list[dict[str, Any]], headers: Mapping[str, str] | None = None) -> Response:
    """A refusal. Text that is no valid Unicode (a lone surrogate from a client) is escaped by the JSON encoder."""
    body = json.dumps({"detail": detail}, ensure_ascii=True)
    return Response(body, status, headers, media_type="application/json")


def field_problems(errors: Sequence[Any], at: tuple[str | int, ...] = ()) -> list[dict[str, Any]]:
    """Validation errors as place, message and type; never the input, which may be huge or no JSON at all."""
    return [
        {"loc": [*at, *(part if isinstance(part, int) else str(part)[:100] for part in error["loc"])],
         "msg": str(error["msg"])[:300], "type": error["type"]}
        for error in errors[:20]
    ]  # fmt: skip


def add_problem_handlers(app: FastAPI) -> None:
    """Turn every foreseen exception into a problem."""

    @app.exception_handler(HTTPException)
    async def refused(_request: Request, error: HTTPException) -> Response:
        return problem(error.status_code, str(error.detail), error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> Response:
        return problem(422, field_problems(error.errors()))

    @app.exception_handler(KinitroError)
    async def foreseen(_request: Request, error: KinitroError) -> Response:
        if isinstance(error, ApiRefused):
            return problem(error.status, str(error))
        if isinstance(error, UnavailableError):
            return problem(503, str(error), {"Retry-After": "1"})
        return problem(400, str(error))
