"""MuJoCo's OpenGL renderer, with shadows and reflections. Its pixels depend on the graphics driver."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Sequence

import numpy as np

from kinitro.environments.mujoco_import import GL_FAILURE, mujoco
from kinitro.environments.rendering import CameraView, Image
from kinitro.errors import UnavailableError

SAMPLES = 4
"""Samples per pixel of the offscreen buffer (multisampling)."""


class GlRenderer:
    """A `Renderer` that draws with OpenGL.

    All renderers of a process share one OpenGL context, which lives as long as the process: freeing one of several
    contexts makes drivers return constant frames from the others, without an error. For the same reason images that are
    all of one colour raise UnavailableError. So does making a renderer where there is no OpenGL.
    """

    def __init__(
        self,
        model: mujoco.MjModel,
        cameras: Sequence[CameraView],
        size_px: int,
        *,
        shadows: bool = True,
        reflections: bool = True,
    ) -> None:
        self._context = _share_process_context()
        self._model = model
        self._views = tuple(cameras)
        self._size_px = size_px
        self._resources: mujoco.MjrContext | None = None
        self._uploaded = b""
        self._scene = mujoco.MjvScene(model, maxgeom=model.ngeom + model.nsite + 100)
        self._scene.flags[mujoco.mjtRndFlag.mjRND_SHADOW] = shadows
        self._scene.flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = reflections
        self._options = mujoco.MjvOption()
        self._cameras = []
        for view in cameras:
            camera = mujoco.MjvCamera()
            camera.type = mujoco.mjtCamera.mjCAMERA_FIXED
            camera.fixedcamid = model.camera(view.mujoco_name).id
            self._cameras.append(camera)

    def begin(self, data: mujoco.MjData) -> None:
        """See `Renderer`. Raises UnavailableError if OpenGL returns nothing but frames of one colour."""
        model = self._model
        # everything else is read from the model for every image
        wanted = b"".join(array.tobytes() for array in (model.mat_texid, model.mat_texuniform, model.mat_texrepeat))
        if self._resources is None or wanted != self._uploaded:
            self._upload()
            self._uploaded = wanted
        self.render(data)

    def render(self, data: mujoco.MjData) -> dict[str, Image]:
        """See `Renderer`. Raises RuntimeError before the first `begin`, UnavailableError as `begin` does."""
        if self._resources is None:
            raise RuntimeError("Call begin before render: textures are uploaded there.")
        self._context.make_current()
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._resources)
        images = {
            view.name: self._render_camera(data, view, camera)
            for view, camera in zip(self._views, self._cameras, strict=True)
        }
        if all((image == image[0, 0]).all() for image in images.values()):
            raise UnavailableError(
                "OpenGL returned frames of one colour: use renderer 'software', or one process per renderer."
            )
        return images

    def close(self) -> None:
        """See `Renderer`."""
        if self._resources is not None:
            self._context.make_current()
            self._resources.free()
            self._resources = None

    def _upload(self) -> None:
        """Create textures, meshes and an offscreen buffer of the right size in the process's context."""
        self.close()
        self._context.make_current()
        visual, size_px = self._model.vis, self._size_px
        own = (visual.global_.offwidth, visual.global_.offheight, visual.quality.offsamples)
        visual.global_.offwidth, visual.global_.offheight, visual.quality.offsamples = size_px, size_px, SAMPLES
        try:
            self._resources = mujoco.MjrContext(self._model, mujoco.mjtFontScale.mjFONTSCALE_100)
        except mujoco.FatalError as error:
            raise _explain_unavailable(f"images of {size_px} px cannot be drawn: {error}") from error
        finally:
            visual.global_.offwidth, visual.global_.offheight, visual.quality.offsamples = own

    def _render_camera(self, data: mujoco.MjData, view: CameraView, camera: mujoco.MjvCamera) -> Image:
        """Draw the image of one camera, with the origin in the upper left corner."""
        mujoco.mjv_updateScene(
            self._model,
            data,
            self._options,
            mujoco.MjvPerturb(),
            camera,
            mujoco.mjtCatBit.mjCAT_ALL,
            self._scene,
        )
        rectangle = mujoco.MjrRect(0, 0, self._size_px, self._size_px)
        mujoco.mjr_render(rectangle, self._scene, self._resources)
        image = np.empty((self._size_px, self._size_px, 3), np.uint8)
        mujoco.mjr_readPixels(image, None, rectangle, self._resources)
        # OpenGL's first row is the lowest one
        return np.ascontiguousarray(image[:, ::-1] if view.rotate_180 else image[::-1])


@functools.cache
def _share_process_context() -> mujoco.GLContext:
    """Make the one OpenGL context of this process and try it out; later calls return the same one.

    Raises UnavailableError with the reason if that fails.
    """
    if not hasattr(mujoco, "GLContext"):
        raise _explain_unavailable(GL_FAILURE or "MUJOCO_GL switches it off")
    with warnings.catch_warnings(record=True) as caught:  # GLFW's errors
        warnings.simplefilter("always")
        try:
            context = mujoco.GLContext.__new__(mujoco.GLContext)
            context._context = None  # what its destructor reads, also where its constructor fails before it is set
            mujoco.GLContext.__init__(context, 64, 64)
            context.make_current()
            # without a context that is current this fails, as later drawing would
            mujoco.MjrContext(_make_empty_model(), mujoco.mjtFontScale.mjFONTSCALE_50).free()
        except Exception as error:  # of the driver, of its bindings, or MuJoCo's FatalError
            raise _explain_unavailable(str(caught[0].message if caught else error)) from error
    return context


def _make_empty_model() -> mujoco.MjModel:
    """Make a model without anything in it, to try a context out with."""
    return mujoco.MjModel.from_xml_string("<mujoco/>")


def _explain_unavailable(why: str) -> UnavailableError:
    """Make the error that says why OpenGL cannot be used and what to do."""
    return UnavailableError(
        f"OpenGL cannot be used ({why}): use renderer 'software', or install EGL or OSMesa and set "
        "MUJOCO_GL=egl or MUJOCO_GL=osmesa before Python starts."
    )
