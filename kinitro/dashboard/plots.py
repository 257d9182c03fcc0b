"""Plots of episodes as points of SVG lines."""

from __future__ import annotations

import numpy as np

from kinitro.evaluation.outcomes import Trace
from kinitro.evaluation.traces import read_actions, read_bounds

MOST_POINTS = 300
"""Of a line; of longer episodes, steps at equal distances are shown."""


def plot_actions(trace: Trace) -> list[str]:
    """Return for each number of the action its line as `x,y x,y ...`, for a box of 100 x 20 with y downwards.

    x is the step, from the first to the last; y is the number, from its lower bound (20) to its upper (0).
    Empty for a trace without steps.
    """
    actions, (low, high) = read_actions(trace), read_bounds(trace)
    if not len(actions):
        return []
    shown = np.unique(np.linspace(0, len(actions) - 1, min(len(actions), MOST_POINTS)).astype(int))
    across = 100 * shown / max(len(actions) - 1, 1)
    span = high.astype(np.float64) - low
    down = 20 * (1 - (actions[shown] - low.astype(np.float64)) / span)
    return [" ".join(f"{x:.2f},{y:.2f}" for x, y in zip(across, column, strict=True)) for column in down.T]
