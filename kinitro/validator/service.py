"""The validator: what is published and holds goes on chain, and stays there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Self

from kinitro import __version__
from kinitro.chain import Chain, Snapshot, Wallet
from kinitro.errors import ConfigurationError, KinitroError
from kinitro.logs import get_logger, public_url
from kinitro.taskpool.messages import Weights
from kinitro.validator.errors import NothingToSet, WeightsLost, WeightsRefused
from kinitro.validator.memory import MemoryFile, PendingReveal, identity
from kinitro.validator.plan import Plan, check_age, plan_burn, plan_weights
from kinitro.validator.preflight import check_rate_limit, check_rights, check_row, find_neuron
from kinitro.validator.publications import Audit, Publications, WeightsSource
from kinitro.validator.settings import ValidatorSettings
from kinitro.validator.timing import due_block, reveal_deadline_block

MAX_BACKOFF_S = 300.0

_log = get_logger(__name__)

Connect = Callable[[str], Awaitable[Chain]]


def weights_version(version: str = __version__) -> int:
    """The version key sent with weights: 1.2.3 is 1002003, so a subnet's owner can demand an upgrade."""
    major, minor, patch = (int(part) for part in version.split(".")[:3])
    return (major * 1000 + minor) * 1000 + patch


class Validator:
    """One validator on one subnet, connected. `tick` does what is due."""

    def __init__(
        self,
        settings: ValidatorSettings,
        chain: Chain,
        hotkey: str,
        file: MemoryFile,
        source: WeightsSource,
        audit: Audit,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._chain = chain
        self._hotkey = hotkey
        self._wallet = wallet_of(settings)
        self._file = file
        self._memory = file.load()
        self._publications = Publications(source, settings.netuid, self._memory, audit, clock, settings.max_age)
        self._clock = clock
        self._next_look_block = 0

    @classmethod
    async def open(
        cls,
        settings: ValidatorSettings,
        connect: Connect,
        source: WeightsSource,
        audit: Audit,
        clock: Callable[[], float] = time.time,
    ) -> Self:
        """Connect, and find the memory that belongs to this chain, subnet and hotkey. Raises ChainError."""
        chain = await connect(settings.network)
        try:
            hotkey = await chain.hotkey_address(wallet_of(settings))
            genesis = (await chain.block_hash(0)).hex()[:12]
        except BaseException:
            await chain.close()
            raise
        path = settings.state_directory / f"validator-{genesis}-{settings.netuid}-{hotkey}.json"
        return cls(settings, chain, hotkey, MemoryFile(path), source, audit, clock)

    async def close(self) -> None:
        await self._chain.close()

    @property
    def problem(self) -> KinitroError | None:
        """What is wrong with the backend or what it publishes, as of the last look."""
        return self._publications.problem

    async def once(self, *, dry_run: bool = False) -> Plan:
        """Set the newest weights now, whatever the epoch; raises KinitroError when that is impossible."""
        await self._refresh()
        if self.problem is not None:
            raise self.problem
        publication = self._memory.accepted
        if publication is None:
            raise NothingToSet(f"{public_url(self._settings.backend_url)} has published no weights yet.")
        return await self._set(await self._snapshot(), publication, dry_run=dry_run)

    async def tick(self) -> Plan | None:
        """One look at backend and chain; sets weights if they are due, and returns what was set."""
        await self._refresh()
        head = await self._chain.head()
        if self._memory.pending:
            await self._check_reveals(head.number)
        publication = self._memory.accepted
        if publication is None:
            return None
        news = identity(publication) != self._memory.set_publication
        if not news and head.number < self._next_look_block:
            return None
        snapshot = await self._snapshot()
        due = due_block(snapshot, find_neuron(snapshot, self._hotkey), news=news)
        if due > snapshot.block.number:
            self._next_look_block = due
            return None
        return await self._set(snapshot, publication)

    async def _refresh(self) -> None:
        if await self._publications.refresh():
            self._file.save(self._memory)

    async def _set(self, snapshot: Snapshot, publication: Weights, *, dry_run: bool = False) -> Plan:
        plan = self._plan(snapshot, publication)
        neuron, version = find_neuron(snapshot, self._hotkey), weights_version()
        check_rights(snapshot, neuron, plan.weights, version)
        check_row(snapshot, neuron, plan.weights)
        check_rate_limit(snapshot, neuron)
        if plan.unregistered:
            _log.warning("unregistered_hotkeys_left_out", hotkeys=plan.unregistered)
        if dry_run:
            _log.info("weights_would_be_set", cycle=publication.cycle_id, weights=dict(plan.weights))
            return plan
        block = await self._chain.set_weights(self._settings.netuid, self._wallet, plan.weights, version)
        self._memory.set_publication = identity(publication)
        self._next_look_block = 0
        if snapshot.hyperparameters.commit_reveal:
            deadline = reveal_deadline_block(snapshot, block)
            pending = PendingReveal(block=block, deadline_block=deadline, row=dict(plan.weights))
            self._memory.pending.append(pending)
            _log.info("weights_committed", cycle=publication.cycle_id, block=block, reveal_by_block=deadline)
        else:
            await self._read_back(plan.weights)
            _log.info("weights_set", cycle=publication.cycle_id, block=block, weights=dict(plan.weights))
        self._file.save(self._memory)
        return plan

    def _plan(self, snapshot: Snapshot, publication: Weights) -> Plan:
        now = datetime.fromtimestamp(self._clock(), UTC)
        check_age(publication, now, self._settings.max_age)
        if publication.fallback == "nobody_qualified" and self._settings.if_none_qualify == "burn":
            return plan_burn(snapshot)
        qualified = publication if publication.fallback == "none" else self._memory.qualified
        if qualified is None:
            raise WeightsRefused("Nobody qualified and --if-none-qualify is keep-last, but there are no last weights.")
        check_age(qualified, now, self._settings.max_age)
        return plan_weights(qualified, snapshot, self._settings.max_unregistered_share)

    async def _read_back(self, row: Mapping[int, int]) -> None:
        found = await self._chain.weights(self._settings.netuid, self._hotkey)
        if dict(found) != dict(row):
            self._memory.set_publication = None
            raise WeightsLost(f"The chain shows {dict(found)} after {dict(row)} was set: it is set again.")

    async def _check_reveals(self, head: int) -> None:
        """The chain drops committed weights in silence when their reveal fails: look for the row itself."""
        found = dict(await self._chain.weights(self._settings.netuid, self._hotkey))
        pending = self._memory.pending
        revealed = [index for index, wait in enumerate(pending) if wait.row == found]
        if revealed:
            _log.info("weights_revealed", committed_block=pending[revealed[-1]].block, weights=found)
            self._memory.pending = pending[revealed[-1] + 1 :]
            self._file.save(self._memory)
        elif pending[0].deadline_block < head:
            late = pending.pop(0)
            self._memory.set_publication = None
            self._file.save(self._memory)
            raise WeightsLost(
                f"The weights committed in block {late.block} were not revealed by block {late.deadline_block}: the "
                "chain has dropped them, and they are set again."
            )

    async def _snapshot(self) -> Snapshot:
        """At the head, not at the finalized block: hotkeys become uids as late as possible."""
        return await self._chain.snapshot(self._settings.netuid, (await self._chain.head()).number)


def wallet_of(settings: ValidatorSettings) -> Wallet:
    return Wallet(settings.wallet_name, settings.hotkey_name, settings.wallet_path)


async def keep_setting(open_validator: Callable[[], Awaitable[Validator]], poll_s: float) -> None:
    """Set weights until cancelled. Whatever fails is said once, and tried again later and later.

    Raises ConfigurationError if settings turn out to be wrong before anything worked.
    """
    validator: Validator | None = None
    failures, worked, said = 0, False, ""
    try:
        while True:
            try:
                validator = validator or await open_validator()
                await validator.tick()
                failures, worked, problem = 0, True, validator.problem
            except KinitroError as error:
                if isinstance(error, ConfigurationError) and not worked:
                    raise
                failures, problem = failures + 1, error
            if problem is not None and str(problem) != said:
                _log.error("cannot_set_weights", reason=str(problem))
            said = str(problem) if problem is not None else ""
            await asyncio.sleep(max(poll_s, min(MAX_BACKOFF_S, poll_s * 2.0 ** min(failures - 1, 20))))
    finally:
        if validator is not None:
            await validator.close()
