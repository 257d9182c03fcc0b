"""How environments climb: whoever is saturated is harder in the next cycle, by a rule that everybody can recompute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from kinitro.client.messages import Scores
from kinitro.client.records import CycleConfig, RungRule
from kinitro.cycles.scorecard import SATURATION
from kinitro.environments.registry import get_spec, list_rungs
from kinitro.environments.spec import RUNG_MARK
from kinitro.scoring import ScoringConfig
from kinitro.scoring.intervals import normal_quantile, wilson_interval

LADDER: Final[Mapping[str, tuple[frozenset[str], ...]]] = {
    "ladder-1": tuple(
        frozenset(step.split())
        for step in (
            "",
            "textures",
            "distractors textures",
            "cameras distractors textures",
            "cameras delay distractors noise textures",
            "cameras choices delay distractors noise textures",
            "cameras choices delay distractors gain loads noise occluders textures",
        )
    )
}
"""By the name of a rule, the rungs of each step, from the lowest. A rule that landed never changes; another one gets a
new name. An environment is on those of a step's rungs that it has."""
NEWEST_RULE: Final = "ladder-1"


def climb(rule: RungRule, before: Iterable[str], saturated: Iterable[str]) -> list[str]:
    """Return the ids of the environments of a cycle: those of `rule.environments`, each as far up as it has climbed.

    before:    the ids of the cycle before. An environment that was not in it is as the rule has it.
    saturated: those of them that were saturated: they climb one step.

    Raises UnknownEnvironment.
    """
    full, ids = set(saturated), {get_spec(env_id).base_id: env_id for env_id in before}
    current = [ids.get(get_spec(env_id).base_id, env_id) for env_id in rule.environments]
    return [_raise(env_id, LADDER[rule.name]) if env_id in full else env_id for env_id in current]


def _raise(env_id: str, steps: tuple[frozenset[str], ...]) -> str:
    """Return the id one step higher: on the rungs that it is on and those of the lowest step that has others."""
    spec = get_spec(env_id)
    has = {rung.name for rung in list_rungs(get_spec(spec.base_id))}
    for step in steps:
        if new := (step & has) - set(spec.rungs):
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
