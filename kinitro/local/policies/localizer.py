"""Where things are, from the first images: a small convolutional network, in numpy.

Trained by `examples/train_localizer.py` on first observations of episodes under the scored randomization.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from skills import Scene

Array = npt.NDArray[np.float32]

CAMERAS = ("corner", "corner4", "gripper")
_LAYERS = ((0, 2), (2, 1), (4, 1), (6, 1))
"""Index of each convolution in its tower, and its stride."""


class Localizer:
    """`localizer("reach-v3", images)` -> object xyz and goal xyz in metres, world frame."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as file:
            self.tasks = [str(task) for task in file["tasks"]]
            self._weights = {name: file[name].astype(np.float32) for name in file.files if name != "tasks"}

    def __call__(self, task: str, images: Mapping[str, npt.NDArray[np.uint8]]) -> Scene:
        """Raises KeyError without the three cameras, ValueError for a task it was not trained on."""
        number = self.tasks.index(task)
        w = self._weights
        features = np.concatenate(
            [self._keypoints(camera, images[name], number) for camera, name in enumerate(CAMERAS)]
        )
        hidden = np.maximum(features @ w["hidden"][number] + w["hidden_bias"][number], 0)
        standardized = hidden @ w["out"][number] + w["out_bias"][number]
        found = standardized * w["scale"][number] + w["mean"][number]
        return Scene(found[:3], found[3:])

    def _keypoints(self, camera: int, image: npt.NDArray[np.uint8], task: int) -> Array:
        """Expected column and row, in -1..1, of each of the task's keypoints in one image."""
        x = image.transpose(2, 0, 1).astype(np.float32) / 255 - 0.5
        for index, stride in _LAYERS:
            weight = self._weights[f"towers_{camera}_{index}_weight"]
            bias = self._weights[f"towers_{camera}_{index}_bias"]
            if index == _LAYERS[-1][0]:
                per_task = len(weight) // len(self.tasks)
                mine = slice(task * per_task, (task + 1) * per_task)
                x = convolve(x, weight[mine], bias[mine], stride)
            else:
                x = np.maximum(convolve(x, weight, bias, stride), 0)
        height, width = x.shape[1:]
        share = np.exp(x - x.max(axis=(1, 2), keepdims=True))
        share /= share.sum(axis=(1, 2), keepdims=True)
        columns = share.sum(axis=1) @ np.linspace(-1, 1, width, dtype=np.float32)
        rows = share.sum(axis=2) @ np.linspace(-1, 1, height, dtype=np.float32)
        return np.concatenate((columns, rows))


def convolve(x: Array, weight: Array, bias: Array, stride: int) -> Array:
    """2-D cross-correlation of x (c, h, w) with weight (o, c, k, k), k odd, padded by k // 2: (o, h', w')."""
    size = weight.shape[2]
    padded = np.pad(x, ((0, 0), (size // 2, size // 2), (size // 2, size // 2)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(1, 2))[:, ::stride, ::stride]
    _, height, width = windows.shape[:3]
    columns = windows.transpose(1, 2, 0, 3, 4).reshape(height * width, -1)
    result = columns @ weight.reshape(len(weight), -1).T + bias
    return np.ascontiguousarray(result.T).reshape(len(weight), height, width)
