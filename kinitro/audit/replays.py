"""Replaying published episodes: is the outcome what the physics gives for these actions from this seed?"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import multiprocessing
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from pydantic import ValidationError

from kinitro.audit.errors import AuditUnavailable
from kinitro.client.records import Manifest, ResultRow, TraceRecord
from kinitro.cycles.result_checks import Episode, find_trace_differences
from kinitro.environments.errors import SimulationFailed
from kinitro.environments.interface import Environment
from kinitro.environments.packs.directory import load_pack
from kinitro.environments.packs.versions import split_version
from kinitro.environments.registry import make
from kinitro.errors import ConfigurationError
from kinitro.evaluation.errors import InvalidTrace
from kinitro.evaluation.replay import replay
from kinitro.evaluation.traces import decode

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Replayed:
    """One episode that was run again. If `exact`, its physics states were compared, and not only its outcome."""

    steps: int
    exact: bool
    differences: tuple[str, ...]


def parse_trace(answer: bytes) -> bytes:
    """Parse an answer of `GET /v1/tasks/{id}/trace` and return the encoded trace; raises InvalidTrace."""
    try:
        return read_trace(TraceRecord.model_validate_json(answer))
    except ValidationError as error:
        raise InvalidTrace(f"This is not the API's answer about a trace: {str(error).splitlines()[0]}.") from None


def read_trace(record: TraceRecord) -> bytes:
    """Decode the base64 of the API's record of a trace and return the encoded trace; raises InvalidTrace."""
    try:
        return base64.b64decode(record.trace, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidTrace(f"The API's record of a trace is not valid base64: {error}.") from None


def describe_episode(manifest: Manifest, row: ResultRow) -> Episode:
    """Describe the episode that the task of a result asked for, as far as the manifest tells."""
    environment = next(one for one in manifest.config.environments if one.id == row.env_id)
    fingerprint = None if manifest.mixed_physics else manifest.fingerprint or ""
    return Episode(row.env_id, environment.version, row.seed, environment.max_steps, fingerprint)


def check_trace(manifest: Manifest, row: ResultRow, record: TraceRecord) -> tuple[bytes | None, list[str]]:
    """Decode a trace and compare it with its result; returns its bytes (None if unreadable) and the differences."""
    try:
        data = read_trace(record)
        trace = decode(data)
    except InvalidTrace as error:
        return None, [f"its trace cannot be read: {error}"]
    digest = hashlib.sha256(data).hexdigest()
    differences = find_trace_differences(row, trace, describe_episode(manifest, row))
    if digest != row.trace_sha256:
        differences.append(f"its trace has the digest {digest}, published is {row.trace_sha256}")
    return data, differences


class Replayer:
    """Replays encoded traces in worker processes; with 0 workers, in a thread of this process.

    async with Replayer(workers=2) as replayer:
        replayed = await replayer.replay(data)
    """

    def __init__(self, workers: int, packs: Path | None = None) -> None:
        """`packs`: the directory with the sealed packs that episodes are drawn from; None: none are."""
        self._packs = packs
        self._pool: Executor = (
            ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
            if workers
            else ThreadPoolExecutor(1)
        )
        self._fingerprint = ""

    async def __aenter__(self) -> Self:
        self._fingerprint = await self._run(_compute_own_fingerprint)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def replay(self, data: bytes) -> Replayed:
        """Run the episode again. Raises AuditUnavailable if the worker process died, which is this machine's fault."""
        return await self._run(_replay, data, self._fingerprint, self._packs)

    async def _run(self, work: Callable[..., T], *arguments: object) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)
        except BrokenProcessPool as error:
            raise AuditUnavailable(f"a process that replays episodes on this machine died: {error}") from error


def _replay(data: bytes, fingerprint: str, packs: Path | None) -> Replayed:
    """Replay an encoded trace. Runs in a worker process."""
    trace = decode(data)
    _, digest = split_version(trace.env_version)
    try:
        report = replay(trace, _make_environment(trace.env_id, packs, digest), fingerprint=fingerprint)
    except (InvalidTrace, SimulationFailed, ConfigurationError) as error:
        return Replayed(0, False, (f"it cannot be replayed: {error}",))
    return Replayed(report.steps, report.exact, report.differences)


@lru_cache(maxsize=16)
def _make_environment(env_id: str, packs: Path | None, digest: str | None) -> Environment:
    return make(env_id, pack=load_pack(packs, digest) if packs is not None and digest is not None else None)


def _compute_own_fingerprint() -> str:
    from kinitro.environments import fingerprint

    return fingerprint()
