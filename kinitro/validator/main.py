"""`kinitro validate` as a process: logs, signals, the parts put together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import kinitro.chain
from kinitro.client.http import ApiClient
from kinitro.logs import configure_logs, get_logger, public_url
from kinitro.stopping import finish_or_cancel, stop_on_signals
from kinitro.supervision import touch_while_alive
from kinitro.validator.auditing import Auditor, NoAudit
from kinitro.validator.service import Validator, keep_setting
from kinitro.validator.settings import ValidatorSettings

_log = get_logger(__name__)
OpenValidator = Callable[[], Awaitable[Validator]]


def run(settings: ValidatorSettings) -> None:
    """Set weights until SIGTERM or Ctrl-C. Raises KinitroError."""
    poll_s = settings.poll_interval.total_seconds()
    asyncio.run(_run(settings, lambda open_validator: keep_setting(open_validator, poll_s)))


def run_once(settings: ValidatorSettings, *, dry_run: bool = False) -> None:
    """Set weights once, or only say what would be set. Raises KinitroError, KeyboardInterrupt after a signal."""
    if not asyncio.run(_run(settings, lambda open_validator: _set_once(open_validator, dry_run=dry_run))):
        raise KeyboardInterrupt


async def _run(settings: ValidatorSettings, work: Callable[[OpenValidator], Awaitable[None]]) -> bool:
    """Whether the work ended by itself; it is cancelled when a signal comes."""
    configure_logs(settings.log_level, settings.log_format, service="validator")
    async with (
        ApiClient(settings.backend_url) as api,
        stop_on_signals() as stop,
        touch_while_alive(settings.alive_file),
    ):
        audit = Auditor(settings, api) if settings.audit else NoAudit()

        async def open_validator() -> Validator:
            return await Validator.open(settings, kinitro.chain.connect, api, audit)

        async def working() -> None:
            await work(open_validator)

        network, backend = public_url(settings.network), public_url(settings.backend_url)
        _log.info("validator_starts", network=network, netuid=settings.netuid, backend=backend)
        if await finish_or_cancel(working(), stop):
            return True
    _log.info("validator_stops")
    return False


async def _set_once(open_validator: OpenValidator, *, dry_run: bool) -> None:
    validator = await open_validator()
    try:
        await validator.set_once(dry_run=dry_run)
    finally:
        await validator.close()
