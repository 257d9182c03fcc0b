"""Two environments against each other: which miners nobody beats on both, as points of an SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kinitro.client.messages import EnvironmentScore, Scores

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Place:
    """A miner, or the reference (uid None); coordinates and intervals are success rates, 0 to 1."""

    uid: int | None
    name: str
    x: float
    y: float
    x_interval: Interval
    y_interval: Interval
    undominated: bool
    """No miner is at least as good on both, and better on one of them."""
    leads_both: bool
    """No miner is significantly better on either."""


def place_miners(scores: Scores, across: str, up: str) -> list[Place]:
    """Place the miners that have scores on both environments; those that nobody dominates first, then by success.

    The reference comes last, if there is one. Raises KeyError for an environment that the cycle did not have.
    """
    for env_id in (across, up):
        if env_id not in scores.environments:
            raise KeyError(env_id)
    pairs: list[tuple[int, str, EnvironmentScore, EnvironmentScore]] = []
    for miner in scores.miners:
        found = {score.env_id: score for score in miner.environments if score.env_id in (across, up)}
        if across in found and up in found:
            pairs.append((miner.uid, miner.hotkey, found[across], found[up]))
    best = _find_undominated([(x.success_rate, y.success_rate) for _, _, x, y in pairs])
    places = [
        Place(
            uid, hotkey, x.success_rate, y.success_rate, x.interval, y.interval,
            (x.success_rate, y.success_rate) in best, x.leader and y.leader,
        )
        for uid, hotkey, x, y in pairs
    ]  # fmt: skip
    places.sort(key=lambda place: (not place.undominated, -(place.x + place.y), place.uid or 0))
    if scores.reference is not None:
        reference = {score.env_id: score for score in scores.reference.environments}
        if across in reference and up in reference:
            x, y = reference[across], reference[up]
            name = scores.reference.name
            places.append(Place(None, name, x.success_rate, y.success_rate, x.interval, y.interval, False, False))
    return places


def _find_undominated(points: Sequence[tuple[float, float]]) -> set[tuple[float, float]]:
    """The points to which no other is at least equal in both coordinates and better in one."""
    best: set[tuple[float, float]] = set()
    highest = -1.0
    for x, y in sorted(set(points), reverse=True):
        if y > highest:
            best.add((x, y))
            highest = y
    return best


def draw_staircase(places: Sequence[Place]) -> str:
    """Return the border of what is dominated as `x,y x,y ...`, in a square of 100 with y downwards.

    Empty without miners.
    """
    steps = sorted({(place.x, place.y) for place in places if place.undominated})
    if not steps:
        return ""
    corners = [(0.0, steps[0][1])]
    for (x, y), (_, below) in zip(steps, [*steps[1:], (0.0, 0.0)], strict=True):
        corners += [(x, y), (x, below)]
    return " ".join(f"{100 * x:.1f},{100 - 100 * y:.1f}" for x, y in corners)
