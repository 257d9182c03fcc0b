"""The encodings of camera images in `/act`, all of them lossless.

- `raw`: the pixels, row by row.
- `png`: a PNG file, with the filter Sub in every row.
- `delta`: zlib over what a prediction leaves of the image, with green subtracted from red and blue. An image with a
  `base` is predicted by the image of that digest, which the server was shown before; one without by its neighbours:
  every pixel minus the one on its left, then minus the one above. All arithmetic is modulo 256.

`delta` was the smallest for its time among the combinations of predictions, filters, zlib, ISA-L and zstd that were
measured on experts' episodes of all scored tasks; `benchmarks/policies.py` measures those that were kept. It needs
nothing that a standard library lacks. A server that has lost its state answers 409, and the client sends the same
images again without `base`.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from kinitro.policies.messages import MAX_CONCURRENT_EPISODES

Pixels: TypeAlias = npt.NDArray[np.uint8]
"""An image (height, width, 3)."""
RAW: Final = "raw"
PNG: Final = "png"
DELTA: Final = "delta"
IMAGE_ENCODINGS: Final = (DELTA, PNG, RAW)
"""By their names in `/health`, the smallest first."""
WHOLE_IMAGES_NEEDED: Final = 409
"""The status with which a server says that it lacks a base, or that the result has another digest."""
MAX_LOSSES: Final = 3
"""After a server has lost its state so often in an episode, it is sent whole images until the episode ends."""
DIGEST_LENGTH: Final = 16
"""Hexadecimal digits of the SHA-256 of an image's pixels that are sent."""
_LEVEL: Final = 1
_PNG_START: Final = b"\x89PNG\r\n\x1a\n"
_PNG_FILTER_SUB: Final = 1


class EncodedImage(msgspec.Struct, frozen=True, omit_defaults=True):
    """An image in `/act` in another encoding than raw."""

    shape: tuple[int, ...]
    """Height, width and 3."""
    dtype: str
    encoding: str
    data: bytes
    digest: str | None = None
    """Of `delta`: the first hexadecimal digits of the SHA-256 of the pixels."""
    base: str | None = None
    """Of `delta`: the digest of the image of the same camera and episode that it is predicted by; None for none."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """An image that a server was shown."""

    pixels: Pixels
    digest: str


@dataclass(slots=True)
class _ImageMemory:
    shown: dict[str, _Frame] = field(default_factory=dict)
    """By camera: the last images that the server has answered."""
    sent: dict[str, _Frame] = field(default_factory=dict)
    """By camera: those that it has not answered yet."""
    losses: int = 0


class ImageEncoder:
    """Encodes images for one policy server, and remembers what it has been shown in each episode."""

    def __init__(self, encoding: str) -> None:
        """Make an encoder; `encoding` is `png` or `delta`."""
        self._encoding = encoding
        self._episodes: OrderedDict[str, _ImageMemory] = OrderedDict()

    def begin(self, episode_id: str) -> None:
        """Begin the episode: its first images will be whole. The oldest of too many episodes is forgotten."""
        self._episodes[episode_id] = _ImageMemory()
        self._episodes.move_to_end(episode_id)
        while len(self._episodes) > MAX_CONCURRENT_EPISODES:
            self._episodes.popitem(last=False)

    def encode(self, episode_id: str, images: Mapping[str, Pixels]) -> dict[str, EncodedImage]:
        """Encode the images of one step, by camera. Unless `confirm` is called then, the next ones will be whole."""
        whole = {camera: np.ascontiguousarray(pixels) for camera, pixels in images.items()}
        if self._encoding == PNG:
            return {camera: encode_png(pixels) for camera, pixels in whole.items()}
        if episode_id not in self._episodes:
            self.begin(episode_id)
        episode = self._episodes[episode_id]
        bases, episode.shown = episode.shown, {}
        episode.sent = {camera: _Frame(pixels, digest_pixels(pixels)) for camera, pixels in whole.items()}
        return {camera: _encode_delta(frame, bases.get(camera)) for camera, frame in episode.sent.items()}

    def confirm(self, episode_id: str) -> None:
        """Note that the server has answered the images that were encoded last: the next ones may lean on them."""
        episode = self._episodes.get(episode_id)
        if episode is not None and episode.losses < MAX_LOSSES:
            episode.shown = episode.sent

    def note_loss(self, episode_id: str) -> None:
        """Note that the server has asked for whole images; if it does so too often, it gets no others."""
        episode = self._episodes.get(episode_id)
        if episode is not None:
            episode.losses += 1


def select_image_encoding(wanted: Sequence[str], declared: Sequence[str]) -> str:
    """Return the first of the `wanted` encodings that the server declares; raw if there is none."""
    return next((name for name in wanted if name in declared), RAW)


def have_base(images: Mapping[str, EncodedImage]) -> bool:
    """Return whether any of the images leans on one that was sent before."""
    return any(image.base is not None for image in images.values())


def digest_pixels(pixels: Pixels) -> str:
    """Return the digest by which an image is named; `pixels` must be contiguous."""
    return hashlib.sha256(pixels.data).hexdigest()[:DIGEST_LENGTH]


def encode_png(pixels: Pixels) -> EncodedImage:
    """Encode an image as a PNG file."""
    height, width, _ = pixels.shape
    rows = np.empty((height, 1 + 3 * width), np.uint8)
    rows[:, 0] = _PNG_FILTER_SUB
    filtered = rows[:, 1:].reshape(height, width, 3)
    filtered[:, 0] = pixels[:, 0]
    np.subtract(pixels[:, 1:], pixels[:, :-1], out=filtered[:, 1:])
    rows[:, 1:] = filtered.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", _compress(rows)), (b"IEND", b""))
    file = _PNG_START + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))
        for kind, data in chunks
    )
    return EncodedImage(pixels.shape, "uint8", PNG, file)


def _encode_delta(frame: _Frame, base: _Frame | None) -> EncodedImage:
    """Encode an image with whichever prediction leaves less."""
    left = _subtract_neighbours(frame.pixels)
    if base is None or base.pixels.shape != frame.pixels.shape:
        base = None
    else:
        changed = _subtract_green(frame.pixels - base.pixels)
        if _estimate_cost(changed) <= _estimate_cost(left):
            left = changed
        else:
            base = None
    name = None if base is None else base.digest
    return EncodedImage(frame.pixels.shape, "uint8", DELTA, _compress(left), frame.digest, name)


def _subtract_green(pixels: Pixels) -> Pixels:
    """Subtract green from red and blue in place."""
    pixels[..., 0] -= pixels[..., 1]
    pixels[..., 2] -= pixels[..., 1]
    return pixels


def _subtract_neighbours(pixels: Pixels) -> Pixels:
    """Subtract green, then from each pixel the one on its left, then the one above; what is outside is 0."""
    green = _subtract_green(pixels.copy())
    across = green.copy()
    across[:, 1:] -= green[:, :-1]
    down = across.copy()
    down[1:] -= across[:-1]
    return down


def _estimate_cost(left: Pixels) -> int:
    """Return the sum of magnitudes of what a prediction leaves, as PNG's authors recommend."""
    return int(np.minimum(left, -left).sum(dtype=np.int64))


def _compress(left: Pixels) -> bytes:
    """Compress with runs and Huffman codes only: on what a prediction leaves it is faster and smaller than a search."""
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, 15, 9, zlib.Z_RLE)
    return compressor.compress(left.data) + compressor.flush()
