"""Routes of the public record of cycles: what anybody needs to check them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, HTTPException, Path, Query, Request
from starlette.responses import Response

from kinitro.api.answers import answer_json
from kinitro.api.services import Services, ServicesOf
from kinitro.client.records import RESULTS_PAGE, Manifest, ResultPage, TraceRecord
from kinitro.client.timelines import CycleList, CycleProgress, CycleSummary
from kinitro.database.cycles import CycleStore, NotRevealed
from kinitro.database.errors import UnknownCycle
from kinitro.database.pool import Connection, run_on
from kinitro.database.timelines import Timelines

router = APIRouter(prefix="/v1", tags=["audit"])
T = TypeVar("T")

CycleNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]
TaskNumber = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("/cycles", response_model=CycleList)
async def cycles(
    request: Request,
    services: ServicesOf,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="`next_before` of the page before.")] = None,
) -> Response:
    """Cycles of every state, the newest first: what was planned, and when each step was."""
    return await services.cache.answer(request, lambda: timelines_of(services).page(before), before or 0)


@router.get("/cycles/{cycle_id}", response_model=CycleSummary)
async def cycle(cycle_id: CycleNumber, request: Request, services: ServicesOf) -> Response:
    """One cycle: what was planned, and when each step was."""
    return await services.cache.answer(request, lambda: or_not_found(timelines_of(services).find(cycle_id)), cycle_id)


@router.get("/cycles/{cycle_id}/progress", response_model=CycleProgress)
async def progress(cycle_id: CycleNumber, request: Request, services: ServicesOf) -> Response:
    """How many tasks are finished, at which rate, and when they will all be."""
    return await services.cache.answer(
        request, lambda: or_not_found(timelines_of(services).progress(cycle_id)), cycle_id
    )


@router.get("/cycles/{cycle_id}/manifest", response_model=Manifest)
async def manifest(cycle_id: CycleNumber, request: Request, services: ServicesOf) -> Response:
    """Frozen miners, the commitment to the seeds, versions and counts; after the reveal also the seed key."""
    return await services.cache.answer(
        request, lambda: read_cycles(services, lambda store: store.manifest(cycle_id)), cycle_id
    )


@router.get("/cycles/{cycle_id}/results", response_model=ResultPage)
async def results(
    cycle_id: CycleNumber,
    services: ServicesOf,
    after: Annotated[int, Query(ge=0, le=2**63 - 1, description="`next_after` of the page before.")] = 0,
    limit: Annotated[int, Query(ge=1, le=RESULTS_PAGE)] = RESULTS_PAGE,
) -> Response:
    """What became of every task, in order of task id; 404 before the cycle is over."""
    return answer_json(await read_cycles(services, lambda store: store.results_page(cycle_id, after, limit)))


@router.get("/tasks/{task_id}/trace", response_model=TraceRecord)
async def trace(task_id: TaskNumber, services: ServicesOf) -> Response:
    """The actions and state digests of one episode; 404 before its cycle is over."""
    return answer_json(await read_cycles(services, lambda store: store.trace(task_id)))


async def read_cycles(services: Services, work: Callable[[CycleStore], Awaitable[T]]) -> T:
    """Read from the store of cycles. Raises HTTPException 404 for what is not there or not public yet."""

    async def on(connection: Connection) -> T:
        return await work(CycleStore(connection))

    return await or_not_found(run_on(services.connections, on))


def timelines_of(services: Services) -> Timelines:
    """The store of timelines of the subnet that this API serves."""
    return Timelines(services.connections, services.settings.netuid)


async def or_not_found(work: Awaitable[T]) -> T:
    """Raises HTTPException 404 for what is not there or not public yet."""
    try:
        return await work
    except (UnknownCycle, NotRevealed) as error:
        raise HTTPException(404, str(error)) from None
