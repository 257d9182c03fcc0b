"""What a survey showed: rates with intervals, faults and timings. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from kinitro.evaluation.outcomes import Outcome
from kinitro.evaluation.survey import Trial
from kinitro.scoring.intervals import normal_quantile, wilson_interval

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class EnvironmentSummary:
    """One environment, or all of them together. Faults of ours are not among the `episodes`."""

    env_id: str
    episodes: int
    successes: int
    success_rate: float | None
    """None without episodes."""
    interval: tuple[float, float]
    """Wilson, two-sided 95 %."""
    policy_faults: int
    evaluator_faults: int
    forfeits: int
    """Control steps lost, over all episodes."""
    reasons: dict[str, int]
    """Why episodes ended in a fault."""
    steps_to_success: float | None
    """Median."""
    policy_p95_ms: float | None
    """Median over the episodes of the 95th percentile of an answer's time."""


def summarize(name: str, trials: Sequence[Trial]) -> EnvironmentSummary:
    """Count and average."""
    counted = [trial.result for trial in trials if trial.result.outcome is not Outcome.EVALUATOR_FAULT]
    outcomes = Counter(trial.result.outcome for trial in trials)
    successes, episodes = outcomes[Outcome.SUCCESS], len(counted)
    lower, upper = wilson_interval(np.array(successes), np.array(episodes), normal_quantile((1 + CONFIDENCE) / 2))
    solved = [result.success_step for result in counted if result.success_step is not None]
    slow_ms = [result.timings.policy_p95_ms for result in counted if result.steps]
    return EnvironmentSummary(
        env_id=name,
        episodes=episodes,
        successes=successes,
        success_rate=successes / episodes if episodes else None,
        interval=(float(lower), float(upper)),
        policy_faults=outcomes[Outcome.POLICY_FAULT],
        evaluator_faults=outcomes[Outcome.EVALUATOR_FAULT],
        forfeits=sum(result.forfeits for result in counted),
        reasons=dict(Counter(trial.result.reason for trial in trials if trial.result.reason is not None)),
        steps_to_success=median(solved) if solved else None,
        policy_p95_ms=median(slow_ms) if slow_ms else None,
    )
