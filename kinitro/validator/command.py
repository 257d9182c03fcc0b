"""The validator as a process: it stops cleanly on SIGTERM and Ctrl-C."""

from __future__ import annotations

import asyncio
import signal

import kinitro.chain
from kinitro.logs import get_logger
from kinitro.validator.backend import Backend
from kinitro.validator.memory import MemoryFile, memory_path
from kinitro.validator.service import Validator
from kinitro.validator.settings import ValidatorSettings

_log = get_logger(__name__)


def run_validator(settings: ValidatorSettings, *, once: bool = False) -> None:
    """Run until a signal comes, or set weights once; raises KinitroError, KeyboardInterrupt."""
    finished = asyncio.run(_main(settings, once=once))
    if once and not finished:
        raise KeyboardInterrupt


async def _main(settings: ValidatorSettings, *, once: bool) -> bool:
    backend = Backend(settings.backend_url)
    validator = Validator(settings, kinitro.chain.connect, backend, MemoryFile(memory_path(settings)))
    _log.info("validator_starts", network=settings.network, netuid=settings.netuid, backend=settings.backend_url)
    work = asyncio.ensure_future(validator.once() if once else validator.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        _log.info("validator_stops")
        return False
    finally:
        await backend.close()
    return True
