"""Points: what the subsets that a miner wins are worth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kinitro.scoring.config import ScoringConfig
from kinitro.scoring.subsets import Budget, estimated_subsets, won_subsets

EXACT_TERMS = 1_000_000
"""Terms a cycle may spend on exact counts, about half a second; see `subsets`."""
SAMPLES = 1 << 14
"""Subsets drawn for an estimate. Its standard error is at most 0.5 / sqrt(SAMPLES) = 0.4 % of all points awarded."""
_MIN_SAMPLES = 64


@dataclass(frozen=True, slots=True)
class Award:
    """By miner."""

    subsets: tuple[tuple[int, ...], ...]
    """How many subsets of 0, 1, 2, ... environments the miner wins."""
    points: tuple[int, ...]
    estimated: npt.NDArray[np.bool_]


def award_subsets(
    leaders: npt.NDArray[np.bool_],
    priority: Sequence[int],
    config: ScoringConfig,
    *,
    exact_terms: int = EXACT_TERMS,
    samples: int = SAMPLES,
) -> Award:
    """Give every non-empty subset of environments to the miner of highest priority that leads all of it.

    Exact until `exact_terms` are spent, which takes hundreds of miners whose leads overlap in a planned way; the
    counts of the others are then estimated from at most `samples` subsets each, the same on every machine. Who
    leads less is worth less and needs fewer: the error is relative to what the cycle awards, and that is at least
    what all subsets of the largest lead are worth.
    """
    masks = environment_masks(leaders)
    subsets: list[tuple[int, ...]] = [(0,)] * len(masks)
    estimated = np.zeros(len(masks), dtype=np.bool_)
    budget = Budget(exact_terms)
    most = max((led_worth(mask.bit_count(), config) for mask in masks), default=0)
    covers: list[int] = []
    for miner in priority:
        mask = masks[miner]
        if any(mask & cover == mask for cover in covers):
            continue
        counts = won_subsets(mask, covers, budget)
        if counts is None:
            estimated[miner] = True
            needed = math.ceil(samples * (led_worth(mask.bit_count(), config) / most) ** 2)
            counts = estimated_subsets(mask, covers, config.worth, max(_MIN_SAMPLES, needed))
        subsets[miner] = (0, *counts[1:])
        covers = [cover for cover in covers if cover & mask != cover] + [mask]
    points = tuple(sum(config.worth(size) * count for size, count in enumerate(counts)) for counts in subsets)
    return Award(subsets=tuple(subsets), points=points, estimated=estimated)


def led_worth(environments: int, config: ScoringConfig) -> int:
    """Points of all subsets of so many environments."""
    return sum(config.worth(size) * math.comb(environments, size) for size in range(environments + 1))


def environment_masks(leaders: npt.NDArray[np.bool_]) -> list[int]:
    """What each miner leads, as a bit mask: bit n is environment n."""
    rows = np.packbits(leaders, axis=1, bitorder="little")
    return [int.from_bytes(row.tobytes(), "little") for row in rows]
