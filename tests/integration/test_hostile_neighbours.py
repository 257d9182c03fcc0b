"""Hostile servers beside honest ones in the same event loop: each ends in a named outcome, the honest ones go on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from kinitro.evaluation import EpisodeContext, EpisodeResult, Outcome, run_episode
from kinitro.evaluation.no_op_server import NoOpServer
from kinitro.evaluation.simulator import SharedSimulator
from kinitro.policies.client import HttpPolicy
from tests.fakes.point import PointEnvironment
from tests.integration.policies import hostile

STEPS = 60


def episode_of(path: str, body: bytes) -> bytes:
    """/reset as it should be: the episode id of the request."""
    start = body.index(b'"episode_id":"') + len(b'"episode_id":"')
    return body[start : body.index(b'"', start)]


def behaving_until_act(act: hostile.Behaviour) -> hostile.Behaviour:
    """Honest in /health and /reset, so that the episode begins; then `act` takes the connection over."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            path, body = await hostile.read_request(reader)
            if path == "/act":
                await act(reader, writer)
                return
            answer = b'{"episode_id": "%b"}' % episode_of(path, body) if path == "/reset" else b'{"status": "ok"}'
            writer.write(hostile.answer(answer))
            await writer.drain()

    return behave


async def trickles(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


async def floods(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000000000\r\n\r\n")
    while True:
        writer.write(hostile.MIB)
        await writer.drain()


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n")


async def rambles(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"hello\r\n\r\n")


def answers(body: bytes) -> hostile.Behaviour:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(hostile.answer(body))
        await writer.drain()

    return behave


HOSTILE = {
    "timeout": trickles,
    "too_large": floods,
    "disconnected": hangs_up,
    "action_shape": answers(b'{"action": [1, 2, 3]}'),
    "malformed_body": answers(b'{"action": "up"}'),
    "malformed_http": rambles,
}


@pytest.fixture
def enemies() -> Iterator[dict[str, str]]:
    with ExitStack() as stack:
        yield {
            reason: stack.enter_context(hostile.Server(behaving_until_act(act))).url for reason, act in HOSTILE.items()
        }


async def run(url: str, context: EpisodeContext) -> EpisodeResult:
    policy = HttpPolicy(url, allow_private=True)
    try:
        return await run_episode(PointEnvironment("slow"), policy, seed=1, max_steps=STEPS, context=context)
    finally:
        await policy.close()


async def test_each_enemy_gets_its_named_outcome_and_nobody_else_suffers(enemies: dict[str, str]) -> None:
    honest = NoOpServer(delay_s=0.02)
    await honest.start()
    context = EpisodeContext(simulator=SharedSimulator())
    begun = time.monotonic()
    fighting = {reason: asyncio.create_task(run(url, context)) for reason, url in enemies.items()}
    good = await asyncio.gather(*(run(honest.url, context) for _ in range(4)))
    results = {reason: await task for reason, task in fighting.items()}
    elapsed_s = time.monotonic() - begun
    await honest.close()
    assert {(one.outcome, one.steps) for one in good} == {(Outcome.FAILURE, STEPS)}
    for reason, result in results.items():
        assert result.outcome is Outcome.POLICY_FAULT
        assert result.reason == reason
        assert result.timings.policy_max_ms < 3000
    assert elapsed_s < 30


async def test_a_server_that_dies_in_the_middle_costs_only_its_own_episode() -> None:
    mortal, honest = NoOpServer(delay_s=0.01), NoOpServer(delay_s=0.01)
    await mortal.start()
    await honest.start()
    context = EpisodeContext(simulator=SharedSimulator())
    dying, living = (asyncio.create_task(run(server.url, context)) for server in (mortal, honest))
    await asyncio.sleep(0.3)
    await mortal.close()
    result = await dying
    assert (result.outcome, result.reason) == (Outcome.POLICY_FAULT, "connection_refused")
    assert result.forfeits == 3
    assert (await living).outcome is Outcome.FAILURE
    await honest.close()
