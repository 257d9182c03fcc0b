"""Environments kept for reuse: making one takes much longer than resetting it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from kinitro.environments.interface import Environment

SPARE = 8
"""As many as there are scored environments. An instance takes 20 to 30 MiB (model, data, caches)."""


class Instances:
    """Environments by id, in use or idle.

    Interleaved episodes of one environment need one instance each. There are never more than were once in use at the
    same time plus `spare`; where another one is needed, the idle one that was used longest ago is closed first.
    They are made in a thread, so that the episodes under way go on meanwhile.
    """

    def __init__(self, make: Callable[[str], Environment], spare: int = SPARE) -> None:
        self._make = make
        self._spare = spare
        self._used = self._most_used = 0
        self._idle: OrderedDict[int, Environment] = OrderedDict()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="instances")

    async def take(self, env_id: str) -> Environment:
        """An environment nobody uses, made if there is none. Give it back or discard it."""
        self._used += 1
        self._most_used = max(self._most_used, self._used)
        environment = self._idle_one(env_id)
        if environment is not None:
            return environment
        self._make_room()
        making = asyncio.get_running_loop().run_in_executor(self._thread, _ready, self._make, env_id)
        try:
            return await asyncio.shield(making)
        except asyncio.CancelledError:
            making.add_done_callback(self._keep)
            raise
        except BaseException:
            self._used -= 1
            raise

    def give_back(self, environment: Environment) -> None:
        """It may be reused; discard one that failed."""
        self._used -= 1
        self._idle[id(environment)] = environment

    def discard(self, environment: Environment) -> None:
        """It may not be reused."""
        self._used -= 1
        environment.close()

    async def alive(self) -> None:
        """Return when everything that was asked for before is made: never, if that hangs."""
        await asyncio.get_running_loop().run_in_executor(self._thread, _nothing)

    def _keep(self, made: asyncio.Future[Environment]) -> None:
        """What nobody waited for."""
        if made.cancelled() or made.exception() is not None:
            self._used -= 1
        else:
            self.give_back(made.result())

    def _idle_one(self, env_id: str) -> Environment | None:
        for key, environment in reversed(self._idle.items()):
            if environment.spec.id == env_id:
                del self._idle[key]
                return environment
        return None

    def _make_room(self) -> None:
        while self._idle and self._used + len(self._idle) > self._most_used + self._spare:
            self._idle.popitem(last=False)[1].close()


def _ready(make: Callable[[str], Environment], env_id: str) -> Environment:
    """A new environment that has been reset and seen once: the first image takes ten times as long as others."""
    environment = make(env_id)
    environment.reset(0)
    environment.observe()
    return environment


def _nothing() -> None:
    """Work that shows that the thread still turns."""
