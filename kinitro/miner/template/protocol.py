"""Policy protocol v1 on the server: decodes and checks requests, encodes answers. You need not change this file."""

from __future__ import annotations

from typing import Annotated, Any

import images as image_encodings
import msgspec
import numpy as np

VERSION = 1
MAX_REQUEST_BYTES = 4 * 1024 * 1024
MAX_IMAGE_PX = 1024
MAX_NUMBERS = 64
"""The largest number of proprioceptive numbers, and of numbers of an action, that any environment has."""
OLD_PROPRIOCEPTION = [
    {"name": name, "unit": unit, "low": low, "high": high}
    for name, unit, low, high in (("x", "m", -2, 2), ("y", "m", -2, 2), ("z", "m", -2, 2), ("gripper", "1", 0, 1))
]
OLD_ACTION = [
    {"name": name, "meaning": "", "low": -1.0, "high": 1.0, "neutral": neutral, "held": neutral != 0}
    for name, neutral in (("dx", 0.0), ("dy", 0.0), ("dz", 0.0), ("gripper", -1.0))
]
"""What evaluators mean that do not describe the robot yet: MetaWorld's."""

Numbers = Annotated[list[dict[str, Any]], msgspec.Meta(min_length=1, max_length=MAX_NUMBERS)]
EpisodeId = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class BadRequest(Exception):
    """A request that does not follow the protocol; the message says how."""


class UnsupportedMediaType(BadRequest):
    """A request in an encoding that the protocol does not have."""


class Image(msgspec.Struct):
    """An image: its data are base64 in JSON, binary in msgpack. `images.py` knows the encodings."""

    shape: tuple[int, int, int]
    dtype: str
    data: bytearray
    encoding: str = image_encodings.RAW
    digest: str | None = None
    base: str | None = None

    def frame(self, last: image_encodings.Frame | None) -> image_encodings.Frame:
        """Return the image; `last` is the one of this camera before.

        Raises BadRequest, or WholeImagesNeeded if the image leans on another one.
        """
        height, width, channels = self.shape
        if self.dtype != "uint8" or channels != 3:
            raise BadRequest(f"An image is {self.dtype} with {channels} channels; it must be uint8 with 3.")
        if not (0 < height <= MAX_IMAGE_PX and 0 < width <= MAX_IMAGE_PX):
            raise BadRequest(f"An image is {height} x {width}; each side must be 1 to {MAX_IMAGE_PX}.")
        try:
            return image_encodings.decode(self.encoding, self.shape, self.data, self.digest, self.base, last)
        except image_encodings.BadImage as error:
            raise BadRequest(str(error)) from None


class TaskConfig(msgspec.Struct):
    """The part of `task_config` that the server itself needs."""

    episode_id: EpisodeId
    proprioception: Numbers = msgspec.field(default_factory=lambda: OLD_PROPRIOCEPTION)
    action: Numbers = msgspec.field(default_factory=lambda: OLD_ACTION)


class ResetRequest(msgspec.Struct):
    """Body of `POST /reset`."""

    task_config: dict[str, Any]


class ActRequest(msgspec.Struct):
    """Body of `POST /act`."""

    episode_id: EpisodeId
    step: Annotated[int, msgspec.Meta(ge=0)]
    observation: Annotated[list[float], msgspec.Meta(min_length=1, max_length=MAX_NUMBERS)]
    images: dict[str, Image] | None = None

    def observation_array(self, size: int) -> np.ndarray:
        """Return the observation, float32 (size,); raises BadRequest for another size, or if one is not finite."""
        if len(self.observation) != size:
            raise BadRequest(f"The observation has {len(self.observation)} numbers; /reset described {size}.")
        array = np.array(self.observation, np.float32)
        if not np.isfinite(array).all():
            raise BadRequest("The observation has numbers that are not finite.")
        return array

    def image_arrays(self, shown: dict[str, image_encodings.Frame]) -> dict[str, np.ndarray] | None:
        """Return the images by camera name, each uint8 (height, width, 3).

        shown: the images of the episode's last step by camera name; replaced by those of this one.
        Raises BadRequest, or WholeImagesNeeded if the images lean on others than those.
        """
        if self.images is None:
            return None
        frames = {name: image.frame(shown.get(name)) for name, image in self.images.items()}
        shown.clear()
        shown.update(frames)
        return {name: frame.pixels for name, frame in frames.items()}


_JSON = (msgspec.json.Decoder(ResetRequest), msgspec.json.Decoder(ActRequest), msgspec.json.Encoder())
_MSGPACK = (msgspec.msgpack.Decoder(ResetRequest), msgspec.msgpack.Decoder(ActRequest), msgspec.msgpack.Encoder())
CONTENT_TYPES = {
    "application/json": _JSON,
    "application/msgpack": _MSGPACK,
    "application/vnd.msgpack": _MSGPACK,
    "application/x-msgpack": _MSGPACK,
}
"""The last two are other names of msgpack."""


def decode_reset(content_type: str, body: bytes) -> tuple[str, dict[str, Any]]:
    """Decode a request to /reset into (episode_id, task_config); raises BadRequest.

    The `task_config` describes the robot, also if the evaluator is too old to do so.
    """
    task_config: dict[str, Any] = _decode(content_type, 0, body).task_config
    try:
        checked = msgspec.convert(task_config, TaskConfig)
        task_config |= {"proprioception": checked.proprioception, "action": checked.action}
        return checked.episode_id, task_config
    except msgspec.ValidationError as error:
        raise BadRequest(f"task_config: {error}.") from None


def decode_act(content_type: str, body: bytes) -> ActRequest:
    """Decode a request to /act; its images are still bytes. Raises BadRequest."""
    request: ActRequest = _decode(content_type, 1, body)
    return request


def encode(content_type: str, message: dict[str, Any]) -> bytes:
    """Encode an answer in the encoding of the request."""
    return CONTENT_TYPES[content_type][2].encode(message)


def _decode(content_type: str, index: int, body: bytes) -> Any:
    if content_type not in CONTENT_TYPES:
        raise UnsupportedMediaType(
            f"The content type is {content_type[:60]!r}; send application/json or application/msgpack."
        )
    try:
        return CONTENT_TYPES[content_type][index].decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise BadRequest(f"The body is not what the protocol says: {error}.") from None
