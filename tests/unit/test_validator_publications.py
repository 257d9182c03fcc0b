"""What a validator remembers of publications, whatever the clocks say."""

from __future__ import annotations

import asyncio
import errno
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kinitro.audit.errors import AuditUnavailable
from kinitro.client.http import ApiClient
from kinitro.client.messages import Weights
from kinitro.validator import auditing
from kinitro.validator.auditing import Auditor, NoAudit
from kinitro.validator.errors import AuditInProgress, AuditRefused, WeightsRefused
from kinitro.validator.memory import ValidatorMemory
from kinitro.validator.publications import PublicationReader
from kinitro.validator.settings import ValidatorSettings
from tests.standin.backend import publication

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
MAX_AGE = timedelta(hours=48)


def published(cycle: int, age: timedelta) -> Weights:
    return publication(cycle, 1, {0: 1.0}, {0: "hotkey"}, published_at=NOW - age)


class Source:
    """Serves `weights`."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights

    async def weights_latest(self) -> Weights:
        return self.weights


def publications(source: Source, memory: ValidatorMemory) -> PublicationReader:
    return PublicationReader(source, 1, memory, NoAudit(), NOW.timestamp, MAX_AGE)


async def test_a_publication_from_the_future_is_not_remembered() -> None:
    """Red team: it was remembered as the newest, never set, and every honest one after it was "older"."""
    memory, source = ValidatorMemory(), Source(published(1, timedelta(days=-400)))
    looking = publications(source, memory)
    assert not await looking.refresh()
    assert "from the future" in str(looking.problem)
    assert memory == ValidatorMemory()
    source.weights = published(2, timedelta(minutes=5))
    assert await looking.refresh()
    assert looking.problem is None
    assert memory.accepted == memory.qualified == source.weights


async def test_a_memory_of_the_future_heals_itself() -> None:
    """As a validator has it that ran an older version, or whose own clock was wrong."""
    wrong = published(1, timedelta(days=-400))
    memory, source = ValidatorMemory(accepted=wrong, qualified=wrong), Source(wrong)
    looking = publications(source, memory)
    assert not await looking.refresh(), "it is what was remembered, so nothing changed; and it is too new to be set"
    source.weights = published(2, timedelta(minutes=5))
    assert await looking.refresh()
    assert memory.accepted == memory.qualified == source.weights


async def test_clocks_may_differ_by_minutes() -> None:
    memory, source = ValidatorMemory(), Source(published(1, timedelta(minutes=-9)))
    assert await publications(source, memory).refresh()


@pytest.mark.parametrize("age", [timedelta(hours=49), timedelta(days=3650)])
async def test_a_publication_that_is_too_old_is_not_remembered(age: timedelta) -> None:
    memory, source = ValidatorMemory(), Source(published(1, age))
    looking = publications(source, memory)
    assert not await looking.refresh()
    assert isinstance(looking.problem, WeightsRefused)
    assert "scoring has stopped" in str(looking.problem)
    assert memory == ValidatorMemory()


async def test_what_is_older_than_what_was_accepted_stays_refused() -> None:
    known = published(2, timedelta(hours=1))
    memory, source = ValidatorMemory(accepted=known), Source(published(1, timedelta(hours=2)))
    looking = publications(source, memory)
    assert not await looking.refresh()
    assert "older than cycle 2" in str(looking.problem)
    assert memory.accepted == known


class Failing(NoAudit):
    """An audit that cannot be made until it is `mended`."""

    mended = False

    async def check(self, publication: Weights) -> None:
        if not self.mended:
            raise AuditUnavailable("The API is away.")


async def test_a_clock_that_is_set_back_does_not_put_off_the_next_audit() -> None:
    """The next audit was due by the wrong clock: hours later, in which nothing new was set."""
    memory, audit, hour = ValidatorMemory(), Failing(), timedelta(hours=1)
    now = NOW + 10 * hour
    looking = PublicationReader(Source(published(1, hour)), 1, memory, audit, lambda: now.timestamp(), MAX_AGE)
    assert not await looking.refresh()
    audit.mended = True
    assert not await looking.refresh(), "it is not audited again at once"
    assert isinstance(looking.problem, AuditUnavailable)
    now = NOW
    assert await looking.refresh()


async def test_an_audit_that_cannot_be_started_is_unavailable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without memory or file descriptors for it: then what was accepted before was not kept on chain either."""

    async def full(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))

    monkeypatch.setattr(auditing, "start_child", full)
    settings = ValidatorSettings(backend_url="http://127.0.0.1:1", netuid=1, state_directory=tmp_path)
    async with ApiClient(settings.backend_url) as api:
        with pytest.raises(AuditUnavailable, match="could not be started: Cannot allocate memory"):
            await Auditor(settings, api).check(published(1, timedelta(hours=1)))


class SlowAudit(NoAudit):
    """Ends when it is told to."""

    def __init__(self) -> None:
        self.audited: list[int] = []
        self.verdict: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def check(self, publication: Weights) -> None:
        self.audited.append(publication.cycle_id)
        await asyncio.shield(self.verdict)


async def test_a_long_audit_delays_nothing_and_is_finished_whatever_is_published_meanwhile() -> None:
    """A validator that waited for an audit of hours would miss its epochs."""
    known, slow = published(1, timedelta(hours=2)), published(2, timedelta(hours=1))
    memory, source, audit = ValidatorMemory(accepted=known), Source(slow), SlowAudit()
    looking = PublicationReader(source, 1, memory, audit, NOW.timestamp, MAX_AGE)
    assert not await looking.refresh(patience_s=0.01)
    assert isinstance(looking.problem, AuditInProgress)
    source.weights = published(3, timedelta(minutes=1))
    assert not await looking.refresh(patience_s=0.01)
    assert (memory.accepted, audit.audited) == (known, [2])
    audit.verdict.set_result(None)
    assert await looking.refresh()
    assert (memory.accepted, looking.problem) == (slow, None)
    assert await looking.refresh()
    assert (memory.accepted, audit.audited) == (source.weights, [2, 3])


async def test_a_long_audit_that_fails_is_paused_like_any_other() -> None:
    memory, source, audit = ValidatorMemory(), Source(published(2, timedelta(hours=1))), SlowAudit()
    looking = PublicationReader(source, 1, memory, audit, NOW.timestamp, MAX_AGE)
    assert not await looking.refresh(patience_s=0.01)
    audit.verdict.set_exception(AuditRefused("forged"))
    for _ in range(2):
        assert not await looking.refresh()
        assert str(looking.problem) == "forged"
    assert audit.audited == [2]
    await looking.close()


async def test_an_audit_in_progress_ends_with_the_validator() -> None:
    audit = SlowAudit()
    looking = PublicationReader(Source(published(2, timedelta(0))), 1, ValidatorMemory(), audit, NOW.timestamp, MAX_AGE)
    await looking.refresh(patience_s=0.01)
    await looking.close()
    assert [task.get_name() for task in asyncio.all_tasks() if task.get_name() == "audit"] == []
