"""What is asked of whoever runs episodes, and how it crosses to another process or container."""

from __future__ import annotations

import asyncio
import socket
from typing import Annotated, Any, Protocol, TypeVar

import msgspec

from kinitro.evaluation.errors import EvaluatorUnavailable
from kinitro.evaluation.outcomes import EpisodeResult

S = TypeVar("S", bound=msgspec.Struct)
MAX_FRAME_BYTES = 16 * 1024 * 1024
_LENGTH_BYTES = 4


class Job(msgspec.Struct, frozen=True):
    """One episode to be run."""

    env_id: str
    env_version: str
    seed: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
    endpoint: str
    """URL of the policy server."""
    max_steps: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    video: str | None = None
    """Path of an mp4 file to write."""
    receiver: str | None = None
    """SS58 address of the miner's hotkey; signed requests are bound to it."""
    record: bool = False
    """Report the recording, too; needs a worker with `recorders`."""


class Evaluator(Protocol):
    """Runs jobs, many at once: worker processes on this machine, or containers."""

    fingerprint: str
    """Physics fingerprint; empty until started."""
    versions: dict[str, str]
    """Of everything a result depends on."""

    @property
    def capacity(self) -> int:
        """Jobs that make sense at once."""

    async def start(self) -> None:
        """Return when jobs can be run; raises EvaluatorUnavailable."""

    async def evaluate(self, job: Job) -> EpisodeResult:
        """Run one job; a crash is an evaluator fault, cancelling gives the episode up. Raises EvaluatorUnavailable."""

    async def close(self) -> None:
        """Stop everything at once; idempotent."""


class Assignment(msgspec.Struct, frozen=True, tag=True):
    """Run this job and report under `key`."""

    key: int
    job: Job


class Cancel(msgspec.Struct, frozen=True, tag=True):
    """Give the job under `key` up; no report follows."""

    key: int


class WorkerReady(msgspec.Struct, frozen=True, tag=True):
    """A worker's first words."""

    fingerprint: str
    versions: dict[str, str]


class Alive(msgspec.Struct, frozen=True, tag=True):
    """The worker's event loop, which simulates, and its thread that makes environments both still turn."""


class Report(msgspec.Struct, frozen=True, tag=True):
    """What became of the job under `key`."""

    key: int
    result: EpisodeResult


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The worker cannot work at all; `message` is for the operator."""

    message: str


Order = Assignment | Cancel
Answer = WorkerReady | Alive | Report | Failed
_ORDERS: msgspec.msgpack.Decoder[Order] = msgspec.msgpack.Decoder(Order)
_ANSWERS: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


async def receive_order(reader: asyncio.StreamReader) -> Order | None:
    """The next order, None when the parent is gone."""
    data = await _receive(reader)
    return None if data is None else _ORDERS.decode(data)


async def receive_answer(reader: asyncio.StreamReader) -> Answer | None:
    """The next answer, None when the worker is gone."""
    data = await _receive(reader)
    return None if data is None else _ANSWERS.decode(data)


def receive_config(connection: socket.socket, kind: type[S]) -> S:
    """A process' configuration, the first message on its socket; it holds secrets, so it is no argument.

    Blocks; raises EOFError when the parent is gone.
    """
    length = int.from_bytes(connection.recv(_LENGTH_BYTES, socket.MSG_WAITALL), "big")
    data = connection.recv(length, socket.MSG_WAITALL) if length else b""
    if not data:
        raise EOFError("The parent is gone.")
    return msgspec.msgpack.decode(data, type=kind)


def send(writer: asyncio.StreamWriter, message: msgspec.Struct) -> None:
    """Queue an order, an answer or a configuration: a length in 4 bytes, big-endian, then msgpack."""
    data = msgspec.msgpack.encode(message)
    writer.write(len(data).to_bytes(_LENGTH_BYTES, "big") + data)


async def _receive(reader: asyncio.StreamReader) -> bytes | None:
    try:
        length = int.from_bytes(await reader.readexactly(_LENGTH_BYTES), "big")
        if length > MAX_FRAME_BYTES:
            raise EvaluatorUnavailable(f"A worker sent {length} bytes at once; {MAX_FRAME_BYTES} are allowed.")
        return await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def load(path: str) -> Any:
    """The object that `module:name` names."""
    module, _, name = path.partition(":")
    from importlib import import_module

    return getattr(import_module(module), name)
