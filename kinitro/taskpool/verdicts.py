"""Verdicts of shadow verification: what verifiers send and receive, what the public reads, and the rule that follows.

Light on purpose, like `messages`. The rule is pure: auditors apply it to the published verdicts again.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field

from kinitro.taskpool.messages import Message, Name, ShortText

Verdict = Literal["match", "mismatch", "unverifiable", "error"]
"""`match`: the committed policy acts as the deployed one did. `mismatch`: it does not. `unverifiable`: the committed
policy cannot be had or does not run, which is its miner's fault. `error`: ours; it says nothing about anybody."""

MAX_COUNTED_ROWS = 2_000_000
_Action = Annotated[list[float], Field(min_length=4, max_length=4)]


class FirstDifference(Message):
    """The first step at which the two policies differ by more than the tolerance."""

    step: int = Field(ge=0, le=100_000)
    deployed: _Action = Field(description="What the miner's policy server answered, clipped to [-1, 1].")
    committed: _Action | None = Field(description="What the committed policy answers; null: no usable answer.")


class Evidence(Message):
    """What a verdict rests on. Holds nothing from which a seed could be guessed."""

    reason: ShortText | None = Field(None, description="One sentence; null for a match.")
    compared: int = Field(0, ge=0, le=MAX_COUNTED_ROWS, description="Actions that were compared.")
    matching: int = Field(0, ge=0, le=MAX_COUNTED_ROWS, description="Of those, within the tolerance.")
    tolerance: float = Field(0.0, ge=0, le=2, description="Largest difference of any component of an action.")
    required_share: float = Field(0.0, ge=0, le=1, description="Of the compared actions that must match.")
    largest_difference: float | None = Field(None, ge=0, le=2)
    first_difference: FirstDifference | None = None
    repo: ShortText | None = None
    revision: ShortText | None = None
    runtime: ShortText | None = Field(None, description="In which the committed policy ran.")
    sandbox: ShortText | None = None
    took_s: float = Field(0.0, ge=0, le=1e6)


class VerificationRule(Message):
    """When verdicts cost a miner its weight in their cycle; part of the cycle's public configuration.

    Both `least_failed` bounds must be reached, by mismatches and unverifiable checks together. Errors of ours count
    nowhere. Where the defaults come from: docs/verification.md.
    """

    tolerance: float = Field(0.01, ge=0, le=2, description="Within which each component of an action must agree.")
    required_share: float = Field(0.9, ge=0, le=1, description="Of an episode's actions that must agree for a match.")
    least_failed: int = Field(2, ge=1, le=1000, description="Failed checks: one alone never costs anybody anything.")
    least_failed_share: float = Field(0.1, ge=0, le=1, description="Of the checks with a result.")

    def agrees(self, compared: int, matching: int) -> bool:
        """Whether so many matching actions of so many are a match."""
        return compared > 0 and matching >= self.required_share * compared


class VerificationRequest(Message):
    """`POST /v1/verifications/fetch`"""

    verifier: Name | None = Field(None, description="A display name; identity comes from the key.")
    fingerprint: Name = Field(description="Physics fingerprint of the verifier's machine.")


class VerificationTask(Message):
    """One recorded episode to be compared with the policy that its miner committed."""

    task_id: int
    lease_id: int
    ttl_s: float = Field(description="Seconds until it goes to somebody else unless a heartbeat extends it.")
    cycle_id: int
    uid: int
    repo: str
    revision: str
    rule: VerificationRule
    recording: str = Field(description="Base64 of the encoded recording.")
    trace: str = Field(description="Base64 of the encoded trace of the same episode.")


class VerificationResponse(Message):
    """`task` is null when there is nothing to do; ask again after `retry_after_s`."""

    task: VerificationTask | None
    retry_after_s: float = 2.0


class VerificationLease(Message):
    """`POST /v1/verifications/heartbeat`; 409 when the lease is gone."""

    task_id: int = Field(ge=1, le=2**63 - 1)
    lease_id: int = Field(ge=1, le=2**63 - 1)


class VerificationReport(VerificationLease):
    """`POST /v1/verifications/submit`"""

    verdict: Verdict
    evidence: Evidence


class VerificationStatus(Message):
    """`stale`: the lease was lost or the cycle went on. `duplicate`: this very verdict is already stored."""

    status: Literal["accepted", "duplicate", "stale"]


class VerdictRow(Message):
    """One verdict of a cycle that is over."""

    task_id: int
    cycle_id: int
    uid: int
    verdict: Verdict
    evidence: Evidence
    finished_at: str


class VerdictPage(Message):
    """`GET /v1/cycles/{id}/verifications`: in order of task id; go on with `after=next_after` until that is null."""

    cycle_id: int
    verdicts: list[VerdictRow] = Field(max_length=5000)
    next_after: int | None


class MinerVerdicts(Message):
    """`GET /v1/miners/{uid}/verifications`: the newest first, of cycles that are over."""

    uid: int
    verdicts: list[VerdictRow]


class RecordingRecord(Message):
    """`GET /v1/tasks/{id}/recording`"""

    task_id: int
    cycle_id: int
    uid: int
    recording: str = Field(description="Base64 of the encoded recording.")


# --- the rule ---------------------------------------------------------------------------------------------------


class VerdictCounts(Message):
    """The verdicts on one miner in one cycle."""

    match: int = 0
    mismatch: int = 0
    unverifiable: int = 0
    error: int = 0
    disqualified: bool = False

    @classmethod
    def of(cls, verdicts: Iterable[Verdict], rule: VerificationRule) -> Self:
        """Count, and apply the rule."""
        counts: Counter[Verdict] = Counter(verdicts)
        failed = counts["mismatch"] + counts["unverifiable"]
        needed = max(rule.least_failed, math.ceil(rule.least_failed_share * (failed + counts["match"])))
        return cls(
            match=counts["match"],
            mismatch=counts["mismatch"],
            unverifiable=counts["unverifiable"],
            error=counts["error"],
            disqualified=failed >= needed,
        )

    @property
    def by_verdict(self) -> dict[str, int]:
        """Verdict -> how many, without those there are none of."""
        return {name: count for name, count in self.model_dump(exclude={"disqualified"}).items() if count}

    @property
    def checked(self) -> int:
        """Checks with a result."""
        return self.match + self.mismatch + self.unverifiable

    @property
    def sentence(self) -> str:
        """The result in words."""
        return (
            f"{self.mismatch + self.unverifiable} of {self.checked} checks failed: the deployed policy did not act as "
            f"the committed one in {self.mismatch}, the committed one could not be had or run in {self.unverifiable}."
        )


def count_verdicts(rows: Iterable[VerdictRow], rule: VerificationRule) -> dict[int, VerdictCounts]:
    """uid -> counts, of those that were checked."""
    by_uid: dict[int, list[Verdict]] = {}
    for row in rows:
        by_uid.setdefault(row.uid, []).append(row.verdict)
    return {uid: VerdictCounts.of(verdicts, rule) for uid, verdicts in sorted(by_uid.items())}
