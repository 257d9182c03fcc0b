"""The outcome of an episode, and everything that is reported with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import msgspec

from kinitro.environments.interface import Factors
from kinitro.environments.metaworld.robot import ACTION
from kinitro.environments.spec import list_bounds


class Outcome(IntEnum):
    """How an episode ended. The task pool stores these numbers: never change one."""

    SUCCESS = 1
    FAILURE = 2
    POLICY_FAULT = 3
    """The miner's fault; counts as a failure."""
    EVALUATOR_FAULT = 4
    """Our fault; the task runs again, and this is never scored."""


OLD_LOW, OLD_HIGH = (tuple(bounds.tolist()) for bounds in list_bounds(ACTION))
"""The bounds of actions in traces that do not say them. They are omitted where they are these very objects."""


class Trace(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything that a replay of an episode needs, without its miner; encoded it takes a few KiB.

    actions: the bytes of a little-endian float32 array (steps, m), exactly what the simulator was given.
    digests: the 16-byte digests of the states after steps 0 (reset), DIGEST_EVERY, 2*DIGEST_EVERY, ..., and the last.
    """

    version: int
    env_id: str
    env_version: str
    seed: str
    """32 hexadecimal digits."""
    max_steps: int
    actions: bytes
    digests: bytes
    success_step: int | None
    total_reward: float
    fingerprint: str
    """The physics fingerprint of the machine that ran it."""
    diverged: bool = False
    """Whether the last action made the simulation fail, which ended the episode."""
    action_low: tuple[float, ...] = OLD_LOW
    action_high: tuple[float, ...] = OLD_HIGH
    """The bounds of the m numbers of an action; traces that have none are of MetaWorld's robot."""


DIGEST_EVERY = 50
"""Control steps between two state digests of a trace."""


@dataclass(frozen=True, slots=True)
class Timings:
    """Where the time of an episode went, in milliseconds; the first three are of single calls of the policy."""

    policy_p50_ms: float = 0.0
    policy_p95_ms: float = 0.0
    policy_max_ms: float = 0.0
    simulation_ms: float = 0.0
    waiting_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class EpisodeResult:
    """The result of one episode. `reason` is a short code such as `timeout` if something went wrong."""

    outcome: Outcome
    steps: int
    success_step: int | None = None
    total_reward: float = 0.0
    reason: str | None = None
    forfeits: int = 0
    timings: Timings = field(default_factory=Timings)
    trace: Trace | None = None
    recording: bytes | None = None
    """The encoded recording (see `recordings`), if it was requested and the episode counts."""
    detail: str | None = None
    """The message of the last failed call, for miners who evaluate their own policy; the subnet never stores it."""
    factors: Factors | None = None
    """What was drawn for the episode, if it was requested and the environment can say it."""
