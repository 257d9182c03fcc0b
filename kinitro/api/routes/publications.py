"""Routes that validators and the public read: status, weights and scores."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request
from starlette.responses import Response

from kinitro import __version__
from kinitro.api.services import ServicesOf
from kinitro.client.messages import Scores, Status, Weights
from kinitro.database.publications import Publication

router = APIRouter(prefix="/v1", tags=["public"])

NOTHING_YET = "No cycle has been published yet; see /v1/status for how far the first one is."

BlockNumber = Annotated[int, Path(ge=0, le=2**63 - 1)]
CycleNumber = Annotated[int, Path(ge=0, le=2**31 - 1)]


@router.get("/status", response_model=Status)
async def status(request: Request, services: ServicesOf) -> Response:
    """The newest cycle, how far it is, and what was published last."""

    async def make() -> Status:
        newest = await services.publications.newest_cycle()
        published = await services.publications.latest()
        stats = await services.pool.stats(services.settings.netuid, public=True)
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
    return await services.cache.answer(request, lambda: _read_weights(services.publications.latest(), NOTHING_YET))


@router.get("/weights/{block}", response_model=Weights)
async def weights_at(block: BlockNumber, request: Request, services: ServicesOf) -> Response:
    """The weights whose snapshot block is the newest that is not after this block."""
    missing = f"No weights were published for a snapshot at or before block {block}."
    return await services.cache.answer(
        request, lambda: _read_weights(services.publications.at_block(block), missing), block
    )


@router.get("/scores/latest", response_model=Scores)
async def scores_latest(request: Request, services: ServicesOf) -> Response:
    """The scores of the last published cycle."""
    return await services.cache.answer(request, lambda: _read_scores(services.publications.latest(), NOTHING_YET))


@router.get("/scores/{cycle_id}", response_model=Scores)
async def scores_of(cycle_id: CycleNumber, request: Request, services: ServicesOf) -> Response:
    """The scores of one published cycle."""
    missing = f"Cycle {cycle_id} has not published scores (yet); see /v1/status."
    return await services.cache.answer(
        request, lambda: _read_scores(services.publications.of_cycle(cycle_id), missing), cycle_id
    )


async def _read_weights(publication: Awaitable[Publication | None], missing: str) -> Weights:
    return Weights.model_validate((await _require(publication, missing)).weights)


async def _read_scores(publication: Awaitable[Publication | None], missing: str) -> Scores:
    return Scores.model_validate((await _require(publication, missing)).scores)


async def _require(publication: Awaitable[Publication | None], missing: str) -> Publication:
    found = await publication
    if found is None:
        raise HTTPException(404, missing)
    return found
