"""Recordings: what a policy was told and asked in an episode, so that verification can ask another policy the same.

Observations are a pure function of environment, seed and executed actions, and the software renderer gives the same
bits everywhere. So a recording contains no pixels: stepping the simulator along the trace draws every image again, and
the checksums show whether it is the same image. The actions are in the trace. 150 steps take about 1.2 KiB.

As bytes: one version byte, then zlib over msgpack.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import msgspec
import numpy as np
import numpy.typing as npt

from kinitro.environments.interface import Observation
from kinitro.evaluation.errors import InvalidRecording
from kinitro.evaluation.outcomes import Trace
from kinitro.evaluation.packing import Unreadable, pack, unpack
from kinitro.evaluation.traces import read_actions
from kinitro.policies.messages import TaskConfig

RECORDING_VERSION = 1
MAX_RECORDING_BYTES = 2 * 1024 * 1024
"""The limit of a decompressed recording; one of 100,000 exchanges takes less than 1 MiB."""
_CHECKSUM_BYTES = 4
_STEP_BYTES = 5
"""Bytes that the number of a step takes in msgpack at most."""
_REST_BYTES = 65_536
"""A generous allowance for the task's instruction, names and description of the robot."""


class Recording(msgspec.Struct, frozen=True):
    """The recording of one episode. `steps` and `checksums` have one entry for each observation that was sent.

    steps:     the number of control steps taken before; increasing, beginning with 0.
    checksums: 4 bytes each, little-endian, see `compute_checksum`.
    forfeited: those of `steps` at which no usable answer came, so that the robot did what it does without one.
    """

    version: int
    task: TaskConfig
    """What `/reset` said, including the episode_id from which policies derive their randomness."""
    steps: list[int]
    checksums: bytes
    forfeited: list[int]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One observation and the actions that were executed in answer to it."""

    step: int
    checksum: int
    actions: npt.NDArray[np.float32]
    """(k, m): what the simulator was given, clipped to the action's bounds."""
    forfeited: bool
    """Whether the action is ours because no usable answer came."""
    complete: bool
    """Whether the answer had exactly these k actions; False for the last, which the end may have cut short."""


def compute_checksum(observation: Observation) -> int:
    """Return the CRC-32 of the float32 little-endian bytes of `agent_pos`, then of all images in order of camera names.

    It has to detect accidents only. It takes 1 % of the time that rendering takes; a cryptographic hash would take 3 %.
    """
    found = zlib.crc32(observation.agent_pos.astype("<f4").tobytes())
    for camera in sorted(observation.pixels):
        found = zlib.crc32(np.ascontiguousarray(observation.pixels[camera]).data, found)
    return found


class Recorder:
    """An EpisodeObserver that makes the recording.

    Every episode has one, and whether its recording is kept is decided elsewhere. So nothing differs while the episode
    runs from which a policy could guess that it is recorded.
    """

    every_step = False

    def __init__(self) -> None:
        self._task: TaskConfig | None = None
        self._steps: list[int] = []
        self._checksums: list[int] = []
        self._forfeited: list[int] = []

    def begin(self, task: TaskConfig) -> None:
        """See `EpisodeObserver`."""
        self._task = task

    def exchange(self, step: int, observation: Observation, answer: npt.NDArray[np.float32] | None, /) -> None:
        """See `EpisodeObserver`."""
        self._steps.append(step)
        self._checksums.append(compute_checksum(observation))
        if answer is None:
            self._forfeited.append(step)

    def observe_unsent(self, observation: Observation) -> None:
        """See `EpisodeObserver`; never called."""

    def end(self) -> None:
        """See `EpisodeObserver`."""

    def abandon(self) -> None:
        """See `EpisodeObserver`."""

    def make_recording(self) -> Recording | None:
        """Return the recording so far; None if the policy was never asked."""
        if self._task is None or not self._steps:
            return None
        checksums = np.array(self._checksums, "<u4").tobytes()
        return Recording(RECORDING_VERSION, self._task, self._steps, checksums, self._forfeited)


def encode(recording: Recording) -> bytes:
    """Return the recording as bytes; `decode` is the inverse."""
    return pack(RECORDING_VERSION, recording)


def compute_size_limit(max_steps: int) -> int:
    """Return how many bytes the decompressed recording of an episode of `max_steps` steps can have at most."""
    return min(MAX_RECORDING_BYTES, (2 * _STEP_BYTES + _CHECKSUM_BYTES) * max_steps + _REST_BYTES)


def decode(data: bytes, *, limit_bytes: int = MAX_RECORDING_BYTES) -> Recording:
    """Return the recording in `data`, which is not trusted: sizes, types and order are checked.

    limit_bytes: the size that the decompressed recording may have at most.

    Raises InvalidRecording.
    """
    try:
        recording = unpack(RECORDING_VERSION, data, Recording, limit_bytes, "recording")
    except Unreadable as error:
        raise InvalidRecording(str(error)) from None
    steps = recording.steps
    faults = {
        f"version {recording.version}, known is {RECORDING_VERSION}": recording.version != RECORDING_VERSION,
        "no first exchange at step 0": not steps or steps[0] != 0,
        "steps that do not increase": any(later <= earlier for earlier, later in pairwise(steps)),
        f"{len(recording.checksums)} bytes of checksums": len(recording.checksums) != _CHECKSUM_BYTES * len(steps),
        "forfeits at steps that were not asked": not set(recording.forfeited) <= set(steps),
    }
    for fault, found in faults.items():
        if found:
            raise InvalidRecording(f"This recording has {fault}.")
    return recording


def iter_exchanges(recording: Recording, trace: Trace) -> Iterator[Exchange]:
    """Return an iterator of the exchanges in order.

    Raises InvalidRecording, before the first exchange, if recording and trace are not of the same episode.
    """
    actions = read_actions(trace)
    told = (recording.task.env_id, recording.task.max_steps)
    if told != (trace.env_id, trace.max_steps):
        raise InvalidRecording(
            f"The recording is of {told[0]} with {told[1]} steps, the trace of {trace.env_id} with {trace.max_steps}."
        )
    if len(recording.task.action) != len(trace.action_low):
        raise InvalidRecording(
            f"The recording tells of actions of {len(recording.task.action)} numbers, the trace has "
            f"{len(trace.action_low)}."
        )
    if recording.steps[-1] >= max(len(actions), 1):
        raise InvalidRecording(
            f"The recording asks at step {recording.steps[-1]}, and the trace has {len(actions)} steps."
        )
    return _pair(recording, actions)


def _pair(recording: Recording, actions: npt.NDArray[np.float32]) -> Iterator[Exchange]:
    forfeited = set(recording.forfeited)
    checksums = np.frombuffer(recording.checksums, "<u4")
    bounds = [*recording.steps, len(actions)]
    for number, (step, following) in enumerate(pairwise(bounds)):
        complete = number + 1 < len(recording.steps)
        yield Exchange(step, int(checksums[number]), actions[step:following], step in forfeited, complete)
