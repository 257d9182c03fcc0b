"""Decodes the images of a request. You need not change this file.

The evaluator sends images in the first of the ENCODINGS that it knows. None of them changes a pixel.

raw     the pixels, row by row
delta   a fifth of the bytes: zlib over what is left of an image once it was predicted by the one before, or by each
        pixel's neighbours, with green subtracted from red and blue; all arithmetic is modulo 256

A predicted image names the one that it leans on, and itself, by the first 16 hexadecimal digits of the SHA-256 of the
pixels. If this server does not have that one, or something else results, it answers 409, and the evaluator sends the
whole image in the same step.
"""

from __future__ import annotations

import hashlib
import zlib
from typing import NamedTuple

import numpy as np

RAW = "raw"
DELTA = "delta"
ENCODINGS = [DELTA, RAW]
DIGEST_LENGTH = 16


class BadImage(Exception):
    """An image that does not follow the protocol; the message says how."""


class WholeImagesNeeded(Exception):
    """An image leans on one that this server does not have; the message says which."""


class Frame(NamedTuple):
    """An image, uint8 (height, width, 3), and its digest, None if it was sent raw."""

    pixels: np.ndarray
    digest: str | None


def decode(
    encoding: str, shape: tuple[int, int, int], data: bytes, digest: str | None, base: str | None, last: Frame | None
) -> Frame:
    """Return an image of the given shape; raises BadImage or WholeImagesNeeded.

    last: the image of the same camera in the step before, None if there was none.
    """
    size = shape[0] * shape[1] * shape[2]
    if encoding == RAW:
        if len(data) != size:
            raise BadImage(f"An image has {len(data)} bytes; its shape needs {size}.")
        return Frame(np.frombuffer(data, np.uint8).reshape(shape), None)
    if encoding != DELTA:
        raise BadImage(f"An image has the encoding {encoding[:40]!r}; this server has {', '.join(ENCODINGS)}.")
    if base is not None and (last is None or last.digest != base or last.pixels.shape != tuple(shape)):
        raise WholeImagesNeeded(f"The image {base[:DIGEST_LENGTH]!r} is not the last one of its camera here.")
    pixels = np.frombuffer(_inflate(data, size), np.uint8).reshape(shape)
    if base is None:
        pixels = np.cumsum(np.cumsum(pixels, 0, np.uint8), 1, np.uint8)
    pixels[..., 0] += pixels[..., 1]
    pixels[..., 2] += pixels[..., 1]
    if base is not None:
        pixels += last.pixels
    if hashlib.sha256(pixels).hexdigest()[:DIGEST_LENGTH] != digest:
        if base is None:
            raise BadImage("An image has another digest than it says.")
        raise WholeImagesNeeded("The image that results has another digest than it says.")
    return Frame(pixels, digest)


def _inflate(data: bytes, size: int) -> bytearray:
    """Return exactly `size` bytes; raises BadImage if there are more or fewer, without unpacking more."""
    inflater = zlib.decompressobj()
    try:
        unpacked = inflater.decompress(data, size + 1)
    except zlib.error as error:
        raise BadImage(f"An image is not zlib data: {error}.") from None
    if len(unpacked) != size or not inflater.eof:
        raise BadImage(f"An image does not unpack to the {size} bytes that its shape needs.")
    return bytearray(unpacked)
