"""From published weights to the row that is set: pure, decided anew for each block.

A uid is a slot that may have changed hands since the weights were computed, so weights follow hotkeys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from kinitro.chain.interface import ChainSnapshot
from kinitro.chain.weights import U16_MAX, upscale_weights
from kinitro.client.messages import Weights
from kinitro.validator.errors import WeightsRefused

MAX_CLOCK_DIFFERENCE = timedelta(minutes=10)
"""The largest difference that is tolerated between the operator's clock and this machine's."""


@dataclass(frozen=True, slots=True)
class WeightPlan:
    """The row to set: uid -> u16, the largest 65535. `unregistered` = hotkeys that got nothing, having left."""

    weights: Mapping[int, int]
    unregistered: tuple[str, ...] = ()


def check_publication(publication: Weights, netuid: int) -> None:
    """Refuse weights that contradict themselves or belong elsewhere; raises WeightsRefused."""
    what = f"The weights of cycle {publication.cycle_id}"
    read_publication_time(publication)
    if publication.netuid != netuid:
        raise WeightsRefused(f"{what} are for subnet {publication.netuid}, not {netuid}: check --backend-url.")
    u16, shares = publication.weights_u16, publication.weights
    if set(u16) != set(shares) or not set(u16) <= set(publication.hotkeys):
        raise WeightsRefused(f"{what} contradict themselves: floats, integers and hotkeys name different uids.")
    if not all(0 <= uid <= U16_MAX and 0 <= value <= U16_MAX for uid, value in u16.items()):
        raise WeightsRefused(f"{what} leave the range of 0 to {U16_MAX}.")
    hotkeys = [publication.hotkeys[uid] for uid in u16]
    if len(set(hotkeys)) != len(hotkeys):
        raise WeightsRefused(f"{what} name one hotkey twice.")
    if (publication.fallback == "none") != (sum(u16.values()) > 0):
        raise WeightsRefused(f"{what} contradict themselves: fallback is {publication.fallback!r}.")
    total, largest = sum(shares.values()), max(shares.values(), default=0.0)
    if not u16 or total == 0:
        return
    if abs(total - 1) > 1e-6 or min(shares.values()) < 0:
        raise WeightsRefused(f"{what} sum to {total:g} and not to 1.")
    stored = upscale_weights(u16)
    if any(abs(shares[uid] / largest * U16_MAX - stored[uid]) > 1 for uid in u16):
        raise WeightsRefused(f"{what} contradict themselves: floats and integers differ.")


def read_publication_time(publication: Weights) -> datetime:
    """Read when it was published; raises WeightsRefused if it does not say."""
    try:
        published = datetime.fromisoformat(publication.published_at)
    except ValueError:
        published = None
    if published is None or published.tzinfo is None:
        raise WeightsRefused(
            f"The weights of cycle {publication.cycle_id} were published at {publication.published_at[:50]!r}, which "
            "is not a time with a time zone."
        )
    return published


def check_age(publication: Weights, now: datetime, max_age: timedelta) -> None:
    """Refuse weights that are too old to be repeated, or from the future; raises WeightsRefused."""
    age = now - read_publication_time(publication)
    if age > max_age:
        raise WeightsRefused(
            f"The newest weights (cycle {publication.cycle_id}) are {_format_hours(age)} old, and --max-age is "
            f"{_format_hours(max_age)}: scoring has stopped."
        )
    if is_from_the_future(publication, now):
        raise WeightsRefused(
            f"The weights of cycle {publication.cycle_id} are from the future, by {_format_hours(-age)}: "
            "is a clock wrong?"
        )


def is_from_the_future(publication: Weights, now: datetime) -> bool:
    """Whether it was published later than two clocks can differ; raises WeightsRefused if it does not say when."""
    return read_publication_time(publication) - now > MAX_CLOCK_DIFFERENCE


def _format_hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:.1f} h"


def plan_weights(publication: Weights, snapshot: ChainSnapshot, max_unregistered_share: float) -> WeightPlan:
    """Plan the row for a publication with weights; raises WeightsRefused."""
    slots = {neuron.hotkey: neuron.uid for neuron in snapshot.neurons}
    total = sum(publication.weights_u16.values())
    row: dict[int, int] = {}
    gone: dict[str, int] = {}
    for uid, value in publication.weights_u16.items():
        if value == 0:
            continue
        hotkey = publication.hotkeys[uid]
        if hotkey in slots:
            row[slots[hotkey]] = value
        else:
            gone[hotkey] = value
    share = sum(gone.values()) / total
    if not row or share > max_unregistered_share:
        raise WeightsRefused(
            f"{share:.0%} of the weight of cycle {publication.cycle_id} belongs to hotkeys that have left the subnet, "
            f"allowed are {max_unregistered_share:.0%}: {', '.join(sorted(gone))}."
        )
    return WeightPlan(upscale_weights(row), tuple(sorted(gone)))


def plan_burn(snapshot: ChainSnapshot) -> WeightPlan:
    """Plan a row that gives all weight to the subnet's owner, which burns it; raises WeightsRefused."""
    for neuron in snapshot.neurons:
        if neuron.hotkey == snapshot.owner_hotkey:
            return WeightPlan({neuron.uid: U16_MAX})
    raise WeightsRefused(
        f"Nobody qualified and --if-none-qualify is burn, but the owner's hotkey {snapshot.owner_hotkey} has no uid on "
        f"subnet {snapshot.netuid}: nothing is set rather than giving the weight to somebody else."
    )
