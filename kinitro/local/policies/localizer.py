"""Finds where things are in the first images, by least squares on pixels. Fitted by `examples/fit_localizer.py`.

The features are both corner images, averaged over blocks, which depend on where the cameras stand as well as on where a
drawer or a button is; and, for tasks whose goal is a small red marker, the marker's position in each image.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from skills import Scene

Image = npt.NDArray[np.uint8]
Vector = npt.NDArray[np.float32]

CAMERAS = ("corner", "corner4")
BLOCK_PX = 6
MARKED_TASKS = ("reach-v3",)
"""Tasks whose goal is a red marker in the air."""
MARKER_RADIUS_PX = 2
SURROUNDINGS_RADIUS_PX = 4


class Localizer:
    """`localizer("reach-v3", images)` -> where object and goal are, in metres, world frame."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as file:
            self._coefficients = {task: file[task] for task in file.files}

    def __call__(self, task: str, images: Mapping[str, Image]) -> Scene:
        """Raises KeyError without the two cameras or for a task that it was not fitted to."""
        found = features(task, [images[camera] for camera in CAMERAS]) @ self._coefficients[task]
        return Scene(found[:3], found[3:])


def features(task: str, images: list[Image]) -> Vector:
    """Compute what the coefficients multiply: 1, averaged pixels and, for marked tasks, marker positions' products."""
    pixels = np.concatenate([average_blocks(image).ravel() for image in images])
    parts = [np.ones(1), pixels - pixels.mean()]
    if task in MARKED_TASKS:
        position = np.concatenate([find_marker(image) for image in images])
        parts += [position, np.outer(position, position)[np.triu_indices(len(position))]]
    return np.concatenate(parts).astype(np.float32)


def average_blocks(image: Image) -> Vector:
    """Average an image (h, w, 3) over blocks of BLOCK_PX x BLOCK_PX; the result is in 0..1."""
    height, width = image.shape[0] // BLOCK_PX, image.shape[1] // BLOCK_PX
    blocks = image[: height * BLOCK_PX, : width * BLOCK_PX].reshape(height, BLOCK_PX, width, BLOCK_PX, 3)
    return blocks.mean(axis=(1, 3), dtype=np.float32) / 255


def find_marker(image: Image) -> Vector:
    """Find the brightest small red spot that stands alone: (column, row) in -1..1, (0, 0) if there is none.

    Small and alone: red within MARKER_RADIUS_PX, hardly any red from there to SURROUNDINGS_RADIUS_PX.
    """
    red, green, blue = (image[..., channel].astype(np.float32) for channel in range(3))
    excess = red - np.maximum(green, blue)
    is_red = (red > 60) & (red > 1.6 * np.maximum(green, blue))
    near = count_around(is_red, MARKER_RADIUS_PX)
    around = count_around(is_red, SURROUNDINGS_RADIUS_PX) - near
    alone = is_red & (near <= 14) & (around <= 1)
    if not alone.any():
        return np.zeros(2, dtype=np.float32)
    brightness = np.where(alone, red - 0.7 * (green + blue), -np.inf)
    row, column = np.unravel_index(brightness.argmax(), brightness.shape)
    rows = slice(max(row - MARKER_RADIUS_PX, 0), row + MARKER_RADIUS_PX + 1)
    columns = slice(max(column - MARKER_RADIUS_PX, 0), column + MARKER_RADIUS_PX + 1)
    weight = np.where(is_red, excess, 0)[rows, columns]
    row_numbers, column_numbers = np.mgrid[
        rows.start : rows.start + weight.shape[0], columns.start : columns.start + weight.shape[1]
    ]
    centre = np.array([(weight * column_numbers).sum(), (weight * row_numbers).sum()]) / weight.sum()
    half = np.array([image.shape[1], image.shape[0]]) / 2
    return ((centre + 0.5) / half - 1).astype(np.float32)


def count_around(mask: npt.NDArray[np.bool_], radius: int) -> Vector:
    """Count for every pixel how many of those at most `radius` rows and columns away are set, itself included."""
    size = 2 * radius + 1
    sums = np.pad(np.pad(mask, radius).astype(np.float32).cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    counts: Vector = sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size]
    return counts
