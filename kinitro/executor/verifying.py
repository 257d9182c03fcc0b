"""Runs a verifier beside the executor for `--verify`, as a process of its own, so that neither waits for the other."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kinitro.executor.settings import ExecutorSettings
from kinitro.logs import get_logger
from kinitro.processes import run_child
from kinitro.supervision import SupervisedLoop

RESTART_PAUSE_S = 30.0
STOP_DEADLINE_S = 20.0
"""Seconds between SIGTERM and SIGKILL: more than a verifier's own grace period."""
log = get_logger(__name__)


@asynccontextmanager
async def run_verifier_beside(settings: ExecutorSettings) -> AsyncIterator[None]:
    """Keep `kinitro verifier` running with the executor's API and key, until the context or this process ends."""
    supervising = asyncio.create_task(_supervise(settings))
    try:
        yield
    finally:
        supervising.cancel()
        await asyncio.wait([supervising])


async def _supervise(settings: ExecutorSettings) -> None:
    environment = dict(os.environ)
    if settings.api_key is not None:
        environment.setdefault("KINITRO_VERIFIER_API_KEY", settings.api_key.get_secret_value())
    arguments = ["verifier", "--api-url", settings.api_url, "--log-level", settings.log_level]
    arguments += ["--log-format", settings.log_format, "--name", settings.name]

    async def run_once() -> None:
        command = [sys.executable, "-m", "kinitro", *arguments]
        code = await run_child(command, environment=environment, grace_s=STOP_DEADLINE_S)
        log.error("verifier_ended", code=code, pause_s=RESTART_PAUSE_S)

    await SupervisedLoop("verifier beside the executor", every_s=RESTART_PAUSE_S).run(run_once)
