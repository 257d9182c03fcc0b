"""Environments kept for reuse: making one takes much longer than resetting it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from kinitro.environments.interface import Environment

SPARE = 8
"""As many as there are scored environments. An instance takes about 35 MiB (model, meshes, caches of its cameras)."""


class Instances:
    """Environments by id, in use or idle.

    Interleaved episodes of one environment need one instance each. There are never more than were once in use at the
    same time plus `spare`; where another one is needed, the idle one that was used longest ago is closed first. Called
    from the simulation thread only.
    """

    def __init__(self, make: Callable[[str], Environment], spare: int = SPARE) -> None:
        self._make = make
        self._spare = spare
        self._used = self._most_used = 0
        self._idle: OrderedDict[int, Environment] = OrderedDict()

    def take(self, env_id: str) -> Environment:
        """An environment nobody uses, made if there is none. Give it back or discard it."""
        environment = self._idle_one(env_id)
        if environment is None:
            self._make_room()
            environment = self._make(env_id)
        self._used += 1
        self._most_used = max(self._most_used, self._used)
        return environment

    def give_back(self, environment: Environment) -> None:
        """It may be reused; discard one that failed."""
        self._used -= 1
        self._idle[id(environment)] = environment

    def discard(self, environment: Environment) -> None:
        """It may not be reused."""
        self._used -= 1
        environment.close()

    def close(self) -> None:
        """Close all idle ones."""
        while self._idle:
            self._idle.popitem()[1].close()

    def _idle_one(self, env_id: str) -> Environment | None:
        for key, environment in reversed(self._idle.items()):
            if environment.spec.id == env_id:
                del self._idle[key]
                return environment
        return None

    def _make_room(self) -> None:
        most = max(self._most_used, self._used + 1) + self._spare
        while self._idle and self._used + len(self._idle) >= most:
            self._idle.popitem(last=False)[1].close()
