"""Where a picture is taken from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kinitro.environments.mujoco_import import mujoco
from kinitro.environments.rendering.exact import tangent

DEGREE = np.pi / 180
HALF_TURN = np.array([[-1.0], [-1.0], [1.0]])
"""Factors of right, up and forward."""


class Camera(NamedTuple):
    """A pinhole camera.

    position: float64 (3,), in the world frame, metres.
    axes:     float64 (3, 3), rows: unit vectors to the right, up and forward of the picture in the world frame.
    focal_px: float32, distance of the image plane in samples.
    near_m:   float32, what is nearer is cut away.
    """

    position: npt.NDArray[np.float64]
    axes: npt.NDArray[np.float64]
    focal_px: np.float32
    near_m: np.float32


def focal_length_px(model: mujoco.MjModel, camera: int, height_px: int) -> np.float32:
    """Focal length for a picture `height_px` high, from the camera's vertical field of view."""
    return np.float32(0.5 * height_px / tangent(0.5 * float(model.cam_fovy[camera]) * DEGREE))


def near_plane_m(model: mujoco.MjModel) -> np.float32:
    """Distance of the near plane."""
    return np.float32(float(model.vis.map.znear) * float(model.stat.extent))


def camera_pose(data: mujoco.MjData, camera: int, rotate_180: bool) -> tuple[npt.NDArray[np.float64], ...]:
    """Position and axes of `Camera`. MuJoCo's cameras look along their negative z axis."""
    axes = data.cam_xmat[camera].reshape(3, 3).T * np.array([[1.0], [1.0], [-1.0]])
    return data.cam_xpos[camera].copy(), np.ascontiguousarray(axes * HALF_TURN if rotate_180 else axes)
