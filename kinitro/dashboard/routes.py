"""The routes of the web pages."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Path, Request
from starlette.responses import FileResponse, Response

from kinitro.dashboard import cycle_pages, leaderboard_pages, operator_page
from kinitro.dashboard.films import FilmUnavailable
from kinitro.dashboard.rendering import SECURITY_HEADERS, STATIC_FILES, page, read_static
from kinitro.dashboard.sources import BoardOf, EpisodesOf
from kinitro.database.cycles import NotRevealed
from kinitro.database.errors import UnknownCycle
from kinitro.environments import EnvironmentSpec, get_spec
from kinitro.environments.errors import UnknownEnvironment
from kinitro.environments.registry import list_rungs

STATIC_MAX_AGE_S = 7 * 86400
"""The address of a static file changes with its content."""

NO_ENVIRONMENT = "This environment is not part of the newest cycle."

Uid = Annotated[int, Path(ge=0, le=2**31 - 1)]
TaskNumber = Annotated[int, Path(ge=1, le=2**63 - 1)]
FilmKind = Literal["mp4", "png", "json"]


router = APIRouter(include_in_schema=False)
router.include_router(cycle_pages.router)
router.include_router(leaderboard_pages.router)
router.include_router(operator_page.router)


@router.get("/miners/{uid}")
async def miner(uid: Uid, request: Request, board: BoardOf, episodes: EpisodesOf) -> Response:
    snapshot = await board.snapshot()
    scored = next((row for row in snapshot.scores.miners if row.uid == uid), None) if snapshot.scores else None
    frozen = next((row for row in snapshot.frozen if row.uid == uid), None)
    if scored is None and frozen is None:
        return page(request, "missing.html", 404, board=snapshot, why=f"Miner {uid} is not part of the newest cycle.")
    cycle_id = snapshot.scores.cycle_id if snapshot.scores else 0
    explanation = await board.explanation(uid, cycle_id) if scored else None
    return page(
        request,
        "miner.html",
        board=snapshot,
        uid=uid,
        scored=scored,
        frozen=frozen,
        explanation=explanation,
        names=snapshot.scores.environments if snapshot.scores else [],
        failures=await episodes.failures(uid, cycle_id) if scored else [],
        faults=await episodes.faults(uid, cycle_id) if scored else [],
        latencies=await episodes.latencies(uid, cycle_id) if scored else [],
        verdicts=await episodes.verdicts(uid, cycle_id) if scored else [],
        history=await episodes.history(uid, cycle_id) if scored else [],
    )


@router.get("/environments/{env_id:path}")
async def environment(env_id: str, request: Request, board: BoardOf, episodes: EpisodesOf) -> Response:
    snapshot = await board.snapshot()
    spec = _find_spec(env_id)
    ranking = snapshot.ranking(env_id)
    if spec is None and not ranking:
        return page(request, "missing.html", 404, board=snapshot, why=NO_ENVIRONMENT)
    scores = snapshot.scores
    number = scores.environments.index(env_id) if scores and env_id in scores.environments else None
    return page(
        request,
        "environment.html",
        board=snapshot,
        env_id=env_id,
        spec=spec,
        ranking=ranking,
        rungs=[rung for rung in list_rungs(get_spec(spec.base_id)) if rung.name in spec.rungs] if spec else [],
        trend=await episodes.trend(env_id, scores.cycle_id) if scores and number is not None else [],
        hardest=await episodes.hardest(number, scores.cycle_id) if scores and number is not None else [],
    )


@router.get("/episodes/{task_id}")
async def episode(task_id: TaskNumber, request: Request, board: BoardOf, episodes: EpisodesOf) -> Response:
    """One episode, from its public trace; before its cycle is over, a 404 that says when."""
    snapshot = await board.snapshot()
    try:
        view = await episodes.view(task_id)
    except (UnknownCycle, NotRevealed) as error:
        return page(request, "missing.html", 404, board=snapshot, why=str(error))
    spec, trace = _find_spec(view.row.env_id), view.trace
    return page(
        request,
        "episode.html",
        board=snapshot,
        view=view,
        plot_shown=bool(view.plot),
        solved_at=round(100 * trace.success_step / view.steps, 2) if trace and trace.success_step and view.steps else 0,
        hz=spec.control_hz if spec else 80.0,
    )


@router.get("/films/episodes/{task_id}.{kind}")
async def film_of_episode(task_id: TaskNumber, kind: FilmKind, episodes: EpisodesOf) -> Response:
    """The video of an episode, its last images, or the video's numbers; 503 with a sentence while there is none."""
    try:
        return send_film(await episodes.film(task_id, suffix_of(kind)), kind)
    except (UnknownCycle, NotRevealed) as error:
        return Response(str(error), 404, SECURITY_HEADERS, media_type="text/plain")
    except FilmUnavailable as error:
        return Response(str(error), 503, SECURITY_HEADERS | {"Retry-After": "30"}, media_type="text/plain")


@router.get("/films/experts/{env_id:path}.{kind}")
async def film_of_expert(env_id: str, kind: FilmKind, episodes: EpisodesOf) -> Response:
    """The video of an environment's scripted expert, its first images, or the video's numbers."""
    try:
        return send_film(await episodes.film_expert(env_id, suffix_of(kind)), kind)
    except UnknownEnvironment as error:
        return Response(str(error), 404, SECURITY_HEADERS, media_type="text/plain")
    except FilmUnavailable as error:
        return Response(str(error), 503, SECURITY_HEADERS | {"Retry-After": "30"}, media_type="text/plain")


def suffix_of(kind: FilmKind) -> str:
    """The numbers are made with the video."""
    return ".png" if kind == "png" else ".mp4"


def send_film(path: FilePath, kind: FilmKind) -> Response:
    """Send a file that never changes; parts of it, if that is what is asked for."""
    media = {"mp4": "video/mp4", "png": "image/png", "json": "application/json"}[kind]
    headers = SECURITY_HEADERS | {"Cache-Control": "public, max-age=86400"}
    return FileResponse(path.with_suffix(f".{kind}"), headers=headers, media_type=media)


@router.get("/docs")
async def api(request: Request, board: BoardOf) -> Response:
    return page(request, "api.html", board=await board.snapshot(), description=request.app.openapi())


@router.get("/static/{name}")
async def static(name: str, request: Request) -> Response:
    try:
        content = read_static(name)
    except KeyError:
        raise HTTPException(404, "There is no such file.") from None
    headers = SECURITY_HEADERS | {"Cache-Control": f"public, max-age={STATIC_MAX_AGE_S}"}
    return content.answer(request, headers, STATIC_FILES[name])


def _find_spec(env_id: str) -> EnvironmentSpec | None:
    """Return the spec of an environment; None if this program does not have it."""
    try:
        return get_spec(env_id)
    except UnknownEnvironment:
        return None
