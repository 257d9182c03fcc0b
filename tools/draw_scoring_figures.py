"""The worked example and the two figures of docs/scoring.md.

python tools/draw_scoring_figures.py     prints the tables of the example and writes docs/pictures/scoring-*.svg
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np

from kinitro.scoring import CycleScores, explain_cycle, score_cycle
from kinitro.scoring.simulation import simulate_outcomes

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
ENVIRONMENTS = ("reach", "push", "drawer-open")
MINERS = {
    "A, a generalist": ((0.75, 0.70, 0.70), 1000),
    "B, a copy of A": ((0.75, 0.70, 0.70), 2000),
    "C, better at push": ((0.75, 0.92, 0.70), 3000),
    "D, a specialist who came first": ((0.10, 0.10, 0.95), 10),
    "E, a squatter": ((0.0, 0.0, 0.0), 1),
}
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9")  # distinguishable without colour vision


def example() -> CycleScores:
    """One cycle of 100 episodes on each of three environments."""
    rng = np.random.default_rng(7)
    outcomes = simulate_outcomes([rates for rates, _ in MINERS.values()], 100, 0.5, rng)
    outcomes[1] = outcomes[0]
    return score_cycle(outcomes, [block for _, block in MINERS.values()])


def example_tables(scores: CycleScores) -> list[str]:
    """Lines of Markdown."""
    explanations = list(explain_cycle(scores, ENVIRONMENTS).values())
    lines = [
        "| miner | first block | " + " | ".join(ENVIRONMENTS) + " | wins ties | points | weight |",
        "|---|---|" + "---|" * len(ENVIRONMENTS) + "---|---|---|",
    ]
    for name, explanation in zip(MINERS, explanations, strict=True):
        cells = [f"**{row.successes}**" if row.leader else str(row.successes) for row in explanation.environments]
        place = f"{explanation.priority}." if explanation.priority else "never"
        lines.append(
            f"| {name} | {explanation.first_block} | "
            + " | ".join(cells)
            + f" | {place} | {explanation.points} | {explanation.weight:.4f} |"
        )
    lines += [
        "",
        "| miner | environment | only the best solved | only it solved | p | leads |",
        "|---|---|---|---|---|---|",
    ]
    for name, explanation in zip(MINERS, explanations, strict=True):
        lines += [
            f"| {name} | {row.env_id} | {row.only_best} | {row.only_miner} | {row.p_value:.2g} | "
            + ("yes |" if row.leader else f"no, {row.needed_to_lead} more would do |")
            for row in explanation.environments
            if row.p_value is not None and row.eligible
        ]
    return lines


def frontier_figure() -> None:
    """40 made-up miners on two environments."""
    import matplotlib.pyplot as plt

    rng = np.random.default_rng(3)
    angle = rng.uniform(0.1, np.pi / 2 - 0.1, 40)
    radius = 0.95 * rng.beta(5, 2, 40)
    outcomes = simulate_outcomes(np.stack([np.cos(angle) * radius, np.sin(angle) * radius], axis=1), 200, 0.5, rng)
    scores = score_cycle(outcomes, rng.permutation(40))
    figure, axes = plt.subplots(figsize=(6, 5))
    x, y = scores.success_rates.T
    for shown, colour, marker, label in (
        (~scores.frontier, "#999999", "o", "dominated: somebody is better on one and worse on none"),
        (scores.frontier, COLOURS[0], "o", "on the ε-Pareto frontier"),
    ):
        low, high = scores.intervals[shown, :, 0], scores.intervals[shown, :, 1]
        errors = [
            np.stack([x[shown] - low[:, 0], high[:, 0] - x[shown]]),
            np.stack([y[shown] - low[:, 1], high[:, 1] - y[shown]]),
        ]
        axes.errorbar(x[shown], y[shown], yerr=errors[1], xerr=errors[0], fmt=marker, color=colour, elinewidth=0.6,
                      markersize=4, label=label)  # fmt: skip
    for n, (colour, marker) in enumerate(((COLOURS[1], ">"), (COLOURS[2], "^"))):
        leaders = scores.leaders[:, n]
        axes.scatter(x[leaders], y[leaders], s=90, facecolors="none", edgecolors=colour, marker=marker, linewidths=1.5,
                     label=f"leads environment {n + 1}")  # fmt: skip
    axes.set(xlabel="success on environment 1", ylabel="success on environment 2", xlim=(0, 1), ylim=(0, 1))
    axes.legend(fontsize=7, loc="upper right")
    axes.set_title("40 made-up miners, 200 episodes, 95 % intervals", fontsize=10)
    save(figure, "scoring-frontier.svg")


def points_figure(scores: CycleScores) -> None:
    """Where the points of the example come from."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 2.6))
    names = list(MINERS)[::-1]
    start = np.zeros(len(names))
    for size in range(1, len(ENVIRONMENTS) + 1):
        points = np.array([size * won[size] if len(won) > size else 0 for won in scores.subsets][::-1])
        label = f"subsets of {size}, worth {size} each"
        axes.barh(names, points, left=start, color=COLOURS[size - 1], label=label)
        start += points
    for place, total in enumerate(start):
        axes.annotate(f"{total:.0f}", (total, place), textcoords="offset points", xytext=(4, -3), fontsize=9)
    axes.set(xlabel="points", xlim=(0, start.max() + 1))
    axes.legend(fontsize=7, loc="lower right")
    save(figure, "scoring-points.svg")


def save(figure: mpl.figure.Figure, name: str) -> None:
    PICTURES.mkdir(exist_ok=True)
    figure.savefig(PICTURES / name, bbox_inches="tight", metadata={"Date": None})


def main() -> None:
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "kinitro"
    scores = example()
    print("\n".join(example_tables(scores)))
    frontier_figure()
    points_figure(scores)


if __name__ == "__main__":
    main()
