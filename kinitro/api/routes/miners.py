"""Route of the miners of the newest cycle."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from kinitro.api.services import ServicesOf
from kinitro.client.messages import Miner, MinerList

router = APIRouter(prefix="/v1", tags=["public"])


@router.get("/miners", response_model=MinerList)
async def miners(request: Request, services: ServicesOf) -> Response:
    """Who takes part, who does not and why, and the last published weights."""

    async def make() -> MinerList:
        rows = await services.publications.miners()
        if not rows:
            raise HTTPException(404, "No cycle has frozen its miners yet; see /v1/status.")
        published = await services.publications.latest()
        weights = published.weights if published else {"weights": {}, "hotkeys": {}}
        listed = []
        for row in rows:
            uid, fields = str(row.uid), row._asdict()
            del fields["cycle_id"]
            same = published is not None and weights["hotkeys"].get(uid, row.hotkey) == row.hotkey
            weight = weights["weights"].get(uid, 0.0) if same else None
            listed.append(Miner(weight=weight, **fields))
        return MinerList(cycle_id=rows[0].cycle_id, miners=listed)

    return await services.cache.answer(request, make)
