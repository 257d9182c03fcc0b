"""The messages about cycles as such: which there are, when each step was, and how far a running one is."""

from __future__ import annotations

from pydantic import Field

from kinitro.client.messages import Message
from kinitro.client.records import CycleState

CYCLES_PAGE = 50
"""The largest number of cycles in one answer."""


class CycleSummary(Message):
    """`GET /v1/cycles/{id}`: what was planned, and when each step was; null for a step that was not reached."""

    cycle_id: int
    netuid: int
    network: str
    state: CycleState
    reason: str | None = Field(description="Why it failed or was cancelled.")
    block: int = Field(description="The chain snapshot that froze the miners.")
    key_committed_block: int = Field(description="Head of the chain when the seed key's hash had become public.")
    beacon_block: int | None
    created_at: str
    tasks_created_at: str | None = Field(description="From then on executors run its episodes.")
    deadline_at: str
    scoring_at: str | None
    published_at: str | None
    revealed_at: str | None = Field(description="From then on seeds, results and traces are public.")
    environments: int
    episodes: int = Field(description="Per environment and miner.")
    participants: int
    excluded: int


class CycleList(Message):
    """`GET /v1/cycles`: the newest first; ask again with `before=next_before` until that is null."""

    cycles: list[CycleSummary] = Field(max_length=CYCLES_PAGE)
    next_before: int | None


class CycleProgress(Message):
    """`GET /v1/cycles/{id}/progress`: how far the tasks are, and when they will be finished."""

    cycle_id: int
    state: CycleState
    total: int
    finished: int
    rate_per_s: float | None = Field(description="Tasks per second lately; null if that is not known yet.")
    left_s: float | None = Field(description="Seconds until the tasks are finished; null if that is not known yet.")
    expected_at: str | None = Field(description="When that will be.")
    at_deadline: bool = Field(description="The tasks will not be finished: the deadline ends the cycle.")
    deadline_at: str
    checks: int = Field(description="Verifications without a verdict.")
