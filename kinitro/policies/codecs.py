"""Encodes requests as JSON or msgpack, and decodes answers without trusting them.

The structures are those of the protocol; an image is `{"shape", "dtype", "data"}`, its bytes base64 in JSON and binary
in msgpack, and has more fields unless it is raw (see `images`). Nothing is ever unpickled, and no array is built from
an answer before its size is known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from kinitro.environments.interface import Observation
from kinitro.policies.errors import PolicyMisbehaved, Reason
from kinitro.policies.images import EncodedImage
from kinitro.policies.messages import PolicyHealth, TaskConfig

_FLOAT32_MAX: Final = float(np.finfo(np.float32).max)
_NOT_FINITE: Final = re.compile(rb"NaN|Infinity|[eE]\+?[0-9]{3}")
"""Finds what strict JSON forbids and many libraries write, and numbers that may exceed a float64."""


class _Image(msgspec.Struct, frozen=True):
    shape: tuple[int, ...]
    dtype: str
    data: memoryview


class _ResetRequest(msgspec.Struct, frozen=True):
    task_config: TaskConfig


class _ResetAnswer(msgspec.Struct, frozen=True):
    episode_id: str


class _ActRequest(msgspec.Struct, frozen=True):
    episode_id: str
    step: int
    observation: list[float]
    images: Mapping[str, _Image] | Mapping[str, EncodedImage]


class _ActAnswer(msgspec.Struct, frozen=True):
    action: list[float | list[float]]


class Codec:
    """One encoding of the protocol's messages."""

    def __init__(self, name: str, content_type: str, module: Any) -> None:
        self.name = name
        self.content_type = content_type
        self._encoder = module.Encoder()
        self._health = module.Decoder(PolicyHealth)
        self._reset = module.Decoder(_ResetAnswer)
        self._act = module.Decoder(_ActAnswer)

    def encode_reset(self, task: TaskConfig) -> bytes:
        """Return the body of `POST /reset`."""
        return bytes(self._encoder.encode(_ResetRequest(task)))

    def encode_act(
        self, episode_id: str, step: int, observation: Observation, images: Mapping[str, EncodedImage] | None = None
    ) -> bytes:
        """Return the body of `POST /act`, with raw images unless they are given in another encoding."""
        raw = (
            None
            if images
            else {
                camera: _Image(pixels.shape, pixels.dtype.name, np.ascontiguousarray(pixels).reshape(-1).data)
                for camera, pixels in observation.pixels.items()
            }
        )
        message = _ActRequest(episode_id, step, observation.agent_pos.tolist(), images or raw or {})
        return bytes(self._encoder.encode(message))

    def decode_health(self, body: bytes) -> PolicyHealth:
        """Return the answer of `GET /health`; raises PolicyMisbehaved(MALFORMED_BODY)."""
        health: PolicyHealth = self._decode(self._health, body, "/health")
        return health

    def decode_reset(self, body: bytes) -> str:
        """Return the episode id in the answer of `POST /reset`; raises PolicyMisbehaved(MALFORMED_BODY)."""
        answer: _ResetAnswer = self._decode(self._reset, body, "/reset")
        return answer.episode_id

    def decode_act(self, body: bytes, max_chunk: int, action_size: int) -> npt.NDArray[np.float32]:
        """Return the actions in the answer of `POST /act`: (k, action_size), finite, 1 <= k <= max_chunk.

        Raises PolicyMisbehaved.
        """
        try:
            answer: _ActAnswer = self._decode(self._act, body, "/act")
        except PolicyMisbehaved:
            if self.name == "json" and _NOT_FINITE.search(body):
                _refuse_not_finite(body, max_chunk, action_size)
            raise
        return check_actions(answer.action, max_chunk, action_size)

    def _decode(self, decoder: Any, body: bytes, path: str) -> Any:
        try:
            return decoder.decode(body)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise PolicyMisbehaved(
                Reason.MALFORMED_BODY, f"Its answer to {path} is not what the protocol says: {str(error)[:200]}."
            ) from None


def _refuse_not_finite(body: bytes, max_chunk: int, action_size: int) -> None:
    """Raise PolicyMisbehaved(ACTION_NOT_FINITE) if a body is not strict JSON only because of NaN or infinity."""
    try:
        answer = msgspec.convert(json.loads(body), _ActAnswer)
    except (ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
        return
    check_actions(answer.action, max_chunk, action_size)


def check_actions(action: list[float | list[float]], max_chunk: int, action_size: int) -> npt.NDArray[np.float32]:
    """Return one action or a chunk as float32 (k, action_size).

    Raises PolicyMisbehaved(ACTION_SHAPE or ACTION_NOT_FINITE). Numbers beyond the range of float32 are clipped to it,
    so that what was finite stays finite.
    """
    rows = action if action and isinstance(action[0], list) else [action]
    if not 1 <= len(rows) <= max_chunk:
        raise PolicyMisbehaved(
            Reason.ACTION_SHAPE, f"It sent {len(rows)} actions at once; its max_chunk is {max_chunk}."
        )
    for row in rows:
        if not isinstance(row, list) or len(row) != action_size or any(isinstance(number, list) for number in row):
            has = f"has {len(row)} numbers" if isinstance(row, list) else "is a number beside lists"
            raise PolicyMisbehaved(
                Reason.ACTION_SHAPE,
                f"An action {has} ({str(row)[:60]}); it must be {action_size} numbers, or a list of such lists.",
            )
    actions = np.array(rows, np.float64)
    if not np.isfinite(actions).all():
        raise PolicyMisbehaved(Reason.ACTION_NOT_FINITE, f"An action has NaN or infinity: {str(rows[0])[:60]}.")
    return actions.clip(-_FLOAT32_MAX, _FLOAT32_MAX).astype(np.float32)


JSON: Final = Codec("json", "application/json", msgspec.json)
MSGPACK: Final = Codec("msgpack", "application/msgpack", msgspec.msgpack)
CODECS: Final = {codec.name: codec for codec in (MSGPACK, JSON)}
"""The codecs by their names in `/health`, the best first."""


MSGPACK_TYPES: Final = frozenset({MSGPACK.content_type, "application/vnd.msgpack", "application/x-msgpack"})
"""Content types that mean msgpack: the protocol's, the registered one, and the one that was common before it."""


KNOWN_TYPES: Final = MSGPACK_TYPES | {JSON.content_type}


def select_codec(content_type: str) -> Codec:
    """Return the codec of an answer with this content type; JSON unless it says msgpack."""
    return MSGPACK if content_type in MSGPACK_TYPES else JSON
