"""The textures of a model as pyramids of ever smaller pictures, in one array."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from kinitro.environments.rendering.content import ByContent

if TYPE_CHECKING:
    import mujoco

LARGEST_TEXTURE_PX = 256
"""Finer textures are reduced to this width: no policy sees more of them."""

PLANAR, CUBE, SKYBOX = 0, 1, 2
"""Kinds of textures, numbered as MuJoCo numbers them."""


class Textures(NamedTuple):
    """All textures of a model.

    texels:  uint8 (n, 4): RGB and a filler, level after level from the finest; within a level face after face (one,
             or six for a cube), row after row from the top.
    first:   int64 (textures,): index of a texture's first texel.
    width:   int32 (textures,): side in texels of the finest level, a power of two.
    faces:   int32 (textures,): 1 or 6.
    kind:    int32 (textures,): PLANAR, CUBE or SKYBOX.
    """

    texels: npt.NDArray[np.uint8]
    first: npt.NDArray[np.int64]
    width: npt.NDArray[np.int32]
    faces: npt.NDArray[np.int32]
    kind: npt.NDArray[np.int32]


def model_textures(model: mujoco.MjModel) -> Textures:
    """The textures of the model, numbered as in the model."""
    pyramids, widths, faces, kinds = [], [], [], []
    for index in range(model.ntex):
        height, width, channels = (int(a[index]) for a in (model.tex_height, model.tex_width, model.tex_nchannel))
        start = int(model.tex_adr[index])
        pixels = model.tex_data[start : start + height * width * channels]
        kind = int(model.tex_type[index])
        # a cube or skybox has six square pictures, one below the other, or one picture for all six faces
        face_count = height // width if kind != PLANAR else 1
        pyramid, side = _pyramid(ByContent(pixels.reshape(face_count, height // face_count, width, channels)))
        pyramids.append(pyramid)
        widths.append(side)
        faces.append(face_count)
        kinds.append(kind)
    first = np.cumsum([0] + [len(pyramid) for pyramid in pyramids])
    return Textures(
        np.concatenate([*pyramids, np.zeros((1, 4), np.uint8)]),
        first[:-1].astype(np.int64),
        np.array(widths, np.int32),
        np.array(faces, np.int32),
        np.array(kinds, np.int32),
    )


@functools.lru_cache(maxsize=128)
def _pyramid(faces: ByContent) -> tuple[npt.NDArray[np.uint8], int]:
    """Texels (n, 4) of all levels and the side of the finest one, of pictures (faces, height, width, channels)."""
    pictures = faces.take()[0].astype(np.int32)
    pictures = pictures[..., :3] if pictures.shape[-1] >= 3 else np.repeat(pictures[..., :1], 3, axis=-1)
    height, width = pictures.shape[1:3]
    side = 1
    while side < LARGEST_TEXTURE_PX and 2 * side <= max(height, width):
        side *= 2
    levels = [_resampled(_resampled(pictures, 1, side), 2, side)]
    while levels[-1].shape[1] > 1:
        fine = levels[-1]
        levels.append((fine[:, ::2, ::2] + fine[:, 1::2, ::2] + fine[:, ::2, 1::2] + fine[:, 1::2, 1::2] + 2) // 4)
    texels = np.zeros((sum(level.size // 3 for level in levels), 4), np.uint8)
    texels[:, :3] = np.concatenate([level.reshape(-1, 3) for level in levels])
    return texels, side


def _resampled(pictures: npt.NDArray[np.int32], axis: int, size: int) -> npt.NDArray[np.int32]:
    """The pictures with `axis` resampled to `size` by averaging over area, exactly, in integers.

    They are below 255 * size * the old size, so int32 is enough for textures of 32,000 pixels across.
    """
    old = pictures.shape[axis]
    if old == size:
        return pictures
    along = np.moveaxis(pictures, axis, 0)
    total = np.concatenate([np.zeros_like(along[:1]), np.cumsum(along, axis=0, dtype=along.dtype)])
    # the integral up to position k * old / size, times size
    whole, part = np.divmod(np.arange(size + 1, dtype=along.dtype) * old, size)
    shape = (-1,) + (1,) * (along.ndim - 1)
    integral = total[whole] * size + along[np.minimum(whole, old - 1)] * part.reshape(shape)
    return np.moveaxis((np.diff(integral, axis=0) + old // 2) // old, 0, axis)
