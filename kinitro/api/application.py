"""The FastAPI application: routes, middleware, and what runs beside the requests."""

from __future__ import annotations

import asyncio
import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

from fastapi import Depends, FastAPI, Request
from pydantic.json_schema import models_json_schema
from starlette.responses import JSONResponse

from kinitro import __version__, dashboard
from kinitro.api import routes
from kinitro.api.auth import identify, note_reader
from kinitro.api.cache import ReadCache
from kinitro.api.forwarding import Forwarding
from kinitro.api.keyring import KeyRing
from kinitro.api.limits import BodyLimit, RateLimiter
from kinitro.api.metrics import Metrics
from kinitro.api.problems import PROBLEM_RESPONSES, add_problem_handlers
from kinitro.api.reading import HeadLikeGet, PublicReads
from kinitro.api.recent_refusals import RecentRefusals
from kinitro.api.requests import RequestContext
from kinitro.api.services import Services
from kinitro.api.settings import ApiSettings
from kinitro.client.messages import SubmitRequest
from kinitro.dashboard.films import Films
from kinitro.database.pool import open_pool, run_on
from kinitro.database.publications import PublicationStore
from kinitro.database.schema import check_schema
from kinitro.database.tasks import TaskPool
from kinitro.logs import get_logger
from kinitro.supervision import SupervisedLoop

log = get_logger(__name__)
UNLIMITED_MODULES = frozenset({"service"})
"""The modules of routes whose callers are neither identified nor limited in rate: the probes."""
MAX_REAPER_PAUSE_S = 5.0
"""The longest pause of the reaper while the database is away, so that soon after its return leases end in time again
and this instance is ready."""


def create_app(settings: ApiSettings) -> FastAPI:
    """Create the application. Its start-up opens the database and may raise ConfigurationError, UnavailableError."""
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services(settings, metrics) as services:
            app.state.services = services
            reaper = asyncio.create_task(services.reaper.run(lambda: reap(services)), name="reaper")
            try:
                yield
            finally:
                reaper.cancel()
                await asyncio.gather(reaper, return_exceptions=True)

    app = FastAPI(
        title="Kinitro",
        version=__version__,
        summary="Task pool, scores and weights of the Kinitro subnet.",
        lifespan=lifespan,
        responses=PROBLEM_RESPONSES,
        openapi_url=None,  # ours names the path that we are mounted at
        docs_url=None,  # it would load its script from elsewhere; the dashboard has a page of its own
        redoc_url=None,
    )
    add_problem_handlers(app)
    for module in pkgutil.iter_modules(routes.__path__):
        limited = [] if module.name in UNLIMITED_MODULES else [Depends(identify)]
        app.include_router(import_module(f"{routes.__name__}.{module.name}").router, dependencies=limited)
    app.include_router(dashboard.router, dependencies=[Depends(identify), Depends(note_reader)])
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi(request: Request) -> JSONResponse:
        return JSONResponse(describe(app) | {"servers": [{"url": request.scope.get("root_path") or "/"}]})

    app.add_middleware(BodyLimit, limits={"/v1/tasks/submit": settings.submit_limit_bytes})
    app.add_middleware(PublicReads)
    app.add_middleware(HeadLikeGet)
    app.add_middleware(RequestContext, latencies=metrics.requests)
    app.add_middleware(Forwarding, trusted=settings.proxies, root_path=settings.root_path)  # the last one is outermost
    return app


def describe(app: FastAPI) -> dict[str, Any]:
    """Make the OpenAPI description, including the messages that routes parse themselves."""
    if app.openapi_schema is None:
        schema = FastAPI.openapi(app)
        _, own = models_json_schema([(SubmitRequest, "validation")], ref_template="#/components/schemas/{model}")
        schema["components"]["schemas"] |= own["$defs"]
    return FastAPI.openapi(app)


@asynccontextmanager
async def open_services(settings: ApiSettings, metrics: Metrics) -> AsyncIterator[Services]:
    """Connect, refuse a schema that is not ours, and close everything at the end."""
    connections = await open_pool(settings.database_url, size=settings.database_connections)
    films = Films(None, settings.videos)
    try:
        await run_on(connections, check_schema)
        yield Services(
            settings=settings,
            connections=connections,
            pool=TaskPool(connections, settings.pool_limits),
            publications=PublicationStore(connections, settings.netuid),
            keys=KeyRing(connections),
            limiter=RateLimiter(settings.requests_per_s),
            cache=ReadCache(settings.public_cache_s),
            films=films,
            metrics=metrics,
            refusals=RecentRefusals(),
            reaper=SupervisedLoop("reaper", every_s=settings.reap_interval_s, max_pause_s=MAX_REAPER_PAUSE_S),
        )
    finally:
        await films.close()
        await connections.close()


async def reap(services: Services) -> None:
    """End expired leases, here and in every other instance. Raises DatabaseUnavailable."""
    leases, tasks = await services.pool.reap()
    services.metrics.expiries.inc(leases)
    if leases:
        log.info("leases_expired", leases=leases, tasks=tasks)
