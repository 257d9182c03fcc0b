"""The newest publication that may be believed: fetched, checked, audited, and remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from kinitro.audit.errors import AuditUnavailable
from kinitro.client.errors import ApiNotFound, ApiRefused, ApiUnavailable
from kinitro.client.messages import Weights
from kinitro.errors import KinitroError
from kinitro.logs import get_logger
from kinitro.stopping import cancel_and_wait
from kinitro.validator.errors import AuditInProgress, AuditRefused, WeightsRefused
from kinitro.validator.memory import ValidatorMemory, identify_publication
from kinitro.validator.plan import check_age, check_publication, is_from_the_future, read_publication_time

AUDIT_PATIENCE_S = 15.0
"""How long one look waits for an audit. Longer ones go on beside the next looks, so that they delay no weights."""
FIRST_AUDIT_PAUSE_S, MAX_AUDIT_PAUSE_S = 5.0, 600.0
"""The pauses between audits of a publication that did not pass: they double, from the first to the longest."""

_log = get_logger(__name__)


class WeightsSource(Protocol):
    """The seam to the API; see `kinitro.client.http.ApiClient`."""

    async def weights_latest(self) -> Weights: ...


class Audit(Protocol):
    """The seam to `kinitro.validator.auditing`."""

    async def witness(self) -> None:
        """Note what the running cycle has committed to, before it is revealed; raises ApiUnavailable, ApiRefused."""

    async def check(self, publication: Weights) -> None:
        """Return if the publication may be set; raises AuditRefused, AuditUnavailable."""


class PublicationReader:
    """Fetches the newest publication and keeps it in `memory` if it passes every check.

    `problem` is why the newest one did not pass; the last one that did stays in force. A publication that is older than
    `max_age` or from the future is not remembered, so one wrong clock cannot make every later one look old.
    """

    def __init__(
        self,
        source: WeightsSource,
        netuid: int,
        memory: ValidatorMemory,
        audit: Audit,
        clock: Callable[[], float],
        max_age: timedelta,
    ) -> None:
        self._source = source
        self._netuid = netuid
        self._max_age = max_age
        self._memory = memory
        self._audit = audit
        self._clock = clock
        self._failed: _FailedAudit | None = None
        self._running: tuple[Weights, asyncio.Task[None]] | None = None
        self.problem: KinitroError | None = None

    async def close(self) -> None:
        """End an audit that is in progress."""
        if self._running is not None:
            await cancel_and_wait(self._running[1])

    async def refresh(self, *, patience_s: float | None = AUDIT_PATIENCE_S) -> bool:
        """Fetch, check and audit the newest publication; returns whether `memory.accepted` changed.

        An audit that takes longer than `patience_s` goes on, and a later call has its result; None waits for it. An
        audit is finished even if something newer was published meanwhile: who publishes often must not prevent audits.
        """
        self.problem = None
        try:
            await self._audit.witness()
            fetched = self._running[0] if self._running else await self._source.weights_latest()
            if fetched == self._memory.accepted:
                return False
            await self._check(fetched, patience_s)
        except ApiNotFound:
            return False
        except (ApiUnavailable, ApiRefused, WeightsRefused, AuditUnavailable) as error:
            self.problem = error
            return False
        self._memory.accepted = fetched
        if fetched.fallback == "none":
            self._memory.qualified = fetched
        _log.info("new_weights", cycle=fetched.cycle_id, block=fetched.block, published_at=fetched.published_at)
        return True

    async def _check(self, fetched: Weights, patience_s: float | None) -> None:
        resumed = self._running is not None
        if not resumed:
            self._check_itself(fetched)
        name, before = identify_publication(fetched), self._failed
        if before is None or before.publication != name:
            before = None
        elif not resumed and 0 < before.again_at - self._clock() <= MAX_AUDIT_PAUSE_S:  # more: the clock was set back
            raise before.failure
        try:
            await self._wait_for_audit(fetched, patience_s)
        except AuditInProgress:
            raise
        except (AuditRefused, AuditUnavailable) as failure:
            pause_s = min(MAX_AUDIT_PAUSE_S, 2 * before.pause_s) if before else FIRST_AUDIT_PAUSE_S
            self._failed = _FailedAudit(name, failure, pause_s, self._clock() + pause_s)
            raise
        self._failed = None
        if resumed:  # perhaps hours later
            self._check_itself(fetched)

    def _check_itself(self, fetched: Weights) -> None:
        check_publication(fetched, self._netuid)
        now = datetime.fromtimestamp(self._clock(), UTC)
        check_age(fetched, now, self._max_age)
        known = self._memory.accepted
        if known is not None and is_from_the_future(known, now):
            _log.warning(
                "remembered_weights_are_from_the_future", cycle=known.cycle_id, published_at=known.published_at
            )
            known = None  # a clock was wrong, theirs or ours: nothing is "older" than such a publication
        if known is not None and read_publication_time(fetched) < read_publication_time(known):
            raise WeightsRefused(
                f"The backend serves cycle {fetched.cycle_id} of {fetched.published_at}, which is older than cycle "
                f"{known.cycle_id} of {known.published_at} that it served before."
            )

    async def _wait_for_audit(self, fetched: Weights, patience_s: float | None) -> None:
        """Raises AuditInProgress if it does not end in time, and what the audit raises."""
        if self._running is None:
            self._running = fetched, asyncio.create_task(self._audit.check(fetched), name="audit")
        audited, task = self._running
        await asyncio.wait([task], timeout=patience_s)
        if not task.done():
            raise AuditInProgress(f"The audit of cycle {audited.cycle_id} goes on; until it ends nothing new is set.")
        self._running = None
        task.result()


@dataclass(frozen=True, slots=True)
class _FailedAudit:
    """A publication that did not pass its audit, and when it is audited again (seconds since the epoch)."""

    publication: str
    failure: AuditRefused | AuditUnavailable
    pause_s: float
    again_at: float
