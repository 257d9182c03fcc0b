"""The messages that only an operator reads: how its machines, its database and its tasks are doing."""

from __future__ import annotations

from pydantic import Field

from kinitro.client.messages import Message

REFUSALS_KEPT = 25
"""Of each status, the newest; a flood of one kind does not push out the others."""


class ExecutorReport(Message):
    """A machine that asked for tasks or for verifications."""

    name: str
    fingerprint: str | None
    versions: dict[str, str]
    silent_s: float | None = Field(description="Seconds since it last asked for something; null: it never did.")
    verifier_silent_s: float | None = Field(description="Since it last verified something; null: it is no verifier.")
    episodes_per_min: float = Field(description="Finished episodes of the newest cycle, over the last ten minutes.")
    steps_per_s: float
    leases: int
    tasks: int = Field(description="That it has now.")
    failed_tasks: int = Field(description="Tasks of the newest cycle that failed there last and have no result.")
    failure: str | None = Field(description="The most frequent reason of these.")


class LeaseReport(Message):
    lease_id: int
    executor: str
    tasks: int
    age_s: float
    left_s: float = Field(description="Negative when it is over and will be ended any moment.")


class TableReport(Message):
    """PostgreSQL's estimates; `total_bytes` counts indexes and out-of-line storage, too."""

    name: str
    live_rows: int
    dead_rows: int
    total_bytes: int


class Refusal(Message):
    """A request that this instance refused, and how often it did so in the same words."""

    status: int
    route: str
    caller: str = Field(description="The key's owner, or the address of who has no key.")
    detail: str
    times: int
    first_at: str
    last_at: str


class Operations(Message):
    """`GET /v1/operations`: what an operator wants to know about the running system."""

    concerns: list[str] = Field(description="What needs somebody's attention, a sentence each.")
    cycle_id: int | None
    cycle_state: str | None
    tasks: int = Field(description="Of the newest cycle.")
    tasks_finished: int
    tasks_out: int = Field(description="Under a lease.")
    pool_age_s: float | None = Field(description="Seconds since the tasks became ready; null if none is left.")
    weights_age_s: float | None = Field(description="Since weights were published; null: they never were.")
    leaders: int = Field(description="Schedulers that lead; there should be one.")
    database_bytes: int
    standby_lag_s: float | None = Field(description="Of the slowest standby; null if none is seen.")
    tables: list[TableReport]
    executors: list[ExecutorReport] = Field(description="The last seen first, at most 1000.")
    leases: list[LeaseReport] = Field(description="Those that end first, at most 200.")
    leases_total: int
    checks_open: int = Field(description="Verifications without a verdict.")
    verdicts: dict[str, int] = Field(description="Of the newest cycle that has any.")
    refusals: list[Refusal] = Field(description="Of the instance that answers, since it started; the newest first.")
