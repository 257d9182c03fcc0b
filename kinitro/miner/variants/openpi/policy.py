"""Forwards to an openpi policy server (`scripts/serve_policy.py`), which keeps the model and its GPU.

OPENPI_URL   its websocket, default ws://127.0.0.1:8000. Everything an episode needs goes out in each message, so that
             episodes can share one connection.

Use this only to try a model out: verification runs the upload without a network, so its verdict is "unverifiable".
"""

from __future__ import annotations

import asyncio
import logging
import os
import time

import msgspec
import numpy as np
import websockets.sync.client
from protocol import OLD_PROPRIOCEPTION
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

URL = os.environ.get("OPENPI_URL", "ws://127.0.0.1:8000")
IMAGES = {"observation/image": "corner", "observation/wrist_image": "gripper"}
"""The images' names in your openpi configuration -> our cameras."""
STATE = "observation/state"
STATE_SIZE = len(OLD_PROPRIOCEPTION)
"""Numbers of the state in the first question, which warms the model up: of MetaWorld's robot."""
CHUNK = 8
"""How many actions of an answer are executed before the next observation."""
IMAGE_PX = 84
WAIT_S = 600.0
"""How long the openpi server may take to start, and for its first answer, which compiles the model."""
RETRY_S = 1.0

log = logging.getLogger("uvicorn.error")


class RobotPolicy:
    """A policy that forwards every observation; it has no weights of its own."""

    max_concurrent_episodes = 4
    max_chunk = CHUNK
    connection: ClientConnection | None = None
    turn = asyncio.Lock()

    @classmethod
    def load(cls) -> None:
        """Wait for the openpi server, so that either may start first, and let it answer once.

        The first answer compiles the model, which takes a minute, so it must not be part of an episode.
        """
        image = np.zeros((IMAGE_PX, IMAGE_PX, 3), np.uint8)
        blank = make_question(np.zeros(STATE_SIZE, np.float32), dict.fromkeys(IMAGES.values(), image), "warm up")
        limit = time.monotonic() + WAIT_S
        while True:
            try:
                with websockets.sync.client.connect(URL, compression=None, max_size=None) as connection:
                    connection.recv()  # the server introduces itself
                    connection.send(blank)
                    read_actions(connection.recv(timeout=WAIT_S))
                return
            except (OSError, InvalidHandshake, ConnectionClosed) as error:
                if time.monotonic() > limit:
                    raise
                log.warning("There is no openpi server at %s yet (%s)", URL, error)
                time.sleep(RETRY_S)

    async def reset(self, task_config: dict) -> str:
        self.instruction = task_config["instruction"]
        self.low = [number["low"] for number in task_config["action"]]
        self.high = [number["high"] for number in task_config["action"]]
        return task_config["episode_id"]

    async def act(self, observation: np.ndarray, images: dict | None) -> np.ndarray:
        message = make_question(observation, images or {}, self.instruction)
        async with self.turn:
            actions = read_actions(await self.ask(message))
        return actions[:, : len(self.low)].clip(self.low, self.high)  # a model's actions are longer than the robot's

    @classmethod
    async def ask(cls, message: bytes) -> bytes | str:
        """Send one question and return its answer. A connection that was closed meanwhile is opened again."""
        kept = cls.connection is not None
        try:
            if cls.connection is None:
                cls.connection = await connect(URL, compression=None, max_size=None)
                await cls.connection.recv()  # the server introduces itself
            await cls.connection.send(message)
            return await cls.connection.recv()
        except ConnectionClosed:
            cls.hang_up()
            if not kept:
                raise
        except BaseException:  # also when cancelled in the middle: the answer would be taken for the next one's
            cls.hang_up()
            raise
        return await cls.ask(message)

    @classmethod
    def hang_up(cls) -> None:
        if cls.connection is not None:
            cls.connection.transport.abort()
        cls.connection = None


def make_question(observation: np.ndarray, images: dict, instruction: str) -> bytes:
    """Encode one observation as openpi expects it."""
    seen = {name: pack(images[camera]) for name, camera in IMAGES.items()}
    return msgspec.msgpack.encode({**seen, STATE: pack(observation), "prompt": instruction})


def read_actions(answer: bytes | str) -> np.ndarray:
    """Decode the actions in an answer: (k, n), k <= CHUNK. Raises RuntimeError for a text: openpi's traceback."""
    if isinstance(answer, str):
        raise RuntimeError(f"the openpi server failed: {answer[-500:]}")
    return unpack(msgspec.msgpack.decode(answer)["actions"])[:CHUNK]


def pack(array: np.ndarray) -> dict:
    """Convert an array to the form in which openpi writes it in msgpack."""
    return {b"__ndarray__": True, b"data": array.tobytes(), b"dtype": array.dtype.str, b"shape": array.shape}


def unpack(message: dict) -> np.ndarray:
    return np.frombuffer(message[b"data"], np.dtype(message[b"dtype"])).reshape(message[b"shape"])
