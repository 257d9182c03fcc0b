"""The task routes of the API over real HTTP, with the task pool in memory and failures on demand."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from fastapi import FastAPI, HTTPException, Response

from kinitro.api.problems import add_problem_handlers
from kinitro.client.messages import (
    FetchRequest,
    FetchResponse,
    HeartbeatResponse,
    ReleaseResponse,
    SubmitRequest,
    SubmitResponse,
    SubmitStatus,
    Task,
    TaskResult,
)


@dataclass
class FakeTaskApi:
    """Tasks are leased once; what is given back, or whose lease ends, is leased again."""

    tasks: list[Task]
    ttl_s: float = 30.0
    results: dict[int, TaskResult] = field(default_factory=dict)
    leases: dict[int, set[int]] = field(default_factory=dict)
    released: list[int] = field(default_factory=list)
    heartbeats: list[tuple[float, int]] = field(default_factory=list)
    duplicates: int = 0
    broken: bool = False
    """Answer 500 to everything."""
    proxy: Callable[[str, int], Response | None] | None = None
    """What something before the API answers to a path and a body of this many bytes; None lets the request through."""
    refuse_tasks: set[int] = field(default_factory=set)
    """A submit with one of these is answered 422 as a whole."""
    fetch_takes_s: float = 0.0
    requests: list[FetchRequest] = field(default_factory=list)
    port: int = 0

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)
        self._ready = list(self.tasks)
        self._server: uvicorn.Server | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def finished(self) -> bool:
        return len(self.results) == len(self.tasks)

    def lose_leases(self) -> None:
        """As if every lease had expired: its tasks may be given to others."""
        self.leases.clear()

    def app(self) -> FastAPI:
        app = FastAPI()
        add_problem_handlers(app)

        @app.middleware("http")
        async def fail(request, call_next):  # type: ignore[no-untyped-def]
            if self.proxy is not None and (answer := self.proxy(request.url.path, len(await request.body()))):
                return answer
            return Response(status_code=500) if self.broken else await call_next(request)

        @app.post("/v1/tasks/fetch")
        async def fetch(request: FetchRequest) -> FetchResponse:
            self.requests.append(request)
            taken, self._ready = self._ready[: request.max_tasks], self._ready[request.max_tasks :]
            if not taken:
                return FetchResponse(lease_id=None, ttl_s=0, retry_after_s=0.1, tasks=[])
            lease_id = next(self._numbers)
            await asyncio.sleep(self.fetch_takes_s)
            self.leases[lease_id] = {task.task_id for task in taken}
            return FetchResponse(lease_id=lease_id, ttl_s=self.ttl_s, tasks=taken)

        @app.post("/v1/tasks/submit")
        async def submit(request: SubmitRequest) -> SubmitResponse:
            if self.refuse_tasks & {result.task_id for result in request.results}:
                raise HTTPException(422, "malformed")
            return SubmitResponse(results=[self._take(request.lease_id, result) for result in request.results])

        @app.post("/v1/leases/{lease_id}/heartbeat")
        async def heartbeat(lease_id: int) -> HeartbeatResponse:
            self.heartbeats.append((time.monotonic(), lease_id))
            if lease_id not in self.leases:
                raise HTTPException(409, "this lease is gone")
            return HeartbeatResponse(ttl_s=self.ttl_s)

        @app.post("/v1/leases/{lease_id}/release")
        async def release(lease_id: int) -> ReleaseResponse:
            given_back = self.leases.pop(lease_id, set())
            self.released += sorted(given_back)
            return ReleaseResponse(released=len(given_back))

        return app

    def _take(self, lease_id: int, result: TaskResult) -> SubmitStatus:
        held = self.leases.get(lease_id, set())
        if result.task_id in held:
            held.discard(result.task_id)
            self.results[result.task_id] = result
            return SubmitStatus(task_id=result.task_id, status="accepted")
        if self.results.get(result.task_id) == result:
            self.duplicates += 1
            return SubmitStatus(task_id=result.task_id, status="duplicate")
        return SubmitStatus(task_id=result.task_id, status="stale")

    async def start(self) -> None:
        """Listen; the same port again after `stop`."""
        self._server = uvicorn.Server(
            uvicorn.Config(self.app(), port=self.port, log_level="error", lifespan="off", ws="none")
        )
        self._server.install_signal_handlers = lambda: None  # type: ignore[method-assign]
        self._serving = asyncio.create_task(self._server._serve())
        while not self._server.started:  # noqa: ASYNC110 - uvicorn offers no event
            await asyncio.sleep(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """As if the machine were gone: connections break, the port is closed; the pool is kept."""
        assert self._server is not None
        assert self._serving is not None
        self._server.force_exit = self._server.should_exit = True
        await self._serving


@asynccontextmanager
async def serving(api: FakeTaskApi) -> AsyncIterator[FakeTaskApi]:
    await api.start()
    try:
        yield api
    finally:
        await api.stop()
