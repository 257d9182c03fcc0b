"""The store of cycles: what is frozen, committed, published and revealed, over one PostgreSQL connection."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg.types.json import Jsonb

from kinitro.client.messages import Scores, Weights
from kinitro.client.records import (
    RESULTS_PAGE,
    CycleConfig,
    CycleEnvironment,
    DrandPulse,
    ExecutorRecord,
    FrozenMiner,
    Manifest,
    ResultPage,
    ResultRow,
    TaskOutcome,
    TraceRecord,
    compute_results_root,
)
from kinitro.database.errors import UnknownCycle
from kinitro.database.pool import Connection
from kinitro.database.queries import Row, Statements, execute, fetch
from kinitro.database.tasks import SQL as POOL_SQL
from kinitro.database.tasks import fence_cycle
from kinitro.database.verifications import Verifications
from kinitro.errors import KinitroError

SQL = Statements(Path(__file__).with_name("cycles.sql"))
END_BATCH_ROWS = 2000
PUBLISHED = {outcome.name.lower(): int(outcome) for outcome in TaskOutcome}
"""Outcomes have names in the database, and numbers in what is published."""


class NotRevealed(KinitroError):
    """Seeds, results and traces are not public before the cycle is over."""


class CycleConflict(KinitroError):
    """Another scheduler moved the cycle on in the meantime, or already has an active one."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """One row of `cycle`. `seed_key` is secret until `revealed_at`."""

    id: int
    state: str
    reason: str | None
    netuid: int
    network: str
    config: CycleConfig
    block: int
    block_hash: bytes
    seed_key: bytes
    key_hash: bytes
    key_committed_block: int
    beacon_block: int | None
    beacon_hash: bytes | None
    drand_round: int | None
    drand_signature: bytes | None
    fingerprint: str | None
    mixed_physics: bool
    created_at: datetime
    deadline_at: datetime
    scoring_at: datetime | None
    published_at: datetime | None
    revealed_at: datetime | None
    results_root: bytes | None

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """Make it from a row of the table; columns without a field here are ignored."""
        fields = {name: getattr(row, name) for name in cls.__dataclass_fields__}
        fields["config"] = CycleConfig.model_validate(row.config)
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the tasks of a cycle are."""

    total: int
    finished: int
    void: int
    past_deadline: bool
    unplayed: int
    """Tasks of the reference that nobody plays, when there are no others left."""


class CycleStore:
    """Reads and moves cycles. Methods that move one are transactions of their own unless they say otherwise.

    The connection must be in autocommit mode. A scheduler passes the connection that holds its leadership, so that
    it cannot write once it has lost it.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    # --- the life of a cycle -----------------------------------------------------------------------------------

    async def open(
        self,
        netuid: int,
        network: str,
        config: CycleConfig,
        block: int,
        block_hash: bytes,
        seed_key: bytes,
        key_hash: bytes,
        miners: Sequence[FrozenMiner],
        pack: bytes | None = None,
    ) -> Cycle:
        """A new cycle with its frozen miners; raises CycleConflict if the subnet has an active one.

        pack: the bytes of its sealed pack, whose digest is in `config`; kept in the same transaction.
        """
        try:
            async with self.connection.transaction():
                cycle = await self._move(
                    "OPEN_CYCLE",
                    netuid=netuid,
                    network=network,
                    config=Jsonb(config.model_dump()),
                    block=block,
                    block_hash=block_hash,
                    seed_key=seed_key,
                    key_hash=key_hash,
                    timeout_s=config.timeout_s,
                )
                frozen = Jsonb([miner.model_dump() | {"hosted": miner.hosted} for miner in miners])
                await self._all("FREEZE_MINERS", cycle_id=cycle.id, miners=frozen)
                if pack is not None:
                    await self._all("KEEP_PACK", cycle_id=cycle.id, data=pack)
        except psycopg.errors.UniqueViolation:
            raise CycleConflict(f"Subnet {netuid} already has an active cycle.") from None
        return cycle

    async def commit_key(self, cycle_id: int, block: int) -> Cycle:
        """Note that the key's hash was public when `block` was the head of the chain."""
        return await self._move("COMMIT_KEY", cycle_id=cycle_id, block=block)

    async def set_beacon(
        self, cycle_id: int, block: int, block_hash: bytes, drand: tuple[int, bytes] | None = None
    ) -> Cycle:
        """Note the beacon, and the round of drand with its signature if there is one; it can be set once."""
        number, signature = drand or (None, None)
        return await self._move(
            "SET_BEACON",
            cycle_id=cycle_id,
            block=block,
            hash=block_hash,
            drand_round=number,
            drand_signature=signature,
        )

    async def lock_for_tasks(self, cycle_id: int) -> None:
        """Within the caller's transaction: be the one who creates the tasks. Raises CycleConflict if they exist."""
        if await self._one("LOCK_FOR_TASKS", cycle_id=cycle_id) is None:
            raise CycleConflict(f"Cycle {cycle_id} is not waiting for tasks.")

    async def start_running(self, cycle_id: int) -> Cycle:
        """Within the caller's transaction, after the tasks: let executors have them; the deadline counts from now."""
        return await self._move("START_RUNNING", cycle_id=cycle_id)

    async def progress(self, cycle_id: int) -> Progress:
        """How many tasks of the cycle are finished."""
        (row,) = await self._all("PROGRESS", cycle_id=cycle_id)
        return Progress(*row)

    async def cancel_void_siblings(self, cycle_id: int) -> int:
        """Do not run what belongs to a void episode; returns how many tasks that spared."""
        spared = await self._all("VOID_SIBLINGS", cycle_id=cycle_id)
        return await self._cancel_ready(cycle_id, spared)

    async def _cancel_ready(self, cycle_id: int, tasks: list[Row]) -> int:
        """Cancel those of the tasks that are still ready, in batches so that fetches go on; returns how many."""
        ended = 0
        for start in range(0, len(tasks), END_BATCH_ROWS):
            ids = [task.id for task in tasks[start : start + END_BATCH_ROWS]]
            async with self.connection.transaction():
                await fetch(self.connection, POOL_SQL("FETCH_TURN"))
                ended += await execute(self.connection, SQL("CANCEL_READY", cycle_id=cycle_id, ids=ids))
        return ended

    async def start_scoring(self, cycle_id: int) -> Cycle:
        """Stop the running: unfinished tasks are cancelled, and from here on no outcome changes."""
        async with self.connection.transaction():
            await self._close_tasks(cycle_id)
            return await self._move("START_SCORING", cycle_id=cycle_id)

    async def _close_tasks(self, cycle_id: int) -> None:
        await fence_cycle(self.connection, cycle_id)
        await self._all("CANCEL_OPEN_TASKS", cycle_id=cycle_id)

    async def publish(
        self, cycle: Cycle, scores: Scores, weights: Weights, explanations: dict[str, Any], published_at: datetime
    ) -> Cycle:
        """Write the publication and reveal the key, all or nothing; raises CycleConflict if it is not ours to do."""
        async with self.connection.transaction():
            if await self._one("LOCK_FOR_PUBLICATION", cycle_id=cycle.id) is None:
                raise CycleConflict(f"Cycle {cycle.id} is not being scored any more.")
            await self._all("DIGEST_TRACES", cycle_id=cycle.id)
            root = compute_results_root(await self.all_results(cycle))
            await self._all(
                "INSERT_PUBLICATION",
                cycle_id=cycle.id,
                netuid=cycle.netuid,
                block=cycle.block,
                scores=Jsonb(scores.model_dump()),
                weights=Jsonb(weights.model_dump()),
                explanations=Jsonb(explanations),
                published_at=published_at,
            )
            return await self._move(
                "FINISH_PUBLICATION", cycle_id=cycle.id, published_at=published_at, results_root=root
            )

    async def fail(self, cycle_id: int, reason: str) -> Cycle:
        """End a cycle without a result; the weights published last stay. Cancels its tasks and reveals its key."""
        return await self._stop(cycle_id, "failed", reason)

    async def cancel(self, cycle_id: int, reason: str) -> Cycle:
        """End a cycle by hand. Raises UnknownCycle, or CycleConflict if it is over already."""
        cycle = await self.find(cycle_id)
        try:
            return await self._stop(cycle_id, "cancelled", reason)
        except CycleConflict:
            raise CycleConflict(f"Cycle {cycle_id} is {cycle.state} already: there is nothing to cancel.") from None

    async def _stop(self, cycle_id: int, state: str, reason: str) -> Cycle:
        async with self.connection.transaction():
            await self._close_tasks(cycle_id)
            cycle = await self._move("STOP_CYCLE", cycle_id=cycle_id, state=state, reason=reason)
            await self._all("DIGEST_TRACES", cycle_id=cycle_id)
            await Verifications(self.connection).close(cycle_id)
        return cycle

    async def drop_old_traces(self, netuid: int, keep: int) -> int:
        """Drop traces, recordings and packs of all but the newest `keep` finished cycles; returns how many traces."""
        await Verifications(self.connection).drop_old_recordings(netuid, keep)
        await execute(self.connection, SQL("DROP_OLD_PACKS", netuid=netuid, keep=keep))
        return await execute(self.connection, SQL("DROP_OLD_TRACES", netuid=netuid, keep=keep))

    # --- reading -----------------------------------------------------------------------------------------------

    async def active(self, netuid: int) -> Cycle | None:
        """The subnet's open, running or scoring cycle; None if there is none."""
        row = await self._one("ACTIVE_CYCLE", netuid=netuid)
        return Cycle.from_row(row) if row else None

    async def latest(self, netuid: int) -> Cycle | None:
        """The subnet's newest cycle, in whatever state; None if there is none."""
        row = await self._one("LATEST_CYCLE", netuid=netuid)
        return Cycle.from_row(row) if row else None

    async def last_scores(self, netuid: int) -> Scores | None:
        """The scores of the subnet's newest published cycle; None if there is none."""
        row = await self._one("LAST_SCORES", netuid=netuid)
        return Scores.model_validate(row.scores) if row else None

    async def find(self, cycle_id: int) -> Cycle:
        """Raises UnknownCycle."""
        row = await self._one("FIND_CYCLE", cycle_id=cycle_id) if 0 < cycle_id < 2**31 else None
        if row is None:
            raise UnknownCycle(f"There is no cycle {cycle_id}: `kinitro cycle list` shows those there are.")
        return Cycle.from_row(row)

    async def newest(self, limit: int = 20) -> list[tuple[Cycle, int]]:
        """The newest cycles with the number of miners that took part in each."""
        rows = await self._all("LIST_CYCLES", limit=limit)
        return [(Cycle.from_row(row), row.miners) for row in rows]

    async def miners(self, cycle_id: int) -> list[FrozenMiner]:
        """The frozen miners in order of uid."""
        rows = await self._all("MINERS", cycle_id=cycle_id)
        return [FrozenMiner(**{name: getattr(row, name) for name in FrozenMiner.model_fields}) for row in rows]

    async def manifest(self, cycle_id: int) -> Manifest:
        """The public record of a cycle, without its key unless that is revealed. Raises UnknownCycle."""
        cycle = await self.find(cycle_id)
        revealed = cycle.revealed_at is not None
        executors = await self._all("EXECUTORS", cycle_id=cycle_id) if revealed else []
        kept = await self._one("HAS_TRACES", cycle_id=cycle_id)
        return Manifest(
            cycle_id=cycle.id,
            netuid=cycle.netuid,
            network=cycle.network,
            state=cycle.state,
            reason=cycle.reason,
            config=cycle.config,
            block=cycle.block,
            block_hash=cycle.block_hash.hex(),
            miners=[_hide_sealed(miner) for miner in await self.miners(cycle_id)],
            key_hash=cycle.key_hash.hex(),
            key_committed_block=cycle.key_committed_block,
            beacon_block=cycle.beacon_block,
            beacon_hash=cycle.beacon_hash.hex() if cycle.beacon_hash else None,
            drand=None
            if cycle.drand_round is None or cycle.drand_signature is None
            else DrandPulse(round=cycle.drand_round, signature=cycle.drand_signature.hex()),
            seed_key=cycle.seed_key.hex() if revealed else None,
            created_at=cycle.created_at.isoformat(),
            deadline_at=cycle.deadline_at.isoformat(),
            published_at=cycle.published_at.isoformat() if cycle.published_at else None,
            fingerprint=cycle.fingerprint,
            mixed_physics=cycle.mixed_physics,
            executors=[ExecutorRecord(**row._asdict()) for row in executors],
            counts=await self._counts(cycle_id, revealed),
            results_root=cycle.results_root.hex() if cycle.results_root else None,
            traces_kept=bool(kept and kept.kept),
        )

    async def _counts(self, cycle_id: int, revealed: bool) -> dict[str, int]:
        """Before the reveal the public learns how many tasks are finished and not how they ended."""
        numbers = {row.outcome: row.n for row in await self._all("COUNTS", cycle_id=cycle_id)}
        total = sum(numbers.values())
        counts = {"total": total, "finished": total - numbers.get("open", 0)}
        if revealed:
            counts |= {name: numbers.get(name, 0) for name in PUBLISHED}
        return counts

    async def results(self, cycle: Cycle, after: int = 0, limit: int = RESULTS_PAGE) -> list[ResultRow]:
        """Finished tasks of a cycle with ids above `after`, in order of id."""
        rows = await self._all("RESULTS", cycle_id=cycle.id, after=after, limit=limit)
        environments = cycle.config.environments
        return [_read_result(row, environments) for row in rows]

    async def all_results(self, cycle: Cycle) -> list[ResultRow]:
        """Every finished task of a cycle, in order of id."""
        return await self.results(cycle, limit=2**62)

    async def results_page(self, cycle_id: int, after: int, limit: int) -> ResultPage:
        """One page of public results. Raises UnknownCycle, NotRevealed."""
        cycle = await self.find(cycle_id)
        _require_revealed(cycle.revealed_at is not None, f"The results of cycle {cycle_id} are")
        rows = await self.results(cycle, after, min(limit, RESULTS_PAGE))
        last = rows[-1].task_id if len(rows) == min(limit, RESULTS_PAGE) else None
        return ResultPage(cycle_id=cycle_id, results=rows, next_after=last)

    async def find_use_of_pack(self, digest: str) -> int | None:
        """The cycle that was opened with the pack of this digest; None if there is none."""
        row = await self._one("USED_PACK", digest=digest)
        return None if row is None else int(row.id)

    async def sealed_pack(self, digest: str) -> bytes:
        """The pack with this digest, revealed or not: never for the public. Raises UnknownCycle if there is none."""
        row = await self._one("FIND_PACK", digest=digest)
        if row is None:
            raise UnknownCycle(f"There is no pack {digest}: no cycle has it, or retention dropped it.")
        return bytes(row.data)

    async def revealed_pack(self, cycle_id: int) -> bytes:
        """The pack of a cycle that is over. Raises UnknownCycle, NotRevealed."""
        cycle = await self.find(cycle_id)
        if cycle.config.pack is None:
            raise UnknownCycle(f"Cycle {cycle_id} has no pack.")
        _require_revealed(cycle.revealed_at is not None, f"The pack of cycle {cycle_id} is")
        row = await self._one("CYCLE_PACK", cycle_id=cycle_id)
        if row is None:
            raise UnknownCycle(f"The pack of cycle {cycle_id} was dropped by retention, as its traces were.")
        return bytes(row.data)

    async def trace(self, task_id: int) -> TraceRecord:
        """The public trace of a task. Raises UnknownCycle if there is none, NotRevealed."""
        row = await self._one("FIND_TASK", task_id=task_id) if 0 < task_id < 2**63 else None
        if row is None:
            raise UnknownCycle(f"There is no task {task_id}.")
        _require_revealed(row.revealed, f"The trace of task {task_id} is")
        if row.data is None:
            raise UnknownCycle(f"Task {task_id} has no trace: it never ran, or its traces were dropped by retention.")
        environments = CycleConfig.model_validate(row.config).environments
        return TraceRecord(
            task_id=task_id,
            cycle_id=row.cycle_id,
            uid=row.uid,
            env_id=environments[row.env].id,
            episode=row.episode,
            trace=base64.b64encode(row.data).decode(),
        )

    # --- statements --------------------------------------------------------------------------------------------

    async def _one(self, statement: str, **parameters: Any) -> Row | None:
        rows = await self._all(statement, **parameters)
        return rows[0] if rows else None

    async def _all(self, statement: str, **parameters: Any) -> list[Row]:
        return await fetch(self.connection, SQL(statement, **parameters))

    async def _move(self, statement: str, **parameters: Any) -> Cycle:
        row = await self._one(statement, **parameters)
        if row is None:
            raise CycleConflict(f"Cycle {parameters.get('cycle_id')} was moved on by someone else ({statement}).")
        return Cycle.from_row(row)


def _hide_sealed(miner: FrozenMiner) -> FrozenMiner:
    return miner.model_copy(update={"endpoint": None}) if miner.sealed else miner


def _read_result(row: Row, environments: Sequence[CycleEnvironment]) -> ResultRow:
    fields = row._asdict()
    env_id, outcome = environments[fields.pop("env")].id, PUBLISHED[fields.pop("outcome")]
    return ResultRow(env_id=env_id, outcome=outcome, **fields)


def _require_revealed(revealed: bool, what: str) -> None:
    if not revealed:
        raise NotRevealed(f"{what} not public before the cycle is over: ask again when its state is published.")
