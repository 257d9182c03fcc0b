"""The pinhole camera of the software renderer, and how it is read from a model."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kinitro.environments.mujoco_import import mujoco
from kinitro.environments.rendering.exact import tangent

DEGREE = np.pi / 180
HALF_TURN = np.array([[-1.0], [-1.0], [1.0]])
"""Factors of the axes right, up and forward that turn a camera by half a turn about its line of sight."""


class Camera(NamedTuple):
    """A pinhole camera with square pixels whose line of sight goes through the middle of the image.

    position: float64 (3,), in the world frame, metres.
    axes:     float64 (3, 3), rows are unit vectors in the world frame: to the right of the image, up and forward.
    focal_px: focal length in samples: a point at depth z and x to the right is focal_px * x / z right of the middle.
    near_m:   distance of the near plane in metres; surfaces in front of it are clipped.
    """

    position: npt.NDArray[np.float64]
    axes: npt.NDArray[np.float64]
    focal_px: np.float32
    near_m: np.float32


def compute_focal_length_px(model: mujoco.MjModel, camera: int, height_px: int) -> np.float32:
    """Compute the focal length in pixels for an image `height_px` high from the camera's vertical field of view."""
    return np.float32(0.5 * height_px / tangent(0.5 * float(model.cam_fovy[camera]) * DEGREE))


def read_near_plane_m(model: mujoco.MjModel) -> np.float32:
    """Read the distance of the near plane, which MuJoCo states in units of the model's extent."""
    return np.float32(float(model.vis.map.znear) * float(model.stat.extent))


def read_camera_pose(data: mujoco.MjData, camera: int, rotate_180: bool) -> tuple[npt.NDArray[np.float64], ...]:
    """Read position and axes of `Camera`. MuJoCo's cameras look along their negative z axis, with y upwards."""
    axes = data.cam_xmat[camera].reshape(3, 3).T * np.array([[1.0], [1.0], [-1.0]])
    return data.cam_xpos[camera].copy(), np.ascontiguousarray(axes * HALF_TURN if rotate_180 else axes)
