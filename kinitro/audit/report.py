"""What an audit found: one verdict per check, and what differs, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

MAX_DIFFERENCES = 20
"""Named per check; the rest is counted."""


class AuditVerdict(StrEnum):
    """`SKIPPED` means that the check could not be made here; its detail says why. That is not agreement."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    verdict: AuditVerdict
    detail: str
    differences: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str, detail: str, differences: Sequence[str]) -> Check:
        """Failed if anything differs, else passed."""
        if not differences:
            return cls(name, AuditVerdict.PASSED, detail)
        shown = tuple(differences[:MAX_DIFFERENCES])
        if len(differences) > len(shown):
            shown += (f"and {len(differences) - len(shown)} more",)
        return cls(name, AuditVerdict.FAILED, detail, shown)

    @classmethod
    def skipped(cls, name: str, reason: str) -> Check:
        """Not made, and why."""
        return cls(name, AuditVerdict.SKIPPED, reason)


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The checks of one cycle, in the order in which they were made."""

    cycle_id: int | None
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Nothing that was looked at differs."""
        return bool(self.checks) and not self.failures

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.verdict is AuditVerdict.FAILED)

    @property
    def unchecked(self) -> tuple[Check, ...]:
        """The checks that could not be made here."""
        return tuple(check for check in self.checks if check.verdict is AuditVerdict.SKIPPED)

    @property
    def reason(self) -> str | None:
        """One sentence: which checks failed and the first difference of each; None if none did."""
        if not self.failures:
            return None
        parts = [f"{check.name}: {check.differences[0]}" for check in self.failures]
        return f"Cycle {self.cycle_id} does not pass its audit: {'; '.join(parts)}."

    @property
    def strict_reason(self) -> str | None:
        """As `reason`, where a check that could not be made counts as a failed one.

        Whoever acts on a cycle, as a validator does, needs this one: otherwise an operator gets a lie past the audit
        by keeping back what the audit needs.
        """
        if self.failures or not self.unchecked:
            return self.reason
        parts = [f"{check.name}: {check.detail}" for check in self.unchecked]
        return f"Cycle {self.cycle_id} could not be checked completely: {'; '.join(parts)}."
