"""The policy protocol, version 1: the messages between evaluator and policy server, and their limits.

Everything that a policy may know is in these messages. They contain no seed, no task number and no object positions.
"""

from __future__ import annotations

from typing import Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from kinitro.environments.interface import Observation
from kinitro.environments.metaworld.robot import ACTION, PROPRIOCEPTION, ROBOT
from kinitro.environments.spec import ActionNumber, EnvironmentSpec, StateNumber

PROTOCOL_VERSION = 1
RESET_DEADLINE_S = 5.0
ACT_DEADLINE_S = 0.5
"""Seconds for the whole answer, measured around the call."""
HEALTH_DEADLINE_S = 5.0
MAX_RESPONSE_BYTES = 64 * 1024
MAX_HEADER_BYTES = 16 * 1024
MAX_HEADERS = 100
MAX_CHUNK = 50
"""The largest number of actions in one answer, whatever the server declares."""
MAX_CONCURRENT_EPISODES = 64
"""The largest number of episodes at once per policy server, whatever it declares."""
MAX_CONSECUTIVE_FORFEITS = 3
"""So many forfeited steps in a row end the episode as a policy fault."""
MAX_FORFEIT_SHARE = 0.10
"""More forfeited steps than this share of `max_steps` end the episode as a policy fault."""


class TaskConfig(msgspec.Struct, frozen=True):
    """The body of `POST /reset`, under the key `task_config`."""

    env_id: str
    task_name: str
    instruction: str
    episode_id: str
    """A random id that reveals nothing. A policy that samples derives its random seed from it."""
    max_steps: int
    control_hz: float
    cameras: tuple[str, ...]
    image_size: tuple[int, int]
    """Height and width in pixels of the first camera's images; `image_sizes` has those of all."""
    action_low: float = -1.0
    """The least lower bound of all numbers of an action; `action` has the bounds of each."""
    action_high: float = 1.0
    """The greatest upper bound of all numbers of an action."""
    protocol: int = PROTOCOL_VERSION
    robot: str = ROBOT
    proprioception: tuple[StateNumber, ...] = PROPRIOCEPTION
    """What the numbers of `/act`'s `observation` are. Recordings that have none are of MetaWorld's robot."""
    action: tuple[ActionNumber, ...] = ACTION
    """What the numbers of an action are. Recordings that have none are of MetaWorld's robot."""
    image_sizes: dict[str, tuple[int, int]] = {}
    """By camera, the height and width of its images in pixels."""


def describe_task(spec: EnvironmentSpec, episode_id: str, max_steps: int, instruction: str | None = None) -> TaskConfig:
    """Return what a policy is told about an episode. Of all this, only the instruction may depend on the seed.

    instruction: that of the episode, if it is not the spec's.
    """
    sizes = {camera.name: (camera.height_px, camera.width_px) for camera in spec.cameras}
    return TaskConfig(
        env_id=spec.id,
        task_name=spec.task_name,
        instruction=spec.instruction if instruction is None else instruction,
        episode_id=episode_id,
        max_steps=max_steps,
        control_hz=spec.control_hz,
        cameras=spec.camera_names,
        image_size=next(iter(sizes.values()), (0, 0)),
        action_low=min(command.low for command in spec.action),
        action_high=max(command.high for command in spec.action),
        robot=spec.robot,
        proprioception=spec.proprioception,
        action=spec.action,
        image_sizes=sizes,
    )


class PolicyHealth(msgspec.Struct, frozen=True):
    """The answer of `GET /health`. Missing fields mean the least capable server."""

    status: str = "ok"
    """Either `ok`, or `loading`, or `failed` if waiting is of no use."""
    protocol: int = PROTOCOL_VERSION
    encodings: tuple[str, ...] = ("json",)
    image_encodings: tuple[str, ...] = ("raw",)
    """How images may be sent; see `kinitro.policies.images`."""
    max_concurrent_episodes: int = 1
    max_chunk: int = 1
    detail: str = ""
    """Why it is not ok, for the person who runs the server."""
    hotkey: str | None = None
    """The SS58 address of the miner whom this server serves; no other miner can then claim its endpoint."""


class Policy(Protocol):
    """A policy as the evaluator sees it; tests implement it themselves.

    Its methods raise the errors of `kinitro.policies.errors` and nothing else.
    """

    async def health(self) -> PolicyHealth: ...

    async def reset(self, task: TaskConfig) -> None: ...

    async def act(self, episode_id: str, step: int, observation: Observation) -> npt.NDArray[np.float32]:
        """Return actions (k, m), finite, not yet clipped, 1 <= k <= max_chunk, to be executed open loop."""

    async def close(self) -> None: ...
