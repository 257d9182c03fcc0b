"""Which factor breaks a policy: the same episodes with one group of the randomization at a time.

Every group is compared with the placement alone, in episodes with the same seeds. So the placement is the same in both,
and what differs is what was drawn for the group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from kinitro.environments.randomization import GROUPS
from kinitro.evaluation.outcomes import Outcome
from kinitro.evaluation.pairing import PairedComparison, compare_pairs
from kinitro.evaluation.survey import PLACEMENT, SurveyPlan, Trial
from kinitro.scoring.config import ScoringConfig

EVERYTHING = "everything"
"""The name of the whole level where its effect is shown."""


@dataclass(frozen=True, slots=True)
class FactorEffect:
    """What one group does to the success rate. In the comparisons, the placement alone is first, the group second.

    The significance level is shared among the groups, and within a group among the environments.
    """

    group: str
    """One of GROUPS, or EVERYTHING."""
    overall: PairedComparison
    environments: list[PairedComparison]

    @property
    def worse_in(self) -> list[str]:
        """The environments in which the policy is significantly worse with the group."""
        return [row.env_id for row in self.environments if row.verdict == "worse"]


def measure_effects(
    plan: SurveyPlan,
    trials: Sequence[Trial],
    config: ScoringConfig = ScoringConfig(),  # noqa: B008 - immutable
) -> list[FactorEffect]:
    """Compare every group with the placement alone: the largest loss first, and the whole level at the end.

    Episodes without a result because of a fault of the machine do not count.
    """
    solved: dict[str | None, dict[tuple[str, int], bool]] = {group: {} for group in (PLACEMENT, *GROUPS, None)}
    for trial in trials:
        if trial.result.outcome is not Outcome.EVALUATOR_FAULT:
            solved[trial.group][trial.env_id, trial.episode] = trial.result.outcome is Outcome.SUCCESS
    names = [env_id for env_id, _ in plan.header.environments]
    level = Fraction(config.alpha) / (len(GROUPS) + 1)

    def compare(group: str | None) -> FactorEffect:
        pairs = {
            env_id: [
                (alone, solved[group][key])
                for key, alone in solved[PLACEMENT].items()
                if key[0] == env_id and key in solved[group]
            ]
            for env_id in names
        }
        return FactorEffect(
            group or EVERYTHING,
            compare_pairs("all", [pair for found in pairs.values() for pair in found], level, 0.0, config),
            [
                compare_pairs(env_id, found, level / len(names), config.min_epsilon, config)
                for env_id, found in pairs.items()
            ],
        )

    effects = sorted(map(compare, GROUPS), key=lambda effect: effect.overall.difference)
    return [*effects, compare(None)]


def describe_effects(effects: Sequence[FactorEffect]) -> str:
    """Return in a sentence which factors break the policy."""
    *alone, everything = effects
    found = [effect for effect in alone if effect.overall.verdict == "worse"]
    if found:
        parts = (f"{effect.group} ({100 * effect.overall.difference:+.1f} points)" for effect in found)
        return f"What breaks this policy: {', '.join(parts)}."
    if everything.overall.verdict == "worse":
        return "No factor alone breaks this policy more than chance would, but all together do."
    return "No factor breaks this policy more than chance would; more episodes find smaller effects."
