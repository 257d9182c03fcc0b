"""Compares two policies: what one answered in an episode, and what the other answers to the same observations.

A step matches if every component of the action, clipped to its bounds, differs by at most the tolerance. Differences
are measured where the bounds are -1 and 1: for other bounds they are scaled, so that one tolerance suits every robot.
A chunk is compared as it was answered: one of another length matches at no step. Forfeited steps say nothing about the
deployed policy and are left out. A policy that always answers the same matches trivially, and rightly: a miner who
commits a constant and deploys it has deployed what was committed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from kinitro.client.verdicts import FirstDifference
from kinitro.environments.spec import Bounds
from kinitro.evaluation.recordings import Exchange

Answer = npt.NDArray[np.float32] | None
"""Actions (k, m), finite, not yet clipped; None if there was no usable answer."""
LARGEST = 2.0
"""The largest possible difference of two clipped actions; it also stands for a missing answer."""
UNIT: Bounds = (np.array([-1.0], np.float32), np.array([1.0], np.float32))
"""The bounds of all numbers of MetaWorld's actions."""


def compute_differences(exchange: Exchange, answer: Answer, bounds: Bounds = UNIT) -> npt.NDArray[np.float64]:
    """Return for each action of the exchange the largest difference of a component, 0 to 2; 2 without an answer.

    bounds: of the numbers of an action, each (m,) or for all alike (1,).
    """
    given = len(exchange.actions)
    if answer is None or len(answer) < given or (exchange.complete and len(answer) != given):
        return np.full(given, LARGEST)
    low, high = (bound.astype(np.float64) for bound in bounds)
    clipped = np.clip(answer[:given], *bounds).astype(np.float64)
    found: npt.NDArray[np.float64] = (np.abs(clipped - exchange.actions) * (LARGEST / (high - low))).max(axis=1)
    return found


@dataclass(slots=True)
class Comparison:
    """Accumulates the comparison of an episode: call `add` for each exchange."""

    tolerance: float
    bounds: Bounds = UNIT
    """Of the numbers of an action, see `kinitro.evaluation.traces.read_bounds`."""
    compared: int = 0
    matching: int = 0
    largest_difference: float = 0.0
    first_difference: FirstDifference | None = None
    _unusable: int = field(default=0, repr=False)

    @classmethod
    def of(cls, pairs: Iterable[tuple[Exchange, Answer]], tolerance: float) -> Comparison:
        """Compare all pairs of an exchange and the other policy's answer."""
        comparison = cls(tolerance)
        for exchange, answer in pairs:
            comparison.add(exchange, answer)
        return comparison

    @property
    def unusable(self) -> int:
        """The number of exchanges to which the deployed policy gave a usable answer and the committed one did not."""
        return self._unusable

    def add(self, exchange: Exchange, answer: Answer) -> None:
        """Compare one more answer; forfeited exchanges are ignored."""
        if exchange.forfeited:
            return
        found = compute_differences(exchange, answer, self.bounds)
        agreeing = found <= self.tolerance
        self.compared += len(found)
        self.matching += int(agreeing.sum())
        self.largest_difference = max(self.largest_difference, float(found.max(initial=0.0)))
        self._unusable += answer is None
        if self.first_difference is None and not agreeing.all():
            self._note(exchange, answer, int(np.argmin(agreeing)))

    def _note(self, exchange: Exchange, answer: Answer, row: int) -> None:
        there = answer is not None and row < len(answer)
        self.first_difference = FirstDifference(
            step=exchange.step + row,
            deployed=exchange.actions[row].tolist(),
            committed=np.clip(answer[row], *self.bounds).tolist() if there and answer is not None else None,
        )
