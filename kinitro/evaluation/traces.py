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

from kinitro.environments.spec import MAX_NUMBERS, ActionNumber, Bounds, list_bounds
from kinitro.evaluation.errors import InvalidTrace
from kinitro.evaluation.outcomes import DIGEST_EVERY, OLD_HIGH, OLD_LOW, Trace
from kinitro.evaluation.packing import Unreadable, pack, unpack

TRACE_VERSION = 1
MAX_TRACE_BYTES = 4 * 1024 * 1024
"""The limit of a decompressed trace; one of 100,000 steps with MetaWorld's actions takes 1.7 MiB."""
DIGEST_BYTES = 16
_NUMBER_BYTES = 4
_SEED = re.compile("[0-9a-f]{32}", re.ASCII)
_REST_BYTES = 4096
"""A generous allowance for names, numbers and field names."""


def encode(trace: Trace) -> bytes:
    """Return the trace as bytes; `decode` is the inverse."""
    planes = _transpose_planes(trace.actions, rows=-1, columns=_NUMBER_BYTES)
    packed = msgspec.structs.replace(trace, actions=planes)
    if (trace.action_low, trace.action_high) == (OLD_LOW, OLD_HIGH):  # then they need not be said
        packed = msgspec.structs.replace(packed, action_low=OLD_LOW, action_high=OLD_HIGH)
    return pack(TRACE_VERSION, packed)


def compute_size_limit(max_steps: int, action_size: int = MAX_NUMBERS) -> int:
    """Return how many bytes the decompressed trace of an episode of `max_steps` steps can have at most.

    action_size: how many numbers an action has, if that is known.
    """
    digests_bytes = DIGEST_BYTES * len(list_digest_steps(max_steps))
    return min(MAX_TRACE_BYTES, _NUMBER_BYTES * action_size * max_steps + digests_bytes + _REST_BYTES)


def decode(data: bytes, *, limit_bytes: int = MAX_TRACE_BYTES) -> Trace:
    """Return the trace in `data`, which is not trusted: size, types and lengths are checked. Raises InvalidTrace.

    limit_bytes: the size that the decompressed trace may have at most.
    """
    try:
        packed = unpack(TRACE_VERSION, data, Trace, limit_bytes, "trace")
    except Unreadable as error:
        raise InvalidTrace(str(error)) from None
    size = len(packed.action_low)
    if not 1 <= size <= MAX_NUMBERS or len(packed.action_high) != size:
        raise InvalidTrace(
            f"The actions of a trace have 1 to {MAX_NUMBERS} numbers; this has {size} lower and "
            f"{len(packed.action_high)} upper bounds."
        )
    if len(packed.actions) % (_NUMBER_BYTES * size):
        raise InvalidTrace(f"Actions take {_NUMBER_BYTES * size} bytes each; the trace has {len(packed.actions)}.")
    planes = _transpose_planes(packed.actions, rows=_NUMBER_BYTES, columns=-1)
    trace = msgspec.structs.replace(packed, actions=planes)
    check(trace)
    return trace


def read_actions(trace: Trace) -> npt.NDArray[np.float32]:
    """Return the actions, float32 (steps, m)."""
    return np.frombuffer(trace.actions, "<f4").reshape(-1, len(trace.action_low)).astype(np.float32)


def read_bounds(trace: Trace) -> Bounds:
    """Return the lower and the upper bounds of the numbers of an action, each float32 (m,)."""
    return np.array(trace.action_low, np.float32), np.array(trace.action_high, np.float32)


def expect_bounds(trace: Trace, commands: tuple[ActionNumber, ...]) -> None:
    """Raise InvalidTrace unless the trace has the bounds of the environment's spec, whose `action` is `commands`."""
    if not all(map(np.array_equal, read_bounds(trace), list_bounds(commands))):
        said = [f"{low:g} to {high:g}" for low, high in zip(trace.action_low, trace.action_high, strict=True)]
        allowed = [f"{command.low:g} to {command.high:g}" for command in commands]
        raise InvalidTrace(
            f"The trace has actions with the bounds {', '.join(said)[:200]}; {trace.env_id} has {', '.join(allowed)}."
        )


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
    return len(trace.actions) // (_NUMBER_BYTES * len(trace.action_low))


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
    actions, (low, high) = read_actions(trace), read_bounds(trace)
    if not (np.isfinite(low).all() and np.isfinite(high).all() and (low < high).all()):
        yield "bounds of actions that are not finite or not in order"
    # minimum and maximum are not a number if any action is not
    elif steps and not ((actions.min(axis=0) >= low).all() and (actions.max(axis=0) <= high).all()):
        span = f"[{low.min():g}, {high.max():g}]" if len({*low.tolist()} | {*high.tolist()}) == 2 else "their bounds"
        yield f"actions outside {span} or not finite"
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
