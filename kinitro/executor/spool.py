"""Keeps finished results on disk until the API has accepted them."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import ValidationError

from kinitro.client.messages import TaskResult
from kinitro.errors import ConfigurationError
from kinitro.files import replace_file
from kinitro.logs import get_logger

OTHERS_KEPT_S = 48 * 3600.0
"""Seconds for which results under another key are offered: longer than any lease lasts."""
log = get_logger(__name__)

Key = tuple[int, int]
"""The ids of lease and task."""


class Spool:
    """Keeps one file per result, in a directory for one API and key, so that results survive the executor.

    Leases belong to an executor and not to one of its keys. Therefore results that were left behind under another key
    of the same API are submitted, too: after a key was rotated they are still valid. If that key is another executor's,
    the API answers that they are stale, and their files stay for the executor that has the key. Executors may share a
    directory: reporting a result twice is harmless. If the disk cannot be written, results are kept in memory only.
    """

    def __init__(self, base: Path, api_url: str, key: str | None) -> None:
        api = _digest(api_url.rstrip("/"))
        self._directory = base / f"{api}-{_digest(key or '')}"
        try:
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise ConfigurationError(
                f"--spool-dir cannot be {str(base)!r} ({error.strerror}): name a directory this account can write to."
            ) from None
        self._results: dict[Key, TaskResult] = {}
        self._left_behind: dict[Key, Path] = {}
        """The files of results that are not in our own directory."""
        self._results |= {key: result for key, result, _ in _read(self._directory)}
        before = base / _digest(f"{api_url}\n{key or ''}")
        """Where earlier versions kept results: their directories were not named after API and key separately."""
        for directory in [before, *sorted(base.glob(f"{api}-*"))]:
            if directory != self._directory:
                self._adopt(directory)
        if self._left_behind:
            log.info("results_of_another_key_handed_in", results=len(self._left_behind))

    def __len__(self) -> int:
        return len(self._results)

    async def put(self, lease_id: int, result: TaskResult) -> None:
        """Keep a result until `remove` is called for it."""
        key = (lease_id, result.task_id)
        self._results[key] = result
        await asyncio.to_thread(self._write, key, result)
        if key not in self._results:  # the API has taken it meanwhile
            self._discard(key)

    def batch(self, limit: int) -> tuple[int, list[TaskResult]] | None:
        """Return the oldest lease with results, and up to `limit` of them; None if there are none."""
        if not self._results:
            return None
        lease_id = next(iter(self._results))[0]
        results = [result for (lease, _), result in self._results.items() if lease == lease_id]
        return lease_id, results[:limit]

    def postpone(self, lease_id: int, results: Iterable[TaskResult]) -> None:
        """Move these results behind all others."""
        for result in results:
            key = (lease_id, result.task_id)
            if key in self._results:
                self._results[key] = self._results.pop(key)

    def remove(self, lease_id: int, task_id: int, *, taken: bool = True) -> None:
        """Remove a result for which the API has answered; nothing happens if there is none.

        taken: whether the API has accepted the result from us. If not, a file left behind under another key is kept.
        """
        key = (lease_id, task_id)
        self._results.pop(key, None)
        left_behind = self._left_behind.pop(key, None)
        if left_behind is None:
            self._discard(key)
        elif taken:
            _unlink(left_behind)

    def _adopt(self, directory: Path) -> None:
        for key, result, path in _read(directory):
            if _age_s(path) > OTHERS_KEPT_S:
                log.warning("expired_result_removed", path=str(path))
                _unlink(path)
            elif key not in self._results:
                self._results[key] = result
                self._left_behind[key] = path

    def _write(self, key: Key, result: TaskResult) -> None:
        path = self._path(key)
        try:
            replace_file(path, result.model_dump_json().encode(), mode=0o600)
        except OSError as error:
            log.error("result_kept_in_memory_only", path=str(path), reason=error.strerror)

    def _discard(self, key: Key) -> None:
        _unlink(self._path(key))

    def _path(self, key: Key) -> Path:
        return self._directory / f"{key[0]}-{key[1]}.json"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _read(directory: Path) -> Iterator[tuple[Key, TaskResult, Path]]:
    for path in sorted(directory.glob("*-*.json")):
        try:
            lease_id, task_id = (int(part) for part in path.stem.split("-"))
            yield (lease_id, task_id), TaskResult.model_validate_json(path.read_bytes()), path
        except (OSError, ValueError, ValidationError) as error:
            log.warning("unreadable_result_ignored", path=str(path), reason=str(error)[:200])


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.error("reported_result_not_removed", path=str(path), reason=error.strerror)
