"""Route of the environments that this program has."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from kinitro.api.services import ServicesOf
from kinitro.client.messages import EnvironmentInfo, EnvironmentList
from kinitro.environments import all_specs

router = APIRouter(prefix="/v1", tags=["public"])


@router.get("/environments", response_model=EnvironmentList)
async def environments(request: Request, services: ServicesOf) -> Response:
    """Every registered environment; `scored` ones are those that a cycle uses by default."""

    async def make() -> EnvironmentList:
        return EnvironmentList(
            environments=[
                EnvironmentInfo(
                    id=spec.id,
                    instruction=spec.instruction,
                    category=spec.category,
                    version=spec.version,
                    scored=spec.scored,
                    max_steps=spec.max_steps,
                    expert_success=spec.expert_success,
                    random_success=spec.random_success,
                )
                for spec in all_specs()
            ]
        )

    return await services.cache.answer(request, make)
