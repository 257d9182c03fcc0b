"""The textures of a model, with their mipmaps, in one array."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from kinitro.environments.rendering.content import ContentKey

if TYPE_CHECKING:
    import mujoco

LARGEST_TEXTURE_PX = 256
"""Finer textures are reduced to this width, because the images of a policy do not show more of them."""

PLANAR, CUBE, SKYBOX = 0, 1, 2
"""Kinds of textures, numbered as MuJoCo numbers them."""


class Textures(NamedTuple):
    """All textures of a model.

    texels: uint8 (n, 4), RGB and a byte of padding. The mipmap of a texture has one level after the other, from the
            finest to one texel per face; a level has one face after the other, a face one row after the other from the
            top. Faces are square; each level is half as wide as the one before.
    first:  int64 (textures,), index of a texture's first texel.
    width:  int32 (textures,), width in texels of the finest level, a power of two.
    faces:  int32 (textures,), 1, or 6 for cubes and skyboxes with a picture for each face.
    kind:   int32 (textures,), PLANAR, CUBE or SKYBOX.
    """

    texels: npt.NDArray[np.uint8]
    first: npt.NDArray[np.int64]
    width: npt.NDArray[np.int32]
    faces: npt.NDArray[np.int32]
    kind: npt.NDArray[np.int32]


def build_textures(model: mujoco.MjModel) -> Textures:
    """Build the mipmaps of all textures of a model, in the order of the model."""
    mipmaps, widths, faces, kinds = [], [], [], []
    for index in range(model.ntex):
        height, width, channels = (int(a[index]) for a in (model.tex_height, model.tex_width, model.tex_nchannel))
        start = int(model.tex_adr[index])
        pixels = model.tex_data[start : start + height * width * channels]
        kind = int(model.tex_type[index])
        # a cube or skybox has six square images, one below the other, or one image for all six faces
        face_count = height // width if kind != PLANAR else 1
        mipmap, side = _build_mipmap(ContentKey(pixels.reshape(face_count, height // face_count, width, channels)))
        mipmaps.append(mipmap)
        widths.append(side)
        faces.append(face_count)
        kinds.append(kind)
    first = np.cumsum([0] + [len(mipmap) for mipmap in mipmaps])
    return Textures(
        np.concatenate([*mipmaps, np.zeros((1, 4), np.uint8)]),
        first[:-1].astype(np.int64),
        np.array(widths, np.int32),
        np.array(faces, np.int32),
        np.array(kinds, np.int32),
    )


@functools.lru_cache(maxsize=128)
def _build_mipmap(faces: ContentKey) -> tuple[npt.NDArray[np.uint8], int]:
    """Build the mipmap of images (faces, height, width, channels) of 1, 3 or 4 channels.

    Returns the texels of all levels, uint8 (n, 4), and the width of the finest level: the largest power of two that is
    neither above the image's longer side nor above LARGEST_TEXTURE_PX. Each coarser texel is the mean of four. Equal
    textures of several models share one mipmap.
    """
    images = faces.take()[0].astype(np.int32)
    images = images[..., :3] if images.shape[-1] >= 3 else np.repeat(images[..., :1], 3, axis=-1)
    height, width = images.shape[1:3]
    side = 1
    while side < LARGEST_TEXTURE_PX and 2 * side <= max(height, width):
        side *= 2
    levels = [_resample(_resample(images, 1, side), 2, side)]
    while levels[-1].shape[1] > 1:
        fine = levels[-1]
        levels.append((fine[:, ::2, ::2] + fine[:, 1::2, ::2] + fine[:, ::2, 1::2] + fine[:, 1::2, 1::2] + 2) // 4)
    texels = np.zeros((sum(level.size // 3 for level in levels), 4), np.uint8)
    texels[:, :3] = np.concatenate([level.reshape(-1, 3) for level in levels])
    return texels, side


def _resample(images: npt.NDArray[np.int32], axis: int, size: int) -> npt.NDArray[np.int32]:
    """Resample one axis of images to `size` texels by averaging over area: exactly, in integers.

    The integers are below 255 * size * the old size, so int32 is enough for textures up to 32,000 pixels wide.
    """
    old = images.shape[axis]
    if old == size:
        return images
    along = np.moveaxis(images, axis, 0)
    total = np.concatenate([np.zeros_like(along[:1]), np.cumsum(along, axis=0, dtype=along.dtype)])
    # the integral up to position k * old / size, times size
    whole, part = np.divmod(np.arange(size + 1, dtype=along.dtype) * old, size)
    shape = (-1,) + (1,) * (along.ndim - 1)
    integral = total[whole] * size + along[np.minimum(whole, old - 1)] * part.reshape(shape)
    return np.moveaxis((np.diff(integral, axis=0) + old // 2) // old, 0, axis)
