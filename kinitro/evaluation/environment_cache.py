"""A cache of environments, because making one takes much longer than resetting it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from kinitro.environments.errors import InvalidPack
from kinitro.environments.interface import Environment
from kinitro.environments.packs.directory import load_pack
from kinitro.evaluation.episodes_in_flight import SPARE_ENVIRONMENTS

SPARE = SPARE_ENVIRONMENTS
"""Idle environments that are kept: as many as there are scored ones. Each takes 20 to 30 MiB (model, data, caches)."""

Kind = tuple[str, str | None, str | None]
"""An environment's id; its level of randomization, None for the default; the digest of its pack, None without one."""


class EnvironmentCache:
    """Environments of one process by id, level of randomization and pack, in use or idle.

    Interleaved episodes of one environment need one instance each. There are never more instances than were once in use
    at the same time plus `spare`; where another one is needed, the idle one that was used longest ago is closed first.
    Instances are made in a thread, so that the running episodes go on meanwhile.
    """

    def __init__(self, make: Callable[..., Environment], spare: int = SPARE, packs: Path | None = None) -> None:
        """`make` is called with an id, and with `randomization` where another level than the default is wanted.

        packs: the directory of sealed packs; the one that is wanted is given to `make` as `pack`.
        """
        self._make = make
        self._packs = packs
        self._spare = spare
        self._used = self._most_used = 0
        self._idle: OrderedDict[int, Environment] = OrderedDict()
        self._kinds: dict[int, Kind] = {}
        """What each environment is, by `id`, while it lives."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="environments")

    async def take(self, env_id: str, randomization: str | None = None, pack: str | None = None) -> Environment:
        """Return an environment that is not in use; make one if there is none. Then call `give_back` or `discard`.

        pack: the digest of the pack that its episodes are drawn from. Raises InvalidPack if it is not here.
        """
        kind = (env_id, randomization, pack)
        self._used += 1
        self._most_used = max(self._most_used, self._used)
        environment = self._take_idle(kind)
        if environment is not None:
            return environment
        self._make_room()
        making = asyncio.get_running_loop().run_in_executor(self._thread, self._make_ready, kind)
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
        self._close(environment)

    async def probe_liveness(self) -> None:
        """Return when everything that was requested before has been made. If making hangs, this does not return."""
        await asyncio.get_running_loop().run_in_executor(self._thread, _do_nothing)

    def _keep(self, made: asyncio.Future[Environment]) -> None:
        """Keep an environment whose caller was cancelled while it was made."""
        if made.cancelled() or made.exception() is not None:
            self._used -= 1
        else:
            self.give_back(made.result())

    def _take_idle(self, kind: Kind) -> Environment | None:
        key = next((key for key in reversed(self._idle) if self._kinds[key] == kind), None)
        return None if key is None else self._idle.pop(key)

    def _make_room(self) -> None:
        while self._idle and self._used + len(self._idle) > self._most_used + self._spare:
            self._close(self._idle.popitem(last=False)[1])

    def _close(self, environment: Environment) -> None:
        del self._kinds[id(environment)]
        environment.close()

    def _make_ready(self, kind: Kind) -> Environment:
        """Make an environment, reset it and draw its first image, which takes ten times as long as the others."""
        env_id, randomization, digest = kind
        options: dict[str, Any] = {} if randomization is None else {"randomization": randomization}
        if digest is not None:
            if self._packs is None:
                raise InvalidPack(f"The pack {digest} cannot be used: this process was given no directory of packs.")
            options["pack"] = load_pack(self._packs, digest)
        environment = self._make(env_id, **options)
        environment.reset(0)
        environment.observe()
        self._kinds[id(environment)] = kind
        return environment


def _do_nothing() -> None:
    """Do nothing: the liveness probe of the thread that makes environments."""
