"""Fault attribution: decides whose fault it is that an episode went wrong. Counts and codes in, an outcome out.

the simulation fails at the policy's action      FAILURE          (the same actions make it fail again)
the policy's answers end it, the canary answers  POLICY_FAULT     (the miner's)
the policy's answers end it, the canary does not EVALUATOR_FAULT  (ours: the network, or this machine)
anything else fails                              EVALUATOR_FAULT  (see `episode` and `worker`)
"""

from __future__ import annotations

from dataclasses import dataclass

from kinitro.evaluation.outcomes import Outcome
from kinitro.policies.messages import MAX_CONSECUTIVE_FORFEITS, MAX_FORFEIT_SHARE

UNREACHABLE = "unreachable"
"""Prefix of the reason of an episode that never began, because /health or /reset failed twice."""
SIMULATION_FAILED = "simulation_failed"
VIDEO_FAILED = "video_failed"
"""The video that `kinitro evaluate` was asked for cannot be written."""
PACK_UNAVAILABLE = "pack_unavailable"
"""The sealed pack of the task is not here, or what is here is not the pack that the task names."""
OUR_NETWORK = "canary_failed"
"""The reason of an episode whose policy did not answer while our own canary did not answer either."""


@dataclass(slots=True)
class Forfeits:
    """Counts the forfeited steps of an episode: too many in a row, or in total, end it as the policy's fault."""

    max_steps: int
    total: int = 0
    in_a_row: int = 0

    def add(self) -> None:
        """Count one forfeited step."""
        self.total += 1
        self.in_a_row += 1

    def end_row(self) -> None:
        """Note a usable answer, which ends a row of forfeited steps."""
        self.in_a_row = 0

    @property
    def too_many(self) -> bool:
        """Whether three in a row, or more than 10 % of `max_steps` (and more than three) in total are forfeited."""
        limit = max(MAX_FORFEIT_SHARE * self.max_steps, MAX_CONSECUTIVE_FORFEITS)
        return self.in_a_row >= MAX_CONSECUTIVE_FORFEITS or self.total > limit


def classify_end(success_step: int | None, *, diverged: bool) -> tuple[Outcome, str | None]:
    """Return the outcome of an episode that ran to its end, and a reason if an action made the simulation fail.

    That counts as the policy's failure: the same actions make it fail again, and if the fault were ours, a policy could
    make the episodes that it does not solve void for everybody.
    """
    if diverged:
        return Outcome.FAILURE, SIMULATION_FAILED
    return (Outcome.FAILURE if success_step is None else Outcome.SUCCESS), None


def classify_fault(reason: str, *, canary_ok: bool) -> tuple[Outcome, str]:
    """Return outcome and reason of an episode that ended because the policy did not give usable answers.

    reason: what was wrong with the policy's answers.
    canary_ok: whether our own policy server answered at that time.

    Stalls of our event loop need no attention here, because deadlines do not count them (see `stall_monitor`).
    """
    if not canary_ok:
        return Outcome.EVALUATOR_FAULT, OUR_NETWORK
    return Outcome.POLICY_FAULT, reason
