"""The validator: fetch what is published, check it, set it on chain, and see that it is there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from kinitro import __version__
from kinitro.chain import Chain, ChainError, Snapshot, TransactionRefused, Wallet
from kinitro.errors import KinitroError
from kinitro.logs import get_logger
from kinitro.taskpool.messages import Weights
from kinitro.validator.errors import BackendUnavailable, NothingToSet, ValidatorError, WeightsRefused
from kinitro.validator.memory import Memory, MemoryFile, PendingReveal
from kinitro.validator.plan import Plan, check_age, check_publication, plan_burn, plan_weights
from kinitro.validator.preflight import check_rate_limit, check_rights, find_neuron
from kinitro.validator.settings import ValidatorSettings
from kinitro.validator.timing import due_block, reveal_deadline_block

MAX_BACKOFF_S = 300.0

_log = get_logger(__name__)


def weights_version(version: str = __version__) -> int:
    """The version key sent with weights: 1.2.3 is 1002003, so a subnet's owner can demand an upgrade."""
    major, minor, patch = (int(part) for part in version.split(".")[:3])
    return (major * 1000 + minor) * 1000 + patch


class WeightsSource(Protocol):
    """The seam to the API."""

    async def newest_weights(self) -> Weights | None: ...


Connect = Callable[[str], Awaitable[Chain]]


class Validator:
    """One validator on one subnet. `tick` does what is due; `run` ticks until it is cancelled."""

    def __init__(self, settings: ValidatorSettings, connect: Connect, backend: WeightsSource, file: MemoryFile) -> None:
        self._settings = settings
        self._connect = connect
        self._backend = backend
        self._file = file
        self._memory: Memory = file.load()
        self._wallet = Wallet(settings.wallet_name, settings.hotkey_name, settings.wallet_path)
        self._chain: Chain | None = None
        self._next_look_block = 0
        self._said: str | None = None

    async def run(self) -> None:
        """Work until cancelled. Whatever fails is said, and tried again later and later."""
        poll_s = self._settings.poll_interval.total_seconds()
        failures = 0
        try:
            while True:
                try:
                    await self.tick()
                    failures = 0
                    self._said = None
                except KinitroError as error:
                    failures += 1
                    self._say(error)
                    if isinstance(error, ChainError) and not isinstance(error, TransactionRefused):
                        await self._disconnect()
                backoff_s = min(MAX_BACKOFF_S, poll_s * 2.0 ** min(failures - 1, 20))
                await asyncio.sleep(max(poll_s, backoff_s))
        finally:
            await self._disconnect()

    async def once(self) -> Plan:
        """Set the newest weights now, whatever the epoch; raises KinitroError when that is impossible."""
        try:
            publication = await self._newest()
            if publication is None:
                raise NothingToSet(f"{self._settings.backend_url} has published no weights yet.")
            return await self._set(await self._snapshot(), publication)
        finally:
            await self._disconnect()

    async def tick(self) -> Plan | None:
        """One look at backend and chain; sets weights if they are due, and returns what was set."""
        publication = await self._newest()
        head = await (await self._connected()).head()
        if self._memory.pending:
            await self._check_reveals(head.number)
        news = publication is not None and publication.cycle_id != self._memory.set_cycle
        if publication is None or (not news and head.number < self._next_look_block):
            return None
        snapshot = await self._snapshot()
        neuron = find_neuron(snapshot, await self._hotkey())
        due = due_block(snapshot, neuron, news=news)
        if due > snapshot.block.number:
            self._next_look_block = due
            return None
        return await self._set(snapshot, publication)

    async def _newest(self) -> Weights | None:
        """The newest publication that is believable: from the backend, or remembered while it does not answer."""
        known = self._memory.publication
        try:
            fetched = await self._backend.newest_weights()
        except BackendUnavailable as error:
            if known is None:
                raise
            self._say(error)
            return known
        if fetched is None or fetched == known:
            return known
        check_publication(fetched, self._settings.netuid)
        self._memory.publication = fetched
        if fetched.fallback == "none":
            self._memory.last_weights = fetched
        self._file.save(self._memory)
        _log.info("new_weights", cycle=fetched.cycle_id, block=fetched.block, published_at=fetched.published_at)
        return fetched

    async def _set(self, snapshot: Snapshot, publication: Weights) -> Plan:
        plan = self._plan(snapshot, publication)
        version = weights_version()
        hotkey = await self._hotkey()
        neuron = find_neuron(snapshot, hotkey)
        check_rights(snapshot, neuron, plan.weights, version)
        check_rate_limit(snapshot, neuron)
        chain = await self._connected()
        block = await chain.set_weights(self._settings.netuid, self._wallet, plan.weights, version)
        self._memory.set_cycle = publication.cycle_id
        self._next_look_block = 0
        if snapshot.hyperparameters.commit_reveal:
            deadline = reveal_deadline_block(snapshot, block)
            pending = PendingReveal(block=block, deadline_block=deadline, row=dict(plan.weights))
            self._memory.pending.append(pending)
            _log.info("weights_committed", cycle=publication.cycle_id, block=block, reveal_by_block=deadline)
        else:
            await self._read_back(chain, hotkey, plan.weights)
            _log.info("weights_set", cycle=publication.cycle_id, block=block, weights=dict(plan.weights))
        self._file.save(self._memory)
        if plan.unregistered:
            _log.warning("unregistered_hotkeys_skipped", hotkeys=plan.unregistered)
        return plan

    def _plan(self, snapshot: Snapshot, publication: Weights) -> Plan:
        check_age(publication, datetime.now(UTC), self._settings.max_age)
        if publication.fallback == "none":
            return plan_weights(publication, snapshot, self._settings.max_unregistered_share)
        if self._settings.if_none_qualify == "burn":
            return plan_burn(snapshot)
        kept = self._memory.last_weights
        if kept is None:
            raise WeightsRefused("Nobody qualified and --if-none-qualify is keep-last, but there are no last weights.")
        check_age(kept, datetime.now(UTC), self._settings.max_age)
        return plan_weights(kept, snapshot, self._settings.max_unregistered_share)

    async def _read_back(self, chain: Chain, hotkey: str, row: Mapping[int, int]) -> None:
        found = await chain.weights(self._settings.netuid, hotkey)
        if dict(found) != dict(row):
            self._memory.set_cycle = None
            raise ValidatorError(f"The row on chain is {dict(found)} and not {dict(row)}, which was sent.")

    async def _check_reveals(self, head: int) -> None:
        """Committed weights are dropped silently by the chain when their reveal fails: look for the row itself."""
        found = dict(await (await self._connected()).weights(self._settings.netuid, await self._hotkey()))
        pending = self._memory.pending
        revealed = [index for index, wait in enumerate(pending) if wait.row == found]
        if revealed:
            _log.info("weights_revealed", committed_block=pending[revealed[-1]].block, weights=found)
            self._memory.pending = pending[revealed[-1] + 1 :]
            self._file.save(self._memory)
        elif pending[0].deadline_block < head:
            late = self._memory.pending.pop(0)
            self._memory.set_cycle = None
            self._file.save(self._memory)
            raise ValidatorError(
                f"The weights committed in block {late.block} were not revealed by block {late.deadline_block}: the "
                "chain has dropped them; they are sent again."
            )

    async def _snapshot(self) -> Snapshot:
        """At the head, not at the finalized block: hotkeys become uids as late as possible."""
        chain = await self._connected()
        return await chain.snapshot(self._settings.netuid, (await chain.head()).number)

    async def _hotkey(self) -> str:
        return await (await self._connected()).hotkey_address(self._wallet)

    async def _connected(self) -> Chain:
        if self._chain is None:
            self._chain = await self._connect(self._settings.network)
        return self._chain

    async def _disconnect(self) -> None:
        chain, self._chain = self._chain, None
        if chain is not None:
            await chain.close()

    def _say(self, error: KinitroError) -> None:
        """Log a problem once, not once per poll."""
        if str(error) != self._said:
            self._said = str(error)
            _log.error("cannot_set_weights", reason=str(error))
