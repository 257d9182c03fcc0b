"""Environments are reused, and there are never more than were once in use at the same time plus a few spare ones."""

from __future__ import annotations

import random

from kinitro.evaluation.instances import Instances
from tests.fakes.point import PointEnvironment


class Factory:
    """Makes point environments and remembers them."""

    def __init__(self) -> None:
        self.made: list[PointEnvironment] = []

    def __call__(self, env_id: str) -> PointEnvironment:
        self.made.append(PointEnvironment(env_id.partition("/")[2]))
        return self.made[-1]

    @property
    def alive(self) -> int:
        return sum(not environment.closed for environment in self.made)


def test_an_idle_environment_is_used_again() -> None:
    instances = Instances(factory := Factory())
    first = instances.take("fake/point")
    instances.give_back(first)
    assert instances.take("fake/point") is first
    assert instances.take("fake/point") is not first
    assert len(factory.made) == 2


def test_episodes_of_one_environment_after_another_make_it_only_as_often_as_it_runs_at_once() -> None:
    instances = Instances(factory := Factory(), spare=0)
    for _ in range(5):
        for environment in [instances.take("fake/point") for _ in range(24)]:
            instances.give_back(environment)
    assert len(factory.made) == 24


def test_there_are_never_more_than_in_use_at_once_plus_spare() -> None:
    instances = Instances(factory := Factory(), spare=3)
    chance = random.Random(1)
    used: list[PointEnvironment] = []
    for _ in range(2000):
        if used and (len(used) == 10 or chance.random() < 0.5):
            environment = used.pop(chance.randrange(len(used)))
            (instances.discard if chance.random() < 0.1 else instances.give_back)(environment)
        else:
            used.append(instances.take(f"fake/{chance.randrange(6)}"))  # type: ignore[arg-type]
        assert factory.alive <= 13
        assert not any(environment.closed for environment in used)


def test_the_one_used_longest_ago_makes_room() -> None:
    instances = Instances(Factory(), spare=1)
    old, young = instances.take("fake/old"), instances.take("fake/young")
    instances.give_back(old)
    instances.give_back(young)
    other = [instances.take("fake/other"), instances.take("fake/other")]
    assert len({id(environment) for environment in other}) == 2
    assert old.closed  # type: ignore[attr-defined]
    assert not young.closed  # type: ignore[attr-defined]


def test_what_failed_is_closed_and_not_used_again() -> None:
    instances = Instances(Factory())
    failed = instances.take("fake/point")
    instances.discard(failed)
    assert failed.closed  # type: ignore[attr-defined]
    assert instances.take("fake/point") is not failed
