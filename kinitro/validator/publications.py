"""The newest publication that may be believed: fetched, checked, audited, and remembered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Protocol

from kinitro.errors import KinitroError
from kinitro.logs import get_logger
from kinitro.taskpool.errors import ApiNotFound, ApiRefused, ApiUnavailable
from kinitro.taskpool.messages import Weights
from kinitro.validator.errors import AuditFailed, WeightsRefused
from kinitro.validator.memory import Memory, identity
from kinitro.validator.plan import check_publication, publication_time

AUDIT_PAUSE = timedelta(minutes=10)
"""Between two audits of a publication that failed one: an audit costs the operator's API something."""

_log = get_logger(__name__)


class WeightsSource(Protocol):
    """The seam to the API; see `kinitro.taskpool.client.ApiClient`."""

    async def weights_latest(self) -> Weights: ...


Audit = Callable[[Weights], Awaitable[None]]
"""Raises AuditFailed."""


class Publications:
    """Asks for the newest publication and takes it into `memory` if it holds.

    What does not hold is told by `problem`; the last one that did stays in force.
    """

    def __init__(self, source: WeightsSource, netuid: int, memory: Memory, audit: Audit, clock: Callable[[], float]):
        self._source = source
        self._netuid = netuid
        self._memory = memory
        self._audit = audit
        self._clock = clock
        self._failed: tuple[str, AuditFailed, float] | None = None
        self.problem: KinitroError | None = None

    async def refresh(self) -> bool:
        """Whether `memory.accepted` changed."""
        self.problem = None
        try:
            fetched = await self._source.weights_latest()
            if fetched == self._memory.accepted:
                return False
            await self._check(fetched)
        except ApiNotFound:
            return False
        except (ApiUnavailable, ApiRefused, WeightsRefused) as error:
            self.problem = error
            return False
        self._memory.accepted = fetched
        if fetched.fallback == "none":
            self._memory.qualified = fetched
        _log.info("new_weights", cycle=fetched.cycle_id, block=fetched.block, published_at=fetched.published_at)
        return True

    async def _check(self, fetched: Weights) -> None:
        check_publication(fetched, self._netuid)
        known = self._memory.accepted
        if known is not None and publication_time(fetched) < publication_time(known):
            raise WeightsRefused(
                f"The backend serves cycle {fetched.cycle_id} of {fetched.published_at}, which is older than cycle "
                f"{known.cycle_id} of {known.published_at} that it served before."
            )
        name = identity(fetched)
        if self._failed is not None and self._failed[0] == name:
            _, failure, when = self._failed
            if self._clock() - when < AUDIT_PAUSE.total_seconds():
                raise failure
        try:
            await self._audit(fetched)
        except AuditFailed as failure:
            self._failed = (name, failure, self._clock())
            raise
        self._failed = None
