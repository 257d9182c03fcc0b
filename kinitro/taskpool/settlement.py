"""Sequential cycles: who plays no more on which environment, for the scheduler that decides and auditors who check.

A pair of a miner and an environment is settled when none of its further episodes can change what `open_pairs` says. Its
tasks are then skipped. Should it become open again, because an episode is void after all or the miner that beat it is
disqualified, they are given out after all; a cycle in which skipped tasks of an open pair remain has no scores.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kinitro.evaluation.outcomes import Outcome
from kinitro.scoring import ScoringConfig, open_pairs
from kinitro.taskpool.records import SKIPPED, VOID, CycleConfig

RESULTS = (Outcome.SUCCESS, Outcome.FAILURE, Outcome.POLICY_FAULT)
"""Outcomes that are results; the others leave an episode incomplete."""

BoolArray = npt.NDArray[np.bool_]
OutcomeTable = npt.NDArray[np.uint8]
"""Stored outcomes (M, N, K) of the miners that take part, in order of uid; 0 where there is none yet."""


def void_episodes(outcomes: OutcomeTable) -> BoolArray:
    """(N, K): our own faults kept at least one miner from a result."""
    return np.asarray(np.any(outcomes == VOID, axis=0), dtype=np.bool_)


def settle(config: CycleConfig, outcomes: OutcomeTable, disqualified: BoolArray) -> tuple[BoolArray, BoolArray]:
    """(M, N) each: pairs whose unfinished tasks are to be skipped, and pairs whose skipped ones must be run after all.

    `disqualified`: bool (M,). In a cycle that is over, the latter were stopped although the results settle nothing.
    """
    void = void_episodes(outcomes)
    still_open = open_pairs(
        outcomes == Outcome.SUCCESS,
        np.isin(outcomes, RESULTS),
        ScoringConfig(**config.scoring),
        valid=~void,
        chance=[environment.random_success for environment in config.environments],
        disqualified=disqualified,
    )
    unfinished = (outcomes == 0).any(axis=2)
    skipped = ((outcomes == SKIPPED) & ~void).any(axis=2)
    return ~still_open & unfinished, still_open & skipped
