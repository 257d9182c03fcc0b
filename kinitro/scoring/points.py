"""Points: what the subsets that a miner wins are worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kinitro.scoring.config import ScoringConfig
from kinitro.scoring.sampling import estimate_subsets
from kinitro.scoring.subsets import count_won_subsets

MAX_LISTED = 20
"""Up to this many environments, all subsets are listed (2**20 in about 40 ms); with more, they are counted."""
MIN_EXACT_STEPS, MAX_EXACT_STEPS = 300_000, 2_500_000
"""Steps that a small and a large cycle may spend on exact counts, about 0.25 s and 2 s; see `subsets`."""


@dataclass(frozen=True, slots=True)
class Award:
    """What each miner wins; all fields are by miner."""

    subsets: tuple[tuple[int, ...], ...]
    """How many subsets of 0, 1, 2, ... environments the miner wins."""
    points: tuple[int, ...]
    estimated: bool
    """Whether the exact count was given up; see `sampling`."""


def limit_steps(rivals: int, environments: int) -> int:
    """Limit the steps that a cycle may spend on exact counts; the limit grows like the comparisons of its miners.

    `rivals` are those of `comparison.share_significance_level`, so that copies and idle accounts buy no steps.
    """
    return min(max(MIN_EXACT_STEPS, rivals * rivals * environments // 20), MAX_EXACT_STEPS)


def award_subsets(
    leaders: npt.NDArray[np.bool_], priority: Sequence[int], config: ScoringConfig, *, steps: int = MIN_EXACT_STEPS
) -> Award:
    """Give every non-empty subset of environments to the miner of highest priority that leads all of it.

    leaders: bool (M, N). priority: miners in the order in which they win ties.

    Always exact up to MAX_LISTED environments. Beyond, exact unless the count takes more than `steps`, which needs
    dozens of miners that lead many environments each in patterns without order; then all counts are estimates. Who
    wins anything at all is always exact: a miner wins nothing if and only if somebody of higher priority leads
    everything that it leads.
    """
    masks = mask_environments(leaders)
    winners: list[int] = []
    for miner in priority:
        if masks[miner] and not any(masks[miner] & masks[winner] == masks[miner] for winner in winners):
            winners.append(miner)
    leads = [masks[winner] for winner in winners]
    listed = leaders.shape[1] <= MAX_LISTED
    counts = _list_subsets(leads) if listed else count_won_subsets(leads, steps)
    estimated = counts is None
    if counts is None:
        counts = estimate_subsets(leads, config.worth)
    subsets: list[tuple[int, ...]] = [(0,)] * len(masks)
    for winner, by_size in zip(winners, counts, strict=True):
        subsets[winner] = tuple(by_size)
    points = tuple(sum(config.worth(size) * count for size, count in enumerate(by_size)) for by_size in subsets)
    return Award(subsets=tuple(subsets), points=points, estimated=estimated)


def _list_subsets(masks: Sequence[int]) -> list[list[int]]:
    """Count by miner and size how many subsets are won, from a table of all subsets.

    N * 2**N steps, however many miners there are.

    Everybody starts as winner of exactly the subset it leads; a subset then goes to the winner of highest priority
    among itself and all that contain it, one environment at a time.
    """
    environments = max((mask.bit_length() for mask in masks), default=0)
    winner = np.full(1 << environments, len(masks), dtype=np.int32)
    winner[list(masks)] = np.arange(len(masks))
    for n in range(environments):
        without, with_it = winner.reshape(-1, 2, 1 << n).transpose(1, 0, 2)
        np.minimum(without, with_it, out=without)
    sizes = np.bitwise_count(np.arange(1 << environments, dtype=np.uint32))
    counts = np.bincount(
        winner.astype(np.int64) * (environments + 1) + sizes, minlength=len(masks) * (environments + 1)
    )
    table = counts[: len(masks) * (environments + 1)].reshape(len(masks), environments + 1).tolist()
    return [[0, *row[1 : mask.bit_count() + 1]] for row, mask in zip(table, masks, strict=True)]


def mask_environments(leaders: npt.NDArray[np.bool_]) -> list[int]:
    """Convert what each miner leads into a bit mask: bit n is environment n."""
    rows = np.packbits(leaders, axis=1, bitorder="little")
    return [int.from_bytes(row.tobytes(), "little") for row in rows]
