"""Routes of sealed packs: for evaluators under their key while a cycle runs, and for everybody when it is over."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import Response

from kinitro.api.auth import VerifierCaller
from kinitro.api.routes.cycles import CycleNumber, read_cycles
from kinitro.api.services import ServicesOf

router = APIRouter(prefix="/v1")

MEDIA_TYPE = "application/octet-stream"
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
}
PackDigest = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]


@router.get("/packs/{digest}", tags=["executors"], response_class=Response, responses=_BYTES)
async def sealed_pack(digest: PackDigest, _caller: VerifierCaller, services: ServicesOf) -> Response:
    """The pack that tasks name by its digest, for executors and verifiers only; no cache may keep it."""
    data = await read_cycles(services, lambda store: store.sealed_pack(digest))
    return Response(data, media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})


@router.get("/cycles/{cycle_id}/pack", tags=["audit"], response_class=Response, responses=_BYTES)
async def revealed_pack(cycle_id: CycleNumber, services: ServicesOf) -> Response:
    """The pack of a cycle, 404 before the cycle is over. Its SHA-256 is `config.pack` of the manifest."""
    data = await read_cycles(services, lambda store: store.revealed_pack(cycle_id))
    return Response(data, media_type=MEDIA_TYPE)
