"""What became of an episode."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import msgspec


class Outcome(IntEnum):
    """Stored as these numbers in the task pool; never renumber."""

    SUCCESS = 1
    FAILURE = 2
    POLICY_FAULT = 3
    """The miner's fault; counts as a failure."""
    EVALUATOR_FAULT = 4
    """Ours: the task runs again and this is never scored."""


class Trace(msgspec.Struct, frozen=True, omit_defaults=True):
    """Enough to replay an episode without the miner; `encode`d it is a few KiB.

    actions: little-endian float32 bytes of an array (steps, 4), exactly what the simulator was given.
    digests: 16-byte state digests after steps 0 (reset), DIGEST_EVERY, 2*DIGEST_EVERY, ..., and the last step.
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
    """The last action made the simulation fail, which ended the episode."""


DIGEST_EVERY = 50
"""Control steps between two state digests of a trace."""


@dataclass(frozen=True, slots=True)
class Timings:
    """Where the time of an episode went, in milliseconds."""

    policy_p50_ms: float = 0.0
    policy_p95_ms: float = 0.0
    policy_max_ms: float = 0.0
    simulation_ms: float = 0.0
    waiting_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class EpisodeResult:
    """The report of one episode. `reason` is a short code such as `timeout` when something went wrong."""

    outcome: Outcome
    steps: int
    success_step: int | None = None
    total_reward: float = 0.0
    reason: str | None = None
    forfeits: int = 0
    timings: Timings = field(default_factory=Timings)
    trace: Trace | None = None
    recording: bytes | None = None
    """Encoded, see `recordings`; only if it was asked for and the episode counts."""
    detail: str | None = None
    """What the last call that failed said, for whoever runs his own policy; never stored by the subnet."""
