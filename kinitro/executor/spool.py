"""Results on their way to the API, on disk until it has answered."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import ValidationError

from kinitro.errors import ConfigurationError
from kinitro.logs import get_logger
from kinitro.taskpool.messages import TaskResult

log = get_logger(__name__)


class Spool:
    """One file per result in a directory of one API and key; survives the executor.

    Executors with the same key may share a directory: reporting a result twice is harmless. If the disk refuses,
    results are kept in memory only.
    """

    def __init__(self, base: Path, api_url: str, key: str | None) -> None:
        identity = hashlib.sha256(f"{api_url}\n{key or ''}".encode()).hexdigest()[:16]
        self._directory = base / identity
        try:
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise ConfigurationError(
                f"--spool-dir cannot be {str(base)!r} ({error.strerror}): name a directory this account can write to."
            ) from None
        self._results: dict[tuple[int, int], TaskResult] = dict(self._read())

    def __len__(self) -> int:
        return len(self._results)

    def put(self, lease_id: int, result: TaskResult) -> None:
        """Keep a result until it is removed."""
        key = (lease_id, result.task_id)
        self._results[key] = result
        path = self._path(key)
        try:
            temporary = path.with_suffix(".tmp")
            temporary.write_text(result.model_dump_json())
            temporary.replace(path)
        except OSError as error:
            log.error("result is kept in memory only", path=str(path), reason=error.strerror)

    def batch(self, limit: int) -> tuple[int, list[TaskResult]] | None:
        """The oldest lease with results and up to `limit` of them; None if there are none."""
        if not self._results:
            return None
        lease_id = next(iter(self._results))[0]
        results = [result for (lease, _), result in self._results.items() if lease == lease_id]
        return lease_id, results[:limit]

    def postpone(self, lease_id: int, results: Iterable[TaskResult]) -> None:
        """Let all others go first."""
        for result in results:
            key = (lease_id, result.task_id)
            if key in self._results:
                self._results[key] = self._results.pop(key)

    def remove(self, lease_id: int, task_id: int) -> None:
        """The API has answered; also fine if it is not there."""
        key = (lease_id, task_id)
        self._results.pop(key, None)
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as error:
            log.error("a reported result cannot be removed", path=str(self._path(key)), reason=error.strerror)

    def holds(self, lease_id: int) -> bool:
        """Whether results of this lease wait."""
        return any(lease == lease_id for lease, _ in self._results)

    def _path(self, key: tuple[int, int]) -> Path:
        return self._directory / f"{key[0]}-{key[1]}.json"

    def _read(self) -> Iterator[tuple[tuple[int, int], TaskResult]]:
        for path in sorted(self._directory.glob("*-*.json")):
            try:
                lease_id, task_id = (int(part) for part in path.stem.split("-"))
                yield (lease_id, task_id), TaskResult.model_validate_json(path.read_text())
            except (OSError, ValueError, ValidationError) as error:
                log.warning("unreadable result is ignored", path=str(path), reason=str(error)[:200])
