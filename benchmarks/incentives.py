"""What the rule pays for: theft by copies and the power to notice real improvements, by Monte-Carlo simulation.

    python benchmarks/incentives.py [--simulations 300]

Prints a Markdown table, which docs/scoring.md keeps. Every cell is simulated with the shipped code: 8 environments,
n episodes on each, latent difficulty of an episode shared between the miners with weight rho. Later miners have later
first blocks. Steps to success have noise of 15 %. "First place" is the largest weight. The standard error of a share
p is sqrt(p (1 - p) / simulations).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kinitro.scoring import CycleScores, ScoringConfig, score_cycle
from kinitro.scoring.simulation import simulate_outcomes
from kinitro.scoring.speed import SPEED_MARGIN

CONFIG = ScoringConfig(speed_margin=SPEED_MARGIN)
ENVIRONMENTS = 8
EPISODES = (50, 100, 200)
SHARED_DIFFICULTY = (0.0, 0.5, 0.8)


@dataclass(frozen=True)
class Story:
    """Success rates of miners in order of their first blocks, and what is measured of a cycle's scores."""

    name: str
    success_rates: list[list[float]]
    measure: Callable[[CycleScores], float]
    reference: float | None = None
    """The success rate of the reference everywhere; None: there is none."""
    faster: float = 0.0
    """By what share the last miner needs fewer steps than the others."""


def everywhere(*rates: float) -> list[list[float]]:
    return [[rate] * ENVIRONMENTS for rate in rates]


def first_place(miner: int) -> Callable[[CycleScores], float]:
    return lambda scores: float(scores.weights.argmax() == miner)


def weight(miner: int) -> Callable[[CycleScores], float]:
    return lambda scores: float(scores.weights[miner])


def anybody(scores: CycleScores) -> float:
    return float(scores.weights.any())


STORIES = (
    Story("20 noisy copies at 60 %: the original keeps first place", everywhere(*[0.6] * 21), first_place(0)),
    Story("5 points better everywhere takes first place", everywhere(0.6, 0.65), first_place(1)),
    Story("10 points better everywhere", everywhere(0.6, 0.7), first_place(1)),
    Story("5 points better than 19 equals", everywhere(*[0.6] * 19, 0.65), first_place(19)),
    Story("10 points better than 19 equals", everywhere(*[0.6] * 19, 0.7), first_place(19)),
    Story(
        "10 points better on one environment only: its weight",
        [[0.6] * ENVIRONMENTS, [0.7] + [0.6] * (ENVIRONMENTS - 1)],
        weight(1),
    ),
    Story("as good and 5 % faster takes first place", everywhere(0.9, 0.9), first_place(1), faster=0.05),
    Story("as good and 10 % faster", everywhere(0.9, 0.9), first_place(1), faster=0.1),
    Story("as good as 19 equals and 10 % faster", everywhere(*[0.9] * 20), first_place(19), faster=0.1),
    Story("with a reference at 60 %, 20 noisy copies of it: one of them earns", everywhere(*[0.6] * 20), anybody, 0.6),
    Story("with it, 5 points better than it and first", everywhere(0.65), anybody, 0.6),
    Story("with it, 10 points better, after 19 noisy copies", everywhere(*[0.6] * 19, 0.7), first_place(19), 0.6),
)


def simulate(story: Story, episodes: int, shared_difficulty: float, simulations: int) -> float:
    """The mean of what the story measures."""
    total = 0.0
    for simulation in range(simulations):
        rng = np.random.default_rng([simulation, episodes, round(100 * shared_difficulty)])
        beside = [] if story.reference is None else everywhere(story.reference)
        outcomes = simulate_outcomes([*story.success_rates, *beside], episodes, shared_difficulty, rng)
        outcomes, reference = outcomes[: len(story.success_rates)], outcomes[-1] if beside else None
        paces = np.ones(len(outcomes))
        paces[-1] -= story.faster
        steps = simulate_steps(paces, outcomes.shape, rng)
        total += story.measure(
            score_cycle(outcomes, np.arange(len(outcomes)), CONFIG, reference=reference, steps=steps)
        )
    return total / simulations


def simulate_steps(
    paces: npt.NDArray[np.float64], shape: tuple[int, ...], rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Steps to success: of an episode 40 to 120, the same for all, times the miner's pace, times noise of 15 %."""
    length = rng.uniform(40, 120, (1, *shape[1:]))
    noise = 1 + 0.15 * rng.standard_normal(shape)
    return np.maximum(1, paces[:, None, None] * length * noise).astype(np.int64)


def improvements_that_cost(simulations: int) -> int:
    """In how many made-up cycles a miner that solves one to five more episodes of one environment loses points."""
    losses = 0
    for simulation in range(simulations):
        rng = np.random.default_rng([simulation, 77])
        rates = np.clip(rng.uniform(0.4, 0.7) + rng.normal(0, 0.06, (6, ENVIRONMENTS)), 0, 1)
        outcomes, blocks = simulate_outcomes(rates, 100, 0.5, rng), rng.permutation(6)
        steps = simulate_steps(np.ones(6), outcomes.shape, rng)
        before = score_cycle(outcomes, blocks, CONFIG, steps=steps)
        miner, environment = int(before.points.argmax()), int(rng.integers(ENVIRONMENTS))
        failed = np.flatnonzero(~outcomes[miner, environment])
        outcomes[miner, environment, rng.permutation(failed)[: rng.integers(1, 6)]] = True
        losses += score_cycle(outcomes, blocks, CONFIG, steps=steps).points[miner] < before.points[miner]
    return losses


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=300, help="per cell")
    simulations = parser.parse_args().simulations
    heads = [f"n = {episodes}" for episodes in EPISODES]
    print(f"rho 0 / 0.5 / 0.8, {simulations} simulations per figure\n")
    print("| | " + " | ".join(heads) + " |\n|---" + "|---" * len(heads) + "|")
    for story in STORIES:
        cells = [
            " / ".join(f"{simulate(story, episodes, rho, simulations):.2f}" for rho in SHARED_DIFFICULTY)
            for episodes in EPISODES
        ]
        print(f"| {story.name} | " + " | ".join(cells) + " |", flush=True)
    cycles = 10 * simulations
    print(f"\nSolving more cost the first of six miners points in {improvements_that_cost(cycles)} of {cycles} cycles.")


if __name__ == "__main__":
    main()
