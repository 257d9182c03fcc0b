"""Whose fault it was. Pure: counts and codes in, an outcome out."""

from __future__ import annotations

from dataclasses import dataclass

from kinitro.evaluation.outcomes import Outcome
from kinitro.policies.messages import MAX_CONSECUTIVE_FORFEITS, MAX_FORFEIT_SHARE

UNREACHABLE = "unreachable"
"""Reason prefix of an episode that never began because `/reset` failed at the network."""
SIMULATION_FAILED = "simulation_failed"
VIDEO_FAILED = "video_failed"
"""The video that `kinitro evaluate` was asked for cannot be written."""
OUR_NETWORK = "canary_failed"
"""Our own canary policy did not answer either."""


@dataclass(slots=True)
class Forfeits:
    """The forfeited steps of an episode: too many in a row, or in total, end it as the policy's fault."""

    max_steps: int
    total: int = 0
    in_a_row: int = 0

    def add(self) -> None:
        """Count one forfeited step."""
        self.total += 1
        self.in_a_row += 1

    def answered(self) -> None:
        """A good answer ends a row."""
        self.in_a_row = 0

    @property
    def too_many(self) -> bool:
        """Three in a row, or 10 % of `max_steps` in total (but never fewer than three)."""
        limit = max(MAX_FORFEIT_SHARE * self.max_steps, MAX_CONSECUTIVE_FORFEITS)
        return self.in_a_row >= MAX_CONSECUTIVE_FORFEITS or self.total > limit


def classify_end(success_step: int | None, *, diverged: bool) -> tuple[Outcome, str | None]:
    """The outcome of an episode that ran to its end, and a reason if the policy's actions made the simulation fail.

    That is the policy's failure: the same actions make it fail again, and if it were ours, a policy could have the
    episodes voided for everybody that it does not solve.
    """
    if diverged:
        return Outcome.FAILURE, SIMULATION_FAILED
    return (Outcome.FAILURE if success_step is None else Outcome.SUCCESS), None


def classify_fault(reason: str, *, canary_ok: bool) -> tuple[Outcome, str]:
    """Outcome and reason of an episode that ended because the policy could not be asked.

    `reason` says what happened to the policy's answers, `canary_ok` whether our own policy server answered then.
    Time in which our event loop stood still is no excuse here, because no deadline counts it.
    """
    if not canary_ok:
        return Outcome.EVALUATOR_FAULT, OUR_NETWORK
    return Outcome.POLICY_FAULT, reason
