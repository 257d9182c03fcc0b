"""The scheduler: opens cycles, moves them on step by step, and publishes what they found.

Every step begins with what the database says and ends with one transaction, so a scheduler that is killed anywhere
and started again goes on with the same cycle. `stop` ends it between two steps.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import psycopg

from kinitro.chain.drand import combine
from kinitro.chain.errors import ChainError, UnknownSubnet
from kinitro.chain.interface import Chain
from kinitro.chain.seed_commitments import SeedCommitment
from kinitro.client.messages import HostingLimits
from kinitro.client.records import REFERENCE_UID, FrozenMiner, RungRule, digest_opening
from kinitro.cycles.freeze import Unsealer, list_candidates, list_endpoint_holders
from kinitro.cycles.ladder import NEWEST_RULE, climb, find_published_saturated
from kinitro.cycles.marking import choose_first_checks
from kinitro.cycles.scorecard import SATURATED, PublicationIdentity, Unscorable, list_players, score
from kinitro.cycles.seeds import KEY_BYTES, compute_beacon_number, derive_seeds, hash_seed_key
from kinitro.database.creation import create_tasks
from kinitro.database.cycles import Cycle, CycleStore
from kinitro.database.errors import SchemaMismatch
from kinitro.database.verifications import Verifications
from kinitro.environments.packs.format import digest_pack
from kinitro.errors import ConfigurationError
from kinitro.logs import get_logger
from kinitro.scheduler.binding import KeyBinding
from kinitro.scheduler.capacity import Probe, ask_capacities
from kinitro.scheduler.drand_rounds import find_pulse
from kinitro.scheduler.leadership import Leadership, allow_long_statements
from kinitro.scheduler.packs import NEW, prepare_pack
from kinitro.scheduler.settings import SchedulerSettings
from kinitro.stopping import finish_or_cancel, pause
from kinitro.supervision import SupervisedLoop

RETRY_S = 2.0
"""The pause before the next try after the chain or the database was unavailable."""
STOP_GRACE_S = 10.0
"""How long the current step may take after the scheduler was told to stop."""
CHAIN_GRACE_S = 1.0
"""The same for a step that waits for a block or for miners' servers."""
REPORT_EVERY_S = 10.0
"""The time between two log lines about a running cycle."""
POLL_SHARE = 0.05
"""The largest share of the time that is spent on counting tasks, however many there are."""

log = get_logger(__name__)


async def run_scheduler(
    settings: SchedulerSettings,
    chain: Chain,
    probe: Probe,
    stop: asyncio.Event,
    *,
    unseal: Unsealer | None = None,
    backend_key: bytes | None = None,
) -> int:
    """Schedule cycles until `stop` or until `settings.cycles` are published; returns how many were.

    unseal: opens what miners sealed to the operator's key.
    backend_key: the public half of that key, which every commitment to a cycle publishes.

    Raises ConfigurationError for what only the operator can mend, and UnavailableError if the database cannot be
    reached at the start; once a step has worked, it logs whatever goes wrong and tries again. A step that has not
    ended STOP_GRACE_S after `stop` is cancelled: its transaction is rolled back.
    """
    done = _Published()
    leading = _lead(settings, chain, probe, stop, unseal, backend_key, done)
    await finish_or_cancel(leading, stop, STOP_GRACE_S)
    return done.count


@dataclass
class _Published:
    """How many cycles this process has published, over all its database sessions."""

    count: int = 0


async def _lead(
    settings: SchedulerSettings,
    chain: Chain,
    probe: Probe,
    stop: asyncio.Event,
    unseal: Unsealer | None,
    backend_key: bytes | None,
    published: _Published,
) -> None:
    """Lead, and lead again after the database was unavailable, until there is nothing left to do."""
    leadership = Leadership(settings.database_url, settings.netuid)
    await leadership.check_database()
    sessions = SupervisedLoop("leadership", every_s=RETRY_S, max_pause_s=RETRY_S, final=(ConfigurationError,))
    steps = SupervisedLoop("cycle", every_s=RETRY_S, max_pause_s=RETRY_S, final=(psycopg.Error, ConfigurationError))
    while not stop.is_set():
        with sessions.turn():
            async with leadership.hold(stop) as connection:
                if connection is None:
                    return
                sessions.succeeded()
                scheduler = Scheduler(settings, chain, probe, CycleStore(connection), stop, unseal, backend_key)
                scheduler.published = published.count
                try:
                    await scheduler.run(steps)
                finally:
                    published.count = scheduler.published
                    if steps.worked:
                        sessions.final = (SchemaMismatch,)
                return
        await sessions.pause(stop)


class Scheduler:
    """The leader. `published` counts the publications of this process."""

    def __init__(
        self,
        settings: SchedulerSettings,
        chain: Chain,
        probe: Probe,
        store: CycleStore,
        stop: asyncio.Event,
        unseal: Unsealer | None = None,
        backend_key: bytes | None = None,
    ) -> None:
        self.settings = settings
        self.chain = chain
        self.probe = probe
        self.store = store
        self.verifications = Verifications(store.connection)
        self.stop = stop
        self.unseal = unseal
        self.backend_key = backend_key
        self.binding = KeyBinding(chain, settings.netuid, settings.wallet) if settings.wallet else None
        self.published = 0
        self._saw_subnet = False
        self._reported_at = 0.0
        self._void = 0

    async def run(self, steps: SupervisedLoop) -> None:
        """Do one step after the other until `stop`, or until enough cycles are published.

        Raises psycopg.Error when the session has to be made anew, and ConfigurationError if no step has worked before.
        Whatever else a step raises is logged, and the step is tried again.
        """
        while not self.stop.is_set() and (self.settings.cycles is None or self.published < self.settings.cycles):
            with steps.turn():
                try:
                    await self.step()
                except UnknownSubnet as error:
                    if not await self._knows_the_subnet():
                        raise
                    raise ChainError(f"The node does not know the subnet, which was there before: {error}") from error
            if steps.worked:
                steps.final = (psycopg.Error,)
            if steps.failures:
                await steps.pause(self.stop)

    async def _knows_the_subnet(self) -> bool:
        """Whether this scheduler or an earlier one has seen the subnet: if so, a node that denies it is wrong."""
        return self._saw_subnet or await self.store.latest(self.settings.netuid) is not None

    async def step(self) -> None:
        """Do the next thing that is due, or wait a moment for it."""
        cycle = await self.store.active(self.settings.netuid)
        if cycle is None:
            await self._until_stopped(self._open_when_due())
        elif cycle.state == "open" and cycle.beacon_hash is None:
            await self._until_stopped(self._draw_beacon(cycle))
        elif cycle.state == "open":
            await self._create_tasks(cycle)
        elif cycle.state == "running":
            await self._watch(cycle)
        else:
            await self._publish(cycle)

    async def _until_stopped(self, waiting: Coroutine[Any, Any, None]) -> None:
        """Wait for the chain or for miners, not beyond `stop`: a block may never come, and steps can be repeated."""
        await finish_or_cancel(waiting, self.stop, CHAIN_GRACE_S)

    async def _open_when_due(self) -> None:
        latest = await self.store.latest(self.settings.netuid)
        if latest is not None:
            due = latest.created_at + self.settings.eval_interval
            remaining_s = (due - datetime.now(UTC)).total_seconds()
            if remaining_s > 0:
                await pause(self.stop, min(remaining_s, RETRY_S))
                return
        snapshot = await self.chain.snapshot(self.settings.netuid)
        self._saw_subnet = True
        allow_private, policies = self.settings.allow_private_endpoints, self.settings.policies
        miners = list_candidates(snapshot, unseal=self.unseal, allow_private=allow_private, policies=policies)
        if not miners:
            self._report("waiting_for_a_miner", netuid=self.settings.netuid)
            await pause(self.stop, self.settings.poll_interval.total_seconds())
            return
        pack = None
        if self.settings.needs_pack and (pack := await self._find_secret_pack()) is None:
            return
        ids, rule = await self._choose_environments()
        config = self.settings.cycle_config(None if pack is None else digest_pack(pack), ids, rule)
        if self.settings.drand and self.chain.drand is not None:
            config = config.model_copy(update={"drand": self.chain.drand.name})
        holders = list_endpoint_holders(await self.store.miners(latest.id)) if latest else {}
        miners = await ask_capacities(miners, self.probe, holders)
        if config.hosting is not None:
            miners = [_limit_hosted(miner, config.hosting) for miner in miners]
        key = secrets.token_bytes(KEY_BYTES)
        cycle = await self.store.open(
            self.settings.netuid,
            self.settings.network,
            config,
            snapshot.block.number,
            snapshot.block.hash,
            key,
            hash_seed_key(key),
            miners,
            pack,
        )
        excluded = sum(miner.excluded is not None for miner in miners)
        log.info("cycle_opened", cycle=cycle.id, miners=len(miners) - excluded, excluded=excluded, block=cycle.block)
        if excluded == len(miners):
            await self._fail(cycle, "No miner has a commitment that can be evaluated.")

    async def _choose_environments(self) -> tuple[list[str] | None, RungRule | None]:
        """Return the ids of the next cycle's environments, which have climbed, and the rule; None if they stay."""
        if self.settings.rungs == "fixed":
            return None, None
        named, last = self.settings.list_environments(), await self.store.last_scores(self.settings.netuid)
        rule = RungRule(name=NEWEST_RULE, environments=named, after=last.cycle_id if last else None)
        if last is None:
            return named, rule
        before = (await self.store.find(last.cycle_id)).config
        return climb(rule, before, find_published_saturated(before, last)), rule

    async def _find_secret_pack(self) -> bytes | None:
        """The pack of the next cycle; None, after a pause, if the operator's file was revealed with another cycle."""
        wanted = self.settings.pack or NEW
        pack = await asyncio.to_thread(prepare_pack, wanted)
        used = await self.store.find_use_of_pack(digest_pack(pack))
        if used is not None:
            hint = f"Cycle {used} had this pack, so it is no secret any more: put a new one there, or use --pack new."
            await self._wait("waiting_for_a_new_pack", pack=wanted, hint=hint)
            return None
        return pack

    async def _draw_beacon(self, cycle: Cycle) -> None:
        """Note since which block the commitment to the key is public, then wait for the beacon.

        Without a wallet, the API has published it since the cycle opened. With one, it is public once it is on chain,
        where everybody can find it later.
        """
        if self.binding is None:
            if cycle.key_committed_block == cycle.block:
                cycle = await self.store.commit_key(cycle.id, (await self.chain.head()).number)
        else:
            digest = digest_opening(await self.store.manifest(cycle.id))
            opening = SeedCommitment(cycle.id, digest, self.backend_key)
            committed = await self.binding.committed_block(opening.encode())
            if committed is None:
                await self._wait("waiting_for_the_commitment", cycle=cycle.id)
                return
            cycle = await self.store.commit_key(cycle.id, committed)
        number = compute_beacon_number(cycle.key_committed_block)
        finalized = await self.chain.finalized_head()
        if finalized.number < number:
            await self._wait("waiting_for_the_beacon", cycle=cycle.id, block=number, finalized=finalized.number)
            return
        pulse = None
        if cycle.config.drand is not None:
            pulse = await find_pulse(self.chain, cycle.config.drand, number)
            if pulse is None:
                await self._wait("waiting_for_drand", cycle=cycle.id, network=cycle.config.drand)
                return
        await self.store.set_beacon(cycle.id, number, await self.chain.block_hash(number), pulse)

    async def _wait(self, event: str, **details: object) -> None:
        self._report(event, **details)
        await pause(self.stop, self.settings.poll_interval.total_seconds())

    async def _create_tasks(self, cycle: Cycle) -> None:
        assert cycle.beacon_hash is not None  # noqa: S101  `step` looked
        environments = [(environment.id, environment.version) for environment in cycle.config.environments]
        beacon = combine(cycle.beacon_hash, cycle.drand_signature)
        seeds = derive_seeds(cycle.seed_key, beacon, environments, cycle.config.episodes)
        miners = await self.store.miners(cycle.id)
        uids = list_players(cycle.config, miners)
        hosted = {miner.uid for miner in miners if miner.hosted}  # nothing to verify: what is uploaded is what plays
        proven = {*await self.verifications.proven(cycle.id), *hosted, REFERENCE_UID}
        checks = self.settings.verification_checks
        record = choose_first_checks(
            uids, proven, len(environments), cycle.config.episodes, checks, random.SystemRandom()
        )
        async with allow_long_statements(self.store.connection), self.store.connection.transaction():
            await self.store.lock_for_tasks(cycle.id)
            tasks = await create_tasks(self.store.connection, cycle.id, uids, seeds, record=record)
            await self.store.start_running(cycle.id)
        log.info("cycle_running", cycle=cycle.id, tasks=tasks, beacon=cycle.beacon_block)

    async def _watch(self, cycle: Cycle) -> None:
        began = monotonic()
        progress = await self.store.progress(cycle.id)
        counting_s = monotonic() - began
        if progress.void > self._void:
            await self.store.cancel_void_siblings(cycle.id)
        self._void = progress.void
        finished = progress.finished == progress.total
        if finished or progress.past_deadline:
            async with allow_long_statements(self.store.connection):
                await self.store.start_scoring(cycle.id)
            self._void = 0
            log.info("cycle_scoring", cycle=cycle.id, finished=progress.finished, total=progress.total)
            return
        if progress.unplayed:
            reason = "No executor that can play the reference is there: see the log of the executors, `reference_...`."
            self._report("reference_not_played", cycle=cycle.id, tasks=progress.unplayed, reason=reason)
        self._report("cycle_running", cycle=cycle.id, finished=progress.finished, total=progress.total)
        await pause(self.stop, max(self.settings.poll_interval.total_seconds(), counting_s / POLL_SHARE))

    async def _publish(self, cycle: Cycle) -> None:
        if await self._must_wait_for_verdicts(cycle, cycle.scoring_at or cycle.created_at):
            await pause(self.stop, self.settings.poll_interval.total_seconds())
            return
        async with allow_long_statements(self.store.connection):
            await self._publish_now(cycle)

    async def _publish_now(self, cycle: Cycle) -> None:
        await self.verifications.close(cycle.id)
        verdicts = await self.verifications.verdicts(cycle.id)
        published_at = datetime.now(UTC)
        identity = PublicationIdentity(cycle.id, cycle.netuid, cycle.block, published_at.isoformat())
        miners, rows = await self.store.miners(cycle.id), await self.store.all_results(cycle)
        try:
            card = await asyncio.to_thread(score, identity, cycle.config, miners, rows, verdicts)
        except Unscorable as error:
            await self._fail(cycle, str(error))
            return
        await self.store.publish(cycle, card.scores, card.weights, card.explanations, published_at)
        self.published += 1
        log.info("cycle_published", cycle=cycle.id, weights=card.weights.weights, void=card.scores.void_episodes)
        for note in card.scores.notes:
            if note.startswith(SATURATED):
                log.warning("environments_are_saturated", cycle=cycle.id, reason=note, rungs=self.settings.rungs)
        await self.store.drop_old_traces(cycle.netuid, self.settings.keep_traces)

    async def _must_wait_for_verdicts(self, cycle: Cycle, since: datetime) -> bool:
        """Whether to wait for checks that may still bring verdicts: not for ever, and not without a verifier."""
        outstanding, attended = await self.verifications.outstanding(cycle.id)
        if not outstanding:
            return False
        if not attended or datetime.now(UTC) >= since + self.settings.verification_timeout:
            reason = "they took too long" if attended else "no verifier is there"
            log.warning("verdicts_not_awaited", cycle=cycle.id, outstanding=outstanding, reason=reason)
            return False
        self._report("waiting_for_verdicts", cycle=cycle.id, outstanding=outstanding)
        return True

    async def _fail(self, cycle: Cycle, reason: str) -> None:
        await self.store.fail(cycle.id, reason)
        log.error("cycle_failed", cycle=cycle.id, reason=reason)

    def _report(self, event: str, **details: object) -> None:
        """Log about waiting, but not at every poll."""
        if monotonic() - self._reported_at >= REPORT_EVERY_S:
            self._reported_at = monotonic()
            log.info(event, **details)


def _limit_hosted(miner: FrozenMiner, limits: HostingLimits) -> FrozenMiner:
    return miner.model_copy(update={"max_concurrency": limits.concurrency}) if miner.hosted else miner
