"""Statuses of miners: made of a few reads for all miners together, so that it costs the same however many ask.

What may be told before the reveal, and to whom, is explained in docs/security.md.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from kinitro.api.metrics import FAULT_REASONS
from kinitro.client.messages import MinerCommitment, MinerProgress, MinerScore, MinerStatus
from kinitro.database.publications import PublicationStore
from kinitro.database.queries import Row
from kinitro.evaluation.fault_attribution import SIMULATION_FAILED, UNREACHABLE
from kinitro.policies.errors import Reason

KNOWN_REASONS = (
    *(reason.value for reason in Reason),
    *(f"{UNREACHABLE}:{reason.value}" for reason in Reason),
    *sorted(FAULT_REASONS | {SIMULATION_FAILED, "lease_expired"}),
)
"""All other reasons that executors report are counted together, as `other`."""


@dataclass(slots=True)
class _Counts:
    """A miner's tasks."""

    total: int = 0
    finished: int = 0
    faults: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """By whose fault it was (`policy_fault` or `void`), and by reason."""


@dataclass(frozen=True, slots=True)
class MinerOverview:
    """What all statuses are made of: the newest cycle with its miners and tasks, and the last published scores."""

    cycle: Row
    miners: list[Row]
    counts: dict[int, _Counts]
    scores: dict[str, Any] | None

    def find(self, miner: int | str) -> tuple[int, str] | None:
        """Find the uid and hotkey of a miner by either; None if neither cycle knows it."""
        scored = [(score["uid"], score["hotkey"]) for score in (self.scores or {}).get("miners", ())]
        for uid, hotkey in (*((row.uid, row.hotkey) for row in self.miners), *scored):
            if miner in (uid, hotkey):
                return uid, hotkey
        return None

    def describe(self, uid: int, hotkey: str, *, to_itself: bool) -> MinerStatus:
        """Describe a miner; `to_itself`: the miner asks, and is told its faults before the reveal, too."""
        cycle = self.cycle
        row = next((row for row in self.miners if row.hotkey == hotkey), None)
        takes_part = row is not None and row.excluded is None
        return MinerStatus(
            netuid=cycle.netuid,
            uid=uid,
            hotkey=hotkey,
            cycle_id=cycle.cycle_id,
            cycle_state=cycle.state,
            cycle_reason=cycle.reason,
            cycle_block=cycle.block,
            deadline_at=cycle.deadline_at.isoformat(),
            participants=sum(other.excluded is None for other in self.miners),
            commitment=None if row is None else self._describe_commitment(row),
            progress=self._describe_progress(uid, cycle.revealed or to_itself) if takes_part else None,
            last_cycle=None if self.scores is None else self.scores["cycle_id"],
            last_score=self._find_score(hotkey),
        )

    def _describe_commitment(self, row: Row) -> MinerCommitment:
        before = sum(
            other.excluded is None and (other.first_block or 0) < (row.first_block or 0) for other in self.miners
        )
        return MinerCommitment(
            first_block=row.first_block,
            repo=row.repo,
            revision=row.revision,
            endpoint=row.endpoint,
            excluded=row.excluded,
            place=before + 1 if row.excluded is None else None,
        )

    def _describe_progress(self, uid: int, with_faults: bool) -> MinerProgress:
        found = self.counts.get(uid, _Counts(total=self.cycle.planned))
        return MinerProgress(
            total=found.total,
            finished=found.finished,
            policy_faults=dict(found.faults["policy_fault"]) if with_faults else None,
            void=dict(found.faults["void"]) if with_faults else None,
        )

    def _find_score(self, hotkey: str) -> MinerScore | None:
        rows = (self.scores or {}).get("miners", ())
        found = next((score for score in rows if score["hotkey"] == hotkey), None)
        return None if found is None else MinerScore.model_validate(found)


async def read_overview(publications: PublicationStore) -> MinerOverview | None:
    """Read it: three small reads, and one pass over the newest cycle's tasks. None before the first cycle."""
    cycle = await publications.newest()
    if cycle is None:
        return None
    counts: dict[int, _Counts] = defaultdict(_Counts)
    for row in await publications.progress(cycle.cycle_id, KNOWN_REASONS):
        of_miner = counts[row.uid]
        of_miner.total += row.total
        of_miner.finished += row.finished
        if row.fault is not None:
            of_miner.faults[row.fault][row.reason] += row.total
    miners = [row for row in await publications.miners() if row.cycle_id == cycle.cycle_id]
    published = await publications.latest()
    return MinerOverview(cycle, miners, dict(counts), published.scores if published else None)
