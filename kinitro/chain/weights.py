"""Weights as the chain stores them: 16-bit integers, the largest of them 65535."""

from __future__ import annotations

from collections.abc import Mapping

U16_MAX = 65535


def upscale_weights(weights: Mapping[int, int]) -> dict[int, int]:
    """Scale u16 weights as subtensor does when it stores them, so that the largest is 65535.

    Entries that are zero are left out.
    """
    largest = max(weights.values(), default=0)
    row = {uid: round(value * U16_MAX / largest) for uid, value in weights.items() if value}
    return {uid: value for uid, value in row.items() if value}
