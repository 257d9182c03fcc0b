"""The policy server: `uvicorn server:app --port 8001`. You need not change this file.

GET /health    200 {"status": "ok", ...} once the policy is loaded, 503 with "loading" before, 503 with "failed" and the
               reason if RobotPolicy.load raised
POST /reset    starts an episode
POST /act      one observation in, one action (or a chunk of them) out

JSON or msgpack, as the request's content type says. Episodes do not share state: each has its own RobotPolicy, which
lives in this process. So run one process: with `uvicorn --workers 2` half of the calls find no episode.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator

import authentication
import images as image_encodings
import numpy as np
import protocol
from fastapi import FastAPI, Request, Response
from policy import RobotPolicy
from protocol import BadRequest

EPISODES_KEPT = 4 * RobotPolicy.max_concurrent_episodes
"""Nobody says when an episode ends. When there are more than these, those that are idle make room for new ones."""
IDLE_S = 10.0
"""An episode that was used within this time is never dropped, however many others are begun."""
MAX_EPISODES = 64 * RobotPolicy.max_concurrent_episodes
"""If this many episodes are kept and none is idle, /reset answers 429: no evaluator begins so many."""

log = logging.getLogger("uvicorn.error")


class TooManyEpisodes(Exception):
    """There is no room for another episode; the message says why."""


class Episode:
    """The policy of one episode. Calls for it run one after the other."""

    def __init__(self, task_config: dict) -> None:
        self.policy = RobotPolicy()
        self.observation_size = len(task_config["proprioception"])
        self.action_size = len(task_config["action"])
        self.shown: dict[str, image_encodings.Frame] = {}
        """The last images by camera: the next ones may be sent as their difference to them."""
        self.turn = asyncio.Lock()
        self.used_at = time.monotonic()


class PolicyServer:
    """The state of the server, which the routes below work on."""

    def __init__(self) -> None:
        self.status = "loading"
        self.detail = ""
        self.episodes: OrderedDict[str, Episode] = OrderedDict()
        """Episodes by id; the one used longest ago is first."""

    async def load(self) -> None:
        error = await _load_policy()
        if error is None:
            self.status = "ok"
            log.info("The policy is loaded")
        else:
            log.error("RobotPolicy.load failed; /health will answer 503", exc_info=error)
            self.status, self.detail = "failed", f"RobotPolicy.load: {type(error).__name__}: {error}"[:500]

    async def reset(self, content_type: str, body: bytes) -> Response:
        episode_id, task_config = protocol.decode_reset(content_type, body)
        self.make_room()
        episode = Episode(task_config)
        answered = await episode.policy.reset(task_config)
        if answered != episode_id:
            raise ValueError(f"reset returned {answered!r}; it must return task_config['episode_id']")
        self.use(episode_id, episode)
        return _encode_answer(content_type, {"episode_id": episode_id})

    def make_room(self) -> None:
        """Drop idle episodes; raises TooManyEpisodes."""
        idle_since = time.monotonic() - IDLE_S
        while len(self.episodes) >= EPISODES_KEPT and next(iter(self.episodes.values())).used_at < idle_since:
            self.episodes.popitem(last=False)
        if len(self.episodes) >= MAX_EPISODES:
            raise TooManyEpisodes(f"{len(self.episodes)} episodes were used within the last {IDLE_S:g} s; try later.")

    def use(self, episode_id: str, episode: Episode) -> None:
        """Note that the episode is in use."""
        episode.used_at = time.monotonic()
        self.episodes[episode_id] = episode
        self.episodes.move_to_end(episode_id)

    async def act(self, content_type: str, body: bytes) -> Response:
        request = protocol.decode_act(content_type, body)
        episode = self.episodes.get(request.episode_id)
        images = request.image_arrays({} if episode is None else episode.shown)
        if episode is None:
            return _encode_error(404, f"There is no episode {request.episode_id!r}: call /reset first.")
        observation = request.observation_array(episode.observation_size)
        self.use(request.episode_id, episode)
        async with episode.turn:
            action = await episode.policy.act(observation, images)
        return _encode_answer(content_type, {"action": _check_action(action, episode.action_size)})


async def _load_policy() -> BaseException | None:
    """Run RobotPolicy.load in a thread that does not keep the process from ending; returns what it raised, or None."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def run() -> None:
        error: BaseException | None = None
        try:
            RobotPolicy.load()
        except BaseException as raised:  # SystemExit too: it is told in /health
            error = raised
        with contextlib.suppress(RuntimeError):  # the server was stopped meanwhile
            loop.call_soon_threadsafe(lambda: done.done() or done.set_result(error))

    threading.Thread(target=run, name="load", daemon=True).start()
    return await done


def _check_action(action: np.ndarray, size: int) -> list:
    """Check an action and return it as numbers; raises ValueError that names the policy's mistake."""
    array = np.asarray(action, dtype=np.float64)
    rows = array.shape[0] if array.ndim == 2 else 1
    if array.shape[-1:] != (size,) or array.ndim > 2 or not 1 <= rows <= RobotPolicy.max_chunk:
        raise ValueError(f"act returned the shape {array.shape}; it must be ({size},) or (k, {size}), k <= max_chunk")
    if not np.isfinite(array).all():
        raise ValueError("act returned numbers that are not finite")
    return array.tolist()


def _encode_answer(content_type: str, message: dict, status: int = 200) -> Response:
    return Response(protocol.encode(content_type, message), status, media_type=content_type)


def _encode_error(status: int, detail: str) -> Response:
    return _encode_answer("application/json", {"detail": detail}, status)


async def _read_body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > protocol.MAX_REQUEST_BYTES:
            raise BadRequest(f"The body is longer than {protocol.MAX_REQUEST_BYTES} bytes.")
    return bytes(body)


server = PolicyServer()
gate = authentication.make_gate()


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
        "image_encodings": image_encodings.ENCODINGS,
        "max_concurrent_episodes": RobotPolicy.max_concurrent_episodes,
        "max_chunk": RobotPolicy.max_chunk,
        "detail": server.detail,
    }
    if authentication.HOTKEY is not None:
        message["hotkey"] = authentication.HOTKEY
    return _encode_answer("application/json", message, 200 if server.status == "ok" else 503)


@app.post("/reset")
async def reset(request: Request) -> Response:
    return await _handle(request, server.reset)


@app.post("/act")
async def act(request: Request) -> Response:
    return await _handle(request, server.act)


async def _handle(request: Request, call) -> Response:
    if server.status != "ok":
        return _encode_error(503, f"The policy is not ready: {server.status}.")
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        body = await _read_body(request)
        gate.check(request.headers, request.method, request.url.path, body)
        return await call(content_type, body)
    except protocol.UnsupportedMediaType as error:
        return _encode_error(415, str(error))
    except BadRequest as error:
        return _encode_error(400, str(error))
    except image_encodings.WholeImagesNeeded as error:
        return _encode_error(409, str(error))
    except TooManyEpisodes as error:
        return _encode_error(429, str(error))
    except authentication.Unauthorized as error:
        return _encode_error(401, str(error))
    except Exception as error:
        log.exception("The policy failed")
        return _encode_error(500, f"The policy failed: {type(error).__name__}: {error}")
