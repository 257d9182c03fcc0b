"""The work of the commands `kinitro scheduler` and `kinitro cycle`, with their connections and signals."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import kinitro.chain
from kinitro.chain.interface import Chain
from kinitro.chain.sealing import BackendKey
from kinitro.client.records import Manifest
from kinitro.database.cycles import Cycle, CycleStore
from kinitro.database.pool import connect_async
from kinitro.database.schema import check_schema
from kinitro.errors import ConfigurationError
from kinitro.logs import get_logger
from kinitro.policies.client import HttpPolicy
from kinitro.policies.messages import PolicyHealth
from kinitro.scheduler.service import run_scheduler
from kinitro.scheduler.settings import SchedulerSettings
from kinitro.stopping import stop_on_signals

T = TypeVar("T")
MAX_REASON_CHARS = 300

log = get_logger(__name__)


def run(settings: SchedulerSettings) -> None:
    """Schedule until SIGTERM, Ctrl-C or enough cycles; a second signal stops at once. Raises KinitroError."""
    settings.cycle_config()
    asyncio.run(_run(settings))


async def _run(settings: SchedulerSettings) -> None:
    async def probe(endpoint: str) -> PolicyHealth:
        policy = HttpPolicy(endpoint, allow_private=settings.allow_private_endpoints)
        try:
            return await policy.health()
        finally:
            await policy.close()

    key = BackendKey.load(settings.backend_key_file) if settings.backend_key_file else None
    async with stop_on_signals() as stop:
        chain = await kinitro.chain.connect(settings.network)
        try:
            await _say_who_commits(settings, chain)
            published = await run_scheduler(settings, chain, probe, stop, unseal=key.open if key else None)
        finally:
            await chain.close()
        log.info("scheduler stopped", published=published)


async def _say_who_commits(settings: SchedulerSettings, chain: Chain) -> None:
    """Log which hotkey commits seed keys; raises UnknownWallet before anything depends on the wallet."""
    if settings.wallet is None:
        log.warning(
            "seed keys are not committed on chain: validators refuse cycles whose seeds nobody can prove; "
            "give --wallet-name and --hotkey-name"
        )
        return
    log.info("seed keys are committed on chain", hotkey=await chain.hotkey_address(settings.wallet))


def read_cycles(database_url: str, limit: int) -> list[tuple[Cycle, int]]:
    """Read the newest cycles, each with its number of miners."""
    return _with_store(database_url, lambda store: store.newest(limit))


def read_manifest(database_url: str, cycle_id: int) -> Manifest:
    """Read the public record of a cycle."""
    return _with_store(database_url, lambda store: store.manifest(cycle_id))


def cancel(database_url: str, cycle_id: int, reason: str) -> None:
    """Cancel a cycle by hand, for a public reason; raises ConfigurationError, KinitroError."""
    if not reason.isprintable() or not 0 < len(reason) <= MAX_REASON_CHARS:
        raise ConfigurationError(f"--reason must be 1 to {MAX_REASON_CHARS} printable characters; got {reason[:50]!r}.")
    _with_store(database_url, lambda store: store.cancel(cycle_id, reason))


def _with_store(database_url: str, work: Callable[[CycleStore], Awaitable[T]]) -> T:
    async def work_connected() -> T:
        async with await connect_async(database_url) as connection:
            await check_schema(connection)
            return await work(CycleStore(connection))

    return asyncio.run(work_connected())
