"""The report of an evaluation: one HTML page with everything in it, which opens from a file and asks no server.

Names, reasons and details may come from a stranger's policy server. The template escapes all of them, and the page's
own policy forbids scripts and every request.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import median

from jinja2 import Environment, PackageLoader, StrictUndefined

from kinitro import __version__
from kinitro.evaluation.clips import Clip
from kinitro.evaluation.effect_plot import draw_effects
from kinitro.evaluation.outcomes import Outcome
from kinitro.evaluation.result_files import Provenance
from kinitro.evaluation.sensitivity import describe_effects, measure_effects
from kinitro.evaluation.summary import summarize_all
from kinitro.evaluation.survey import SurveyPlan, Trial

LISTED = 200
"""Most episodes without success that are listed."""
SHOWN_CHARACTERS = 300
"""Of a message of a policy server."""
UNSOLVED = "not solved within the horizon"


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """How often episodes of the environments ended without success for one reason, and an example of its message."""

    reason: str
    counts: list[int]
    """In the order of the plan's environments."""
    example: str


@dataclass(frozen=True, slots=True)
class LatencyRow:
    """How fast the policy answered in one environment, in milliseconds; the medians are over episodes."""

    env_id: str
    p50_ms: float
    p95_ms: float
    slowest_ms: float
    forfeits: int


def build_report(plan: SurveyPlan, trials: Sequence[Trial], provenance: Provenance, clips: Sequence[Clip]) -> str:
    """Return the page. It contains the films, so it takes a few MB."""
    whole = sorted((trial for trial in trials if trial.group is None), key=lambda trial: (trial.env_id, trial.episode))
    unsolved = [trial for trial in whole if trial.result.outcome is not Outcome.SUCCESS]
    effects = measure_effects(plan, trials) if plan.header.sensitivity else []
    return (
        _load_templates()
        .get_template("report.html")
        .render(
            version=__version__,
            header=plan.header,
            provenance=provenance,
            summaries=summarize_all(plan, trials),
            reasons=_count_reasons(plan, unsolved),
            latencies=_summarize_latencies(plan, whole),
            effects=effects,
            verdict=describe_effects(effects) if effects else "",
            plot=draw_effects(effects) if effects else "",
            clips=[(clip, base64.b64encode(clip.video).decode()) for clip in clips],
            unsolved=unsolved[:LISTED],
            more=max(0, len(unsolved) - LISTED),
            name_reason=_name_reason,
        )
    )


def _name_reason(trial: Trial) -> str:
    """Return why an episode was no success; for one that was, that it was."""
    if trial.result.outcome is Outcome.SUCCESS:
        return f"solved in {trial.result.success_step} steps"
    return trial.result.reason or UNSOLVED


def _count_reasons(plan: SurveyPlan, unsolved: Sequence[Trial]) -> list[ReasonRow]:
    """Return the reasons, the most frequent first."""
    counts = Counter((_name_reason(trial), trial.env_id) for trial in unsolved)
    totals = Counter(_name_reason(trial) for trial in unsolved)
    details = {_name_reason(trial): trial.result.detail for trial in unsolved if trial.result.detail}
    return [
        ReasonRow(
            reason,
            [counts[reason, env_id] for env_id, _ in plan.header.environments],
            (details.get(reason) or "")[:SHOWN_CHARACTERS],
        )
        for reason, _ in totals.most_common()
    ]


def _summarize_latencies(plan: SurveyPlan, trials: Sequence[Trial]) -> list[LatencyRow]:
    """Return a row for each environment in which the policy was asked."""
    rows = []
    for env_id, _ in plan.header.environments:
        results = [trial.result for trial in trials if trial.env_id == env_id and trial.result.steps]
        if results:
            timings = [result.timings for result in results]
            rows.append(
                LatencyRow(
                    env_id,
                    median(one.policy_p50_ms for one in timings),
                    median(one.policy_p95_ms for one in timings),
                    max(one.policy_max_ms for one in timings),
                    sum(result.forfeits for result in results),
                )
            )
    return rows


@cache
def _load_templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("kinitro.evaluation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = lambda share: "-" if share is None else f"{100 * share:.1f} %"
    environment.filters["points"] = lambda difference: f"{100 * difference:+.1f}"
    return environment
