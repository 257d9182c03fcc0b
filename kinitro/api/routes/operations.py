"""The route of what an operator wants to know."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from kinitro.api.answers import answer_json
from kinitro.api.auth import ReadCaller
from kinitro.api.services import ServicesOf
from kinitro.client.operations import Operations
from kinitro.dashboard.operator_page import read_operations

router = APIRouter(prefix="/v1", tags=["service"])


@router.get("/operations", response_model=Operations)
async def operations(_caller: ReadCaller, services: ServicesOf) -> Response:
    """Executors, leases, verifiers, the database and recent refusals; needs a key of scope `read` (or `tasks`)."""
    answer = answer_json(await read_operations(services))
    answer.headers["Cache-Control"] = "no-store"
    return answer
