"""How environments climb: whoever is saturated is harder in the next cycle, by a rule that everybody can recompute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from kinitro.client.messages import Scores
from kinitro.client.records import CycleConfig, RungRule
from kinitro.cycles.scorecard import SATURATION
from kinitro.environments.errors import UnknownEnvironment
from kinitro.environments.registry import get_spec, list_rungs
from kinitro.environments.spec import RUNG_MARK
from kinitro.scoring import ScoringConfig
from kinitro.scoring.intervals import normal_quantile, wilson_interval

LADDER: Final[Mapping[str, tuple[frozenset[str], ...]]] = {
    "ladder-1": tuple(
        frozenset(step.split())
        for step in (
            "textures",
            "distractors",
            "cameras",
            "delay noise",
            "choices",
            "gain loads occluders",
            "lights sizes wordings",
            "blackout moved",
        )
    )
}
"""By the name of a rule, the rungs that each step adds, from the lowest. A rule that landed never changes; another one
gets a new name. An environment gets those of a step's rungs that it has and that go with the ones that it is on."""
NEWEST_RULE: Final = "ladder-1"


def climb(rule: RungRule, before: CycleConfig | None, saturated: Iterable[str]) -> list[str]:
    """Return the ids of the environments of a cycle: those of `rule.environments`, each as far up as it has climbed.

    before:    the cycle before, if there was one. An environment that was named alike for it is where it had climbed;
               another one is as the rule names it.
    saturated: the ids of those environments of it that were saturated: they climb one step.

    Raises UnknownEnvironment.
    """
    check_names(rule.environments)
    full, steps = set(saturated), LADDER[rule.name]
    reached: dict[str, str] = {}
    if before is not None:
        ids = [environment.id for environment in before.environments]
        reached = dict(zip(before.rungs.environments if before.rungs else ids, ids, strict=False))
    current = [reached.get(name, name) for name in rule.environments]
    return [_raise(env_id, steps) if env_id in full else env_id for env_id in current]


def check_names(env_ids: Iterable[str]) -> None:
    """Raise UnknownEnvironment if two are the same environment on other rungs: they would meet while they climb."""
    seen: dict[str, str] = {}
    for env_id in env_ids:
        other = seen.setdefault(get_spec(env_id).base_id, env_id)
        if other != env_id:
            raise UnknownEnvironment(
                f"{other} and {env_id} are one environment on other rungs, which cannot climb side by side: "
                "name one of them, or do without --rungs auto."
            )


def _raise(env_id: str, steps: tuple[frozenset[str], ...]) -> str:
    """Return the id on the rungs that it is on and those of the lowest step that adds some which go with them."""
    spec = get_spec(env_id)
    offered = {rung.name: rung for rung in list_rungs(get_spec(spec.base_id))}
    barred = {name for rung in spec.rungs for name in offered[rung].without}
    free = {name for name in offered.keys() - barred if not set(offered[name].without) & set(spec.rungs)}
    for step in steps:
        if new := (step & free) - set(spec.rungs):
            return RUNG_MARK.join((spec.base_id, *sorted({*spec.rungs, *new})))
    return env_id


def find_published_saturated(config: CycleConfig, scores: Scores) -> list[str]:
    """Find the saturated environments of a published cycle from its scores: see `scorecard.find_saturated`."""
    confidence = ScoringConfig(**config.scoring).confidence
    won: dict[str, list[tuple[int, int]]] = {name: [] for name in scores.environments}
    for miner in scores.miners:
        for row in miner.environments:
            if row.leader and row.env_id in won:
                won[row.env_id].append((row.successes, row.episodes))
    for beside in scores.reference.environments if scores.reference else ():
        if beside.env_id in won:
            won[beside.env_id].append((beside.successes, beside.episodes))
    found = []
    for name, pairs in won.items():
        successes, episodes = (np.array(sum(pair[index] for pair in pairs)) for index in (0, 1))
        lower, _ = wilson_interval(successes, episodes, normal_quantile(confidence))
        if episodes and lower > SATURATION:
            found.append(name)
    return found
