"""The policy protocol, version 1: what crosses the wire between evaluator and policy server, and its limits.

Everything a policy may know is in these messages. No seed, no task number, no placement.
"""

from __future__ import annotations

from typing import Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from kinitro.environments.interface import Observation

PROTOCOL_VERSION = 1
RESET_DEADLINE_S = 5.0
ACT_DEADLINE_S = 0.5
"""For the whole answer, measured around the call."""
HEALTH_DEADLINE_S = 5.0
MAX_RESPONSE_BYTES = 64 * 1024
MAX_HEADER_BYTES = 16 * 1024
MAX_HEADERS = 100
MAX_CHUNK = 50
"""Actions in one answer at most, whatever the server declares."""
MAX_CONCURRENT_EPISODES = 64
"""Episodes at once per policy server at most, whatever it declares."""
MAX_CONSECUTIVE_FORFEITS = 3
MAX_FORFEIT_SHARE = 0.10
"""Of `max_steps`; more forfeited steps end the episode as a policy fault."""
ACTION_SIZE = 4


class TaskConfig(msgspec.Struct, frozen=True):
    """Body of `POST /reset`, under the key `task_config`."""

    env_id: str
    task_name: str
    instruction: str
    episode_id: str
    """Random; says nothing. A policy that samples derives its random seed from it."""
    max_steps: int
    control_hz: float
    cameras: tuple[str, ...]
    image_size: tuple[int, int]
    """Height, width in pixels."""
    action_low: float = -1.0
    action_high: float = 1.0
    protocol: int = PROTOCOL_VERSION


class PolicyHealth(msgspec.Struct, frozen=True):
    """Answer of `GET /health`. Missing fields mean the least capable server."""

    status: str = "ok"
    """Also `loading`, and `failed` if there is nothing to wait for."""
    protocol: int = PROTOCOL_VERSION
    encodings: tuple[str, ...] = ("json",)
    max_concurrent_episodes: int = 1
    max_chunk: int = 1
    detail: str = ""
    """Why it is not ok, for whoever runs the server."""
    hotkey: str | None = None
    """SS58 address of the miner whom this server serves; nobody else can take its endpoint."""


class Policy(Protocol):
    """A policy as the evaluator sees it; the seam where tests put their own.

    Methods raise the errors of `kinitro.policies.errors` and nothing else.
    """

    async def health(self) -> PolicyHealth: ...

    async def reset(self, task: TaskConfig) -> None: ...

    async def act(self, episode_id: str, step: int, observation: Observation) -> npt.NDArray[np.float32]:
        """Actions (k, 4), finite, not yet clipped, 1 <= k <= max_chunk, to be executed open loop."""

    async def close(self) -> None: ...
