"""The parameters of the scoring rule."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, get_args

from kinitro.scoring.errors import InvalidScoringConfig

SubsetWeighting = Literal["linear", "equal", "exponential"]
"""What a subset of s environments is worth: s, 1 or 2**(s - 1) points."""


@dataclass(frozen=True, slots=True)
class ScoringConfig:
    """The parameters, which are published with every cycle.

    `dataclasses.asdict` converts them to what JSON can hold; `ScoringConfig(**that)` restores them.
    Raises InvalidScoringConfig.
    """

    alpha: float = 0.05
    """Chance, over all miners and environments together, of calling a difference significant that is chance."""
    min_epsilon: float = 0.02
    """A smaller difference between two success rates never counts, however many episodes prove it."""
    min_floor: float = 0.05
    """A miner must succeed more often than this, and more often than chance, to take part."""
    confidence: float = 0.95
    """The confidence level of the one-sided bound behind eligibility and of the two-sided intervals that are shown."""
    weighting: SubsetWeighting = "linear"
    temperature: float = 0.1
    """The temperature of the softmax over shares of points."""
    speed_margin: float | None = None
    """Steps to success that differ by a smaller share count as equal; None: speed decides nothing, as until 0.1."""

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.name == "weighting":
                continue
            value = getattr(self, field.name)
            if field.name == "speed_margin" and value is None:
                continue
            low, high = (0.0, 1.0) if field.name != "temperature" else (0.0, 1000.0)
            closed = field.name in ("min_epsilon", "min_floor", "speed_margin")
            if not (low < value < high or (closed and value == low)):
                raise InvalidScoringConfig(
                    f"{field.name} cannot be {value!r}: give a number {'from' if closed else 'above'} {low:g} "
                    f"and below {high:g}."
                )
        if self.temperature < 0.001:
            raise InvalidScoringConfig(f"temperature cannot be {self.temperature!r}: give 0.001 or more.")
        if self.weighting not in get_args(SubsetWeighting):
            raise InvalidScoringConfig(
                f"weighting cannot be {self.weighting!r}: give {', '.join(get_args(SubsetWeighting))}."
            )

    def worth(self, size: int) -> int:
        """The points of a subset of `size` environments; 0 for the empty one."""
        if size == 0:
            return 0
        if self.weighting == "linear":
            return size
        return 1 if self.weighting == "equal" else 2 ** (size - 1)
