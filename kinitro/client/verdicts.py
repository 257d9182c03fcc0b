"""Verdicts of shadow verification: what verifiers send and receive, what the public reads, and the rule that follows.

Light on purpose, like `messages`. The rule is pure: auditors apply it to the published verdicts again.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal, get_args

from pydantic import Field

from kinitro.client.messages import Message, Name, ShortText
from kinitro.environments.spec import MAX_NUMBERS

Verdict = Literal["match", "mismatch", "unverifiable", "error"]
"""`match`: the committed policy acts as the deployed one did. `mismatch`: it does not. `unverifiable`: the committed
policy cannot be had or does not run, which is its miner's fault. `error`: ours, as far as one check can tell."""

Cause = Literal["upload", "machine"]
"""Where an error arose. `upload`: the hub answered and refused this upload, or it ran and was ended from outside, or no
verifier that examined it came back. One of these may be our fault; if it happens to one miner alone, again and again,
it is not. `machine`: the network, this machine, the recording, the time."""

MAX_COUNTED_ROWS = 2_000_000
_Action = Annotated[list[float], Field(min_length=1, max_length=MAX_NUMBERS)]


class FirstDifference(Message):
    """The first step at which the two policies differ by more than the tolerance."""

    step: int = Field(ge=0, le=100_000)
    deployed: _Action = Field(description="What the miner's policy server answered, clipped to the action's bounds.")
    committed: _Action | None = Field(description="What the committed policy answers; null: no usable answer.")


class Evidence(Message):
    """What a verdict rests on. Holds nothing from which a seed could be guessed."""

    reason: ShortText | None = Field(None, description="One sentence; null for a match.")
    cause: Cause | None = Field(None, description="Of an error, where it arose; null in older records.")
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

    Both `least_failed` bounds must be reached, by mismatches and unverifiable checks together. Errors are not among
    them. But a miner with at least `least_failed` errors that arose with its upload, more than it has results, was not
    verified, and earns nothing in that cycle if another miner's checks came to a comparison. What fails for everybody
    costs nobody anything. Where the defaults come from: docs/verification.md.
    """

    tolerance: float = Field(0.01, ge=0, le=2, description="Within which each component of an action must agree.")
    required_share: float = Field(0.9, ge=0, le=1, description="Of an episode's actions that must agree for a match.")
    least_failed: int = Field(2, ge=1, le=1000, description="Failed checks: one alone never costs anybody anything.")
    least_failed_share: float = Field(0.1, ge=0, le=1, description="Of the checks with a result.")

    def agrees(self, compared: int, matching: int) -> bool:
        """Whether `matching` of `compared` actions are enough for the verdict `match`."""
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
    answer_ms: float | None = Field(
        None, ge=0, description="What the deployed server took for an answer, at the 95th percentile."
    )


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
    answer_ms: float | None = Field(
        None, ge=0, description="What the deployed server took for an answer, at the 95th percentile."
    )


def find_unfounded(
    verdict: Verdict, evidence: Evidence, repo: str | None, revision: str | None, rule: VerificationRule
) -> Iterator[str]:
    """Say where the evidence does not support the verdict on an upload.

    No audit accepts such a verdict, so the API refuses it, too.
    """
    if verdict == "error":
        return
    if (evidence.repo, evidence.revision) != (repo, revision):
        yield f"{evidence.repo} at {evidence.revision} was looked at; {repo} at {revision} is committed"
    if verdict == "unverifiable":
        if not evidence.reason:
            yield "it names no reason"
        return
    if (evidence.tolerance, evidence.required_share) != (rule.tolerance, rule.required_share):
        yield "it was compared by other bounds than the cycle's"
    if rule.agrees(evidence.compared, evidence.matching) != (verdict == "match"):
        yield f"{evidence.matching} of {evidence.compared} actions agreed"
    if not 0 < evidence.compared >= evidence.matching:
        yield f"{evidence.matching} of {evidence.compared} actions cannot be the result of a comparison"


# --- the rule ---------------------------------------------------------------------------------------------------


class VerdictCounts(Message):
    """The verdicts on one miner in one cycle."""

    match: int = 0
    mismatch: int = 0
    unverifiable: int = 0
    error: int = 0
    upload_errors: int = Field(0, description="Of the errors, those that arose with the upload.")
    disqualified: bool = False
    unverified: bool = Field(False, description="Disqualified: most of its checks broke off, and not everybody's.")

    @property
    def failed(self) -> int:
        """Checks that count against the miner."""
        return self.mismatch + self.unverifiable

    @property
    def compared(self) -> int:
        """Checks in which the two policies were compared to the end."""
        return self.match + self.mismatch

    @property
    def checked(self) -> int:
        """Checks with a result."""
        return self.match + self.failed

    @property
    def by_verdict(self) -> dict[str, int]:
        """How often each verdict occurs; verdicts that do not occur are left out."""
        return {name: getattr(self, name) for name in get_args(Verdict) if getattr(self, name)}

    @property
    def sentence(self) -> str:
        """The result in one sentence, for people."""
        if self.unverified:
            return (
                f"{self.upload_errors} checks broke off with the committed upload and {self.checked} came to a result, "
                "while other miners' checks succeeded: it was not verified."
            )
        return (
            f"{self.failed} of {self.checked} checks failed: the deployed policy did not act as "
            f"the committed one in {self.mismatch}, the committed one could not be had or run in {self.unverifiable}."
        )


def count_verdicts(rows: Iterable[VerdictRow], rule: VerificationRule) -> dict[int, VerdictCounts]:
    """Count verdicts and apply the whole rule: uid -> counts, for every miner that was checked."""
    by_uid: dict[int, list[VerdictRow]] = {}
    for row in rows:
        by_uid.setdefault(row.uid, []).append(row)
    counts = {uid: _count(verdicts) for uid, verdicts in sorted(by_uid.items())}
    compared = sum(count.compared > 0 for count in counts.values())
    return {uid: _judge(count, rule, others_compared=compared - (count.compared > 0)) for uid, count in counts.items()}


def _count(rows: Iterable[VerdictRow]) -> VerdictCounts:
    rows = list(rows)
    upload_errors = sum(row.verdict == "error" and row.evidence.cause == "upload" for row in rows)
    return VerdictCounts(**Counter[str](row.verdict for row in rows), upload_errors=upload_errors)


def _judge(counts: VerdictCounts, rule: VerificationRule, *, others_compared: int) -> VerdictCounts:
    needed = max(rule.least_failed, math.ceil(rule.least_failed_share * counts.checked))
    kept_failing = counts.upload_errors >= rule.least_failed and counts.upload_errors > counts.checked
    unverified = kept_failing and others_compared > 0
    disqualified = counts.failed >= needed or unverified
    return counts.model_copy(update={"disqualified": disqualified, "unverified": unverified})
