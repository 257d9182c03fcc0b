"""Made-up cycles, to show and to measure the rule."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt


def simulate_outcomes(
    success_rates: npt.ArrayLike, episodes: int, shared_difficulty: float, rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """Simulate outcomes, bool (M, N, episodes), of miners with `success_rates` (M, N).

    Miner m solves episode k of environment n when sqrt(r) d[n, k] + sqrt(1 - r) e[m, n, k] is below the normal
    quantile of its rate, with d and e standard normal and r = `shared_difficulty` in [0, 1]: at 0 miners fail
    independently, at 1 an episode that is hard for one is hard for all.
    """
    rates = np.asarray(success_rates, dtype=np.float64)
    quantile = NormalDist().inv_cdf
    limits = np.array([quantile(rate) if 0 < rate < 1 else np.inf * (2 * rate - 1) for rate in rates.flat])
    shared = rng.standard_normal((1, rates.shape[1], episodes))
    own = rng.standard_normal((*rates.shape, episodes))
    latent = np.sqrt(shared_difficulty) * shared + np.sqrt(1 - shared_difficulty) * own
    return np.asarray(latent < limits.reshape(*rates.shape, 1), dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class MadeUpMiner:
    """One miner of a made-up cycle."""

    kind: str
    success_rates: tuple[float, ...]
    """One per environment."""
    first_block: int
    copy_of: int | None = None
    """The index of the miner whose outcomes it copies exactly; None for an own policy."""


def make_up_miners(miners: int, environments: int, rng: np.random.Generator) -> list[MadeUpMiner]:
    """Make up the kinds of miners that a rule must tell apart, then random ones."""
    everywhere = np.ones(environments)
    special = np.where(np.arange(environments) == 0, 0.99, 0.0)
    cast = [
        MadeUpMiner("generalist", tuple(0.7 * everywhere), 1000),
        MadeUpMiner("exact copy of 0", tuple(0.7 * everywhere), 2000, copy_of=0),
        MadeUpMiner("noisy copy of 0", tuple(0.7 * everywhere), 3000),
        MadeUpMiner("10 points better", tuple(0.8 * everywhere), 4000),
        MadeUpMiner("early specialist", tuple(special), 10),
        MadeUpMiner("squatter at 0 %", tuple(0 * everywhere), 1),
        MadeUpMiner("idle", tuple(0 * everywhere), 5000),
    ]
    for number in range(len(cast), miners):
        rates = rng.beta(3, 3) + rng.normal(0, 0.1, environments)
        cast.append(MadeUpMiner("random", tuple(np.clip(rates, 0, 1)), 5000 + number))
    return cast[:miners]
