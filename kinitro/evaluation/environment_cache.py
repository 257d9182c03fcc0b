"""A cache of environments, because making one takes much longer than resetting it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from kinitro.environments.interface import Environment
from kinitro.evaluation.episodes_in_flight import SPARE_ENVIRONMENTS

SPARE = SPARE_ENVIRONMENTS
"""Idle environments that are kept: as many as there are scored ones. Each takes 20 to 30 MiB (model, data, caches)."""


class EnvironmentCache:
    """Environments of one process by id, in use or idle.

    Interleaved episodes of one environment need one instance each. There are never more instances than were once in use
    at the same time plus `spare`; where another one is needed, the idle one that was used longest ago is closed first.
    Instances are made in a thread, so that the running episodes go on meanwhile.
    """

    def __init__(self, make: Callable[[str], Environment], spare: int = SPARE) -> None:
        self._make = make
        self._spare = spare
        self._used = self._most_used = 0
        self._idle: OrderedDict[int, Environment] = OrderedDict()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="environments")

    async def take(self, env_id: str) -> Environment:
        """Return an environment that is not in use; make one if there is none. Then call `give_back` or `discard`."""
        self._used += 1
        self._most_used = max(self._most_used, self._used)
        environment = self._take_idle(env_id)
        if environment is not None:
            return environment
        self._make_room()
        making = asyncio.get_running_loop().run_in_executor(self._thread, _make_ready, self._make, env_id)
        try:
            return await asyncio.shield(making)
        except asyncio.CancelledError:
            making.add_done_callback(self._keep)
            raise
        except BaseException:
            self._used -= 1
            raise

    def give_back(self, environment: Environment) -> None:
        """Return an environment for reuse; call `discard` instead if it failed."""
        self._used -= 1
        self._idle[id(environment)] = environment

    def discard(self, environment: Environment) -> None:
        """Close an environment that must not be used again."""
        self._used -= 1
        environment.close()

    async def probe_liveness(self) -> None:
        """Return when everything that was requested before has been made. If making hangs, this does not return."""
        await asyncio.get_running_loop().run_in_executor(self._thread, _do_nothing)

    def _keep(self, made: asyncio.Future[Environment]) -> None:
        """Keep an environment whose caller was cancelled while it was made."""
        if made.cancelled() or made.exception() is not None:
            self._used -= 1
        else:
            self.give_back(made.result())

    def _take_idle(self, env_id: str) -> Environment | None:
        for key, environment in reversed(self._idle.items()):
            if environment.spec.id == env_id:
                del self._idle[key]
                return environment
        return None

    def _make_room(self) -> None:
        while self._idle and self._used + len(self._idle) > self._most_used + self._spare:
            self._idle.popitem(last=False)[1].close()


def _make_ready(make: Callable[[str], Environment], env_id: str) -> Environment:
    """Make an environment, reset it and draw its first image, which takes ten times as long as the others."""
    environment = make(env_id)
    environment.reset(0)
    environment.observe()
    return environment


def _do_nothing() -> None:
    """Do nothing: the liveness probe of the thread that makes environments."""
