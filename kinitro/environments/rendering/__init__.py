"""Camera images of a MuJoCo scene.

Two renderers with one interface: `software`, a rasterizer of our own that needs no OpenGL and whose images are the
same bits on every x86-64 machine, and `gl`, MuJoCo's OpenGL renderer, for videos.

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
"""uint8 (height, width, 3): RGB, upright, unmirrored."""


@dataclass(frozen=True, slots=True)
class CameraView:
    """A camera of the model as the policy sees it."""

    name: str
    """What the policy calls it."""
    mujoco_name: str
    """What the model calls it."""
    rotate_180: bool
    """The camera is mounted upside down: turn its picture by half a turn."""


class Renderer(Protocol):
    """Draws one model from a fixed set of cameras. Not thread-safe; drawing changes no physics.

    `begin` once per episode, after randomization and `mj_forward`; then `render` as often as wanted.
    """

    def begin(self, data: mujoco.MjData) -> None:
        """Read colours, materials, textures, lights and fields of view from the model anew."""

    def render(self, data: mujoco.MjData) -> dict[str, Image]:
        """The scene as `data` has it, by camera name, in the order of the cameras; the arrays are the caller's."""

    def close(self) -> None:
        """Free what the renderer holds; idempotent."""


def make_renderer(kind: str, model: mujoco.MjModel, cameras: Sequence[CameraView], size_px: int) -> Renderer:
    """A renderer of square images, `size_px` wide and high; `kind` is software or gl.

    Raises ConfigurationError: unknown kind, size or camera, a scene with something the renderer cannot draw;
    UnavailableError: no OpenGL on this machine.
    """
    if not 1 <= size_px <= 4096:
        raise ConfigurationError(f"The image size cannot be {size_px} px: choose 1 to 4096.")
    for camera in cameras:
        check_camera(model, camera)
    if kind == "software":
        from kinitro.environments.rendering.software import SoftwareRenderer

        return SoftwareRenderer(model, cameras, size_px)
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
