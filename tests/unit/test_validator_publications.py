"""What a validator remembers of publications, whatever the clocks say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kinitro.client.messages import Weights
from kinitro.validator.auditing import NoAudit
from kinitro.validator.errors import WeightsRefused
from kinitro.validator.memory import ValidatorMemory
from kinitro.validator.publications import PublicationReader
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
