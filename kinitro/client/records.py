"""The public record of a cycle: everything that is needed to check it, as JSON. Light, like `messages`."""

from __future__ import annotations

import hashlib
import json
from enum import IntEnum
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from kinitro.client.merkle import compute_merkle_root, hash_leaf
from kinitro.client.messages import Hex32, HostingLimits, Message, is_none
from kinitro.client.verdicts import VerificationRule

Hex64 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
CycleState = Literal["open", "running", "scoring", "published", "failed", "cancelled"]

RESULTS_PAGE = 5000
"""The largest number of results in one answer."""


class TaskOutcome(IntEnum):
    """What became of a task. These numbers are in published records and their Merkle root; never renumber.

    Executors report the numbers of `kinitro.evaluation.outcomes.Outcome`. The first three are the same; 4 is another
    thing there: one evaluator fault, after which the task runs again, while a task is void when it had too many.
    """

    SUCCESS = 1
    FAILURE = 2
    POLICY_FAULT = 3
    """The miner's server did not answer as it should; counts as a failure."""
    VOID = 4
    """Our own faults kept the task from a result: its episode counts for no miner."""
    CANCELLED = 8
    """The task was not run: the deadline passed, or its episode was void already."""


REFERENCE_UID = -1
"""Under this number, which no miner can have, the results of the reference stand among those of the miners."""


class ReferencePolicy(Message):
    """The policy that miners must beat to earn: a part of this package, which everybody can download."""

    name: str = Field(pattern="^[a-z][a-z0-9_]{0,40}$")
    digest: Hex64 = Field(description="Of its files, see `kinitro.policies.shipped`.")
    max_concurrency: int = Field(64, ge=1, le=10_000, description="Episodes at once, over all executors.")


PolicyMode = Literal["endpoint", "hosted", "both"]
"""Where the policies of a cycle run: miners serve them, executors host what miners committed, or executors host those
that have committed no endpoint."""


class DrandPulse(Message):
    """A round of drand, from which the seeds of a cycle follow beside its beacon block."""

    round: int = Field(ge=1, lt=2**63)
    signature: Annotated[str, Field(pattern="^[0-9a-f]{96}$")]


class CycleEnvironment(Message):
    """One environment of a cycle, as it was when the cycle opened."""

    id: str
    version: str
    max_steps: int = Field(ge=1, le=100_000)
    random_success: float = Field(0.0, ge=0, le=1)


class RungRule(Message):
    """By which rule the environments of a cycle climbed, and after which cycle."""

    name: str = Field(pattern="^[a-z0-9-]{1,40}$", description="The rule, see docs/rungs.md.")
    environments: list[str] = Field(
        min_length=1, max_length=1000, description="The environments that the operator named, from which they climb."
    )
    after: int | None = Field(ge=1, lt=2**31, description="The cycle whose scores it looked at; null: there was none.")


class CycleConfig(Message):
    """What a cycle was told to do; fixed when it opens."""

    environments: list[CycleEnvironment] = Field(min_length=1, max_length=1000)
    episodes: int = Field(ge=1, le=100_000, description="Per environment and miner.")
    min_episodes: int = Field(ge=1, description="Complete for all miners, per environment, or the cycle fails.")
    max_void_share: float = Field(ge=0, le=1, description="Of an environment's episodes.")
    max_laggard_share: float = Field(
        0.0, ge=0, lt=1, description="Of the miners: so many may be too slow without the others losing their cycle."
    )
    timeout_s: float
    randomization: str = "standard"
    scoring: dict[str, Any] = Field(default_factory=dict, description="Parameters of the scoring rule.")
    verification: VerificationRule = Field(
        default_factory=VerificationRule, description="When failed checks cost a miner its weight."
    )
    reference: ReferencePolicy | None = Field(
        None, exclude_if=is_none, description="Plays the same episodes as the miners; only who beats it can earn."
    )
    drand: Annotated[str, Field(pattern="^[a-z0-9-]{1,40}$")] | None = Field(
        None,
        exclude_if=is_none,
        description="Seeds follow from a round of this drand network, too; null: from the block's hash alone.",
    )
    policies: PolicyMode = Field("endpoint", exclude_if=lambda mode: mode == "endpoint")
    hosting: HostingLimits | None = Field(None, exclude_if=is_none, description="What a hosted policy may use.")
    rungs: RungRule | None = Field(
        None, exclude_if=is_none, description="How the environments were found; null: the operator named them."
    )
    pack: Hex64 | None = Field(
        None, exclude_if=is_none, description="Digest of the sealed pack, which is public after the reveal."
    )
    kinitro_version: str

    @model_validator(mode="before")
    @classmethod
    def _drop_sequential(cls, given: Any) -> Any:
        """Until version 0.1 miners could stop early; cycles that say they did not are still read."""
        if isinstance(given, dict) and "sequential" in given:
            if given["sequential"] is not False:
                raise ValueError(
                    "the cycle was played with --sequential, which this version does not score or audit any more: "
                    "use kinitro 0.1 for it"
                )
            given = {name: value for name, value in given.items() if name != "sequential"}
        return given


class FrozenMiner(Message):
    """One miner as the chain had it at the cycle's block; `excluded` is the public reason why it takes no part."""

    uid: int = Field(ge=0, le=65535)
    hotkey: str
    first_block: int | None = Field(ge=0, lt=2**63)
    repo: str | None
    revision: str | None
    endpoint: str | None = Field(description="Null in public if it is sealed.")
    sealed: bool = Field(False, description="Committed for the operator's eyes only.")
    max_concurrency: int = 1
    excluded: str | None = None
    hosted: bool = Field(
        False,
        exclude_if=lambda hosted: not hosted,
        description="Executors run what it committed, and no endpoint is used.",
    )


class ExecutorRecord(Message):
    """A machine that ran episodes of the cycle."""

    name: str
    fingerprint: str | None
    versions: dict[str, str]


class Manifest(Message):
    """`GET /v1/cycles/{id}/manifest`. Until the reveal `seed_key` and `results_root` are null."""

    cycle_id: int
    netuid: int
    network: str
    state: CycleState
    reason: str | None
    config: CycleConfig
    block: int = Field(description="The chain snapshot that froze the miners.")
    block_hash: Hex64
    miners: list[FrozenMiner]
    key_hash: Hex64 = Field(description="SHA-256 of the seed key, published before the beacon existed.")
    key_committed_block: int = Field(description="Head of the chain when key_hash had become public.")
    beacon_block: int | None
    beacon_hash: Hex64 | None
    drand: DrandPulse | None = Field(None, exclude_if=is_none)
    seed_key: Hex64 | None
    created_at: str
    deadline_at: str
    published_at: str | None
    fingerprint: str | None = Field(description="Physics fingerprint of the cycle's executors.")
    mixed_physics: bool = Field(False, description="Executors with other fingerprints took part, too.")
    executors: list[ExecutorRecord]
    counts: dict[str, int] = Field(description="Tasks: total, finished and, after the reveal, by outcome.")
    results_root: Hex64 | None = Field(description="Merkle root over the results in order of task id.")
    traces_kept: bool = Field(description="False once retention has dropped the traces.")


class ResultRow(Message):
    """What became of one task. `trace_sha256` is the digest of the encoded trace."""

    task_id: int
    uid: int = Field(description="-1: the reference, which is no miner.")
    env_id: str
    episode: int
    seed: Hex32
    outcome: Literal[1, 2, 3, 4, 8]
    steps: int | None
    success_step: int | None
    total_reward: float | None
    forfeits: int | None
    attempt: int
    reason: str | None
    executor: str | None
    trace_sha256: Hex64 | None


class ResultPage(Message):
    """`GET /v1/cycles/{id}/results`: in order of task id; ask again with `after=next_after` until that is null."""

    cycle_id: int
    results: list[ResultRow] = Field(max_length=RESULTS_PAGE)
    next_after: int | None


class TraceRecord(Message):
    """`GET /v1/tasks/{id}/trace`"""

    task_id: int
    cycle_id: int
    uid: int
    env_id: str
    episode: int
    trace: str = Field(description="Base64 of the encoded trace.")


def encode_result(row: ResultRow) -> bytes:
    """Encode a result as the Merkle tree commits to it: its fields in order, as a JSON array in ASCII."""
    fields = [getattr(row, name) for name in ResultRow.model_fields]
    return json.dumps(fields, separators=(",", ":"), allow_nan=False).encode()


def compute_results_root(rows: list[ResultRow]) -> bytes:
    """Compute the Merkle root (32 bytes) over results, which must be in order of task id."""
    return compute_merkle_root(hash_leaf(encode_result(row)) for row in rows)


_OPENING = ("cycle_id", "netuid", "network", "block", "block_hash", "key_hash")
_CONFIG = ("episodes", "min_episodes", "max_void_share", "max_laggard_share", "timeout_s", "randomization", "scoring")
_ENVIRONMENT = ("id", "version", "max_steps", "random_success")
_RULE = ("tolerance", "required_share", "least_failed", "least_failed_share")
_HOSTING = ("memory_bytes", "cpus", "start_s", "upload_bytes", "concurrency")
_REFERENCE = ("name", "digest", "max_concurrency")
_RUNGS = ("name", "environments", "after")
_MINER = ("uid", "hotkey", "first_block", "repo", "revision", "endpoint", "sealed", "max_concurrency", "excluded")


def digest_opening(manifest: Manifest) -> bytes:
    """SHA-256 of what was decided when a cycle opened: what an operator commits to on chain, before the beacon.

    Of the JSON array, without spaces and in ASCII, of the fields above, in their order: the opening, the configuration,
    its environments, its verification rule, the frozen miners. These lists never change. What came later follows them,
    if the manifest has it: the reference; whose policies are hosted, and what these may use; the drand network; the
    rule by which environments climbed; the digest of the pack.
    """
    config = manifest.config
    document: list[Any] = [
        _list_values(manifest, _OPENING),
        _list_values(config, _CONFIG),
        [_list_values(environment, _ENVIRONMENT) for environment in config.environments],
        _list_values(config.verification, _RULE),
        [_list_values(miner, _MINER) for miner in manifest.miners],
    ]
    if config.reference is not None:
        document.append({"reference": _list_values(config.reference, _REFERENCE)})
    if config.policies != "endpoint":
        hosted = [miner.uid for miner in manifest.miners if miner.hosted]
        limits = None if config.hosting is None else _list_values(config.hosting, _HOSTING)
        document.append({"policies": config.policies, "hosting": limits, "hosted": hosted})
    if config.drand is not None:
        document.append({"drand": config.drand})
    if config.rungs is not None:
        document.append({"rungs": _list_values(config.rungs, _RUNGS)})
    if config.pack is not None:
        document.append({"pack": config.pack})
    text = json.dumps(document, separators=(",", ":"), sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).digest()


def _list_values(message: Message, names: tuple[str, ...]) -> list[Any]:
    return [getattr(message, name) for name in names]
