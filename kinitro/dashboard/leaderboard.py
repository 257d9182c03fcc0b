"""The leaderboard of a published cycle: a heat map of miners and environments, which never changes once it is made."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from kinitro.client.messages import EnvironmentScore, MinerScore, Scores
from kinitro.dashboard.rendering import render
from kinitro.database.publications import PublicationStore

BADGES = {
    "leads": "leads an environment",
    "earns": "has a weight",
    "verified": "its deployment was found to be what it uploaded",
    "hosted": "executors run what it committed",
    "new": "this commitment takes part for the first time",
    "disqualified": "its deployment was found to be something else",
}
"""What a miner may be marked with, and what that means."""
SHADES = 10
"""A cell has one of so many shades and white, by its success."""
INTERVALS_UP_TO = 12
"""With more environments than this, intervals are shown on demand."""
KEPT = 4
"""Leaderboards that are kept: there is one for each path at which the pages are mounted."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One miner on one environment; `shade` is 0 to SHADES, numbers are whole percents."""

    shade: int
    rate: int
    low: int
    high: int
    leads: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One miner; `cells` are in the order of the environments, None where it has no score."""

    miner: MinerScore
    repo: str | None
    badges: Sequence[str]
    cells: Sequence[Cell | None]
    leads: int


def list_entries(scores: Scores, standings: Mapping[int, Any]) -> list[Entry]:
    """List the miners of a publication, the best first. `standings`: rows of STANDINGS by uid."""
    return [
        Entry(
            miner,
            standings[miner.uid].repo if miner.uid in standings else None,
            list(_find_badges(miner, standings.get(miner.uid))),
            arrange(scores.environments, miner.environments),
            sum(score.leader for score in miner.environments),
        )
        for miner in scores.miners
    ]


def arrange(environments: Sequence[str], found: Sequence[Any]) -> list[Cell | None]:
    """Put the scores of a miner, or of the reference, in the order of the environments."""
    by_environment = {score.env_id: score for score in found}
    return [make_cell(by_environment[env_id]) if env_id in by_environment else None for env_id in environments]


def make_cell(score: Any) -> Cell:
    """Make the cell of one score, of a miner (EnvironmentScore) or of the reference (ReferenceScore)."""
    low, high = score.interval
    leads = isinstance(score, EnvironmentScore) and score.leader
    shade = round(SHADES * score.success_rate)
    return Cell(shade, round(100 * score.success_rate), round(100 * low), round(100 * high), leads)


def _find_badges(miner: MinerScore, standing: Any) -> list[str]:
    failed = miner.verdicts.get("mismatch", 0) + miner.verdicts.get("unverifiable", 0)
    has = {
        "leads": any(score.leader for score in miner.environments),
        "earns": miner.weight > 0,
        "verified": miner.verdicts.get("match", 0) > 0 and not failed and not miner.disqualified,
        "hosted": standing is not None and standing.hosted,
        "new": standing is not None and bool(standing.new),
        "disqualified": miner.disqualified,
    }
    return [badge for badge in BADGES if has[badge]]


class Leaderboards:
    """Makes the heat map of a publication once: it has a cell for each miner and environment."""

    def __init__(self, publications: PublicationStore) -> None:
        self._publications = publications
        self._lock = asyncio.Lock()
        self._made: OrderedDict[tuple[int, str], Markup] = OrderedDict()

    async def heat_map(self, scores: Scores, root: str) -> Markup:
        """Return the table of a publication as HTML, with links that begin with `root`."""
        key = (scores.cycle_id, root)
        async with self._lock:
            if key not in self._made:
                standings = {row.uid: row for row in await self._publications.standings(scores.cycle_id)}
                self._made[key] = await asyncio.to_thread(_render, scores, standings, root)
                if len(self._made) > KEPT:
                    self._made.popitem(last=False)
            return self._made[key]


def _render(scores: Scores, standings: Mapping[int, Any], root: str) -> Markup:
    entries = list_entries(scores, standings)
    used = {badge for entry in entries for badge in entry.badges}
    values = {
        "scores": scores,
        "entries": entries,
        "badges": {badge: meaning for badge, meaning in BADGES.items() if badge in used},
        "reference": arrange(scores.environments, scores.reference.environments) if scores.reference else None,
        "intervals": len(scores.environments) <= INTERVALS_UP_TO,
    }
    return Markup(render("heat_map.html", root, values))
