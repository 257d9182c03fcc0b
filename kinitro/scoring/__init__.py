"""Pure mathematics: outcomes -> leaders -> points -> weights. No clock, no network, no global RNG.

`docs/scoring.md` explains the rule; `score_cycle` is the rule.
"""

from kinitro.scoring.config import ScoringConfig, SubsetWeighting
from kinitro.scoring.cycle import CycleScores, score_cycle
from kinitro.scoring.errors import InvalidScoringConfig, InvalidScoringInput
from kinitro.scoring.explanations import (
    EnvironmentExplanation,
    MinerExplanation,
    ReferenceStanding,
    RivalExplanation,
    SpeedStanding,
    SubsetExplanation,
    explain_cycle,
)
from kinitro.scoring.weights import to_u16

__all__ = [
    "CycleScores",
    "EnvironmentExplanation",
    "InvalidScoringConfig",
    "InvalidScoringInput",
    "MinerExplanation",
    "ReferenceStanding",
    "RivalExplanation",
    "ScoringConfig",
    "SpeedStanding",
    "SubsetExplanation",
    "SubsetWeighting",
    "explain_cycle",
    "score_cycle",
    "to_u16",
]
