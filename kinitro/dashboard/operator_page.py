"""The operator's page, for those who have a key of scope `read`, which a browser sends as a password."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from kinitro.client.operations import Operations
from kinitro.dashboard.rendering import page
from kinitro.dashboard.sources import Sources, SourcesOf
from kinitro.database.operations import OperationsStore

router = APIRouter(include_in_schema=False)
REAPER_SILENT_S = 60.0
CHALLENGE = 'Basic realm="Kinitro: any user name, and a key of scope read as the password", charset="UTF-8"'


@router.get("/operator")
async def operator(request: Request, sources: SourcesOf) -> Response:
    """How the system is doing; 401 makes a browser ask for the key."""
    caller = request.state.reader
    if caller is None:
        answer = page(request, "locked.html", 401, why="A key of scope read is needed.")
        answer.headers["WWW-Authenticate"] = CHALLENGE
    elif not caller:
        answer = page(request, "locked.html", 403, why="This key has another scope than read.")
    else:
        answer = page(request, "operator.html", found=await read_operations(sources))
    answer.headers["Cache-Control"] = "no-store"
    return answer


async def read_operations(sources: Sources) -> Operations:
    """Read the report, once for all who ask at the same time."""

    async def make() -> Operations:
        trouble = "This instance is stopping." if sources.draining else sources.reaper.problem(REAPER_SILENT_S)
        store = OperationsStore(sources.connections, sources.settings.netuid)
        return await store.report(sources.refusals.newest_first(), trouble)

    return await sources.cache.share(("operations",), make)
