"""The figures in docs/verification.md about miners that deviate in whole episodes."""

from __future__ import annotations

from math import comb
from pathlib import Path

import pytest

from kinitro.client.verdicts import VerificationRule

DOCS = Path(__file__).parents[3] / "docs"
EPISODES = 400
"""Of one miner in one cycle: eight environments of 50."""


def exactly(n: int, k: int, p: float) -> float:
    return comb(n, k) * p**k * (1 - p) ** (n - k)


def disqualified(checks: int, deviating: float, share: float) -> float:
    """The chance that a miner fails enough of so many checks, if each fails with probability `deviating`."""
    least = VerificationRule().least_failed
    return sum(exactly(checks, k, deviating) for k in range(least, checks + 1) if k >= share * checks)


def per_cycle(recorded: float, deviating: float, share: float = VerificationRule().least_failed_share) -> float:
    """With a number of checks that is drawn, too."""
    return sum(exactly(EPISODES, n, recorded) * disqualified(n, deviating, share) for n in range(EPISODES + 1))


@pytest.mark.parametrize(
    ("figure", "told"),
    [
        (disqualified(20, 0.05, 0.1), "p = 0.26 per cycle"),
        (per_cycle(0.05, 0.05), "p = 0.17 as the number of checks varies"),
        (per_cycle(0.1, 0.05), "p = 0.09 at `--verification-rate 0.1`"),
        (per_cycle(0.1, 0.05, 0.02), "p = 0.59 at 10 % recorded and a share of 0.02"),
        (per_cycle(0.2, 0.05, 0.02), "p = 0.91 at 20 % and 0.02"),
    ],
)
def test_the_guide_tells_the_figures_of_the_rule(figure: float, told: str) -> None:
    text = " ".join((DOCS / "verification.md").read_text().split())
    assert f"p = {figure:.2f}" in told
    assert told in text


def test_the_guide_tells_the_shares_of_whole_percents() -> None:
    text = " ".join((DOCS / "verification.md").read_text().split())
    ten_cycles = 1 - (1 - per_cycle(0.05, 0.05)) ** 10
    assert f"{ten_cycles:.0%}"[:-1] + " %, at 10 % of the episodes " in text
    assert f"at 10 % of the episodes {per_cycle(0.05, 0.1):.0%}"[:-1] + " % per cycle" in text
    assert f"at 20 % {per_cycle(0.05, 0.2):.0%}"[:-1] + " %" in text
