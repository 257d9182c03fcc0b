"""The routes of the leaderboard, and of two environments against each other."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from kinitro.dashboard.frontier import draw_staircase, place_miners
from kinitro.dashboard.rendering import MissingPage, shared_page
from kinitro.dashboard.sources import BoardOf, LeaderboardsOf

router = APIRouter(include_in_schema=False)
EnvironmentName = Annotated[str | None, Query(max_length=200)]


@router.get("/")
async def home(request: Request, board: BoardOf, leaderboards: LeaderboardsOf) -> Response:
    async def read() -> dict[str, Any]:
        state = await board.snapshot()
        root = request.scope.get("root_path", "")
        return {"board": state, "heat_map": await leaderboards.heat_map(state.scores, root) if state.scores else ""}

    return await shared_page(request, "home.html", read)


@router.get("/frontier")
async def frontier(request: Request, board: BoardOf, x: EnvironmentName = None, y: EnvironmentName = None) -> Response:
    """Two environments of the last published cycle: by default its first two."""
    scores = (await board.snapshot()).scores
    known = scores.environments if scores else []
    across = x if x is not None else known[0] if known else ""
    up = y if y is not None else known[1] if len(known) > 1 else across

    async def read() -> dict[str, Any]:
        state = await board.snapshot()
        if state.scores is None:
            return {"board": state}
        try:
            places = place_miners(state.scores, across, up)
        except KeyError as unknown:
            raise MissingPage(
                f"Cycle {state.scores.cycle_id} had no environment {unknown.args[0]!r}: choose two of those on the "
                "leaderboard."
            ) from None
        return {"board": state, "x": across, "y": up, "places": places, "staircase": draw_staircase(places)}

    named = (known.index(across), known.index(up)) if across in known and up in known else (-1, -1)
    return await shared_page(request, "frontier.html", read, scores.cycle_id if scores else 0, *named)
