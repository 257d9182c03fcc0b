"""Camera images of a MuJoCo scene.

There are two renderers with one interface. `software` is our own rasterizer: it needs no OpenGL, and its images are the
same bits on every x86-64 machine. `gl` is MuJoCo's OpenGL renderer, for videos.

Importing this package loads neither MuJoCo nor numba; `make_renderer` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from kinitro.errors import ConfigurationError

if TYPE_CHECKING:
    import mujoco

Image = npt.NDArray[np.uint8]
"""An image: uint8 (height, width, 3), RGB, upright, not mirrored."""


@dataclass(frozen=True, slots=True)
class CameraView:
    """A camera of the model, and how its image is presented to the policy."""

    name: str
    """The camera's name for the policy."""
    mujoco_name: str
    """The camera's name in the model."""
    rotate_180: bool
    """Whether the camera is mounted upside down, so that its image must be turned by half a turn."""


class Renderer(Protocol):
    """Draws one model from a fixed set of cameras. It is not thread-safe. Drawing changes no physics.

    Call `begin` once per episode, after randomization and `mj_forward`, then `render` as often as you like.
    """

    def begin(self, data: mujoco.MjData) -> None:
        """Read colours, materials, textures, lights and fields of view from the model anew."""

    def render(self, data: mujoco.MjData) -> dict[str, Image]:
        """Draw the scene in the state of `data`, after `mj_forward`.

        Returns one image per camera, by the policy's name of the camera, in the order of the cameras. The arrays belong
        to the caller.
        """

    def close(self) -> None:
        """Free what the renderer holds. Further calls do nothing."""


def make_renderer(
    kind: str,
    model: mujoco.MjModel,
    cameras: Sequence[CameraView],
    size_px: int,
    distance_m: float | None = None,
) -> Renderer:
    """Make a renderer of square images, `size_px` wide and high (1 to 4096); `kind` is "software" or "gl".

    The software renderer merges details of meshes that are smaller than a pixel at `distance_m`, by default 2.5 m.

    Raises ConfigurationError if the kind, the size or a camera is unknown, or if the model has something that the
    renderer cannot draw; UnavailableError if OpenGL is asked for and this machine has none.
    """
    if not 1 <= size_px <= 4096:
        raise ConfigurationError(f"The image size cannot be {size_px} px: choose 1 to 4096.")
    for camera in cameras:
        check_camera(model, camera)
    if kind == "software":
        from kinitro.environments.rendering.scene import DETAIL_DISTANCE_M
        from kinitro.environments.rendering.software import SoftwareRenderer

        return SoftwareRenderer(model, cameras, size_px, DETAIL_DISTANCE_M if distance_m is None else distance_m)
    if kind == "gl":
        from kinitro.environments.rendering.gl import GlRenderer

        return GlRenderer(model, cameras, size_px)
    raise ConfigurationError(f"There is no renderer {kind!r}: choose 'software' or 'gl'.")


def check_camera(model: mujoco.MjModel, camera: CameraView) -> None:
    """Raise ConfigurationError unless the model has this camera."""
    names = [model.camera(index).name for index in range(model.ncam)]
    if camera.mujoco_name not in names:
        raise ConfigurationError(
            f"The model has no camera {camera.mujoco_name!r}; it has {', '.join(names) or 'none'}."
        )
