"""Which episodes an auditor replays: those where a lie would pay, each by chance, so that no operator can foresee it.

Who is paid follows from comparisons of two policies' successes: on each environment, of everybody with the best; over
all environments, of the leaders with each other; and of everybody with the reference (docs/scoring.md). A lie that
changes the weights must turn one of them. For each comparison the published results tell how many of them must be false
if it came out differently in truth: its *distance* d. If each result that may be one of them is replayed with the
probability

    1 - missed ** (1 / d)

then all d false ones are passed over with probability `missed` at most, whichever they are. This is the idea of a
risk-limiting audit of an election: the closer the race, the more is looked at (M. Lindeman, P. B. Stark, IEEE Security
& Privacy 10:5 (2012), 42-49).
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kinitro.audit.distances import measure_distances
from kinitro.client.records import Manifest, ResultRow
from kinitro.client.verdicts import VerdictRow, count_verdicts
from kinitro.cycles.scorecard import arrange_results, list_participants, list_players, list_steps
from kinitro.evaluation.outcomes import Outcome
from kinitro.scoring.config import ScoringConfig

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

VALIDATORS = 3
FOUND_TOGETHER = 0.99
MISSED_BY_ONE = (1 - FOUND_TOGETHER) ** (1 / VALIDATORS)
"""Three validators that each miss a lie with this probability, 0.215, find it together with probability 0.99."""
CLOSE = 10
"""Policy faults without a trace are mentioned where this many of them, or fewer, would change who is paid most."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Replay probabilities of one cycle's results, by miner, environment and published outcome."""

    uids: dict[int, int]
    environments: dict[str, int]
    success: FloatArray
    """(M, N), and a row for the reference if there is one."""
    failure: FloatArray
    """The same."""
    complete: BoolArray
    """(N, K): the episodes that count."""
    missed: float

    def probability(self, row: ResultRow) -> float:
        """The probability with which this result is replayed."""
        miner, environment = self.uids.get(row.uid), self.environments.get(row.env_id)
        if miner is None or environment is None or not 0 <= row.episode < self.complete.shape[1]:
            return 0.0
        if not self.complete[environment, row.episode]:
            return 0.0
        table = self.success if row.outcome == int(Outcome.SUCCESS) else self.failure
        return float(table[miner, environment])

    @property
    def description(self) -> str:
        """The probability that a lie is found, in words."""
        return f"one auditor with {1 - self.missed:.1%}, by {VALIDATORS} with {1 - self.missed**VALIDATORS:.2%}"

    def count_untraced(self, rows: Iterable[ResultRow]) -> int:
        """Count the policy faults without a trace where a lie would pay, which nobody can replay."""
        faults = (row for row in rows if row.outcome == int(Outcome.POLICY_FAULT) and row.trace_sha256 is None)
        return sum(self.probability(row) >= 1 - self.missed ** (1 / CLOSE) for row in faults)

    def choose(self, rows: Sequence[ResultRow], randomness: random.Random) -> list[ResultRow]:
        """Draw each result independently; `randomness` must not be foreseeable by an operator."""
        return [row for row in rows if randomness.random() < self.probability(row)]


def plan_sample(
    manifest: Manifest, rows: Sequence[ResultRow], verdicts: Iterable[VerdictRow], missed: float = MISSED_BY_ONE
) -> Plan:
    """Plan which published results to replay; `missed` is the probability that a lie about who leads goes unseen.

    Raises TypeError or InvalidScoringConfig for a configuration that allows no scores.
    """
    miners, config = list_participants(manifest.miners), manifest.config
    found = arrange_results(config, miners, rows)
    counts = count_verdicts(verdicts, config.verification)
    disqualified = [miner.uid in counts and counts[miner.uid].disqualified for miner in miners]
    distances = measure_distances(
        found.solved & found.complete,
        np.array([miner.first_block or 0 for miner in miners], dtype=np.int64),
        ScoringConfig(**config.scoring),
        episodes=found.complete.sum(axis=1),
        chance=np.array([environment.random_success for environment in config.environments], dtype=np.float64),
        disqualified=np.array(disqualified, dtype=np.bool_),
        reference=None if found.reference is None else found.reference & found.complete,
        steps=list_steps(found),
    )
    return Plan(
        uids={uid: index for index, uid in enumerate(list_players(config, miners))},
        environments={environment.id: index for index, environment in enumerate(config.environments)},
        success=1 - missed ** (1 / np.vstack([distances.successes, distances.reference_successes])),
        failure=1 - missed ** (1 / np.vstack([distances.failures, distances.reference_failures])),
        complete=found.complete,
        missed=missed,
    )
