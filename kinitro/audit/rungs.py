"""Did the environments climb as the rule says that the manifest names?"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from kinitro.audit.report import Check
from kinitro.client.errors import ApiRefused
from kinitro.client.http import ApiClient
from kinitro.client.messages import Scores
from kinitro.client.records import Manifest, RungRule
from kinitro.cycles.ladder import LADDER, climb, find_published_saturated
from kinitro.environments.errors import UnknownEnvironment
from kinitro.errors import UnavailableError
from kinitro.scoring import InvalidScoringConfig

LOOKED_AT = 50
"""How many cycles between the named one and this one are looked at."""


async def check_rungs(api: ApiClient, manifest: Manifest) -> list[Check]:
    """Check the set of a cycle whose manifest names a rule; nothing where it names none."""
    rule = manifest.config.rungs
    if rule is None:
        return []
    try:
        differences = [difference async for difference in _compare(api, manifest, rule)]
    except UnavailableError as error:
        return [Check.unavailable("rungs", f"the cycle before could not be read: {error}")]
    after = "it is the first" if rule.after is None else f"after cycle {rule.after}"
    return [Check.of("rungs", f"{len(rule.environments)} environments by {rule.name}, {after}", differences)]


async def _compare(api: ApiClient, manifest: Manifest, rule: RungRule) -> AsyncIterator[str]:
    if rule.name not in LADDER:
        yield f"the rule {rule.name!r} is not known here"
        return
    if rule.after is not None and not 0 < rule.after < manifest.cycle_id:
        yield f"the rule is said to follow cycle {rule.after}, which is not before cycle {manifest.cycle_id}"
        return
    first = manifest.cycle_id - LOOKED_AT if rule.after is None else rule.after + 1
    for cycle_id in range(max(1, first, manifest.cycle_id - LOOKED_AT), manifest.cycle_id):
        between = await _find(api, cycle_id)
        if between is not None and between.netuid == manifest.netuid and between.state == "published":
            yield f"cycle {cycle_id} was published in between, and the set must follow from it"
            return
    before, scores = None, None
    if rule.after is not None:
        before = await _find(api, rule.after)
        if before is None or before.netuid != manifest.netuid or before.state != "published":
            yield f"cycle {rule.after}, which the set is said to follow from, is no published cycle of this subnet"
            return
        scores = await api.get(f"/v1/scores/{rule.after}", Scores)
    for difference in find_rung_differences(manifest, rule, before, scores):
        yield difference


async def _find(api: ApiClient, cycle_id: int) -> Manifest | None:
    """Fetch the manifest of a cycle; None if there is none."""
    try:
        return await api.get(f"/v1/cycles/{cycle_id}/manifest", Manifest)
    except ApiRefused:
        return None


def find_rung_differences(
    manifest: Manifest, rule: RungRule, before: Manifest | None, scores: Scores | None
) -> Iterator[str]:
    """Are the environments of a cycle those that the rule gives after the cycle before?"""
    try:
        saturated = find_published_saturated(before.config, scores) if before and scores else []
        expected = climb(rule, before.config if before else None, saturated)
    except (UnknownEnvironment, InvalidScoringConfig, TypeError) as error:
        yield f"the rule cannot be followed here: {error}"
        return
    found = [environment.id for environment in manifest.config.environments]
    if found != expected:
        for env_id in expected:
            if env_id not in found:
                yield f"by the rule {env_id} belongs to the cycle, and it does not"
        for env_id in found:
            if env_id not in expected:
                yield f"{env_id} belongs to the cycle, and by the rule it does not"
        if sorted(found) == sorted(expected):
            yield f"the environments are in the order {', '.join(found)}, and by the rule {', '.join(expected)}"
