"""The objects that the routes work with; there is one set per process."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from kinitro.api.cache import ReadCache
from kinitro.api.keyring import KeyRing
from kinitro.api.limits import RateLimiter
from kinitro.api.metrics import Metrics
from kinitro.api.recent_refusals import RecentRefusals
from kinitro.api.settings import ApiSettings
from kinitro.dashboard.films import Films
from kinitro.database.pool import ConnectionPool
from kinitro.database.publications import PublicationStore
from kinitro.database.tasks import TaskPool
from kinitro.supervision import SupervisedLoop


@dataclass(slots=True)
class Services:
    """What the routes work with: made at start-up, and closed at the end."""

    settings: ApiSettings
    connections: ConnectionPool
    pool: TaskPool
    publications: PublicationStore
    keys: KeyRing
    limiter: RateLimiter
    cache: ReadCache
    films: Films
    metrics: Metrics
    refusals: RecentRefusals
    reaper: SupervisedLoop
    draining: bool = False
    readiness: asyncio.Task[None] | None = None
    """The check of the database for `/ready`, the one in progress or the last one."""


def get_services(request: Request) -> Services:
    """The services of the application that serves this request."""
    services: Services = request.app.state.services
    return services


ServicesOf = Annotated[Services, Depends(get_services)]
