"""The store of recordings and verdicts, over one PostgreSQL connection in autocommit mode."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from psycopg.types.json import Jsonb

from kinitro.client.errors import ApiRefused, LeaseLost
from kinitro.client.verdicts import (
    Evidence,
    RecordingRecord,
    VerdictRow,
    VerificationLease,
    VerificationReport,
    VerificationRule,
    VerificationTask,
    find_unfounded,
)
from kinitro.database.pool import Connection
from kinitro.database.queries import Row, Statements, fetch

SQL = Statements(Path(__file__).with_name("verifications.sql"))
LEASE_S = 60.0
"""A lease ends when no heartbeat came for this long; the verification then goes to somebody else."""
MAX_ATTEMPTS = 3
"""A verification ends as an error after so many leases."""
RETRY_PAUSE_S = 20.0
"""Pause after an error of ours before the next attempt: a hub that was down may be back by then."""
VERDICTS_PAGE = 5000
"""Verdicts in one answer at most."""
NOT_IN_TIME = "It was not verified in time."
NEVER_CAME_BACK = "Whoever was to verify it never reported."


class Verifications:
    """Everything that is done to recordings and verdicts. Each method is one transaction, or part of its caller's."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- executors

    async def keep(self, executor_id: int | None, lease_id: int, recordings: Mapping[int, bytes]) -> None:
        """Keep the recordings of tasks that this lease finished and that count; repeating it changes nothing."""
        await self._rows(
            "KEEP",
            executor=executor_id,
            lease=lease_id,
            ids=list(recordings),
            recordings=list(recordings.values()),
        )

    # --- verifiers

    async def claim(self, executor_id: int | None, fingerprint: str) -> VerificationTask | None:
        """Lease something to verify on a machine with these physics; None if there is nothing to do."""
        await self._rows("SEEN", executor=executor_id)
        given_up = Jsonb(Evidence(reason=NEVER_CAME_BACK, cause="upload", took_s=LEASE_S).model_dump())
        await self._rows("GIVE_UP", max_attempts=MAX_ATTEMPTS, evidence=given_up)
        rows = await self._rows(
            "CLAIM", executor=executor_id, fingerprint=fingerprint, max_attempts=MAX_ATTEMPTS, ttl=_seconds(LEASE_S)
        )
        if not rows:
            return None
        row = rows[0]
        encoded = {name: base64.b64encode(getattr(row, name) or b"").decode() for name in ("recording", "trace")}
        return VerificationTask(ttl_s=LEASE_S, **row._asdict() | encoded)

    async def extend(self, executor_id: int | None, lease: VerificationLease) -> float:
        """Keep a lease; returns the seconds until it ends. Raises LeaseLost."""
        parameters = {"executor": executor_id, "task": lease.task_id, "lease": lease.lease_id}
        if not await self._rows("EXTEND", ttl=_seconds(LEASE_S), **parameters):
            raise LeaseLost(f"Task {lease.task_id} is not to be verified under lease {lease.lease_id} any more.", 409)
        return LEASE_S

    async def report(
        self, executor_id: int | None, report: VerificationReport
    ) -> Literal["accepted", "duplicate", "stale"]:
        """Store a verdict, once. An error gives the verification back, as long as it has tries left.

        Raises ApiRefused for a verdict that its own evidence does not bear out: it would fail the cycle's audit.
        """
        for about in await self._rows("LOOKED_AT", task=report.task_id):
            rule = VerificationRule.model_validate(about.rule)
            wrong = find_unfounded(report.verdict, report.evidence, about.repo, about.revision, rule)
            if (why := next(wrong, None)) is not None:
                raise ApiRefused(f"The {report.verdict} of task {report.task_id} is not accepted: {why}.", 422)
        stored = await self._rows(
            "REPORT",
            executor=executor_id,
            task=report.task_id,
            lease=report.lease_id,
            verdict=report.verdict,
            evidence=Jsonb(report.evidence.model_dump()),
            max_attempts=MAX_ATTEMPTS,
            pause=_seconds(RETRY_PAUSE_S),
        )
        if stored:
            return "accepted"
        rows = await self._rows("STORED", task=report.task_id, lease=report.lease_id)
        return "duplicate" if rows and rows[0].verdict == report.verdict else "stale"

    # --- the scheduler

    async def outstanding(self, cycle_id: int) -> tuple[int, bool]:
        """How many checks of a cycle have no verdict yet, and whether a verifier was there lately."""
        row = (await self._rows("OUTSTANDING", cycle=cycle_id))[0]
        return row.outstanding, row.attended

    async def close(self, cycle_id: int) -> None:
        """Wait no longer: what has no verdict gets `error`, and no verdict of the cycle changes any more."""
        await self._rows(
            "CLOSE", cycle=cycle_id, evidence=Jsonb(Evidence(reason=NOT_IN_TIME, cause="machine").model_dump())
        )

    async def proven(self, cycle_id: int) -> set[int]:
        """Miners of the cycle whose present commitment was found to match in a published cycle before."""
        return {row.uid for row in await self._rows("PROVEN", cycle=cycle_id)}

    async def drop_old_recordings(self, netuid: int, keep: int) -> None:
        """Drop the recordings of all but the newest `keep` finished cycles."""
        await self._rows("DROP_OLD_RECORDINGS", netuid=netuid, keep=keep)

    # --- reading

    async def verdicts(self, cycle_id: int, after: int = 0, limit: int = 2**62) -> list[VerdictRow]:
        """Verdicts of a cycle on tasks above `after`, in order of task id. Public only after the reveal."""
        return [_read_verdict(row) for row in await self._rows("VERDICTS", cycle=cycle_id, after=after, limit=limit)]

    async def of_miner(self, uid: int, cycle_id: int | None, netuid: int | None) -> list[VerdictRow]:
        """The newest public verdicts on a uid."""
        parameters = {"uid": uid, "cycle": cycle_id, "netuid": netuid, "limit": VERDICTS_PAGE}
        return [_read_verdict(row) for row in await self._rows("OF_MINER", **parameters)]

    async def recording(self, task_id: int) -> tuple[RecordingRecord | None, bool]:
        """The recording of a task, None if it has none, and whether its cycle is over, so that it is public."""
        rows = await self._rows("FIND_RECORDING", task=task_id)
        if not rows or rows[0].data is None:
            return None, bool(rows and rows[0].revealed)
        row = rows[0]
        record = RecordingRecord(
            task_id=row.task_id,
            cycle_id=row.cycle_id,
            uid=row.uid,
            recording=base64.b64encode(row.data).decode(),
            answer_ms=row.answer_ms,
        )
        return record, row.revealed

    async def _rows(self, statement: str, **parameters: Any) -> list[Row]:
        return await fetch(self._connection, SQL(statement, **parameters))


def _read_verdict(row: Row) -> VerdictRow:
    return VerdictRow(**row._asdict() | {"finished_at": row.finished_at.isoformat()})


def _seconds(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)
