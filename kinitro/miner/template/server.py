"""The policy server: `uvicorn server:app --port 8001`. No need to change it.

GET /health    200 {"status": "ok", ...} once the policy is loaded, 503 before, and if loading failed
POST /reset    starts an episode
POST /act      one observation in, one action (or a chunk of them) out

JSON or msgpack, as the request's content type says. Episodes do not share state: each has its own RobotPolicy.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator

import authentication
import numpy as np
import protocol
from fastapi import FastAPI, Request, Response
from policy import RobotPolicy
from protocol import BadRequest

MAX_EPISODES_KEPT = 4 * RobotPolicy.max_concurrent_episodes
"""Nobody says when an episode ends; the one used longest ago makes room for a new one."""

log = logging.getLogger("uvicorn.error")


class Episode:
    """One episode's policy. Calls for it run one after the other."""

    def __init__(self) -> None:
        self.policy = RobotPolicy()
        self.turn = asyncio.Lock()


class PolicyServer:
    """What the routes below work on."""

    def __init__(self) -> None:
        self.status = "loading"
        self.episodes: OrderedDict[str, Episode] = OrderedDict()

    async def load(self) -> None:
        try:
            await asyncio.to_thread(RobotPolicy.load)
        except Exception:
            log.exception("RobotPolicy.load failed; /health will answer 503")
            self.status = "failed"
        else:
            self.status = "ok"
            log.info("The policy is loaded")

    async def reset(self, content_type: str, body: bytes) -> Response:
        episode_id, task_config = protocol.decode_reset(content_type, body)
        episode = Episode()
        answered = await episode.policy.reset(task_config)
        if answered != episode_id:
            raise ValueError(f"reset returned {answered!r}; it must return task_config['episode_id']")
        self.episodes[episode_id] = episode
        self.episodes.move_to_end(episode_id)
        while len(self.episodes) > MAX_EPISODES_KEPT:
            self.episodes.popitem(last=False)
        return _answer(content_type, {"episode_id": episode_id})

    async def act(self, content_type: str, body: bytes) -> Response:
        request = protocol.decode_act(content_type, body)
        observation, images = request.observation_array(), request.image_arrays()
        episode = self.episodes.get(request.episode_id)
        if episode is None:
            return _error(404, f"There is no episode {request.episode_id!r}: call /reset first.")
        self.episodes.move_to_end(request.episode_id)
        async with episode.turn:
            action = await episode.policy.act(observation, images)
        return _answer(content_type, {"action": _checked(action)})


def _checked(action: np.ndarray) -> list:
    """The action as numbers; a mistake of the policy becomes an error that names it."""
    array = np.asarray(action, dtype=np.float64)
    rows = array.shape[0] if array.ndim == 2 else 1
    if array.shape[-1:] != (protocol.ACTION_SIZE,) or array.ndim > 2 or not 1 <= rows <= RobotPolicy.max_chunk:
        raise ValueError(f"act returned the shape {array.shape}; it must be (4,) or (k, 4) with k <= max_chunk")
    if not np.isfinite(array).all():
        raise ValueError("act returned numbers that are not finite")
    return array.tolist()


def _answer(content_type: str, message: dict, status: int = 200) -> Response:
    return Response(protocol.encode(content_type, message), status, media_type=content_type)


def _error(status: int, detail: str) -> Response:
    return _answer("application/json", {"detail": detail}, status)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > protocol.MAX_REQUEST_BYTES:
            raise BadRequest(f"The body is longer than {protocol.MAX_REQUEST_BYTES} bytes.")
    return bytes(body)


server = PolicyServer()
gate = authentication.gate_from_environment()


@contextlib.asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    loading = asyncio.create_task(server.load())
    yield
    loading.cancel()


app = FastAPI(title="Kinitro policy server", lifespan=lifespan)


@app.get("/health")
async def health() -> Response:
    message = {
        "status": server.status,
        "protocol": protocol.VERSION,
        "encodings": ["json", "msgpack"],
        "max_concurrent_episodes": RobotPolicy.max_concurrent_episodes,
        "max_chunk": RobotPolicy.max_chunk,
    }
    if authentication.HOTKEY is not None:
        message["hotkey"] = authentication.HOTKEY
    return _answer("application/json", message, 200 if server.status == "ok" else 503)


@app.post("/reset")
async def reset(request: Request) -> Response:
    return await _handle(request, server.reset)


@app.post("/act")
async def act(request: Request) -> Response:
    return await _handle(request, server.act)


async def _handle(request: Request, call) -> Response:
    if server.status != "ok":
        return _error(503, f"The policy is not ready: {server.status}.")
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        body = await _body(request)
        gate.check(request.headers, request.method, request.url.path, body)
        return await call(content_type, body)
    except BadRequest as error:
        return _error(400, str(error))
    except authentication.Unauthorized as error:
        return _error(401, str(error))
    except Exception as error:
        log.exception("The policy failed")
        return _error(500, f"The policy failed: {type(error).__name__}: {error}")
