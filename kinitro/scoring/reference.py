"""Every miner against the reference: a policy that anybody can download. Who is not better than it earns nothing."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from kinitro.scoring.comparison import SignificanceLevels, find_better, list_rows
from kinitro.scoring.config import ScoringConfig
from kinitro.scoring.mcnemar import critical_wins

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ReferenceComparison:
    """M miners on N environments against the reference, on the same episodes."""

    successes: IntArray
    """(N,): episodes that the reference solved."""
    only_miner: IntArray
    """(M, N): episodes that the miner solved and the reference did not."""
    only_reference: IntArray
    """(M, N): episodes that the reference solved and the miner did not."""
    levels: SignificanceLevels
    """The significance levels of the tests on one environment and on all together."""
    beaten: BoolArray
    """(M, N): the miner is better than the reference on this environment, by more than noise."""
    beaten_overall: BoolArray
    """(M,): the miner is better than the reference on all environments taken together, by more than noise."""

    @property
    def passed(self) -> BoolArray:
        """(M, N): the miner is better on this environment, or overall."""
        return np.asarray(self.beaten | self.beaten_overall[:, None], dtype=np.bool_)


def compare_with_reference(
    solved: BoolArray, reference: BoolArray, episodes: IntArray, qualified: BoolArray, config: ScoringConfig
) -> ReferenceComparison:
    """Compare every miner with the reference.

    solved:    (M, N, K), false where an episode does not count.
    reference: (N, K), false where an episode does not count.
    episodes:  (N,), how many episodes count.
    qualified: (M, N), who is above the other floors. The significance level is shared among these miners.
    """
    only_miner = (solved & ~reference).sum(axis=2, dtype=np.int64)
    only_reference = (~solved & reference).sum(axis=2, dtype=np.int64)
    levels = share_levels(solved, reference, qualified, config.alpha)
    critical = critical_wins(int(episodes.max(initial=0)), levels.environment)
    beaten = np.zeros_like(qualified)
    for n, counted in enumerate(episodes):
        wins, losses = only_miner[:, n], only_reference[:, n]
        beaten[:, n] = find_better(wins, losses, int(counted), critical, config.min_epsilon)
    wins, losses = only_miner.sum(axis=1), only_reference.sum(axis=1)
    pooled = critical_wins(int((wins + losses).max(initial=0)), levels.overall)
    return ReferenceComparison(
        successes=reference.sum(axis=1, dtype=np.int64),
        only_miner=only_miner,
        only_reference=only_reference,
        levels=levels,
        beaten=beaten,
        beaten_overall=np.asarray(wins >= pooled[wins + losses], dtype=np.bool_),
    )


def share_levels(solved: BoolArray, reference: BoolArray, qualified: BoolArray, alpha: float) -> SignificanceLevels:
    """Divide alpha among all tests against the reference (Bonferroni).

    One half goes to the tests on single environments, the other half to those on all together. Miners that are not
    qualified, exact copies of others and exact copies of the reference do not count.
    """
    rows = list_rows(solved, qualified) - list_rows(reference[None], np.ones((1, len(reference)), dtype=np.bool_))
    overall = Fraction(alpha) / (2 * max(1, len(rows)))
    return SignificanceLevels(environment=overall / max(1, solved.shape[1]), overall=overall)
