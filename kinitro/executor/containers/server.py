"""The HTTP interface that Affinetes expects of a function-based environment, without its injected server.

GET /health, GET /methods, POST /call {"method", "args", "kwargs"} -> {"status": "success", "result": ...}

    uvicorn --factory kinitro.executor.containers.server:build_app --host 0.0.0.0 --port 8000
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel

from kinitro.errors import KinitroError
from kinitro.executor.containers.actor import Actor, WrongToken

METHODS = ("describe", "evaluate", "cancel")


class Call(msgspec.Struct):
    """A method of the Actor and its arguments."""

    method: str
    args: list[Any] = []
    kwargs: dict[str, Any] = {}


class Returned(BaseModel):
    """What the method returned."""

    status: str = "success"
    result: Any = None


def build_app(actor: Actor | None = None) -> FastAPI:
    """Return the application that serves one Actor."""
    served = actor or Actor()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await served._close()

    app = FastAPI(title="Kinitro evaluation container", lifespan=lifespan)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/methods")
    async def methods() -> dict[str, list[dict[str, str]]]:
        signatures = {name: str(inspect.signature(getattr(Actor, name))) for name in METHODS}
        return {"methods": [{"name": name, "signature": text} for name, text in signatures.items()]}

    @app.post("/call")
    async def call(http: Request) -> Returned:
        try:
            request = msgspec.json.decode(await http.body(), type=Call)
        except msgspec.MsgspecError as error:
            raise HTTPException(422, f"This is not a valid call of a method: {error}") from None
        if request.method not in METHODS:
            raise HTTPException(
                404, f"The method {request.method!r} does not exist; the methods are {', '.join(METHODS)}."
            )
        try:
            return Returned(result=await getattr(served, request.method)(*request.args, **request.kwargs))
        except WrongToken as error:
            raise HTTPException(403, str(error)) from None
        except TimeoutError:
            raise HTTPException(504, "The evaluation took longer than its timeout.") from None
        except KinitroError as error:
            raise HTTPException(503, str(error)) from None
        except (TypeError, msgspec.ValidationError) as error:
            raise HTTPException(422, f"The arguments of {request.method} are not valid: {error}") from None

    return app
