"""What this instance refused lately, for the operator to see: no database has it, and a log is elsewhere."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request

from kinitro.client.operations import REFUSALS_KEPT, Refusal

UNINTERESTING = (404,)
"""Addresses that do not exist are what the internet asks for all day."""
REJECTED_REPORT = 422
"""The status under which rejected reports are noted, although the request that brought them is answered 200."""
DETAIL_CHARS = 300
NAME_CHARS = 100


@dataclass(slots=True)
class _Counted:
    first_at: datetime
    last_at: datetime
    times: int


class RecentRefusals:
    """Remembers refusals of each status, the same ones together; bounded, whatever callers do."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._kinds: dict[int, OrderedDict[tuple[str, str, str], _Counted]] = {}

    def note(self, status: int, route: str, caller: str, detail: str) -> None:
        """Note a refusal; texts are cut."""
        if status in UNINTERESTING:
            return
        kind = self._kinds.setdefault(status, OrderedDict())
        now, key = self._clock(), (route[:NAME_CHARS], caller[:NAME_CHARS], detail[:DETAIL_CHARS])
        counted = kind.pop(key, None) or _Counted(now, now, 0)
        counted.last_at, counted.times = now, counted.times + 1
        kind[key] = counted
        if len(kind) > REFUSALS_KEPT:
            kind.popitem(last=False)

    def note_request(self, request: Request, status: int, detail: str) -> None:
        """Note that a request was refused: by the route it would have taken, and by its key's owner or its address."""
        route = getattr(request.scope.get("route"), "path", "(no route)")
        address = request.client.host if request.client else "an unknown address"
        self.note(status, f"{request.method} {route}", getattr(request.state, "caller_name", address), detail)

    def newest_first(self) -> list[Refusal]:
        """Return them, the newest first."""
        found = [
            Refusal(
                status=status, route=route, caller=caller, detail=detail, times=counted.times,
                first_at=counted.first_at.isoformat(timespec="seconds"),
                last_at=counted.last_at.isoformat(timespec="seconds"),
            )
            for status, kind in self._kinds.items()
            for (route, caller, detail), counted in kind.items()
        ]  # fmt: skip
        return sorted(found, key=lambda refusal: refusal.last_at, reverse=True)
