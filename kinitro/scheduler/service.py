"""The scheduler: opens cycles, moves them on step by step, and publishes what they found.

Every step begins with what the database says and ends with one transaction, so a scheduler that is killed anywhere
and started again goes on with the same cycle. `stop` ends it between two steps.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from datetime import UTC, datetime
from time import monotonic

import numpy as np
import psycopg

from kinitro.chain.errors import ChainError
from kinitro.chain.interface import Chain
from kinitro.errors import ConfigurationError, UnavailableError
from kinitro.evaluation.seeds import KEY_BYTES, beacon_number, key_commitment, seed_table
from kinitro.logs import get_logger
from kinitro.scheduler.capacity import Probe, with_capacities
from kinitro.scheduler.leadership import leadership
from kinitro.scheduler.marking import first_checks
from kinitro.scheduler.settings import SchedulerSettings
from kinitro.stopping import pause
from kinitro.taskpool.creation import create_tasks
from kinitro.taskpool.cycles import Cycle, CycleConflict, CycleStore
from kinitro.taskpool.freeze import Unsealer, candidates, endpoint_holders
from kinitro.taskpool.scorecard import Identity, Unscorable, participants, score
from kinitro.taskpool.settlement import settle
from kinitro.taskpool.verdicts import count_verdicts
from kinitro.taskpool.verifications import Verifications

RETRY_S = 2.0
"""After the chain or the database went away."""
REPORT_EVERY_S = 10.0
"""Between two log lines about a cycle that is running."""
POLL_SHARE = 0.05
"""Of the time at most is spent on counting tasks, however many there are."""

log = get_logger(__name__)


async def run_scheduler(
    settings: SchedulerSettings,
    chain: Chain,
    probe: Probe,
    stop: asyncio.Event,
    *,
    unseal: Unsealer | None = None,
) -> int:
    """Schedule cycles until `stop` or until `settings.cycles` are published; returns how many were.

    Raises ConfigurationError for what only the operator can mend, and UnavailableError if the database cannot be
    reached at the start; later it waits for it.
    """
    published, was_connected = 0, False
    while not stop.is_set():
        try:
            async with leadership(settings.database_url, settings.netuid, stop) as connection:
                if connection is None:
                    break
                was_connected = True
                scheduler = Scheduler(settings, chain, probe, CycleStore(connection), stop, unseal)
                scheduler.published = published
                try:
                    await scheduler.run()
                finally:
                    published = scheduler.published
                break
        except UnavailableError as error:
            if not was_connected:
                raise
            await _database_lost(error, stop)
        except psycopg.OperationalError as error:  # of a session that was open, so the address is right
            was_connected = True
            await _database_lost(error, stop)
    return published


async def _database_lost(error: Exception, stop: asyncio.Event) -> None:
    log.warning("database lost; connecting again", error=str(error).strip())
    await pause(stop, RETRY_S)


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
    ) -> None:
        self.settings = settings
        self.chain = chain
        self.probe = probe
        self.store = store
        self.verifications = Verifications(store.connection)
        self.stop = stop
        self.unseal = unseal
        self.published = 0
        self._reported_at = 0.0
        self._void = 0
        self._settle_at = 0.0
        self._finished_at: datetime | None = None

    async def run(self) -> None:
        """Until `stop`, or until enough cycles are published."""
        while not self.stop.is_set() and (self.settings.cycles is None or self.published < self.settings.cycles):
            try:
                await self.step()
            except ConfigurationError:
                raise
            except (ChainError, CycleConflict) as error:
                log.warning("step failed; trying again", error=str(error))
                await pause(self.stop, RETRY_S)

    async def step(self) -> None:
        """The next thing to do, including waiting a moment for it."""
        cycle = await self.store.active(self.settings.netuid)
        if cycle is None:
            await self._open_when_due()
        elif cycle.state == "open":
            await (self._draw_beacon(cycle) if cycle.beacon_hash is None else self._create_tasks(cycle))
        elif cycle.state == "running":
            await self._watch(cycle)
        else:
            await self._publish(cycle)

    async def _open_when_due(self) -> None:
        latest = await self.store.latest(self.settings.netuid)
        if latest is not None:
            due = latest.created_at + self.settings.eval_interval
            remaining_s = (due - datetime.now(UTC)).total_seconds()
            if remaining_s > 0:
                await pause(self.stop, min(remaining_s, RETRY_S))
                return
        snapshot = await self.chain.snapshot(self.settings.netuid)
        allow_private = self.settings.allow_private_endpoints
        miners = candidates(snapshot, unseal=self.unseal, allow_private=allow_private)
        if not miners:
            self._report("no miner has committed a policy; waiting", netuid=self.settings.netuid)
            await pause(self.stop, self.settings.poll_interval.total_seconds())
            return
        holders = endpoint_holders(await self.store.miners(latest.id)) if latest else {}
        miners = await with_capacities(miners, self.probe, holders)
        key = secrets.token_bytes(KEY_BYTES)
        cycle = await self.store.open(
            self.settings.netuid,
            self.settings.network,
            self.settings.cycle_config(),
            snapshot.block.number,
            snapshot.block.hash,
            key,
            key_commitment(key),
            miners,
        )
        excluded = sum(miner.excluded is not None for miner in miners)
        log.info("cycle opened", cycle=cycle.id, miners=len(miners) - excluded, excluded=excluded, block=cycle.block)
        if excluded == len(miners):
            await self._fail(cycle, "No miner has a commitment that can be evaluated.")

    async def _draw_beacon(self, cycle: Cycle) -> None:
        """The commitment to the key has been public since the cycle opened; note since which block, then wait."""
        if cycle.key_committed_block == cycle.block:
            cycle = await self.store.commit_key(cycle.id, (await self.chain.head()).number)
        number = beacon_number(cycle.key_committed_block)
        finalized = await self.chain.finalized_head()
        if finalized.number < number:
            self._report("waiting for the beacon", cycle=cycle.id, block=number, finalized=finalized.number)
            await pause(self.stop, self.settings.poll_interval.total_seconds())
            return
        await self.store.set_beacon(cycle.id, number, await self.chain.block_hash(number))

    async def _create_tasks(self, cycle: Cycle) -> None:
        assert cycle.beacon_hash is not None  # noqa: S101  `step` looked
        environments = [(environment.id, environment.version) for environment in cycle.config.environments]
        seeds = seed_table(cycle.seed_key, cycle.beacon_hash, environments, cycle.config.episodes)
        uids = [miner.uid for miner in await self.store.miners(cycle.id) if miner.excluded is None]
        proven = await self.verifications.proven(cycle.id)
        checks = self.settings.verification_checks
        record = first_checks(uids, proven, len(environments), cycle.config.episodes, checks, random.SystemRandom())
        async with self.store.connection.transaction():
            await self.store.lock_for_tasks(cycle.id)
            tasks = await create_tasks(self.store.connection, cycle.id, uids, seeds, record=record)
            await self.store.start_running(cycle.id)
        log.info("cycle running", cycle=cycle.id, tasks=tasks, beacon=cycle.beacon_block)

    async def _watch(self, cycle: Cycle) -> None:
        began = monotonic()
        progress = await self.store.progress(cycle.id)
        counting_s = monotonic() - began
        if progress.void > self._void:
            await self.store.cancel_void_siblings(cycle.id)
        self._void = progress.void
        finished = progress.finished == progress.total
        if cycle.config.sequential and await self._goes_on(cycle, finished, progress.past_deadline):
            return
        if finished or progress.past_deadline:
            await self.store.start_scoring(cycle.id)
            self._void, self._finished_at = 0, None
            log.info("cycle scoring", cycle=cycle.id, finished=progress.finished, total=progress.total)
            return
        self._report("cycle running", cycle=cycle.id, finished=progress.finished, total=progress.total)
        await pause(self.stop, max(self.settings.poll_interval.total_seconds(), counting_s / POLL_SHARE))

    async def _goes_on(self, cycle: Cycle, finished: bool, past_deadline: bool) -> bool:
        """Skip what is settled in a sequential cycle; whether that is all there is to do for now.

        A cycle ends with its last verdicts in, because a miner that loses its weight settles nobody's result.
        """
        if finished and not past_deadline:
            self._finished_at = self._finished_at or datetime.now(UTC)
            if await self._waits_for_verdicts(cycle, self._finished_at):
                await pause(self.stop, self.settings.poll_interval.total_seconds())
                return True
            await self.verifications.close(cycle.id)
        elif monotonic() < self._settle_at and not past_deadline:
            return False
        began = monotonic()
        skipped, reopened = await self._settle(cycle)
        spent_s = monotonic() - began
        self._settle_at = began + max(self.settings.sequential_interval.total_seconds(), spent_s / POLL_SHARE)
        if skipped or reopened:
            log.info("results settled", cycle=cycle.id, skipped=skipped, reopened=reopened)
        if not reopened or past_deadline:
            return False
        self._finished_at = None
        return True

    async def _settle(self, cycle: Cycle) -> tuple[int, int]:
        uids = [miner.uid for miner in participants(await self.store.miners(cycle.id))]
        outcomes = await self.store.outcomes(cycle, uids)
        verdicts = count_verdicts(await self.verifications.verdicts(cycle.id), cycle.config.verification)
        disqualified = np.array([uid in verdicts and verdicts[uid].disqualified for uid in uids], dtype=np.bool_)
        settled, reopened = await asyncio.to_thread(settle, cycle.config, outcomes, disqualified)
        skipped = await self.store.skip(cycle.id, uids, settled)
        return skipped, await self.store.reopen(cycle.id, uids, reopened)

    async def _publish(self, cycle: Cycle) -> None:
        if await self._waits_for_verdicts(cycle, cycle.scoring_at or cycle.created_at):
            await pause(self.stop, self.settings.poll_interval.total_seconds())
            return
        await self.verifications.close(cycle.id)
        verdicts = await self.verifications.verdicts(cycle.id)
        published_at = datetime.now(UTC)
        identity = Identity(cycle.id, cycle.netuid, cycle.block, published_at.isoformat())
        miners, rows = await self.store.miners(cycle.id), await self.store.all_results(cycle)
        try:
            card = await asyncio.to_thread(score, identity, cycle.config, miners, rows, verdicts)
        except Unscorable as error:
            await self._fail(cycle, str(error))
            return
        await self.store.publish(cycle, card.scores, card.weights, card.explanations, published_at)
        self.published += 1
        log.info("cycle published", cycle=cycle.id, weights=card.weights.weights, void=card.scores.void_episodes)
        await self.store.drop_old_traces(cycle.netuid, self.settings.keep_traces)

    async def _waits_for_verdicts(self, cycle: Cycle, since: datetime) -> bool:
        """Whether checks may yet bring verdicts: not for ever, and not while there is no verifier."""
        outstanding, attended = await self.verifications.outstanding(cycle.id)
        if not outstanding:
            return False
        if not attended or datetime.now(UTC) >= since + self.settings.verification_timeout:
            reason = "they took too long" if attended else "no verifier is there"
            log.warning("verdicts are not waited for", cycle=cycle.id, outstanding=outstanding, reason=reason)
            return False
        self._report("waiting for verdicts", cycle=cycle.id, outstanding=outstanding)
        return True

    async def _fail(self, cycle: Cycle, reason: str) -> None:
        await self.store.fail(cycle.id, reason)
        log.error("cycle failed", cycle=cycle.id, reason=reason)

    def _report(self, event: str, **details: object) -> None:
        """Log about waiting, but not at every poll."""
        if monotonic() - self._reported_at >= REPORT_EVERY_S:
            self._reported_at = monotonic()
            log.info(event, **details)
