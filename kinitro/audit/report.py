"""What an audit found: one verdict per check, and what differs, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

MAX_DIFFERENCES = 20
"""How many differences of one check are named; the others are only counted."""


class AuditVerdict(StrEnum):
    """The result of one check.

    `SKIPPED` means that the check cannot be made here, for a reason that trying again does not change, such as a
    simulator that is not installed. `UNAVAILABLE` means that the API, the chain's node or this machine failed while the
    check was made: it says nothing about the operator, and may work later. Neither of the two means that the check
    passed; the check's detail says what was missing.
    """

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Check:
    """One check of an audit: its verdict, what was looked at, and the differences that were found."""

    name: str
    verdict: AuditVerdict
    detail: str
    differences: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str, detail: str, differences: Sequence[str]) -> Check:
        """A check that was made: failed if there are differences, otherwise passed."""
        if not differences:
            return cls(name, AuditVerdict.PASSED, detail)
        shown = tuple(differences[:MAX_DIFFERENCES])
        if len(differences) > len(shown):
            shown += (f"and {len(differences) - len(shown)} more",)
        return cls(name, AuditVerdict.FAILED, detail, shown)

    @classmethod
    def skipped(cls, name: str, reason: str) -> Check:
        """A check that cannot be made here, and why."""
        return cls(name, AuditVerdict.SKIPPED, reason)

    @classmethod
    def unavailable(cls, name: str, reason: str) -> Check:
        """A check for which something could not be had at the moment, and what that was."""
        return cls(name, AuditVerdict.UNAVAILABLE, reason)


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The checks of one cycle, in the order in which they were made."""

    cycle_id: int | None
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether checks were made, none of them failed, and none was unavailable."""
        return bool(self.checks) and not self.failures and not self.unavailable

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.verdict is AuditVerdict.FAILED)

    @property
    def unchecked(self) -> tuple[Check, ...]:
        """The checks that cannot be made here."""
        return tuple(check for check in self.checks if check.verdict is AuditVerdict.SKIPPED)

    @property
    def unavailable(self) -> tuple[Check, ...]:
        """The checks for which something could not be had at the moment."""
        return tuple(check for check in self.checks if check.verdict is AuditVerdict.UNAVAILABLE)

    @property
    def reason(self) -> str | None:
        """One sentence: which checks failed and the first difference of each; None if none did."""
        if not self.failures:
            return None
        parts = [f"{check.name}: {check.differences[0]}" for check in self.failures]
        return f"Cycle {self.cycle_id} does not pass its audit: {'; '.join(parts)}."

    @property
    def strict_reason(self) -> str | None:
        """As `reason`, except that a check that cannot be made here counts as a failed one.

        Whoever acts on a cycle, as a validator does, needs this one: otherwise an operator gets a lie past the audit
        by keeping back what the audit needs.
        """
        if self.failures or not self.unchecked:
            return self.reason
        parts = [f"{check.name}: {check.detail}" for check in self.unchecked]
        return f"Cycle {self.cycle_id} could not be checked completely: {'; '.join(parts)}."

    @property
    def unavailable_reason(self) -> str | None:
        """One sentence: what could not be had; None if everything could, or if a check failed, which is worse."""
        if self.failures or not self.unavailable:
            return None
        parts = [f"{check.name}: {check.detail}" for check in self.unavailable]
        which = "The newest cycle" if self.cycle_id is None else f"Cycle {self.cycle_id}"
        return f"{which} could not be audited now ({'; '.join(parts)}). This says nothing about the cycle: try again."
