"""Environments are reused, and there are never more than were once in use at the same time plus a few spare ones."""

from __future__ import annotations

import asyncio
import random
import threading
import time

import pytest

from kinitro.environments.errors import UnknownEnvironment
from kinitro.evaluation.environment_cache import EnvironmentCache
from tests.fakes.point import PointEnvironment


class Factory:
    """Makes point environments and remembers them."""

    def __init__(self) -> None:
        self.made: list[PointEnvironment] = []

    def __call__(self, env_id: str, randomization: str = "standard") -> PointEnvironment:
        self.made.append(PointEnvironment(env_id.partition("/")[2]))
        return self.made[-1]

    @property
    def probe_liveness(self) -> int:
        return sum(not environment.closed for environment in self.made)


async def test_an_idle_environment_is_used_again() -> None:
    cache = EnvironmentCache(factory := Factory())
    first = await cache.take("fake/point")
    cache.give_back(first)
    assert await cache.take("fake/point") is first
    assert await cache.take("fake/point") is not first
    assert len(factory.made) == 2


async def test_another_level_of_randomization_is_another_environment() -> None:
    cache = EnvironmentCache(factory := Factory(), spare=1)
    hard = await cache.take("fake/point", "hard")
    cache.give_back(hard)
    standard = await cache.take("fake/point")
    assert standard is not hard
    cache.give_back(standard)
    assert await cache.take("fake/point", "hard") is hard
    assert await cache.take("fake/point") is standard
    assert len(factory.made) == 2


async def test_episodes_of_one_environment_after_another_make_it_only_as_often_as_it_runs_at_once() -> None:
    cache = EnvironmentCache(factory := Factory(), spare=0)
    for _ in range(5):
        for environment in [await cache.take("fake/point") for _ in range(24)]:
            cache.give_back(environment)
    assert len(factory.made) == 24


async def test_there_are_never_more_than_in_use_at_once_plus_spare() -> None:
    cache = EnvironmentCache(factory := Factory(), spare=3)
    chance = random.Random(1)
    used: list[PointEnvironment] = []
    for _ in range(2000):
        if used and (len(used) == 10 or chance.random() < 0.5):
            environment = used.pop(chance.randrange(len(used)))
            (cache.discard if chance.random() < 0.1 else cache.give_back)(environment)
        else:
            used.append(await cache.take(f"fake/{chance.randrange(6)}"))  # type: ignore[arg-type]
        assert factory.probe_liveness <= 13
        assert not any(environment.closed for environment in used)


async def test_the_one_used_longest_ago_makes_room() -> None:
    cache = EnvironmentCache(Factory(), spare=1)
    old, young = await cache.take("fake/old"), await cache.take("fake/young")
    cache.give_back(old)
    cache.give_back(young)
    other = [await cache.take("fake/other"), await cache.take("fake/other")]
    assert len({id(environment) for environment in other}) == 2
    assert old.closed  # type: ignore[attr-defined]
    assert not young.closed  # type: ignore[attr-defined]


async def test_what_failed_is_closed_and_not_used_again() -> None:
    cache = EnvironmentCache(Factory())
    failed = await cache.take("fake/point")
    cache.discard(failed)
    assert failed.closed  # type: ignore[attr-defined]
    assert await cache.take("fake/point") is not failed


async def test_an_episode_given_up_while_its_environment_is_made_leaves_it_for_the_next() -> None:
    factory = Factory()
    go_on = threading.Event()

    def make_slowly(env_id: str) -> PointEnvironment:
        go_on.wait(5)
        return factory(env_id)

    cache = EnvironmentCache(make_slowly)
    taking = asyncio.create_task(cache.take("fake/point"))
    await asyncio.sleep(0.01)
    taking.cancel()
    await asyncio.gather(taking, return_exceptions=True)
    go_on.set()
    await cache.probe_liveness()
    await asyncio.sleep(0)
    assert await cache.take("fake/point") is factory.made[0]


async def test_the_event_loop_turns_while_an_environment_is_made() -> None:
    def make_slowly(env_id: str) -> PointEnvironment:
        time.sleep(0.2)
        return PointEnvironment()

    cache = EnvironmentCache(make_slowly)
    taking = asyncio.create_task(cache.take("fake/point"))
    begun = time.monotonic()
    await asyncio.sleep(0.01)
    assert time.monotonic() - begun < 0.1
    assert not taking.done()
    await taking


async def test_an_environment_that_cannot_be_made_takes_no_place() -> None:
    def fail_once(env_id: str) -> PointEnvironment:
        if env_id == "fake/unheard-of":
            raise UnknownEnvironment("There is none.")
        return factory(env_id)

    factory = Factory()
    cache = EnvironmentCache(fail_once, spare=0)
    for _ in range(3):
        with pytest.raises(UnknownEnvironment):
            await cache.take("fake/unheard-of")
    for name in ("one", "other"):
        cache.give_back(await cache.take(f"fake/{name}"))
    assert factory.probe_liveness == 1
