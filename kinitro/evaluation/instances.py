"""Environments kept for reuse: compiling a model takes long, resetting it does not."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from kinitro.environments.interface import Environment

MAX_IDLE = 8
"""As many as there are scored environments. An instance takes about 35 MiB (model, meshes, caches of its cameras)."""


class Instances:
    """Idle environments by id; at most `max_idle`, the least recently used are closed first.

    Called from the simulation thread only. Interleaved episodes of one environment need one instance each, so a
    worker holds at most its number of interleaved episodes plus `max_idle`.
    """

    def __init__(self, make: Callable[[str], Environment], max_idle: int = MAX_IDLE) -> None:
        self._make = make
        self._max_idle = max_idle
        self._idle: OrderedDict[int, Environment] = OrderedDict()

    def take(self, env_id: str) -> Environment:
        """An environment nobody uses, made if there is none."""
        for key, environment in reversed(self._idle.items()):
            if environment.spec.id == env_id:
                del self._idle[key]
                return environment
        return self._make(env_id)

    def give_back(self, environment: Environment) -> None:
        """It may be reused; do not give back one that failed."""
        self._idle[id(environment)] = environment
        while len(self._idle) > self._max_idle:
            self._idle.popitem(last=False)[1].close()

    def close(self) -> None:
        """Close all idle ones."""
        while self._idle:
            self._idle.popitem()[1].close()
