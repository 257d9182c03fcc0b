"""How many episodes an audit replays, by number of miners: `python benchmarks/audit_sample.py`.

Eight environments of 50 episodes. A success is counted as 100 control steps, a failure as 500, and a core replays 3000
of them per second (`benchmarks/traces.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from kinitro.audit.sampling import MISSED_BY_ONE, measure_distances
from kinitro.scoring import ScoringConfig

ENVIRONMENTS, EPISODES = 8, 50
SUCCESS_STEPS, FAILURE_STEPS, STEPS_PER_S = 100, 500, 3000


def fields(miners: int, choose: np.random.Generator) -> Iterator[tuple[str, npt.NDArray[np.float64]]]:
    """Success rates (M, N) of three kinds of competition."""
    spread = choose.uniform(0.05, 0.9, (miners, 1)) + choose.normal(0, 0.05, (miners, ENVIRONMENTS))
    yield "all skills", np.clip(spread, 0.01, 0.98)
    yield "all alike", np.full((miners, ENVIRONMENTS), 0.6)
    ahead = np.full((miners, ENVIRONMENTS), 0.4)
    ahead[0] = 0.8
    yield "one ahead", ahead


def main() -> None:
    """Print a table in Markdown."""
    choose = np.random.default_rng(1)
    print("| miners | competition | one of three validators | a lone auditor | of results |")
    print("|---|---|---|---|---|")
    for miners in (5, 20, 64, 256):
        for name, rates in fields(miners, choose):
            solved = choose.random((miners, ENVIRONMENTS, EPISODES)) < rates[:, :, None]
            distances = measure_distances(
                solved,
                choose.permutation(miners),
                ScoringConfig(),
                episodes=np.full(ENVIRONMENTS, EPISODES),
                chance=np.zeros(ENVIRONMENTS),
                disqualified=np.zeros(miners, dtype=np.bool_),
            )
            least = np.where(solved, distances.successes[:, :, None], distances.failures[:, :, None])
            steps = np.where(solved, SUCCESS_STEPS, FAILURE_STEPS)
            cells = []
            for missed in (MISSED_BY_ONE, 0.01):
                replayed = 1 - missed ** (1 / least)
                cells.append(f"{replayed.sum():,.0f}, {(replayed * steps).sum() / STEPS_PER_S / 60:.1f} min")
            print(f"| {miners} | {name} | {' | '.join(cells)} | {solved.size:,} |")


if __name__ == "__main__":
    main()
