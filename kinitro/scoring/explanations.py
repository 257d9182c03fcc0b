"""Why each miner earns what it earns, as data.

The dataclasses hold plain numbers, strings and lists: `dataclasses.asdict` makes JSON of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kinitro.scoring.cycle import CycleScores
from kinitro.scoring.errors import InvalidScoringInput
from kinitro.scoring.intervals import find_fewest_successes, normal_quantile
from kinitro.scoring.mcnemar import count_excess_wins, count_missing_wins, critical_wins, p_value
from kinitro.scoring.points import mask_environments
from kinitro.scoring.subsets import count_uncovered_subsets

MAX_RIVALS = 8
"""How many of the miners that took subsets are named: those of highest priority."""


@dataclass(frozen=True)
class ReferenceStanding:
    """One miner against the reference, on one environment or on all together."""

    successes: int
    """Episodes that the reference solved."""
    only_miner: int
    only_reference: int
    p_value: float
    """The p-value of the miner being no better than the reference."""
    level: float
    beaten: bool
    needed_to_beat: int | None
    """Further episodes that only this miner would have to solve; None if there are not so many."""


@dataclass(frozen=True)
class EnvironmentExplanation:
    """One miner on one environment. "Only" counts episodes that one solved and the other did not."""

    env_id: str
    episodes: int
    successes: int
    success_rate: float
    interval: tuple[float, float]
    """Two-sided Wilson bounds."""
    floor: float
    """The lower bound must exceed this to take part."""
    eligible: bool
    rank: int
    """1 + miners with more successes."""
    leader: bool
    best_uid: int | None
    """None where nobody is eligible."""
    best_successes: int | None
    only_best: int
    only_miner: int
    p_value: float | None
    """The p-value of the best being no better than this miner; None for the best itself."""
    level: float
    """The significance level: a p-value below it is significant."""
    needed_to_lead: int | None
    """Episodes this miner would have to solve besides, counted on those that the best solved; 0 for leaders, None if
    the environment has too few episodes."""
    reference: ReferenceStanding | None = None
    """None in a cycle without a reference."""


@dataclass(frozen=True)
class SubsetExplanation:
    """The subsets of one size."""

    size: int
    led: int
    """Subsets of which the miner leads every environment."""
    won: int
    """How many of those no miner of higher priority leads as well."""
    points: int


@dataclass(frozen=True)
class SpeedStanding:
    """One miner against a rival in steps to success, over the episodes that both solved."""

    faster: int
    """Episodes in which the miner needed fewer steps, by more than the margin."""
    slower: int
    """Episodes in which the rival did."""
    p_value: float
    """The p-value of the miner being no faster than the rival."""
    level: float
    margin: float
    wins: bool
    """Whether the miner is faster by more than noise: it then passes the rival if that is directly ahead of it, unless
    the rival solves more."""
    needed_to_win: int | None
    """Further episodes in which it would have to be faster; None if both solved too few."""


@dataclass(frozen=True)
class RivalExplanation:
    """A miner of higher priority that leads something this miner leads too, and this miner against it overall."""

    uid: int
    shared_environments: int
    subsets_taken: int
    """Subsets that this miner leads and the rival won."""
    only_miner: int
    only_rival: int
    p_value: float
    """The p-value of this miner being no better than the rival overall."""
    level: float
    needed_to_overtake: int | None
    """Further episodes, overall, that only this miner would have to solve; None if there are not so many."""
    speed: SpeedStanding | None = None
    """None where speed decides nothing."""


@dataclass(frozen=True)
class MinerExplanation:
    """Everything behind the weight of one miner in one cycle."""

    uid: int
    first_block: int
    disqualified: bool
    priority: int | None
    """1 wins ties first; None when eligible nowhere."""
    points: int
    all_points: int
    """All points awarded in the cycle."""
    estimated: bool
    """Points and subsets won are estimates; see docs/scoring.md."""
    weight: float
    frontier: bool
    summary: str
    environments: list[EnvironmentExplanation]
    subsets: list[SubsetExplanation]
    rivals: list[RivalExplanation]
    reference: ReferenceStanding | None = None
    """Over all environments together; None in a cycle without a reference."""


def explain_cycle(scores: CycleScores, env_ids: Sequence[str]) -> dict[int, MinerExplanation]:
    """Explain every miner's result: uid -> explanation. `env_ids`: the environments in order.

    Raises InvalidScoringInput.
    """
    if len(env_ids) != len(scores.episodes):
        raise InvalidScoringInput(f"env_ids has {len(env_ids)} names: the scores have {len(scores.episodes)}.")
    explainer = _Explainer(scores, tuple(env_ids))
    return {int(uid): explainer.explain_miner(index) for index, uid in enumerate(scores.uids)}


class _Explainer:
    """What all explanations of one cycle have in common."""

    def __init__(self, scores: CycleScores, env_ids: tuple[str, ...]) -> None:
        self._scores = scores
        self._env_ids = env_ids
        self._masks = mask_environments(scores.leaders)
        self._places = {miner: place for place, miner in enumerate(scores.priority, start=1)}
        self._earners = [miner for miner in scores.priority if scores.exact_points[miner]]
        self._all_points = sum(scores.exact_points)
        self._critical = critical_wins(int(scores.episodes.max(initial=0)), scores.levels.environment)
        self._overall_critical = critical_wins(int(scores.episodes.sum()), scores.levels.overall)
        z = normal_quantile(scores.config.confidence)
        pairs = zip(scores.episodes, scores.floors, strict=True)
        self._entry = [find_fewest_successes(int(episodes), float(floor), z) for episodes, floor in pairs]
        self._reference = scores.reference
        if self._reference is not None:
            levels = self._reference.levels
            self._reference_critical = critical_wins(int(scores.episodes.max(initial=0)), levels.environment)
            self._reference_pooled = critical_wins(int(scores.episodes.sum()), levels.overall)
        self._ranks = 1 + (scores.successes[None] > scores.successes[:, None]).sum(axis=1)

    def explain_miner(self, miner: int) -> MinerExplanation:
        scores = self._scores
        environments = [self._explain_environment(miner, n) for n in range(len(self._env_ids))]
        rivals = self._explain_rivals(miner)
        return MinerExplanation(
            uid=int(scores.uids[miner]),
            first_block=int(scores.first_blocks[miner]),
            disqualified=bool(scores.disqualified[miner]),
            priority=self._places.get(miner),
            points=scores.exact_points[miner],
            all_points=self._all_points,
            estimated=scores.estimated,
            weight=float(scores.weights[miner]),
            frontier=bool(scores.frontier[miner]),
            summary=self._summarize(miner, environments, rivals),
            environments=environments,
            subsets=self._explain_subsets(miner),
            rivals=rivals,
            reference=self._explain_reference(miner),
        )

    def _explain_environment(self, miner: int, n: int) -> EnvironmentExplanation:
        scores = self._scores
        best = int(scores.best[n])
        p = float(scores.p_values[miner, n])
        lower, upper = scores.intervals[miner, n]
        return EnvironmentExplanation(
            env_id=self._env_ids[n],
            episodes=int(scores.episodes[n]),
            successes=int(scores.successes[miner, n]),
            success_rate=float(scores.success_rates[miner, n]),
            interval=(float(lower), float(upper)),
            floor=float(scores.floors[n]),
            eligible=bool(scores.eligible[miner, n]),
            rank=int(self._ranks[miner, n]),
            leader=bool(scores.leaders[miner, n]),
            best_uid=int(scores.uids[best]) if best >= 0 else None,
            best_successes=int(scores.successes[best, n]) if best >= 0 else None,
            only_best=int(scores.only_best[miner, n]),
            only_miner=int(scores.only_miner[miner, n]),
            p_value=None if math.isnan(p) else p,
            level=float(scores.levels.environment),
            needed_to_lead=self._count_needed_to_lead(miner, n),
            reference=self._explain_reference_on(miner, n),
        )

    def _explain_reference_on(self, miner: int, n: int) -> ReferenceStanding | None:
        """The miner against the reference on one environment."""
        found = self._reference
        if found is None:
            return None
        wins, losses = int(found.only_miner[miner, n]), int(found.only_reference[miner, n])
        critical = self._reference_critical[: int(self._scores.episodes[n]) + 1]
        return ReferenceStanding(
            successes=int(found.successes[n]),
            only_miner=wins,
            only_reference=losses,
            p_value=p_value(wins, losses),
            level=float(found.levels.environment),
            beaten=bool(found.beaten[miner, n]),
            needed_to_beat=count_missing_wins(wins, losses, critical, self._scores.config.min_epsilon),
        )

    def _explain_reference(self, miner: int) -> ReferenceStanding | None:
        """The miner against the reference on all environments together."""
        found = self._reference
        if found is None:
            return None
        wins, losses = int(found.only_miner[miner].sum()), int(found.only_reference[miner].sum())
        return ReferenceStanding(
            successes=int(found.successes.sum()),
            only_miner=wins,
            only_reference=losses,
            p_value=p_value(wins, losses),
            level=float(found.levels.overall),
            beaten=bool(found.beaten_overall[miner]),
            needed_to_beat=count_missing_wins(wins, losses, self._reference_pooled),
        )

    def _count_needed_to_pass(self, miner: int, n: int) -> int | None:
        """Count the episodes that take the miner past the reference, on this environment or overall."""
        standings = (self._explain_reference_on(miner, n), self._explain_reference(miner))
        needed = [standing.needed_to_beat for standing in standings if standing is not None]
        return min((count for count in needed if count is not None), default=None if needed else 0)

    def _count_needed_to_lead(self, miner: int, n: int) -> int | None:
        scores = self._scores
        entry = self._entry[n]
        if scores.disqualified[miner] or entry is None:
            return None
        wins, losses, episodes = (
            int(count) for count in (scores.only_best[miner, n], scores.only_miner[miner, n], scores.episodes[n])
        )
        to_pass = self._count_needed_to_pass(miner, n)
        if to_pass is None:
            return None
        to_enter = max(0, entry - int(scores.successes[miner, n]), to_pass)
        to_tie = count_excess_wins(wins, losses, episodes, scores.config.min_epsilon, self._critical)
        return max(to_enter, to_tie)

    def _explain_subsets(self, miner: int) -> list[SubsetExplanation]:
        won = self._scores.subsets[miner]
        led = self._masks[miner].bit_count()
        return [
            SubsetExplanation(
                size=size,
                led=math.comb(led, size),
                won=won[size] if size < len(won) else 0,
                points=self._scores.config.worth(size) * won[size] if size < len(won) else 0,
            )
            for size in range(1, led + 1)
        ]

    def _explain_rivals(self, miner: int) -> list[RivalExplanation]:
        rivals: list[RivalExplanation] = []
        above: list[int] = []
        for rival in self._earners:
            if rival == miner or self._places[rival] > self._places.get(miner, 0):
                break
            if len(rivals) == MAX_RIVALS:
                break
            shared = self._masks[miner] & self._masks[rival]
            if shared:
                taken = sum(count_uncovered_subsets(shared, above)[1:])
                rivals.append(self._explain_rival(miner, rival, shared.bit_count(), taken))
                above.append(self._masks[rival])
        return rivals

    def _explain_rival(self, miner: int, rival: int, shared: int, taken: int) -> RivalExplanation:
        scores = self._scores
        wins, losses = int(scores.overall_wins[miner, rival]), int(scores.overall_wins[rival, miner])
        return RivalExplanation(
            uid=int(scores.uids[rival]),
            shared_environments=shared,
            subsets_taken=taken,
            only_miner=wins,
            only_rival=losses,
            p_value=p_value(wins, losses),
            level=float(scores.levels.overall),
            needed_to_overtake=count_missing_wins(wins, losses, self._overall_critical),
            speed=self._explain_speed(miner, rival),
        )

    def _explain_speed(self, miner: int, rival: int) -> SpeedStanding | None:
        found, margin = self._scores.speed, self._scores.config.speed_margin
        if found is None or margin is None:
            return None
        faster, slower = int(found.count_faster(miner, rival)), int(found.count_slower(miner, rival))
        both = int(self._scores.successes[miner].sum()) - int(self._scores.overall_wins[miner, rival])
        return SpeedStanding(
            faster=faster,
            slower=slower,
            p_value=p_value(faster, slower),
            level=float(found.level),
            margin=margin,
            wins=bool(found.is_faster(miner, rival)),
            needed_to_win=count_missing_wins(faster, slower, critical_wins(both, found.level)),
        )

    def _summarize(
        self, miner: int, environments: Sequence[EnvironmentExplanation], rivals: Sequence[RivalExplanation]
    ) -> str:
        """The explanation in one or two sentences."""
        total = len(environments)
        led = sum(environment.leader for environment in environments)
        won = sum(self._scores.subsets[miner][1:])
        if self._scores.disqualified[miner]:
            return "Disqualified by verification: it earns nothing in this cycle."
        if not any(environment.eligible for environment in environments):
            return self._say_why_nowhere(miner, total)
        if not led:
            within = [e for e in environments if e.needed_to_lead is not None]
            near = min(within, key=lambda e: e.needed_to_lead or 0)
            return (
                f"It leads none of the {total} environments: the best are significantly better. "
                f"Nearest is {near.env_id}, where {near.needed_to_lead} more solved episodes would do."
            )
        if not won:
            names = ", ".join(str(rival.uid) for rival in rivals)
            faster = "" if self._scores.speed is None else " or faster without solving less"
            return (
                f"It leads {led} of the {total} environments, but earlier or better miners (uid {names}) lead those "
                f"too and win the tie. It must be significantly better than them overall{faster}, or lead where they "
                "do not."
            )
        share = self._scores.exact_points[miner] / self._all_points
        return (
            f"It leads {led} of the {total} environments and wins {won} of the {2**led - 1} subsets of them: "
            f"{share:.1%} of all points."
        )

    def _say_why_nowhere(self, miner: int, total: int) -> str:
        """Why a miner takes part on none of `total` environments."""
        found = self._explain_reference(miner)
        solved = self._scores.successes[miner].tolist()
        above = any(entry is not None and count >= entry for count, entry in zip(solved, self._entry, strict=True))
        if found is None or not above:
            return f"It takes part on none of the {total} environments: its success is not above the floor for certain."
        enough = (
            "not even all episodes would do"
            if found.needed_to_beat is None
            else (f"overall, {found.needed_to_beat} more episodes that only it solves would do")
        )
        return (
            f"It takes part on none of the {total} environments, because it is not better than the reference by more "
            f"than noise: over all of them it alone solved {found.only_miner} episodes, and the reference alone "
            f"{found.only_reference}; {enough}."
        )
