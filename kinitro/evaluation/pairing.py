"""Two success rates in the same episodes: the difference, and whether it is more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from kinitro.scoring.config import ScoringConfig
from kinitro.scoring.intervals import newcombe_interval
from kinitro.scoring.mcnemar import p_value

Verdict = Literal["better", "worse", "undecided"]


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """Two policies, `first` and `second`, in the same episodes of one environment, or of all of them together.

    Evaluator faults of either are not counted.
    """

    env_id: str
    """The environment's id; "all" for all of them."""
    episodes: int
    """The episodes that count for both."""
    first_successes: int
    second_successes: int
    only_first: int
    """Discordant episodes: solved by the first policy alone."""
    only_second: int
    difference: float
    """The second success rate less the first, from -1 to 1."""
    interval: tuple[float, float]
    """The 95 % interval of `difference`; see `newcombe_interval`."""
    p_value_better: float
    """The exact p-value of "the second is not better", one-sided as in the scoring rule."""
    p_value_worse: float
    verdict: Verdict
    """Whether the second policy is better or worse by the scoring rule's test between two miners."""


def compare_pairs(
    name: str, solved: Sequence[tuple[bool, bool]], level: Fraction, epsilon: float, config: ScoringConfig
) -> PairedComparison:
    """Compare two policies, or one policy under two conditions, with the scoring rule's test between two miners.

    name: of the environment, or "all".
    solved: for each episode whether the first and whether the second solved it.
    level: the significance level; the p-value of a verdict is below it.
    epsilon: the smallest difference of success rates that counts. As in the scoring rule, it is 0 where the episodes
        are of several environments.
    """
    both = sum(first and second for first, second in solved)
    losses, wins = sum(first and not second for first, second in solved), sum(b and not a for a, b in solved)
    better, worse = p_value(wins, losses), p_value(losses, wins)
    difference = (wins - losses) / max(1, len(solved))
    verdict: Verdict = "undecided"
    if abs(difference) > epsilon and min(better, worse) < level:
        verdict = "better" if wins > losses else "worse"
    return PairedComparison(
        env_id=name,
        episodes=len(solved),
        first_successes=both + losses,
        second_successes=both + wins,
        only_first=losses,
        only_second=wins,
        difference=difference,
        interval=newcombe_interval(both, losses, wins, len(solved), config.confidence),
        p_value_better=better,
        p_value_worse=worse,
        verdict=verdict,
    )
