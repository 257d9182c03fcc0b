"""What a validator witnesses is an extra: a file that cannot be read or written never stops it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from kinitro.audit.witness import Witness
from kinitro.client.http import ApiClient
from kinitro.client.messages import Status
from kinitro.validator.auditing import Auditor
from kinitro.validator.settings import ValidatorSettings

BASE_URL = "http://api.test"


class RunningCycle:
    """An API whose cycle 7 runs."""

    base_url = BASE_URL

    async def status(self) -> Status:
        return Status(
            version="1", netuid=1, cycle_id=7, cycle_state="running", tasks_total=1, tasks_finished=0,
            last_published_cycle=None, last_weights_block=None, executors_seen=1,
        )  # fmt: skip


@pytest.fixture(autouse=True)
def _a_commitment(monkeypatch: pytest.MonkeyPatch) -> None:
    async def note(self: Witness, api: Any) -> None:
        self.seen.setdefault(api.base_url, {})[7] = "hash of the key"

    monkeypatch.setattr(Witness, "note_newest", note)


def auditor(directory: Path) -> Auditor:
    settings = ValidatorSettings(backend_url=BASE_URL, netuid=1, state_directory=directory)
    return Auditor(settings, cast(ApiClient, RunningCycle()))


def as_content(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


@pytest.mark.parametrize(
    "spoil",
    [
        as_content(b""),
        as_content(b'{"seen": {"http://'),
        as_content(b"[1, 2]"),
        as_content(b"\xff\xfe\x00\x00"),
        as_content(b'{"seen": {"http://api.test": 3}}'),
        lambda path: path.mkdir(),
        lambda path: path.symlink_to(path.name),
    ],
    ids=["empty", "cut off", "something else", "binary", "wrong types", "a directory", "a circle of links"],
)
async def test_a_file_that_cannot_be_read_is_a_warning(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    path = tmp_path / "witness.json"
    spoil(path)
    with capture_logs() as logs:
        validator = auditor(tmp_path)
    assert [line["event"] for line in logs] == ["witness_unreadable"]
    await validator.witness()
    if path.is_file():
        assert Witness.load(path).key_hash(BASE_URL, 7) == "hash of the key"


async def test_what_cannot_be_saved_is_said_once_and_saved_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    validator = auditor(tmp_path / "state")
    with monkeypatch.context() as disk, capture_logs() as logs:
        disk.setattr(os, "fsync", full)
        for _ in range(3):
            await validator.witness()
    assert [line["event"] for line in logs] == ["witness_not_saved"]
    assert list((tmp_path / "state").iterdir()) == []
    await validator.witness()
    assert Witness.load(tmp_path / "state" / "witness.json").key_hash(BASE_URL, 7) == "hash of the key"


async def test_a_directory_that_cannot_be_made_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    await auditor(tmp_path / "state").witness()
