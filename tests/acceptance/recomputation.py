"""Scores and weights worked out again from the published rows, to hold against what was published."""

from __future__ import annotations

from typing import Any

import numpy as np

from kinitro.client.records import TaskOutcome
from kinitro.environments import get_spec
from kinitro.evaluation.outcomes import Outcome
from kinitro.scoring import score_cycle
from tests.acceptance.demo_process import Demo


def recomputed_weights(demo: Demo) -> dict[int, float]:
    """uid -> weight, from results.json, manifest.json and the scoring rule; zeros left out."""
    manifest = demo.read("manifest.json")
    environments = [environment["id"] for environment in manifest["config"]["environments"]]
    miners = sorted((m for m in manifest["miners"] if m["excluded"] is None), key=lambda miner: miner["uid"])
    shape = (len(miners), len(environments), manifest["config"]["episodes"])
    outcomes, seen, valid = np.zeros(shape, bool), np.zeros(shape, bool), np.ones(shape[1:], bool)
    index = {miner["uid"]: number for number, miner in enumerate(miners)}
    for row in demo.read("results.json"):
        place = index[row["uid"]], environments.index(row["env_id"]), row["episode"]
        assert not seen[place], f"two results for {place}"
        seen[place] = True
        outcomes[place] = row["outcome"] == Outcome.SUCCESS
        valid[place[1:]] &= row["outcome"] != TaskOutcome.VOID
    assert seen.all(), "episodes without a result"
    scores = score_cycle(
        outcomes,
        np.array([miner["first_block"] for miner in miners]),
        valid=valid,
        uids=np.array([miner["uid"] for miner in miners]),
        chance=np.array([get_spec(env_id).random_success for env_id in environments]),
    )
    weights = zip((miner["uid"] for miner in miners), scores.weights, strict=True)
    return {uid: float(weight) for uid, weight in weights if weight}


def successes(demo: Demo) -> dict[tuple[int, str], int]:
    """(uid, environment) -> episodes solved, counted in results.json."""
    counted: dict[tuple[int, str], int] = {}
    for row in demo.read("results.json"):
        key = row["uid"], row["env_id"]
        counted[key] = counted.get(key, 0) + (row["outcome"] == Outcome.SUCCESS)
    return counted


def by_name(demo: Demo, of_uid: dict[str, Any]) -> dict[str, Any]:
    """The values of a JSON object with uids as keys, by the miner's name; 0 where there is none."""
    return {name: of_uid.get(uid, 0) for uid, name in demo.read("names.json").items()}
