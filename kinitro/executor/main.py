"""Runs `kinitro executor` as a process: sets up logs and signals, and puts the parts together."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from kinitro.client.http import ApiClient
from kinitro.evaluation.jobs import Evaluator
from kinitro.evaluation.pool import WorkerPool
from kinitro.evaluation.worker import WorkerConfig
from kinitro.executor.service import Executor
from kinitro.executor.settings import ExecutorSettings
from kinitro.executor.spool import Spool
from kinitro.executor.verifying import run_verifier_beside
from kinitro.logs import configure_logs
from kinitro.stopping import stop_on_signals
from kinitro.supervision import touch_while_alive


def run(settings: ExecutorSettings) -> None:
    """Evaluate until SIGTERM or Ctrl-C; a second signal stops at once. Raises KinitroError."""
    configure_logs(settings.log_level, settings.log_format, service="executor")
    asyncio.run(_run(settings))


async def _run(settings: ExecutorSettings) -> None:
    key = settings.api_key.get_secret_value() if settings.api_key else None
    spool = Spool(settings.spool_dir, settings.api_url, key)
    async with AsyncExitStack() as stack, stop_on_signals() as stop, touch_while_alive(settings.alive_file):
        api = await stack.enter_async_context(ApiClient(settings.api_url, key))
        evaluator = make_evaluator(settings)
        stack.push_async_callback(evaluator.close)
        if settings.verify:
            await stack.enter_async_context(run_verifier_beside(settings))
        await Executor(settings, api, evaluator, spool).run(stop)


def make_evaluator(settings: ExecutorSettings) -> Evaluator:
    """Make what runs the episodes, as `eval_mode` says."""
    if settings.eval_mode != "local":
        from kinitro.executor.containers.evaluator import ContainerPool

        return ContainerPool(settings)
    return WorkerPool(
        settings.workers,
        settings.fixed_episodes_per_worker,
        WorkerConfig(
            allow_private_endpoints=settings.allow_private_endpoints,
            canary_url=settings.canary_url,
            hotkey=settings.read_signing_hotkey(),
            recorders=True,
            log_level=settings.log_level,
            log_format=settings.log_format,
        ),
    )
