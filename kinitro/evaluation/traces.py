"""Encodes traces as bytes: one version byte, then zlib over msgpack. A trace of 500 steps takes a few KiB.

Actions are stored byte plane by byte plane (all first bytes, then all second bytes, ...): the exponents of
neighbouring float32 numbers are similar and compress well, their mantissas do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import msgspec
import numpy as np
import numpy.typing as npt

from kinitro.evaluation.errors import InvalidTrace
from kinitro.evaluation.outcomes import DIGEST_EVERY, Trace
from kinitro.evaluation.packing import Unreadable, pack, unpack
from kinitro.policies.messages import ACTION_SIZE

TRACE_VERSION = 1
MAX_TRACE_BYTES = 4 * 1024 * 1024
"""The limit of a decompressed trace; a trace of 100,000 steps takes 1.7 MiB."""
DIGEST_BYTES = 16
_ACTION_BYTES = 4 * ACTION_SIZE
_SEED = re.compile("[0-9a-f]{32}", re.ASCII)
_REST_BYTES = 4096
"""A generous allowance for names, numbers and field names."""


def encode(trace: Trace) -> bytes:
    """Return the trace as bytes; `decode` is the inverse."""
    packed = msgspec.structs.replace(trace, actions=_transpose_planes(trace.actions, rows=-1, columns=4))
    return pack(TRACE_VERSION, packed)


def compute_size_limit(max_steps: int) -> int:
    """Return how many bytes the decompressed trace of an episode of `max_steps` steps can have at most."""
    digests_bytes = DIGEST_BYTES * len(list_digest_steps(max_steps))
    return min(MAX_TRACE_BYTES, _ACTION_BYTES * max_steps + digests_bytes + _REST_BYTES)


def decode(data: bytes, *, limit_bytes: int = MAX_TRACE_BYTES) -> Trace:
    """Return the trace in `data`, which is not trusted: size, types and lengths are checked. Raises InvalidTrace.

    limit_bytes: the size that the decompressed trace may have at most.
    """
    try:
        packed = unpack(TRACE_VERSION, data, Trace, limit_bytes, "trace")
    except Unreadable as error:
        raise InvalidTrace(str(error)) from None
    if len(packed.actions) % _ACTION_BYTES:
        raise InvalidTrace(f"Actions take {_ACTION_BYTES} bytes each; the trace has {len(packed.actions)}.")
    trace = msgspec.structs.replace(packed, actions=_transpose_planes(packed.actions, rows=4, columns=-1))
    check(trace)
    return trace


def read_actions(trace: Trace) -> npt.NDArray[np.float32]:
    """Return the actions, float32 (steps, 4)."""
    return np.frombuffer(trace.actions, "<f4").reshape(-1, ACTION_SIZE).astype(np.float32)


def list_digest_steps(steps: int) -> list[int]:
    """Return after which steps an episode of `steps` steps has digests: 0, DIGEST_EVERY, ..., and the last."""
    return sorted({*range(0, steps + 1, DIGEST_EVERY), steps})


def read_digests(trace: Trace) -> dict[int, bytes]:
    """Return the digests of the trace by the step after which they were taken."""
    cuts = range(0, len(trace.digests) + 1, DIGEST_BYTES)
    pieces = [trace.digests[start:end] for start, end in pairwise(cuts)]
    return dict(zip(list_digest_steps(count_steps(trace)), pieces, strict=True))


def count_steps(trace: Trace) -> int:
    """Return how many control steps the episode took."""
    return len(trace.actions) // _ACTION_BYTES


def check(trace: Trace) -> None:
    """Raise InvalidTrace where the trace contradicts itself."""
    if fault := next(_find_faults(trace), None):
        raise InvalidTrace(f"This trace has {fault}.")


def _find_faults(trace: Trace) -> Iterator[str]:
    steps = count_steps(trace)
    if trace.version != TRACE_VERSION:
        yield f"version {trace.version}, known is {TRACE_VERSION}"
    if steps > trace.max_steps:
        yield f"{steps} steps of at most {trace.max_steps}"
    if not _is_seed(trace.seed):
        yield "a seed that is not 32 hexadecimal digits"
    # minimum and maximum are not a number if any action is not
    actions = np.frombuffer(trace.actions, "<f4")
    if steps and not (actions.min() >= -1.0 and actions.max() <= 1.0):
        yield "actions outside [-1, 1] or not finite"
    if len(trace.digests) != DIGEST_BYTES * (1 + -(-steps // DIGEST_EVERY)):
        yield f"{len(trace.digests)} bytes of digests for {steps} steps"
    if trace.success_step is not None and not 1 <= trace.success_step <= steps:
        yield f"success at step {trace.success_step} of {steps}"
    if trace.diverged and trace.success_step is not None:
        yield "a success in a simulation that failed"


def _is_seed(text: str) -> bool:
    return _SEED.fullmatch(text) is not None


def _transpose_planes(data: bytes, *, rows: int, columns: int) -> bytes:
    return np.frombuffer(data, np.uint8).reshape(rows, columns).T.tobytes() if data else b""
