"""Runs `kinitro executor` as a process: sets up logs and signals, and puts the parts together."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from kinitro.client.http import ApiClient
from kinitro.client.packs import PackCache
from kinitro.errors import ConfigurationError
from kinitro.evaluation.jobs import Evaluator
from kinitro.evaluation.pool import WorkerPool
from kinitro.evaluation.worker import WorkerConfig
from kinitro.executor.hosted_tasks import HostedTasks
from kinitro.executor.hosting import HostedPolicies, SandboxedUploads
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
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="kinitro-packs-"))
        packs = PackCache(Path(place), api.sealed_pack)
        evaluator = make_evaluator(settings, packs=packs)
        stack.push_async_callback(evaluator.close)
        if settings.verify:
            await stack.enter_async_context(run_verifier_beside(settings))
        hosted = await make_hosted_tasks(settings)
        if hosted is not None:
            stack.push_async_callback(hosted.policies.close)
        await Executor(settings, api, evaluator, spool, hosted=hosted, packs=packs).run(stop)


async def make_hosted_tasks(settings: ExecutorSettings) -> HostedTasks | None:
    """Make what plays tasks without an endpoint; None if this executor takes none.

    Raises ConfigurationError, SandboxUnavailable if policies of miners are to be hosted and cannot be isolated here.
    """
    if settings.eval_mode != "local":
        if settings.hosted_policies:
            raise ConfigurationError("--hosted-policies works with --eval-mode local only: leave it out.")
        return None
    uploads = None
    if settings.hosted_policies:
        sandbox, runtime = await settings.open_sandbox()
        uploads = SandboxedUploads(settings.open_repositories(), sandbox, runtime)
    elif not settings.play_reference:
        return None
    pool = HostedPolicies(uploads, instances=settings.hosted_policies + settings.play_reference)
    return HostedTasks(pool, references=settings.play_reference, miners=settings.hosted_policies)


def make_evaluator(settings: ExecutorSettings, packs: PackCache | None = None) -> Evaluator:
    """Make what runs the episodes, as `eval_mode` says; its processes read sealed packs where `packs` keeps them."""
    if settings.eval_mode != "local":
        from kinitro.executor.containers.evaluator import ContainerPool

        return ContainerPool(settings, None if packs is None else packs.directory)
    return WorkerPool(
        settings.workers,
        settings.fixed_episodes_per_worker,
        WorkerConfig(
            allow_private_endpoints=settings.allow_private_endpoints,
            canary_url=settings.canary_url,
            hotkey=settings.read_signing_hotkey(),
            packs=None if packs is None else str(packs.directory),
            recorders=True,
            log_level=settings.log_level,
            log_format=settings.log_format,
        ),
    )
