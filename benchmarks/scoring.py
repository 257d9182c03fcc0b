"""How fast cycles are scored, how much memory it takes, and that the points are those of an enumeration.

    python benchmarks/scoring.py

Seconds are CPU seconds of this process (scoring runs on one core); limits are those that the project promises.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from kinitro.scoring import ScoringConfig, points, score_cycle
from kinitro.scoring.points import award_subsets
from kinitro.scoring.simulation import simulate_outcomes
from kinitro.scoring.speed import SPEED_MARGIN

Bools = npt.NDArray[np.bool_]
CONFIG = ScoringConfig(speed_margin=SPEED_MARGIN)
MEMORY_LIMIT_MIB = 1024
SPEED_LIMITS_S = {256: 0.5, 1000: 5.0}
TOO_SLOW = "      too slow:"


def skill_like(spread: float) -> Callable[[int, int, int, np.random.Generator], Bools]:
    """Miners of different skill with strong and weak environments; hard episodes are hard for all."""

    def outcomes(miners: int, environments: int, episodes: int, rng: np.random.Generator) -> Bools:
        skill = rng.beta(2, 2, (miners, 1)) + rng.normal(0, spread, (miners, environments))
        return simulate_outcomes(np.clip(skill, 0, 1), episodes, 0.5, rng)

    return outcomes


def crowded(spread: float) -> Callable[[int, int, int, np.random.Generator], Bools]:
    """Most miners near 90 %, each with strong and weak environments of its own."""

    def outcomes(miners: int, environments: int, episodes: int, rng: np.random.Generator) -> Bools:
        skill = 0.9 - rng.exponential(0.1, (miners, 1)) + rng.normal(0, spread, (miners, environments))
        return simulate_outcomes(np.clip(skill, 0, 1), episodes, 0.5, rng)

    return outcomes


def independent(rate: float) -> Callable[[int, int, int, np.random.Generator], Bools]:
    def outcomes(miners: int, environments: int, episodes: int, rng: np.random.Generator) -> Bools:
        return rng.random((miners, environments, episodes)) < rate

    return outcomes


def independent_rates(miners: int, environments: int, episodes: int, rng: np.random.Generator) -> Bools:
    return rng.random((miners, environments, episodes)) < rng.random((miners, environments, 1))


def patchwork(share: float) -> Callable[[int, int, int, np.random.Generator], Bools]:
    """Everybody is excellent on a random share of the environments and poor elsewhere: an attack on the count."""

    def outcomes(miners: int, environments: int, episodes: int, rng: np.random.Generator) -> Bools:
        good = rng.random((miners, environments, 1)) < share
        return rng.random((miners, environments, episodes)) < np.where(good, 0.95, 0.3)

    return outcomes


KINDS: dict[str, Callable[[int, int, int, np.random.Generator], Bools]] = {
    "skill-like": skill_like(0.1),
    "skill-like, spread 5 %": skill_like(0.05),
    "skill-like, spread 15 %": skill_like(0.15),
    "skill-like, spread 20 %": skill_like(0.2),
    "skill-like, spread 30 %": skill_like(0.3),
    "crowded at 90 %, spread 3 %": crowded(0.03),
    "crowded at 90 %, spread 10 %": crowded(0.1),
    "independent, 50 %": independent(0.5),
    "independent, 10 %": independent(0.1),
    "independent, random rates": independent_rates,
    "patchwork, half": patchwork(0.5),
    "patchwork, 80 %": patchwork(0.8),
    "patchwork, 95 %": patchwork(0.95),
}


def time_cycles() -> Iterator[str]:
    for miners, limit_s in SPEED_LIMITS_S.items():
        for kind, make in KINDS.items():
            rng = np.random.default_rng(0)
            outcomes, blocks = make(miners, 50, 100, rng), rng.integers(0, 10**6, miners)
            steps = rng.integers(20, 200, outcomes.shape)
            began = time.process_time()
            scores = score_cycle(outcomes, blocks, CONFIG, steps=steps)
            spent_s = time.process_time() - began
            earning = int((scores.points > 0).sum())
            how = "estimated" if scores.estimated else "exact"
            yield f"{miners:>5} x 50 x 100  {kind:<28} {spent_s:6.2f} s  {earning:>4} earn  {how}"
            if spent_s >= limit_s:
                yield f"{TOO_SLOW} the limit is {limit_s} s"


def enumerated(leaders: Bools, priority: npt.NDArray[np.int64], config: ScoringConfig) -> list[int]:
    """Points by looking at every subset of environments."""
    found = [0] * len(leaders)
    leads = [sum(1 << n for n in np.flatnonzero(row).tolist()) for row in leaders]
    for subset in range(1, 1 << leaders.shape[1]):
        winner = next((miner for miner in priority if subset & ~leads[miner] == 0), None)
        if winner is not None:
            found[winner] += config.worth(subset.bit_count())
    return found


def compare_with_enumeration() -> Iterator[str]:
    config, rng = ScoringConfig(), np.random.default_rng(1)
    for environments in (4, 8, 12):
        for density in (0.3, 0.6, 0.9):
            leaders, priority = rng.random((30, environments)) < density, rng.permutation(30)
            assert list(award_subsets(leaders, priority, config).points) == enumerated(leaders, priority, config)
    yield "Points equal those of an enumeration for 4, 8 and 12 environments, 30 miners, leads of three densities."
    for density in (0.6, 0.9):
        leaders, priority = rng.random((64, 16)) < density, rng.permutation(64)
        spent: dict[str, float] = {}
        found: dict[str, list[int]] = {}
        for how, award in {
            "enumeration": lambda: enumerated(leaders, priority, config),  # noqa: B023
            "table": lambda: list(award_subsets(leaders, priority, config).points),  # noqa: B023
            "diagram": lambda: _counted(leaders, priority, config),  # noqa: B023
        }.items():
            began = time.process_time()
            found[how] = award()
            spent[how] = time.process_time() - began
        assert found["enumeration"] == found["table"] == found["diagram"]
        yield (
            f"16 environments, 64 miners, leading {density:.0%}: enumeration {spent['enumeration']:.2f} s, "
            + ", ".join(
                f"{how} {spent[how] * 1000:.1f} ms ({spent['enumeration'] / spent[how]:,.0f} times faster)"
                for how in ("table", "diagram")
            )
        )


def _counted(leaders: Bools, priority: npt.NDArray[np.int64], config: ScoringConfig) -> list[int]:
    """With the method for more than 20 environments."""
    listed, points.MAX_LISTED = points.MAX_LISTED, 0
    try:
        return list(award_subsets(leaders, priority, config, steps=10**9).points)
    finally:
        points.MAX_LISTED = listed


def main() -> None:
    score_cycle(np.ones((2, 2, 2), dtype=np.bool_), [1, 2])  # import and first-call costs
    for line in compare_with_enumeration():
        print(line, flush=True)
    too_slow = 0
    for line in time_cycles():
        print(line, flush=True)
        too_slow += line.startswith(TOO_SLOW)
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"Peak memory {peak_mib:.0f} MiB, of which the made-up outcomes take the larger part.")
    assert peak_mib < MEMORY_LIMIT_MIB
    assert not too_slow, f"{too_slow} cycles took too long"


if __name__ == "__main__":
    main()
