"""Summarizes a survey: success rates with intervals, faults and timings. It does no input or output."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from kinitro.evaluation.outcomes import Outcome
from kinitro.evaluation.survey import SurveyPlan, Trial
from kinitro.scoring.intervals import normal_quantile, wilson_interval

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class EnvironmentSummary:
    """The summary of one environment, or of all of them together. Evaluator faults are not among the `episodes`."""

    env_id: str
    episodes: int
    successes: int
    success_rate: float | None
    """None if there are no episodes."""
    interval: tuple[float, float]
    """The two-sided 95 % Wilson interval of the success rate."""
    policy_faults: int
    evaluator_faults: int
    forfeits: int
    """The number of forfeited control steps in all episodes."""
    reasons: dict[str, int]
    """How many episodes ended with each reason."""
    steps_to_success: float | None
    """The median number of steps of the successful episodes; None if there is none."""
    policy_p95_ms: float | None
    """The median over all episodes of the 95th percentile of the time of an answer."""


def summarize(name: str, trials: Sequence[Trial]) -> EnvironmentSummary:
    """Summarize trials of the environment `name`, or of several under that name."""
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


def summarize_all(plan: SurveyPlan, trials: Sequence[Trial]) -> list[EnvironmentSummary]:
    """Summarize every environment of a survey, and then all together under the name "all".

    Episodes with less drawn than the survey's whole level do not count.
    """
    whole = [trial for trial in trials if trial.group is None]
    rows = [
        summarize(env_id, [trial for trial in whole if trial.env_id == env_id])
        for env_id, _ in plan.header.environments
    ]
    return [*rows, summarize("all", whole)]
