"""`kinitro scheduler` as a process: logs, signals, the parts put together."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import kinitro.chain
from kinitro.chain.interface import Chain
from kinitro.chain.sealing import BackendKey
from kinitro.environments.packs.format import digest_pack
from kinitro.logs import configure_logs, get_logger
from kinitro.policies.client import HttpPolicy
from kinitro.policies.messages import PolicyHealth
from kinitro.scheduler.packs import prepare_pack
from kinitro.scheduler.service import run_scheduler
from kinitro.scheduler.settings import SchedulerSettings
from kinitro.stopping import finish_or_cancel, stop_on_signals
from kinitro.supervision import touch_while_alive

log = get_logger(__name__)


def run(settings: SchedulerSettings) -> None:
    """Schedule until SIGTERM, Ctrl-C or enough cycles; a second signal stops at once. Raises KinitroError."""
    configure_logs(settings.log_level, settings.log_format, service="scheduler")
    if settings.needs_pack and settings.pack is not None:
        settings.cycle_config(digest_pack(prepare_pack(settings.pack)))
    else:
        settings.cycle_config()
    if settings.rungs == "fixed":
        log.warning(
            "environments_do_not_climb",
            environments=settings.list_environments(),
            hint="One that everybody solves stays as it is, and pays for being first: --rungs auto lets it climb.",
        )
    asyncio.run(_run(settings))


async def _run(settings: SchedulerSettings) -> None:
    async def probe(endpoint: str) -> PolicyHealth:
        policy = HttpPolicy(endpoint, allow_private=settings.allow_private_endpoints)
        try:
            return await policy.health()
        finally:
            await policy.close()

    key = BackendKey.load(settings.backend_key_file) if settings.backend_key_file else None
    published = 0
    async with AsyncExitStack() as stack, stop_on_signals() as stop, touch_while_alive(settings.alive_file):
        connecting = asyncio.ensure_future(_connect(settings, stack))
        if await finish_or_cancel(connecting, stop):
            chain = connecting.result()
            published = await run_scheduler(
                settings,
                chain,
                probe,
                stop,
                unseal=key.open if key else None,
                backend_key=key.public if key else None,
            )
    log.info("scheduler_stopped", published=published)


async def _connect(settings: SchedulerSettings, stack: AsyncExitStack) -> Chain:
    """The chain, which `stack` closes. Raises ChainError, and UnknownWallet before anything depends on the wallet."""
    chain = await kinitro.chain.connect(settings.network)
    stack.push_async_callback(chain.close)
    await _say_who_commits(settings, chain)
    return chain


async def _say_who_commits(settings: SchedulerSettings, chain: Chain) -> None:
    """Raises UnknownWallet before anything depends on the wallet."""
    if settings.wallet is None:
        log.warning(
            "seed_keys_are_not_committed",
            hint="Validators refuse cycles whose seeds nobody can prove: give --wallet-name and --hotkey-name.",
        )
        return
    log.info("seed_keys_are_committed", hotkey=await chain.hotkey_address(settings.wallet))
