"""The routes of the pages about cycles: all of them, one, and its progress as server-sent events."""

from __future__ import annotations

import asyncio
import shlex
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Request
from starlette.responses import Response, StreamingResponse

from kinitro.client.messages import Weights
from kinitro.client.records import Manifest
from kinitro.dashboard.board import Board
from kinitro.dashboard.rendering import SECURITY_HEADERS, MissingPage, render, shared_page
from kinitro.dashboard.sources import BoardOf, Sources, SourcesOf, timelines_of
from kinitro.dashboard.steps import ACTIVE, explain_state, list_steps
from kinitro.database.cycles import CycleStore
from kinitro.database.errors import UnknownCycle
from kinitro.database.pool import Connection, run_on

router = APIRouter(include_in_schema=False)
CycleNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]

POLL_S = 1.0
"""How often a stream of events looks whether there is something new, or whether it must end."""
SILENCE_S = 15.0
"""A stream says at least this often that it is alive, so that no proxy closes it."""
STREAM_S = 900.0
"""A stream ends after this time; browsers open another one."""
MAX_STREAMS = 250
"""So many streams one process serves at once; browsers that get none ask again later."""


@router.get("/cycles")
async def cycles(
    request: Request,
    board: BoardOf,
    sources: SourcesOf,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Response:
    async def read() -> dict[str, Any]:
        return {"board": await board.snapshot(), "page": await timelines_of(sources).page(before), "before": before}

    return await shared_page(request, "cycles.html", read, before or 0)


@router.get("/cycles/{cycle_id}")
async def cycle(cycle_id: CycleNumber, request: Request, board: BoardOf, sources: SourcesOf) -> Response:
    async def read() -> dict[str, Any]:
        try:
            summary = await timelines_of(sources).find(cycle_id)
            progress = await timelines_of(sources).progress(cycle_id)
        except UnknownCycle as error:
            raise MissingPage(str(error)) from None
        manifest = await _read_manifest(sources, cycle_id)
        state = await board.snapshot()
        published = await sources.publications.of_cycle(cycle_id) if summary.state == "published" else None
        return {
            "board": state,
            "summary": summary,
            "progress": progress,
            "executors_seen": state.newest.executors_seen,
            "manifest": manifest,
            "steps": list_steps(summary, manifest),
            "explanation": explain_state(summary, progress),
            "weights": Weights.model_validate(published.weights) if published else None,
            "notes": published.scores.get("notes", []) if published else [],
            "network": shlex.quote(summary.network),
            "active": summary.state in ACTIVE,
        }

    try:
        state = await _share_state(sources, cycle_id)
    except UnknownCycle:
        state = ""  # `read` says so
    return await shared_page(request, "cycle.html", read, cycle_id, state)


@router.get("/cycles/{cycle_id}/events")
async def events(cycle_id: CycleNumber, request: Request, board: BoardOf, sources: SourcesOf) -> Response:
    """The progress of a cycle as HTML, whenever it changes, until the cycle is over; the id is the cycle's state."""
    try:
        state = await _share_state(sources, cycle_id)
    except UnknownCycle as error:
        raise HTTPException(404, str(error)) from None
    headers = SECURITY_HEADERS | {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    if "kinitro.head" in request.scope.get("extensions", {}):
        return Response(headers=headers, media_type="text/event-stream")
    app_state = request.app.state
    if not hasattr(app_state, "streams"):
        app_state.streams = set()
    streams: set[object] = app_state.streams
    if len(streams) >= MAX_STREAMS:
        raise HTTPException(503, "Too many are watching: ask again later.", headers={"Retry-After": "30"})
    stream = _stream(request, board, sources, cycle_id, state)
    return StreamingResponse(_count(streams, stream), headers=headers, media_type="text/event-stream")


async def _count(streams: set[object], stream: AsyncIterator[str]) -> AsyncIterator[str]:
    mark = object()
    streams.add(mark)
    try:
        async for event in stream:
            yield event
    finally:
        streams.discard(mark)


async def _stream(request: Request, board: Board, sources: Sources, cycle_id: int, state: str) -> AsyncIterator[str]:
    root, sent, began = request.scope.get("root_path", ""), "", time.monotonic()
    spoke = began
    while not sources.draining and time.monotonic() - began < STREAM_S:
        state, html = await _share_progress(board, sources, cycle_id, root)
        event = f"event: progress\nid: {state}\n" + "".join(f"data: {line}\n" for line in html.splitlines()) + "\n"
        if event != sent:
            yield event
            sent, spoke = event, time.monotonic()
        elif time.monotonic() - spoke > SILENCE_S:
            yield ": still here\n\n"
            spoke = time.monotonic()
        if state not in ACTIVE:
            return
        await asyncio.sleep(POLL_S)


async def _share_progress(board: Board, sources: Sources, cycle_id: int, root: str) -> tuple[str, str]:
    """The state of a cycle and its progress as HTML, read once for all who watch."""

    async def make() -> tuple[str, str]:
        progress = await timelines_of(sources).progress(cycle_id)
        seen = (await board.snapshot()).newest.executors_seen
        return progress.state, render("progress.html", root, {"progress": progress, "executors_seen": seen})

    return await sources.cache.share(("progress", root, cycle_id), make)


async def _share_state(sources: Sources, cycle_id: int) -> str:
    return await sources.cache.share(("state", cycle_id), lambda: timelines_of(sources).state(cycle_id))


async def _read_manifest(sources: Sources, cycle_id: int) -> Manifest:
    async def read(connection: Connection) -> Manifest:
        return await CycleStore(connection).manifest(cycle_id)

    return await run_on(sources.connections, read)
