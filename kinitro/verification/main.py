"""Runs `kinitro verifier` as a process: sets up logs and signals, and puts the parts together."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from kinitro import environments
from kinitro.client.http import ApiClient
from kinitro.client.packs import PackCache
from kinitro.evaluation.environment_cache import EnvironmentCache
from kinitro.logs import configure_logs, get_logger
from kinitro.stopping import finish_or_cancel, stop_on_signals
from kinitro.supervision import touch_while_alive
from kinitro.verification.examination import Examiner, VerifierContext
from kinitro.verification.preparation import prepare_elsewhere
from kinitro.verification.service import Verifier
from kinitro.verification.settings import VerifierSettings

SPARE_ENVIRONMENTS = 4
log = get_logger(__name__)


def run(settings: VerifierSettings) -> None:
    """Verify until SIGTERM or Ctrl-C; a second signal stops at once. Raises KinitroError."""
    configure_logs(settings.log_level, settings.log_format, service="verifier")
    asyncio.run(_run(settings))


async def _run(settings: VerifierSettings) -> None:
    async with AsyncExitStack() as stack, stop_on_signals() as stop, touch_while_alive(settings.alive_file):
        opening = asyncio.ensure_future(_open_verifier(settings, stack))
        if await finish_or_cancel(opening, stop):
            await opening.result().run(stop)
    log.info("verifier_stopped")


async def _open_verifier(settings: VerifierSettings, stack: AsyncExitStack) -> Verifier:
    key = settings.api_key.get_secret_value() if settings.api_key else None
    api = await stack.enter_async_context(ApiClient(settings.api_url, key))
    context = await open_context(settings)
    fingerprint = await prepare_elsewhere()
    place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kinitro-packs-")))
    packs = PackCache(place, api.sealed_pack)
    examiners = []
    for _ in range(settings.workers):
        examiner = Examiner(context, EnvironmentCache(environments.make, SPARE_ENVIRONMENTS, place), packs)
        stack.callback(examiner.close)
        examiners.append(examiner.examine)
    log.info("verifier_ready", sandbox=context.sandbox.name, runtime=context.runtime.name)
    return Verifier(api, examiners, name=settings.name, fingerprint=fingerprint, grace_s=settings.grace_s)


async def open_context(settings: VerifierSettings) -> VerifierContext:
    """Make repositories, sandbox and runtime as the settings say, and make sure that the sandbox isolates.

    Raises ConfigurationError, SandboxUnavailable: no policy is ever run in a sandbox that was not tested.
    """
    sandbox, runtime = await settings.open_sandbox()
    return VerifierContext(settings.open_repositories(), sandbox, runtime, settings.limits, settings.policy_slowdown)
