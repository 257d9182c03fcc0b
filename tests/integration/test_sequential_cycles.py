"""Cycles that stop miners where their result is settled, from the scheduler to the audit."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from kinitro.api.application import create_app
from kinitro.api.settings import ApiSettings
from kinitro.scheduler.service import Scheduler
from kinitro.taskpool.client import ApiClient
from kinitro.taskpool.cycles import Cycle
from kinitro.taskpool.messages import FetchRequest
from kinitro.taskpool.records import SKIPPED, ResultPage
from kinitro.taskpool.scorecard import Identity, score
from kinitro.taskpool.verifications import Verifications
from kinitro.verification.audit import audit_cycle
from kinitro.verification.report import AuditReport
from tests.fakes.executor import report, run_tasks, skill
from tests.fakes.subnet import Subnet, by_skill, subnet
from tests.fakes.verifier import verify

EPISODES = 60
OPTIONS: dict[str, Any] = {"sequential": True, "sequential_interval": "0", "episodes_per_env": EPISODES}


@pytest.fixture(autouse=True)
def looks_at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a look takes."""
    monkeypatch.setattr("kinitro.scheduler.service.POLL_SHARE", 1e9)


async def play(net: Subnet, scheduler: Scheduler, *, until: str = "published") -> Cycle:
    """Episode by episode, with a look at what is settled after each ten of all miners."""
    for _ in range(100):
        cycle = await net.store.latest(1)
        if cycle is not None and cycle.state == until:
            return cycle
        if await run_tasks(net.pool, net.executor_id, by_skill, limit=60) == 0 and until == "waiting":
            return await net.reach("running", **OPTIONS)
        await scheduler.step()
    raise AssertionError(f"the cycle did not become {until}")


async def audit(net: Subnet, change: Any = None) -> AuditReport:
    class Api(ApiClient):
        async def _call(self, method: str, path: str, model: Any, **more: Any) -> Any:
            answer = await super()._call(method, path, model, **more)
            return change(answer) if change and model is ResultPage else answer

    app = create_app(ApiSettings.load(database_url=net.url, requests_per_s=10_000.0))
    async with app.router.lifespan_context(app), Api("http://api", transport=httpx2.ASGITransport(app), tries=1) as api:
        return await audit_cycle(api, sample=0, workers=0)


async def leaders(net: Subnet) -> dict[tuple[int, str], bool]:
    (scores,) = await net.one("select scores from publication")
    return {
        (miner["uid"], environment["env_id"]): environment["leader"]
        for miner in scores["miners"]
        for environment in miner["environments"]
    }


async def test_it_finds_the_leaders_of_the_full_cycle_with_fewer_episodes(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        await net.reach("running", **OPTIONS)
        done = await play(net, net.scheduler(**OPTIONS))
        rows = await net.store.all_results(done)
        skipped = [row for row in rows if row.outcome == SKIPPED]
        assert len(rows) == 3 * 2 * EPISODES
        assert len(skipped) > len(rows) / 3
        assert {row.reason for row in skipped} == {"settled"}
        assert (await net.store.manifest(done.id)).counts["skipped"] == len(skipped)
        assert await net.one("select count(*) from task where record and outcome = 9") == (0,), "checks are not spared"

        full = [row.model_copy(update={"outcome": 1 if skill(row.uid, row.seed) else 2}) for row in rows]
        miners = await net.store.miners(done.id)
        config = done.config.model_copy(update={"sequential": False})
        card = score(Identity(done.id, 1, done.block, ""), config, miners, full)
        whole = {(m.uid, e.env_id): e.leader for m in card.scores.miners for e in m.environments}
        assert await leaders(net) == whole

        (scores,) = await net.one("select scores from publication")
        assert any(f"{len(skipped)} of {len(rows)} episodes were not played" in note for note in scores["notes"])
        for miner in scores["miners"]:
            for environment in miner["environments"]:
                mine = [r for r in rows if (r.uid, r.env_id) == (miner["uid"], environment["env_id"])]
                assert environment["episodes"] == sum(row.outcome != SKIPPED for row in mine)
        assert (await audit(net)).ok


async def test_the_audit_names_a_miner_that_was_stopped_for_no_reason(empty_database: str) -> None:
    def starve(page: ResultPage) -> ResultPage:
        never = {"outcome": SKIPPED, "success_step": None, "trace_sha256": None, "reason": "settled"}
        rows = [row.model_copy(update=never) if row.uid == 5 and row.episode >= 4 else row for row in page.results]
        return page.model_copy(update={"results": rows})

    async with subnet(empty_database) as net:
        await net.reach("running", **OPTIONS)
        await play(net, net.scheduler(**OPTIONS))
        found = await audit(net, starve)
        wrong = next(check for check in found.failures if check.name == "scores").differences
        assert "uid 5 was stopped on metaworld/reach-v3 after 4 of 60 episodes" in wrong[0]


async def test_whom_a_cheat_had_beaten_plays_on(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        await net.reach("running", **OPTIONS)
        store, scheduler = Verifications(net.connection), net.scheduler(**OPTIONS)
        await verify(store, net.executor_id, "physics-1")
        await play(net, scheduler, until="waiting")
        for _ in range(3):
            await scheduler.step()
        assert (await net.reach("running", **OPTIONS)).state == "running", "verdicts are waited for"
        (before,) = await net.one("select count(*) from task where outcome = 9 and uid = 5")
        assert await verify(store, net.executor_id, "physics-1", cheats={9}) == 9
        done = await play(net, scheduler)
        (after,) = await net.one("select count(*) from task where outcome = 9 and uid = 5")
        assert after < before
        assert (await net.one("select weights from publication where cycle_id = %s", done.id))[0]["weights"] == {
            "5": 1.0
        }
        assert (await audit(net)).ok


async def test_an_episode_that_is_void_after_all_proves_nothing(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        cycle = await net.reach("running", **OPTIONS)
        scheduler = net.scheduler(**OPTIONS)
        while (await net.one("select count(*) from task where outcome = 9 and uid = 2 and env = 0"))[0] == 0:
            await run_tasks(net.pool, net.executor_id, by_skill, limit=30)
            await scheduler.step()
        await net.connection.execute("update task set outcome = 4 where uid = 9 and env = 0 and outcome in (1, 2)")
        await net.connection.execute("update task set outcome = 9 where uid = 2 and env = 0 and episode < 3")
        await scheduler.step()
        skipped = await (
            await net.connection.execute("select episode from task where outcome = 9 and uid = 2 and env = 0")
        ).fetchall()
        void = await (await net.connection.execute("select episode from task where outcome = 4")).fetchall()
        assert {0, 1, 2} <= {row[0] for row in skipped}, "void episodes are not played for their own sake"
        assert set(skipped) <= set(void), "all others are"
        assert (await net.store.find(cycle.id)).state == "running"


async def test_what_is_being_run_is_not_taken_away(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        await net.reach("running", **OPTIONS)
        await run_tasks(net.pool, net.executor_id, by_skill, limit=3 * 2 * 25)
        lease = await net.pool.fetch(net.executor_id, FetchRequest(max_tasks=60, fingerprint="physics-1"))
        assert lease.lease_id is not None
        await net.scheduler(**OPTIONS).step()
        settled = await net.one("select count(*) from task where outcome = 9 and uid = 2")
        assert settled[0] > 20
        mine = next(task for task in lease.tasks if task.uid == 2)
        assert (await report(net.pool, net.executor_id, lease.lease_id, mine, 2)).status == "accepted"
        left = await net.pool.fetch(net.executor_id, FetchRequest(max_tasks=1000, fingerprint="physics-1"))
        recorded = {task.task_id for task in left.tasks if task.record}
        assert {task.uid for task in left.tasks if task.task_id not in recorded} <= {5, 9}


@pytest.mark.parametrize("sequential", [False, True])
async def test_nothing_is_skipped_unless_the_cycle_says_so(empty_database: str, sequential: bool) -> None:
    """The switch is read when a cycle opens; a scheduler with another setting goes on as the cycle was announced."""
    async with subnet(empty_database) as net:
        await net.reach("running", **OPTIONS | {"sequential": sequential})
        await play(net, net.scheduler(**OPTIONS | {"sequential": not sequential}))
        assert ((await net.one("select count(*) from task where outcome = 9"))[0] > 0) == sequential
