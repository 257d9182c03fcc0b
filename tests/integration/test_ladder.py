"""Environments that are saturated climb in the next cycle, and an auditor recomputes it."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from kinitro.api.application import create_app
from kinitro.api.settings import ApiSettings
from kinitro.audit.report import AuditVerdict
from kinitro.audit.rungs import check_rungs
from kinitro.client.http import ApiClient
from kinitro.client.records import CycleConfig, Manifest, RungRule
from kinitro.cycles.ladder import LADDER, climb
from kinitro.database.cycles import Cycle
from kinitro.environments import get_spec, scored_specs
from kinitro.environments.errors import UnknownEnvironment
from kinitro.environments.packs.versions import SEALED_RUNG
from kinitro.environments.registry import list_rungs
from kinitro.scheduler.settings import SchedulerSettings
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


def after(names: list[str], ids: list[str] | None = None, rule: bool = True) -> CycleConfig:
    """The configuration of a cycle for which `names` were named, and whose environments were `ids`."""
    settings = SchedulerSettings.load(netuid=1, network="fake", database_url="postgresql:///", environments=names)
    named = RungRule(name="ladder-1", environments=names, after=None)
    pack = "0" * 64 if any(SEALED_RUNG in get_spec(env_id).rungs for env_id in ids or names) else None
    return settings.cycle_config(pack, ids or names, named if rule else None)


def test_the_top_of_the_ladder() -> None:
    """Step by step to the top, each a step of the rule, and then no further."""
    rule = RungRule(name="ladder-1", environments=["metaworld/push-v3", "metaworld/door-open-v3"], after=None)
    current, seen = list(rule.environments), []
    for _ in range(len(LADDER["ladder-1"]) + 3):
        seen.append(current[0])
        current = climb(rule, after(rule.environments, current), current)
    assert seen[0] == "metaworld/push-v3"
    assert len(set(seen)) == len(LADDER["ladder-1"]) + 1
    assert seen[-1] == seen[-2] == current[0]
    assert "@choices" in current[0]
    assert "@sizes" not in current[0], "it does not go with two pucks"
    assert "@choices" not in current[1], "it does not have that rung"


@pytest.mark.parametrize("start", [spec.id for spec in scored_specs()])
@pytest.mark.parametrize("rung", sorted({rung.name for spec in scored_specs() for rung in list_rungs(spec)}))
def test_from_every_rung_there_is_a_way_up(start: str, rung: str) -> None:
    """No step asks for rungs that do not go together, wherever an operator begins."""
    try:
        current = [get_spec(f"{start}@{rung}").id]
    except UnknownEnvironment:
        return  # the task does not have it
    rule, seen = RungRule(name="ladder-1", environments=current, after=None), set()
    while current[0] not in seen:
        seen.add(get_spec(current[0]).id)
        current = climb(rule, after(rule.environments, current), current)
    assert len(seen) >= 5
    assert all(set(get_spec(env_id).rungs) >= {rung} for env_id in seen), "what it began with stays"


def test_rungs_that_an_operator_began_with_stay() -> None:
    rule = RungRule(name="ladder-1", environments=["metaworld/push-v3@moved"], after=None)
    assert climb(rule, after(rule.environments), rule.environments) == ["metaworld/push-v3@moved@textures"]
    assert climb(rule, None, []) == rule.environments


def test_who_names_other_environments_gets_them() -> None:
    """What had climbed stays where it is only as long as it is named as before."""
    before = after(["metaworld/push-v3", "metaworld/reach-v3"], ["metaworld/push-v3@textures", "metaworld/reach-v3"])
    names = ["metaworld/push-v3@delay", "metaworld/reach-v3", "metaworld/door-open-v3"]
    renamed = RungRule(name="ladder-1", environments=names, after=1)
    assert climb(renamed, before, ["metaworld/push-v3@textures"]) == names
    same = RungRule(name="ladder-1", environments=["metaworld/reach-v3", "metaworld/push-v3"], after=1)
    assert climb(same, before, []) == ["metaworld/reach-v3", "metaworld/push-v3@textures"]
    fixed = after(["metaworld/push-v3@textures"], rule=False)
    assert climb(same, fixed, []) == same.environments, "of a cycle without a rule, the ids are what was named"


def test_one_environment_at_two_rungs_cannot_climb() -> None:
    given: dict[str, Any] = {"netuid": 1, "network": "fake", "database_url": "postgresql:///"}
    given["environments"] = ["metaworld/push-v3", "metaworld/push-v3@delay"]
    assert len(SchedulerSettings.load(**given).list_environments()) == 2
    with pytest.raises(UnknownEnvironment, match="cannot climb side by side"):
        SchedulerSettings.load(**given, rungs="auto").cycle_config()
