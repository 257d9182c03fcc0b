"""The messages of the API: what executors, validators and auditors send and receive as JSON.

Light on purpose (pydantic only): clients import it without PostgreSQL. Seeds are 32 hexadecimal digits and
hashes hexadecimal, because JSON numbers end at 2**53.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

Hex32 = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
ShortText = Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._:/@+-]+$")]


POLICY_VERSION = "policy:"
"""An executor tells the digests of the shipped policies that it can play among its versions: such names begin so."""


def is_none(value: object) -> bool:
    """Left out of JSON, so that programs from before the field was there can still read the message."""
    return value is None


class Message(BaseModel):
    """Unknown fields are refused, so that a typo is an error and not a silence."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


# --- executors -------------------------------------------------------------------------------------------------


class HostingLimits(Message):
    """What one hosted policy may use, public and equal for all miners of a cycle."""

    memory_bytes: int = Field(4 * 2**30, ge=2**26, le=2**50, description="All of its processes together.")
    cpus: float = Field(1.0, gt=0, le=1024, description="Cores that may be busy at once.")
    start_s: float = Field(120.0, gt=0, le=3600, description="Seconds until /health must answer 200.")
    upload_bytes: int = Field(8 * 2**30, ge=1, le=2**50, description="The largest upload.")
    concurrency: int = Field(8, ge=1, le=1000, description="Episodes of one miner at once, over all executors.")


class FetchRequest(Message):
    """`POST /v1/tasks/fetch`"""

    max_tasks: int = Field(10, ge=1, le=1000)
    env_families: list[Name] | None = Field(None, max_length=50)
    executor: Name | None = Field(None, description="A display name; identity comes from the key.")
    fingerprint: Name = Field(description="Physics fingerprint of the executor's machine.")
    versions: dict[Name, ShortText] = Field(default_factory=dict, max_length=20)
    hosts: int | None = Field(
        None,
        ge=0,
        le=1000,
        exclude_if=is_none,
        description="Of how many hosted miners it can have tasks; null: of none.",
    )
    warm: list[Annotated[int, Field(ge=0, le=65535)]] | None = Field(
        None, max_length=1000, exclude_if=is_none, description="The hosted miners whose policies run there now."
    )


@dataclass(slots=True)
class Task:
    """One episode to be run for one miner. A dataclass takes a fifth of a model to make; JSON is checked as usual."""

    __pydantic_config__: ClassVar[ConfigDict] = Message.model_config

    task_id: int
    cycle_id: int
    uid: int
    hotkey: str
    env_id: str
    env_version: str
    episode: int
    seed: Hex32
    endpoint: str
    max_steps: int
    attempt: Annotated[int, Field(description="1 for the first try.")]
    max_concurrency: Annotated[int, Field(description="Episodes of this miner at once, over all executors.")] = 1
    record: Annotated[bool, Field(description="Keep the observation stream for shadow verification.")] = False
    shipped: Annotated[
        str | None,
        Field(
            description="Play against the policy with this digest, which is part of the executor's installation; "
            "there is no endpoint then.",
            exclude_if=is_none,
        ),
    ] = None
    upload: Annotated[
        str | None,
        Field(
            description="Play against this upload, written owner/name@revision, in a sandbox within `hosting` of the "
            "answer; there is no endpoint then.",
            exclude_if=is_none,
        ),
    ] = None


class FetchResponse(Message):
    """`lease_id` is null when there is nothing to do; ask again after `retry_after_s`."""

    lease_id: int | None
    ttl_s: float = Field(description="Seconds until the lease ends unless a heartbeat extends it.")
    retry_after_s: float = 1.0
    reason: str | None = Field(
        None, description="Why this executor gets nothing, when it should do something about it."
    )
    tasks: list[Task]
    hosting: HostingLimits | None = Field(
        None, exclude_if=is_none, description="What the uploads among the tasks may use."
    )


class TaskTimings(Message):
    """Milliseconds; see `kinitro.evaluation.outcomes.Timings`."""

    policy_p50_ms: float = Field(0.0, ge=0, le=1e9)
    policy_p95_ms: float = Field(0.0, ge=0, le=1e9)
    policy_max_ms: float = Field(0.0, ge=0, le=1e9)
    simulation_ms: float = Field(0.0, ge=0, le=1e9)
    waiting_ms: float = Field(0.0, ge=0, le=1e9)


def _base64(max_chars: int) -> tuple[BeforeValidator, PlainSerializer, WithJsonSchema]:
    """Bytes that are base64 in JSON, where they have `max_chars` characters at most."""

    def decode(given: Any) -> bytes:
        if isinstance(given, bytes):
            return given
        if not isinstance(given, str):
            raise ValueError("it must be text in base64")
        if len(given) > max_chars:
            raise ValueError(f"it has {len(given)} characters, at most {max_chars} are allowed")
        try:
            return base64.b64decode(given, validate=True)
        except ValueError:
            raise ValueError("it is not valid base64") from None

    return (
        BeforeValidator(decode),
        PlainSerializer(lambda data: base64.b64encode(data).decode(), return_type=str, when_used="json"),
        WithJsonSchema({"type": "string", "maxLength": max_chars}),
    )


EncodedTrace = Annotated[bytes, *_base64(2_000_000)]
EncodedRecording = Annotated[bytes, *_base64(1_000_000)]


class TaskResult(Message):
    """The report on one task: what the executor's `EpisodeResult` is on the wire, and what the task pool stores.

    `outcome` is a member of `kinitro.evaluation.outcomes.Outcome`. What is published of it later is a `ResultRow`.
    """

    task_id: int = Field(ge=1, le=2**63 - 1)
    outcome: Literal[1, 2, 3, 4]
    reason: ShortText | None = None
    steps: int = Field(ge=0, le=100_000)
    success_step: int | None = Field(None, ge=0, le=100_000)
    total_reward: float = 0.0
    forfeits: int = Field(0, ge=0, le=100_000)
    timings: TaskTimings = Field(default_factory=TaskTimings)
    trace: EncodedTrace | None = Field(None, description="Base64 of an encoded trace.")
    recording: EncodedRecording | None = Field(None, description="Base64 of an encoded recording.")


class SubmitRequest(Message):
    """`POST /v1/tasks/submit`"""

    lease_id: int = Field(ge=1, le=2**63 - 1)
    results: list[TaskResult] = Field(min_length=1, max_length=1000)


@dataclass(slots=True)
class SubmitStatus:
    """`stale`: the lease was lost, drop the work. `duplicate`: this very report is already stored.
    `rejected`: the result itself is malformed, `reason` says how. A dataclass like `Task`."""

    __pydantic_config__: ClassVar[ConfigDict] = Message.model_config

    task_id: int
    status: Literal["accepted", "duplicate", "stale", "rejected"]
    reason: str | None = None


class SubmitResponse(Message):
    results: list[SubmitStatus]


class HeartbeatResponse(Message):
    """`POST /v1/leases/{id}/heartbeat`; 409 when the lease is gone."""

    ttl_s: float


class ReleaseResponse(Message):
    """`POST /v1/leases/{id}/release`: how many tasks went back; 409 when the lease is gone."""

    released: int


class TaskStats(Message):
    """`GET /v1/tasks/stats`, of the current cycle (or the last one)."""

    cycle_id: int | None
    total: int
    ready: int
    leased: int
    finished: int
    by_outcome: dict[str, int] = Field(description="Empty until the cycle is over.")
    by_environment: dict[str, dict[str, int]] = Field(
        description="env_id -> {total, finished, success}; success only when the cycle is over."
    )


# --- the public ------------------------------------------------------------------------------------------------


class ApiHealth(Message):
    status: Literal["ok"] = "ok"
    version: str


class OperatorKey(Message):
    """`GET /v1/operator-key`: the X25519 public key that miners seal their endpoints to."""

    backend_public_key: str = Field(pattern="^[0-9a-f]{64}$")


class Status(Message):
    """`GET /v1/status`"""

    version: str
    netuid: int | None
    cycle_id: int | None
    cycle_state: str | None
    cycle_reason: str | None = None
    tasks_total: int
    tasks_finished: int
    last_published_cycle: int | None
    last_weights_block: int | None
    executors_seen: int


class Weights(Message):
    """`GET /v1/weights/latest`, `/v1/weights/{block}`: the same in floats and as the chain stores them."""

    cycle_id: int
    netuid: int
    block: int = Field(description="Snapshot block of the cycle.")
    published_at: str
    weights: dict[int, float] = Field(description="uid -> share; sums to 1; empty when nobody qualified.")
    weights_u16: dict[int, int]
    hotkeys: dict[int, str]
    fallback: Literal["none", "nobody_qualified"] = "none"


class EnvironmentScore(Message):
    """One miner on one environment."""

    env_id: str
    successes: int
    episodes: int
    success_rate: float
    interval: tuple[float, float] = Field(description="Wilson 95 %.")
    eligible: bool
    leader: bool
    p_value: float | None = Field(None, description="McNemar against the best; null for the best itself.")
    faults: int = 0


class MinerScore(Message):
    uid: int
    hotkey: str
    first_block: int
    points: float
    weight: float
    frontier: bool
    priority: int | None = Field(None, description="1 wins ties first; null when eligible nowhere.")
    disqualified: bool = Field(False, description="By shadow verification: its weight is zero and it leads nowhere.")
    verdicts: dict[str, int] = Field(
        default_factory=dict, description="Checks by verdict; each with its evidence at /v1/miners/{uid}/verifications."
    )
    environments: list[EnvironmentScore]


class ReferenceScore(Message):
    """The reference on one environment."""

    env_id: str
    successes: int
    episodes: int
    success_rate: float
    interval: tuple[float, float] = Field(description="Wilson 95 %.")


class Reference(Message):
    """The policy that miners must beat to earn. It earns nothing."""

    name: str
    digest: str
    beaten_by: list[int] = Field(description="uids of the miners that beat it somewhere, or overall.")
    environments: list[ReferenceScore]


class Scores(Message):
    """`GET /v1/scores/latest`, `/v1/scores/{cycle_id}`"""

    cycle_id: int
    block: int
    published_at: str
    environments: list[str]
    miners: list[MinerScore] = Field(description="By weight, then points, then uid.")
    void_episodes: int = 0
    notes: list[str] = Field(default_factory=list)
    reference: Reference | None = Field(None, exclude_if=is_none)


class Miner(Message):
    """`GET /v1/miners`: a miner of the newest cycle, or why it was excluded."""

    uid: int
    hotkey: str
    first_block: int | None
    repo: str | None
    revision: str | None
    endpoint: str | None
    excluded: str | None = Field(None, description="The public reason, or null.")
    hosted: bool = Field(False, exclude_if=lambda hosted: not hosted, description="Executors run what it committed.")
    weight: float | None = Field(None, description="In the last published cycle.")


class MinerList(Message):
    cycle_id: int
    miners: list[Miner]


class MinerCommitment(Message):
    """What the newest cycle found on chain; `excluded` is the public reason why it does not count."""

    first_block: int | None
    repo: str | None
    revision: str | None
    endpoint: str | None = Field(description="Null if it is sealed.")
    excluded: str | None = None
    place: int | None = Field(description="In line, by the block of the commitment: 1 is the first; null if excluded.")


class MinerProgress(Message):
    """A miner's episodes of the newest cycle, as counts."""

    total: int
    finished: int
    policy_faults: dict[str, int] | None = Field(
        description="Episodes that its server's faults ended, by reason. Before the reveal null, unless the miner asks."
    )
    void: dict[str, int] | None = Field(description="Episodes that our faults ended, by reason; likewise.")


class MinerStatus(Message):
    """`GET /v1/miners/{uid or hotkey}/status`: a miner in the newest cycle, and in the one that was published last."""

    netuid: int
    uid: int
    hotkey: str
    cycle_id: int
    cycle_state: str
    cycle_reason: str | None
    cycle_block: int = Field(description="Of the snapshot of the chain in which commitments were looked at.")
    deadline_at: str
    participants: int
    commitment: MinerCommitment | None = Field(description="Null if the newest cycle found none of this miner.")
    progress: MinerProgress | None = Field(description="Null if it takes no part in the newest cycle.")
    last_cycle: int | None = Field(description="The cycle that was published last.")
    last_score: MinerScore | None = Field(description="In that cycle; null if it took no part.")


class EnvironmentInfo(Message):
    id: str
    instruction: str
    category: str
    version: str
    scored: bool
    max_steps: int
    expert_success: float
    random_success: float


class EnvironmentList(Message):
    environments: list[EnvironmentInfo]


PROBLEM_MEDIA_TYPE = "application/problem+json"
PROBLEM_TYPE = "urn:kinitro:problem:"
"""The beginning of every problem's `type`; the rest names the kind, such as `not-found`."""
UNKNOWN_PATH = PROBLEM_TYPE + "unknown-path"
"""The API has no such route: it is older or newer than the caller, or a proxy changes paths. Says nothing about what
was asked for or reported."""


class Problem(Message):
    """Every 4xx and 5xx body, a problem document (RFC 9457).

    Media type and `type` tell what this API says from the error pages of whatever is between it and a client: only
    what this API says may end a lease or reject a result.
    """

    type: str = Field(description=f"Begins with {PROBLEM_TYPE}")
    status: int = Field(description="The status of the answer.")
    detail: str | list[Any] = Field(description="One sentence, or a list of fields.")
