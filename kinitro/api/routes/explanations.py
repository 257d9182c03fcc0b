"""Routes that explain why a miner earns what it earns."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request
from starlette.responses import Response

from kinitro.api.services import Services, ServicesOf
from kinitro.cycles.explanations import Explanation

router = APIRouter(prefix="/v1", tags=["public"])

CycleNumber = Annotated[int, Path(ge=0, le=2**31 - 1)]
Uid = Annotated[int, Path(ge=0, le=2**31 - 1)]


@router.get("/scores/latest/miners/{uid}", response_model=Explanation)
async def explanation_latest(uid: Uid, request: Request, services: ServicesOf) -> Response:
    """One miner in the last published cycle: per environment, per subset size, and what it would need."""
    return await services.cache.answer(request, lambda: read_explanation(services, uid, None), uid)


@router.get("/scores/{cycle_id}/miners/{uid}", response_model=Explanation)
async def explanation_of(cycle_id: CycleNumber, uid: Uid, request: Request, services: ServicesOf) -> Response:
    """One miner in one published cycle."""
    return await services.cache.answer(request, lambda: read_explanation(services, uid, cycle_id), cycle_id, uid)


async def read_explanation(services: Services, uid: int, cycle_id: int | None) -> Explanation:
    """Raises HTTPException 404 with the reason: not published, unknown, or excluded from the cycle."""
    found = await services.publications.miner(uid, cycle_id)
    if found is None:
        which = "No cycle has" if cycle_id is None else f"Cycle {cycle_id} has not"
        raise HTTPException(404, f"{which} published scores (yet); see /v1/status.")
    if found.hotkey is None:
        raise HTTPException(404, f"Cycle {found.cycle_id} had no miner with uid {uid}; see /v1/miners.")
    if found.explanation is None:
        reason = found.excluded or "it was not scored"
        raise HTTPException(404, f"Miner {uid} took no part in cycle {found.cycle_id}: {reason}")
    return Explanation.model_validate(
        {"cycle_id": found.cycle_id, "hotkey": found.hotkey, "explanation": found.explanation}
    )
