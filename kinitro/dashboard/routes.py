"""The routes of the web pages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal, Protocol

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import FileResponse, Response

from kinitro import __version__
from kinitro.dashboard.board import Board
from kinitro.dashboard.episodes import Episodes, explain_reason
from kinitro.dashboard.films import Films, FilmUnavailable
from kinitro.database.cycles import NotRevealed
from kinitro.database.episodes import EpisodeStore
from kinitro.database.errors import UnknownCycle
from kinitro.database.pool import ConnectionPool
from kinitro.database.publications import PublicationStore
from kinitro.database.tasks import TaskPool
from kinitro.environments import EnvironmentSpec, get_spec
from kinitro.environments.errors import UnknownEnvironment
from kinitro.environments.registry import list_rungs

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
STATIC_FILES = {
    "dashboard.css": "text/css",
    "episode.js": "text/javascript",
    "htmx-2.0.11.min.js": "text/javascript",
    "favicon.svg": "image/svg+xml",
}
STATIC_MAX_AGE_S = 3600

Uid = Annotated[int, Path(ge=0, le=2**31 - 1)]
TaskNumber = Annotated[int, Path(ge=1, le=2**63 - 1)]
FilmKind = Literal["mp4", "png", "json"]


class Settings(Protocol):
    """The settings of the application that mounts the pages."""

    netuid: int | None


class Sources(Protocol):
    """What the application that mounts the pages keeps in `app.state.services`."""

    connections: ConnectionPool
    publications: PublicationStore
    pool: TaskPool
    films: Films
    settings: Settings


def get_board(request: Request) -> Board:
    """Return the board of the application; it is made at the first request, when the services exist."""
    state = request.app.state
    if not hasattr(state, "board"):
        sources: Sources = state.services
        state.board = Board(sources.publications, sources.pool, sources.settings.netuid)
    board: Board = state.board
    return board


def get_episodes(request: Request) -> Episodes:
    """Return what reads single episodes; it is made at the first request, when the services exist."""
    state = request.app.state
    if not hasattr(state, "episodes"):
        sources: Sources = state.services
        state.episodes = Episodes(EpisodeStore(sources.connections, sources.settings.netuid), sources.films)
    episodes: Episodes = state.episodes
    return episodes


BoardOf = Annotated[Board, Depends(get_board)]
EpisodesOf = Annotated[Episodes, Depends(get_episodes)]
router = APIRouter(include_in_schema=False)


@router.get("/")
async def home(request: Request, board: BoardOf) -> Response:
    return page(request, "home.html", board=await board.snapshot())


@router.get("/fragments/progress")
async def progress(request: Request, board: BoardOf) -> Response:
    return page(request, "progress.html", board=await board.snapshot())


@router.get("/miners/{uid}")
async def miner(uid: Uid, request: Request, board: BoardOf, episodes: EpisodesOf) -> Response:
    snapshot = await board.snapshot()
    scored = next((row for row in snapshot.scores.miners if row.uid == uid), None) if snapshot.scores else None
    frozen = next((row for row in snapshot.frozen if row.uid == uid), None)
    if scored is None and frozen is None:
        return page(request, "missing.html", 404, board=snapshot, what=f"Miner {uid}")
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
        return page(request, "missing.html", 404, board=snapshot, what="This environment")
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
        return page(request, "no_episode.html", 404, board=snapshot, why=str(error))
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
async def static(name: str) -> Response:
    if name not in STATIC_FILES:
        raise HTTPException(404, "There is no such file.")
    content = resources.files("kinitro.dashboard").joinpath("static", name).read_bytes()
    headers = SECURITY_HEADERS | {"Cache-Control": f"public, max-age={STATIC_MAX_AGE_S}"}
    return Response(content, headers=headers, media_type=STATIC_FILES[name])


def page(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """Render a template, with the headers that keep foreign scripts out; links begin where we are mounted."""
    html = _load_templates().get_template(template).render(root=request.scope.get("root_path", ""), **values)
    return Response(html, status, SECURITY_HEADERS, media_type="text/html")


@cache
def _load_templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("kinitro.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["version"] = __version__
    filters: Mapping[str, Any] = {
        "percent": _format_percent,
        "count": _format_count,
        "short": _shorten,
        "reason": explain_reason,
    }
    environment.filters.update(filters)
    return environment


def _format_percent(share: float) -> str:
    """Format a share as 63 %, with a decimal where it would otherwise read 0 % or 100 % and is neither."""
    near_an_end = 0 < share < 0.01 or 0.99 < share < 1
    return f"{share:.{1 if near_an_end else 0}%}".replace("%", " %")


def _format_count(number: int) -> str:
    """Format 1234567 as 1 234 567, with narrow spaces that do not break."""
    return f"{number:,}".replace(",", "\u202f")


def _shorten(hotkey: str) -> str:
    """Shorten an address to its beginning and end."""
    return hotkey if len(hotkey) <= 14 else f"{hotkey[:6]}…{hotkey[-6:]}"


def _find_spec(env_id: str) -> EnvironmentSpec | None:
    """Return the spec of an environment; None if this program does not have it."""
    try:
        return get_spec(env_id)
    except UnknownEnvironment:
        return None
