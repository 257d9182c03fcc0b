"""The validator as a process: it stops cleanly on SIGTERM and Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable

import kinitro.chain
from kinitro.client.http import ApiClient
from kinitro.logs import get_logger, public_url
from kinitro.validator.auditing import Auditor, NoAudit
from kinitro.validator.service import Validator, keep_setting
from kinitro.validator.settings import ValidatorSettings

_log = get_logger(__name__)


def run_validator(settings: ValidatorSettings, *, once: bool = False, dry_run: bool = False) -> None:
    """Run until a signal comes, or set weights once; raises KinitroError, KeyboardInterrupt."""
    finished = asyncio.run(_main(settings, once=once or dry_run, dry_run=dry_run))
    if (once or dry_run) and not finished:
        raise KeyboardInterrupt


async def _main(settings: ValidatorSettings, *, once: bool, dry_run: bool) -> bool:
    async with ApiClient(settings.backend_url) as api:
        audit = Auditor(settings, api) if settings.audit else NoAudit()

        async def open_validator() -> Validator:
            return await Validator.open(settings, kinitro.chain.connect, api, audit)

        network, backend = public_url(settings.network), public_url(settings.backend_url)
        _log.info("validator_starts", network=network, netuid=settings.netuid, backend=backend)
        poll_s = settings.poll_interval.total_seconds()
        work = asyncio.ensure_future(
            _set_once(open_validator, dry_run=dry_run) if once else keep_setting(open_validator, poll_s)
        )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, work.cancel)
        try:
            await work
        except asyncio.CancelledError:
            _log.info("validator_stops")
            return False
    return True


async def _set_once(open_validator: Callable[[], Awaitable[Validator]], *, dry_run: bool) -> None:
    validator = await open_validator()
    try:
        await validator.set_once(dry_run=dry_run)
    finally:
        await validator.close()
