"""What sequential sampling saves, and what it costs in power.

    python benchmarks/sequential.py [--simulations 100]

Prints a Markdown table, which docs/scoring.md keeps. 8 environments, at most n episodes on each, in batches of 10,
shared difficulty 0.5. Saved is the share of the episodes of a full cycle that were not played.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np

from kinitro.scoring import CycleScores, open_pairs, score_cycle, score_sequentially
from kinitro.scoring.simulation import simulate_outcomes

ENVIRONMENTS = 8
BATCH = 10


@dataclass(frozen=True)
class Story:
    """Success rates of miners in order of their first blocks; `winner` should have the largest weight."""

    name: str
    success_rates: list[list[float]]
    winner: int


def everywhere(*rates: float) -> list[list[float]]:
    return [[rate] * ENVIRONMENTS for rate in rates]


STORIES = (
    Story("20 noisy copies at 60 %: the original", everywhere(*[0.6] * 21), 0),
    Story("10 points better than one", everywhere(0.6, 0.7), 1),
    Story("10 points better than 19 equals", everywhere(*[0.6] * 19, 0.7), 19),
    Story("20 miners from 0 to 95 %: the best", everywhere(*np.linspace(0, 0.95, 20).tolist()), 19),
    Story("20 miners from 0 to 60 %, one at 80 %", everywhere(*np.linspace(0, 0.6, 20).tolist(), 0.8), 20),
)


def play(story: Story, episodes: int, seed: int) -> tuple[CycleScores, CycleScores, float]:
    """The full cycle, the sequential one, and the share of episodes that the latter saved."""
    rng = np.random.default_rng([seed, episodes])
    outcomes = simulate_outcomes(story.success_rates, episodes, 0.5, rng)
    played = np.zeros_like(outcomes)
    for start in range(0, episodes, BATCH):
        played[:, :, start : start + BATCH] = open_pairs(outcomes, played)[:, :, None]
    blocks = np.arange(len(outcomes))
    return score_cycle(outcomes, blocks), score_sequentially(outcomes, played, blocks), 1 - played.mean()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=100, help="per cell")
    simulations = parser.parse_args().simulations
    print("| should win | n | wins, all episodes | wins, sequential | episodes saved |\n|---|---|---|---|---|")
    for story in STORIES:
        for episodes in (100, 200):
            cycles = [play(story, episodes, seed) for seed in range(simulations)]
            full, sequential = (
                np.mean([cycle[how].weights.argmax() == story.winner for cycle in cycles]) for how in (0, 1)
            )
            saved = np.mean([cycle[2] for cycle in cycles])
            print(f"| {story.name} | {episodes} | {full:.2f} | {sequential:.2f} | {saved:.0%} |", flush=True)


if __name__ == "__main__":
    main()
