"""The validator: it sets what is published and passes its checks on chain, and sees to it that it stays there."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Self

from kinitro import __version__
from kinitro.chain import Chain, ChainSnapshot, Wallet
from kinitro.client.messages import Weights
from kinitro.errors import ConfigurationError, KinitroError
from kinitro.logs import get_logger, public_url
from kinitro.supervision import SupervisedLoop
from kinitro.validator.errors import NothingToSet, WeightsRefused
from kinitro.validator.memory import MemoryFile, identify_publication
from kinitro.validator.plan import WeightPlan, check_age, plan_burn, plan_weights
from kinitro.validator.preflight import check_rate_limit, check_rights, check_row, find_neuron
from kinitro.validator.publications import AUDIT_PATIENCE_S, Audit, PublicationReader, WeightsSource
from kinitro.validator.sending import Sending
from kinitro.validator.settings import ValidatorSettings
from kinitro.validator.timing import find_due_block, find_next_look_block

MAX_BACKOFF_S = 300.0

_log = get_logger(__name__)

Connect = Callable[[str], Awaitable[Chain]]


def encode_version(version: str = __version__) -> int:
    """Encode the version key that is sent with weights: 1.2.3 is 1002003. A subnet's owner can demand an upgrade."""
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
        self._file = file
        self._memory = file.load()
        self._sending = Sending(chain, choose_wallet(settings), hotkey, settings.netuid, self._memory, file)
        self._publications = PublicationReader(source, settings.netuid, self._memory, audit, clock, settings.max_age)
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
            hotkey = await chain.hotkey_address(choose_wallet(settings))
            genesis = (await chain.block_hash(0)).hex()[:12]
        except BaseException:
            await chain.close()
            raise
        path = settings.state_directory / f"validator-{genesis}-{settings.netuid}-{hotkey}.json"
        return cls(settings, chain, hotkey, MemoryFile(path), source, audit, clock)

    async def close(self) -> None:
        await self._publications.close()
        await self._chain.close()

    @property
    def has_set_weights(self) -> bool:
        """Whether it has ever set weights, also before a restart: then wrong-looking settings are the node's fault."""
        return self._memory.set_publication is not None

    @property
    def problem(self) -> KinitroError | None:
        """What is wrong with the backend or what it publishes, as of the last look."""
        return self._publications.problem

    async def set_once(self, *, dry_run: bool = False) -> WeightPlan:
        """Set the newest weights now, whatever the epoch; raises KinitroError when that is impossible."""
        await self._refresh(patience_s=None)
        if self.problem is not None:
            raise self.problem
        publication = self._memory.accepted
        if publication is None:
            raise NothingToSet(f"{public_url(self._settings.backend_url)} has published no weights yet.")
        attempt = self._memory.attempt
        if attempt is not None and not dry_run:
            await self._sending.decide(attempt, await self._snapshot())
            if self._memory.set_publication == attempt.publication == identify_publication(publication):
                return WeightPlan(attempt.row)
        return await self._set(await self._snapshot(), publication, dry_run=dry_run)

    async def tick(self) -> WeightPlan | None:
        """Look at backend and chain once; set weights if they are due, and return what was set."""
        await self._refresh()
        head = await self._chain.head()
        if self._memory.attempt is not None:
            await self._sending.decide(self._memory.attempt, await self._snapshot())
        if self._memory.pending:
            await self._sending.check_rows(head.number)
        publication = self._memory.accepted
        if publication is None:
            return None
        news = identify_publication(publication) != self._memory.set_publication
        if not news and head.number < self._next_look_block:
            return None
        snapshot = await self._snapshot()
        due = find_due_block(snapshot, find_neuron(snapshot, self._hotkey), news=news)
        if due > snapshot.block.number:
            self._next_look_block = find_next_look_block(snapshot, due)
            return None
        return await self._set(snapshot, publication)

    async def _refresh(self, *, patience_s: float | None = AUDIT_PATIENCE_S) -> None:
        if await self._publications.refresh(patience_s=patience_s):
            self._file.save(self._memory)

    async def _set(self, snapshot: ChainSnapshot, publication: Weights, *, dry_run: bool = False) -> WeightPlan:
        plan = self._plan(snapshot, publication)
        neuron, version = find_neuron(snapshot, self._hotkey), encode_version()
        check_rights(snapshot, neuron, plan.weights, version)
        check_row(snapshot, neuron, plan.weights)
        check_rate_limit(snapshot, neuron)
        if plan.unregistered:
            _log.warning("unregistered_hotkeys_left_out", hotkeys=plan.unregistered)
        if dry_run:
            _log.info("weights_would_be_set", cycle=publication.cycle_id, weights=dict(plan.weights))
            return plan
        await self._sending.send(snapshot, plan, identify_publication(publication), version)
        self._next_look_block = 0
        return plan

    def _plan(self, snapshot: ChainSnapshot, publication: Weights) -> WeightPlan:
        now = datetime.fromtimestamp(self._clock(), UTC)
        check_age(publication, now, self._settings.max_age)
        if publication.fallback == "nobody_qualified" and self._settings.if_none_qualify == "burn":
            return plan_burn(snapshot)
        qualified = publication if publication.fallback == "none" else self._memory.qualified
        if qualified is None:
            raise WeightsRefused("Nobody qualified and --if-none-qualify is keep-last, but there are no last weights.")
        check_age(qualified, now, self._settings.max_age)
        return plan_weights(qualified, snapshot, self._settings.max_unregistered_share)

    async def _snapshot(self) -> ChainSnapshot:
        """Read the subnet at the head, not at the finalized block, because hotkeys become uids as late as possible."""
        return await self._chain.snapshot(self._settings.netuid, (await self._chain.head()).number)


def choose_wallet(settings: ValidatorSettings) -> Wallet:
    return Wallet(settings.wallet_name, settings.hotkey_name, settings.wallet_path)


async def keep_setting(open_validator: Callable[[], Awaitable[Validator]], poll_s: float) -> None:
    """Set weights until cancelled. Each failure is logged once, and tried again after growing pauses.

    Raises ConfigurationError if settings turn out to be wrong before anything worked.
    """
    validator: Validator | None = None
    said = ""
    event = "cannot_set_weights"
    loop = SupervisedLoop(
        "validator", every_s=poll_s, max_pause_s=MAX_BACKOFF_S, final=(ConfigurationError,), event=event
    )
    try:
        while True:
            with loop.turn():
                validator = validator or await open_validator()
                if validator.has_set_weights:  # before a restart of ours, too
                    loop.final = ()
                await validator.tick()
                loop.final = ()
                problem = str(validator.problem) if validator.problem is not None else ""
                if problem and problem != said:
                    _log.error(event, reason=problem)
                elif said and not problem:
                    _log.info("works_again", after=said)
                said = problem
            await loop.pause()
    finally:
        if validator is not None:
            await validator.close()
