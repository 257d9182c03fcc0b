"""The part that runs inside an evaluation container: `Actor.evaluate` gives jobs to worker processes, many at once."""

from __future__ import annotations

import asyncio
import base64
import hmac
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from kinitro.client.packs import KEPT_PACKS
from kinitro.environments.packs.directory import drop_old_packs, keep_pack
from kinitro.evaluation.episodes_in_flight import DEFAULT_EPISODES
from kinitro.evaluation.jobs import Evaluator, Job
from kinitro.evaluation.pool import WorkerPool
from kinitro.evaluation.worker import WorkerConfig
from kinitro.executor.settings import count_usable_cores
from kinitro.logs import get_logger

log = get_logger(__name__)
ENVIRONMENT_PREFIX = "KINITRO_EVAL_"


class WrongToken(Exception):
    """The caller does not have the token with which this container was started."""


class Actor:
    """Evaluates jobs; there is one per container. Its settings are variables with the prefix KINITRO_EVAL_.

    TOKEN               what callers must give; a container on a public address must have one
    WORKERS             the number of processes; one per usable core by default
    EPISODES_PER_WORKER the number of episodes in flight in each process
    WORKER              `kinitro.evaluation.worker.WorkerConfig` as JSON
    """

    def __init__(self, evaluator: Evaluator | None = None) -> None:
        self._token = _read_setting("TOKEN", "")
        self.packs = Path(tempfile.mkdtemp(prefix="kinitro-packs-"))
        """Where the sealed packs are that came with jobs; it is gone with the container."""
        config = msgspec.json.decode(_read_setting("WORKER", "{}"), type=WorkerConfig)
        self._evaluator = evaluator or WorkerPool(
            int(_read_setting("WORKERS", str(count_usable_cores()))),
            int(_read_setting("EPISODES_PER_WORKER", str(DEFAULT_EPISODES))),
            msgspec.structs.replace(config, packs=str(self.packs)),
        )
        self._starting: asyncio.Task[None] | None = None
        self._running: dict[str, asyncio.Task[list[Any]]] = {}

    async def describe(self, token: str = "", task_id: str = "") -> dict[str, Any]:
        """Return fingerprint, versions and capacity. The first call starts the workers. `task_id` is ignored."""
        self._check(token)
        log.debug("described", task_id=task_id)
        await self._ensure_started()
        evaluator = self._evaluator
        return {
            "fingerprint": evaluator.fingerprint,
            "versions": evaluator.versions,
            "capacity": evaluator.capacity,
        }

    async def evaluate(
        self,
        jobs: list[dict[str, Any]],
        task_id: str = "",
        timeout: float | None = None,
        token: str = "",
        packs: dict[str, str] | None = None,
    ) -> list[Any]:
        """Run jobs (`kinitro.evaluation.jobs.Job` as JSON) all at once; return their EpisodeResults as JSON, in order.

        packs: by digest, the sealed packs (base64) that the jobs draw from and that this container does not have yet.

        `cancel` with the same `task_id` gives the jobs up. Raises InvalidPack.
        """
        self._check(token)
        work = msgspec.convert(jobs, list[Job])
        for digest, data in (packs or {}).items():
            await asyncio.to_thread(keep_pack, self.packs, base64.b64decode(data), digest)
            drop_old_packs(self.packs, KEPT_PACKS)
        await self._ensure_started()
        async with asyncio.timeout(timeout):
            task = asyncio.ensure_future(asyncio.gather(*(self._evaluator.evaluate(job) for job in work)))
            self._running[task_id] = task  # type: ignore[assignment]
            try:
                results = await task
            finally:
                self._running.pop(task_id, None)
        found: list[Any] = msgspec.to_builtins(results)
        return found

    async def cancel(self, task_id: str, token: str = "") -> bool:
        """Give up what `evaluate` runs under this `task_id`; return whether there was anything."""
        self._check(token)
        task = self._running.pop(task_id, None)
        return task is not None and task.cancel()

    async def _ensure_started(self) -> None:
        if self._starting is None or (self._starting.done() and self._starting.exception() is not None):
            self._starting = asyncio.create_task(self._evaluator.start())
        await asyncio.shield(self._starting)

    async def _close(self) -> None:
        await self._evaluator.close()
        shutil.rmtree(self.packs, ignore_errors=True)

    def _check(self, token: str) -> None:
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            raise WrongToken("The token is wrong: this container evaluates only for the executor that started it.")


def _read_setting(name: str, default: str) -> str:
    return os.environ.get(ENVIRONMENT_PREFIX + name) or default
