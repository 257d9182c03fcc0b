"""Route of the operator's public key."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException

from kinitro.api.services import ServicesOf
from kinitro.client.messages import OperatorKey

router = APIRouter(prefix="/v1", tags=["public"])


@router.get("/operator-key")
async def operator_key(services: ServicesOf) -> OperatorKey:
    """What miners seal their endpoints to; 404 if this operator takes only endpoints in the clear."""
    key = services.settings.backend_public_key
    if key is None:
        raise HTTPException(404, "This operator publishes no key, so endpoints are committed in the clear.")
    return OperatorKey(backend_public_key=key)
