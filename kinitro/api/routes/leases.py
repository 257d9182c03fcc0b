"""Routes that keep a lease of tasks alive or give it back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from kinitro.api.auth import ExecutorCaller
from kinitro.api.services import ServicesOf
from kinitro.client.messages import HeartbeatResponse, ReleaseResponse

router = APIRouter(prefix="/v1/leases", tags=["executors"])

LeaseNumber = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.post("/{lease_id}/heartbeat")
async def heartbeat(lease_id: LeaseNumber, caller: ExecutorCaller, services: ServicesOf) -> HeartbeatResponse:
    """Extend a lease; 409 when it is gone, and its work with it."""
    return HeartbeatResponse(ttl_s=await services.pool.heartbeat(caller.executor_id, lease_id))


@router.post("/{lease_id}/release")
async def release(lease_id: LeaseNumber, caller: ExecutorCaller, services: ServicesOf) -> ReleaseResponse:
    """Give unfinished tasks back, so that others get them at once; no attempt is counted."""
    return ReleaseResponse(released=await services.pool.release(caller.executor_id, lease_id))
