"""The interface of whatever runs episodes, and the messages between a pool and its worker processes.

Frames on the socket are a length in 4 bytes, big-endian, then msgpack. The handshake and what follows:

    pool                                    worker
    configuration                  ->                                          first, before anything else
                                   <-       WorkerReady, or Failed and the end
    Assignment(key, job), Cancel(key) ->
                                   <-       Alive (periodically), Report(key, result)
    closes the socket              ->                                          the worker ends at once
"""

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
    """The URL of the policy server."""
    max_steps: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    video: str | None = None
    """The path of an mp4 file to write; None for no video."""
    receiver: str | None = None
    """The SS58 address of the miner's hotkey; signed requests are bound to it."""
    record: bool = False
    """Whether the report shall contain the recording; this needs a worker with `recorders`."""
    socket: str | None = None
    """The path of a Unix socket at which a sandboxed policy answers; `endpoint` is then only a name."""
    episode_id: str | None = None
    """The id that the policy is told; None for a random one."""
    randomization: str | None = None
    """Another level of randomization than the one that is scored; see `kinitro.environments.make`."""
    factors: bool = False
    """Whether the result shall contain what was drawn for the episode."""


class Evaluator(Protocol):
    """Runs jobs, many at once: worker processes on this machine, or containers."""

    fingerprint: str
    """The physics fingerprint; empty until it has started."""
    versions: dict[str, str]
    """The versions of everything that a result depends on, by name."""

    @property
    def capacity(self) -> int:
        """How many jobs it runs at once; more only wait."""

    async def start(self) -> None:
        """Return when jobs can be run; raises EvaluatorUnavailable."""

    async def evaluate(self, job: Job) -> EpisodeResult:
        """Run one job. A crash is an evaluator fault; cancelling gives the episode up. Raises EvaluatorUnavailable."""

    async def close(self) -> None:
        """Stop everything at once. It may be called more than once."""


class Assignment(msgspec.Struct, frozen=True, tag=True):
    """Tells the worker to run this job and to report under `key`."""

    key: int
    job: Job


class Cancel(msgspec.Struct, frozen=True, tag=True):
    """Tells the worker to give up the job under `key`; no report follows."""

    key: int


class WorkerReady(msgspec.Struct, frozen=True, tag=True):
    """The worker's part of the handshake: it is ready for assignments."""

    fingerprint: str
    versions: dict[str, str]


class Alive(msgspec.Struct, frozen=True, tag=True):
    """A heartbeat: the worker's event loop, which simulates, and its thread that makes environments both still run."""


class Report(msgspec.Struct, frozen=True, tag=True):
    """The result of the job under `key`."""

    key: int
    result: EpisodeResult


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The worker cannot work at all and ends; `message` tells the operator why."""

    message: str


Order = Assignment | Cancel
Answer = WorkerReady | Alive | Report | Failed
_ORDERS: msgspec.msgpack.Decoder[Order] = msgspec.msgpack.Decoder(Order)
_ANSWERS: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


async def receive_order(reader: asyncio.StreamReader) -> Order | None:
    """Return the next order, None when the parent has closed the socket."""
    data = await _receive(reader)
    return None if data is None else _ORDERS.decode(data)


async def receive_answer(reader: asyncio.StreamReader) -> Answer | None:
    """Return the next answer, None when the worker has closed the socket."""
    data = await _receive(reader)
    return None if data is None else _ANSWERS.decode(data)


def receive_config(connection: socket.socket, kind: type[S]) -> S:
    """Return the configuration of a process, the first message on its socket.

    It holds secrets, so it is not a command-line argument, which every user of the machine could read. Blocks; raises
    EOFError when the parent has closed the socket.
    """
    length = int.from_bytes(connection.recv(_LENGTH_BYTES, socket.MSG_WAITALL), "big")
    data = connection.recv(length, socket.MSG_WAITALL) if length else b""
    if not data:
        raise EOFError("The parent process has ended.")
    return msgspec.msgpack.decode(data, type=kind)


def send(writer: asyncio.StreamWriter, message: msgspec.Struct) -> None:
    """Queue an order, an answer or a configuration for sending."""
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
    """Import and return the object that `module:name` names."""
    module, _, name = path.partition(":")
    from importlib import import_module

    return getattr(import_module(module), name)
