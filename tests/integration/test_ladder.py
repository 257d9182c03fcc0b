"""Environments that are saturated climb in the next cycle, and an auditor recomputes it."""

from __future__ import annotations

from typing import Any

import httpx2

from kinitro.api.application import create_app
from kinitro.api.settings import ApiSettings
from kinitro.audit.report import AuditVerdict
from kinitro.audit.rungs import check_rungs
from kinitro.client.http import ApiClient
from kinitro.client.records import Manifest, RungRule
from kinitro.cycles.ladder import LADDER, climb
from kinitro.database.cycles import Cycle
from kinitro.environments import get_spec
from tests.fakes.executor import run_tasks, skill
from tests.fakes.subnet import Subnet, subnet


def reach_is_easy(task: Any) -> int:
    return 1 if task.env_id.startswith("metaworld/reach-v3") or skill(task.uid, task.seed) else 2


async def play(net: Subnet, **changes: Any) -> Cycle:
    """Open a cycle, let everybody solve all of reach, and publish."""
    running = await net.reach("running", rungs="auto", **changes)
    await run_tasks(net.pool, net.executor_id, reach_is_easy)
    done = await net.reach("published", rungs="auto", **changes)
    assert done.id == running.id
    await net.scheduler(rungs="auto", **changes).step()  # opens the next one
    return done


def ids(cycle: Cycle) -> list[str]:
    return [environment.id for environment in cycle.config.environments]


async def test_what_is_saturated_climbs_and_the_rest_stays(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        first, second, third = [await play(net, episodes_per_env=30) for _ in range(3)]
        assert ids(first) == ["metaworld/reach-v3", "metaworld/push-v3"]
        assert ids(second) == ["metaworld/reach-v3@textures", "metaworld/push-v3"]
        assert ids(third) == ["metaworld/reach-v3@distractors@textures", "metaworld/push-v3"]
        assert second.config.rungs == RungRule(name="ladder-1", environments=ids(first), after=first.id)
        assert second.config.environments[0].version == get_spec("metaworld/reach-v3@textures").version
        await check_what_an_auditor_finds(net, [first, second, third])


async def check_what_an_auditor_finds(net: Subnet, cycles: list[Cycle]) -> None:
    app = create_app(ApiSettings.load(database_url=net.url, requests_per_s=10_000.0))
    async with (
        app.router.lifespan_context(app),
        ApiClient("http://api", transport=httpx2.ASGITransport(app), tries=1) as api,
    ):
        manifests = [await net.store.manifest(cycle.id) for cycle in cycles]
        for manifest in manifests:
            (check,) = await check_rungs(api, manifest)
            assert check.verdict is AuditVerdict.PASSED, check.differences
        last = manifests[-1]
        assert last.config.rungs is not None
        lies = {
            "by the rule metaworld/reach-v3@distractors@textures belongs to the cycle": put(last, 0, manifests[1]),
            "and by the rule it does not": put(last, 1, manifests[1], 0),
            "was published in between": name_rule(last, after=cycles[0].id),
            "is no published cycle of this subnet": name_rule(last, after=last.cycle_id - 1, netuid=7),
            "the rule 'ladder-9' is not known here": name_rule(last, name="ladder-9"),
            "is not before cycle": name_rule(last, after=last.cycle_id),
            "published in between, and the set": name_rule(last, after=None),
        }
        for said, lie in lies.items():
            (check,) = await check_rungs(api, lie)
            assert check.verdict is AuditVerdict.FAILED
            assert said in "; ".join(check.differences)
    broken = ApiClient("http://api", transport=httpx2.MockTransport(refuse), tries=1)
    (check,) = await check_rungs(broken, last)
    assert check.verdict is AuditVerdict.UNAVAILABLE
    await broken.close()


def refuse(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("nobody listens", request=request)


def put(manifest: Manifest, index: int, other: Manifest, of: int | None = None) -> Manifest:
    """The manifest with an environment of another one in a place."""
    environments = list(manifest.config.environments)
    environments[index] = other.config.environments[index if of is None else of]
    config = manifest.config.model_copy(update={"environments": environments})
    return manifest.model_copy(update={"config": config})


def name_rule(manifest: Manifest, netuid: int | None = None, **changes: Any) -> Manifest:
    assert manifest.config.rungs is not None
    config = manifest.config.model_copy(update={"rungs": manifest.config.rungs.model_copy(update=changes)})
    return manifest.model_copy(update={"config": config, "netuid": netuid or manifest.netuid})


async def test_a_fixed_set_stays_and_names_no_rule(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        for _ in range(2):
            await net.reach("running", episodes_per_env=30)
            await run_tasks(net.pool, net.executor_id, reach_is_easy)
            done = await net.reach("published", episodes_per_env=30)
            assert ids(done) == ["metaworld/reach-v3", "metaworld/push-v3"]
            assert done.config.rungs is None
            assert "rungs" not in done.config.model_dump()
            await net.scheduler(episodes_per_env=30).step()


def test_the_top_of_the_ladder() -> None:
    """Step by step to the top, each a step of the rule, and then no further."""
    rule = RungRule(name="ladder-1", environments=["metaworld/push-v3", "metaworld/door-open-v3"], after=None)
    current, seen = list(rule.environments), []
    for _ in range(len(LADDER["ladder-1"]) + 2):
        seen.append(current[0])
        current = climb(rule, current, current)
    assert seen[0] == "metaworld/push-v3"
    assert len(set(seen)) == len(LADDER["ladder-1"])
    assert seen[-1] == seen[-2] == current[0]
    assert "@choices" in current[0]
    assert "@choices" not in current[1], "it does not have that rung"


def test_rungs_that_an_operator_began_with_stay() -> None:
    rule = RungRule(name="ladder-1", environments=["metaworld/push-v3@moved"], after=None)
    assert climb(rule, rule.environments, rule.environments) == ["metaworld/push-v3@moved@textures"]
    assert climb(rule, [], []) == rule.environments
