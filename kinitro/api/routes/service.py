"""Routes for whoever runs the service: is the process alive, should it get requests, and how is it doing?"""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, HTTPException
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel
from starlette.responses import Response

from kinitro import __version__
from kinitro.api.auth import ReadCaller
from kinitro.api.services import Services, ServicesOf
from kinitro.client.messages import ApiHealth
from kinitro.database.errors import SchemaMismatch
from kinitro.database.pool import Connection, check_writable, run_on
from kinitro.database.schema import check_schema

router = APIRouter(tags=["service"])

READY_DEADLINE_S = 3.0
"""Deadline of each round trip of the check, and for getting a connection: a load balancer does not wait."""
REAPER_SILENT_S = 30.0
"""An instance is not ready if its reaper had no successful turn for longer than this and the reaper's interval."""


class Readiness(BaseModel):
    """`GET /ready`: 503 with the reason instead, when requests should go elsewhere."""

    status: str = "ready"


@router.get("/health")
async def health() -> ApiHealth:
    """The process answers. Nothing else is checked."""
    return ApiHealth(version=__version__)


@router.get("/ready")
async def ready(services: ServicesOf) -> Readiness:
    """The database answers and stores, its schema is the right one, expired leases are ended, and nobody stops us."""
    if services.draining:
        raise HTTPException(503, "This instance is draining.")

    if problem := _reaper_problem(services):
        raise HTTPException(503, problem)
    try:
        await _check_database(services)
    except SchemaMismatch as error:
        raise HTTPException(503, str(error)) from None
    return Readiness()


def _reaper_problem(services: Services) -> str | None:
    return services.reaper.problem(REAPER_SILENT_S + services.settings.reap_interval_s)


async def _check_database(services: Services) -> None:
    """Check that the database stores and has our schema. Raises DatabaseUnavailable, SchemaMismatch.

    Whoever asks while a check is in progress gets its result: anybody may ask as often as he likes, and the checks of a
    flood at once would take every connection.
    """

    async def check(connection: Connection) -> None:
        await check_writable(connection)
        await check_schema(connection)

    task = services.readiness
    if task is None or task.done():
        task = services.readiness = asyncio.create_task(
            run_on(services.connections, check, deadline_s=READY_DEADLINE_S), name="readiness"
        )
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # also if nobody waits any more
    await asyncio.shield(task)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(_caller: ReadCaller, services: ServicesOf) -> Response:
    """Prometheus text; needs a key of scope `read` (or `tasks`) unless there are no keys at all."""
    services.metrics.draining.set(services.draining)
    services.metrics.reaper.set(_reaper_problem(services) is None)
    body = await services.metrics.scrape(services.connections, services.pool, services.settings.netuid)
    return Response(body, media_type=CONTENT_TYPE_LATEST)
