"""The canary tells a broken network of ours from a miner who does not answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import numpy as np
import pytest

from kinitro.environments import Observation
from kinitro.evaluation import EpisodeContext, Outcome, run_episode
from kinitro.evaluation import canary as canary_module
from kinitro.evaluation.canary import Canary
from kinitro.evaluation.no_op_server import NoOpServer
from kinitro.evaluation.stall_monitor import StallMonitor
from kinitro.policies.client import Deadlines, HttpPolicy
from kinitro.policies.errors import PolicyMisbehaved
from tests.fakes.point import PointEnvironment

NOBODY = "http://127.0.0.1:9"
OBSERVATION = Observation(np.zeros(4, np.float32), {"corner": np.zeros((8, 8, 3), np.uint8)})


def connect(url: str) -> HttpPolicy:
    return HttpPolicy(url, allow_private=True)


@pytest.fixture
async def no_op() -> AsyncIterator[NoOpServer]:
    server = NoOpServer()
    await server.start()
    yield server
    await server.close()


@pytest.mark.parametrize("encodings", [("json",), ("json", "msgpack")])
async def test_the_no_op_server_conforms_and_does_not_move(encodings: tuple[str, ...]) -> None:
    server = NoOpServer(encodings=encodings)
    await server.start()
    policy = connect(server.url)
    result = await run_episode(PointEnvironment(), policy, seed=1, max_steps=30)
    await policy.close()
    await server.close()
    assert (result.outcome, result.steps, result.forfeits) == (Outcome.FAILURE, 30, 0)


async def test_it_is_healthy_until_it_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canary_module, "REMEMBERED_S", 0.0)
    canary = Canary(connect)
    await canary.start()
    assert await canary.is_healthy()
    await canary.close()
    assert not await canary.is_healthy()


async def test_an_outside_canary_must_be_healthy_too(no_op: NoOpServer) -> None:
    for url, healthy in ((no_op.url, True), (NOBODY, False)):
        canary = Canary(connect, outside_url=url)
        await canary.start()
        assert await canary.is_healthy() is healthy
        await canary.close()


async def test_one_verdict_serves_all_who_ask_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def counting(url: str) -> HttpPolicy:
        asked.append(url)
        return connect(url)

    canary = Canary(counting)
    await canary.start()
    assert all(await asyncio.gather(*(canary.is_healthy() for _ in range(50))))
    await canary.close()
    assert len(asked) == 1


@pytest.mark.parametrize(("broken", "outcome"), [(False, Outcome.POLICY_FAULT), (True, Outcome.EVALUATOR_FAULT)])
async def test_a_miner_out_of_reach_is_judged_by_the_canary(broken: bool, outcome: Outcome) -> None:
    canary = Canary(connect)
    await canary.start()
    if broken:
        await canary.close()
    policy = connect(NOBODY)
    result = await run_episode(PointEnvironment(), policy, seed=1, context=EpisodeContext(canary=canary.is_healthy))
    await policy.close()
    await canary.close()
    assert result.outcome is outcome
    assert result.reason == ("canary_failed" if broken else "unreachable:connection_refused")


async def test_a_stall_of_our_own_loop_is_noticed() -> None:
    watch = StallMonitor()
    watching = asyncio.create_task(watch.run())
    await asyncio.sleep(0.1)
    time.sleep(0.4)  # noqa: ASYNC251 - this is the stall
    await asyncio.sleep(0.05)
    watching.cancel()
    assert 0.3 < watch.get_total_s() < 2.0


@pytest.mark.parametrize(("watched", "reason"), [(True, None), (False, "timeout")], ids=["watched", "not watched"])
async def test_an_answer_late_because_our_loop_stood_still_costs_the_miner_no_step(
    watched: bool, reason: str | None
) -> None:
    """It comes 0.36 s after the question, the deadline is 0.2 s, and our loop sleeps through 0.25 s."""
    watch = StallMonitor()
    watching = asyncio.create_task(watch.run())
    server = NoOpServer(delay_s=0.36)
    await server.start()
    policy = HttpPolicy(
        server.url,
        allow_private=True,
        deadlines=Deadlines(act_s=0.2),
        stalled_s=watch.get_total_s if watched else lambda: 0.0,
    )
    asking = asyncio.create_task(policy.act("e", 0, OBSERVATION))
    await asyncio.sleep(0.05)
    time.sleep(0.25)  # noqa: ASYNC251 - this is the stall
    found = None
    try:
        await asking
    except PolicyMisbehaved as error:
        found = error.reason
    watching.cancel()
    await policy.close()
    await server.close()
    assert found == reason


async def test_without_a_stall_a_deadline_is_a_deadline() -> None:
    watch = StallMonitor()
    watching = asyncio.create_task(watch.run())
    server = NoOpServer(delay_s=2.0)
    await server.start()
    policy = HttpPolicy(server.url, allow_private=True, deadlines=Deadlines(act_s=0.2), stalled_s=watch.get_total_s)
    begun = asyncio.get_running_loop().time()
    with pytest.raises(PolicyMisbehaved):
        await policy.act("e", 0, OBSERVATION)
    assert asyncio.get_running_loop().time() - begun < 1.0
    watching.cancel()
    await policy.close()
    await server.close()
