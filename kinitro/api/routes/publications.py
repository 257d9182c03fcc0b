"""What validators and the public read: status, weights, scores."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request
from starlette.responses import Response

from kinitro import __version__
from kinitro.api.services import Services, ServicesOf
from kinitro.taskpool.messages import Scores, Status, Weights
from kinitro.taskpool.publications import Publication

router = APIRouter(prefix="/v1", tags=["public"])

BlockNumber = Annotated[int, Path(ge=0, le=2**63 - 1)]
CycleNumber = Annotated[int, Path(ge=0, le=2**31 - 1)]


@router.get("/status", response_model=Status)
async def status(request: Request, services: ServicesOf) -> Response:
    """The newest cycle, how far it is, and what was published last."""

    async def make() -> Status:
        newest = await services.publications.newest_cycle()
        published = await services.publications.latest()
        stats = await services.pool.stats(services.settings.netuid)
        return Status(
            version=__version__,
            netuid=newest.netuid if newest.netuid is not None else services.settings.netuid,
            cycle_id=newest.cycle_id,
            cycle_state=newest.state,
            cycle_reason=newest.reason,
            tasks_total=stats.total,
            tasks_finished=stats.finished,
            last_published_cycle=published.cycle_id if published else None,
            last_weights_block=int(published.weights["block"]) if published else None,
            executors_seen=newest.executors_seen,
        )

    return await services.cache.answer(request, make)


@router.get("/weights/latest", response_model=Weights)
async def weights_latest(request: Request, services: ServicesOf) -> Response:
    """The weights of the last published cycle."""

    async def make() -> Weights:
        return Weights.model_validate((await _latest(services)).weights)

    return await services.cache.answer(request, make)


@router.get("/weights/{block}", response_model=Weights)
async def weights_at(block: BlockNumber, request: Request, services: ServicesOf) -> Response:
    """The weights whose snapshot block is the newest that is not after this block."""

    async def make() -> Weights:
        found = await services.publications.at_block(block)
        if found is None:
            raise HTTPException(404, f"No weights were published for a snapshot at or before block {block}.")
        return Weights.model_validate(found.weights)

    return await services.cache.answer(request, make)


@router.get("/scores/latest", response_model=Scores)
async def scores_latest(request: Request, services: ServicesOf) -> Response:
    """The scores of the last published cycle."""

    async def make() -> Scores:
        return Scores.model_validate((await _latest(services)).scores)

    return await services.cache.answer(request, make)


@router.get("/scores/{cycle_id}", response_model=Scores)
async def scores_of(cycle_id: CycleNumber, request: Request, services: ServicesOf) -> Response:
    """The scores of one published cycle."""

    async def make() -> Scores:
        found = await services.publications.of_cycle(cycle_id)
        if found is None:
            raise HTTPException(404, f"Cycle {cycle_id} has not published scores (yet); see /v1/status.")
        return Scores.model_validate(found.scores)

    return await services.cache.answer(request, make)


async def _latest(services: Services) -> Publication:
    found = await services.publications.latest()
    if found is None:
        raise HTTPException(404, "No cycle has been published yet; see /v1/status for how far the first one is.")
    return found
