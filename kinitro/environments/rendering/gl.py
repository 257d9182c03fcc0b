"""MuJoCo's OpenGL renderer: shadows, reflections, any resolution; its pixels depend on the driver."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Sequence

import numpy as np

from kinitro.environments.mujoco_import import GL_FAILURE, mujoco
from kinitro.environments.rendering import CameraView, Image
from kinitro.errors import UnavailableError

SAMPLES = 4
"""Multisampling of the offscreen buffer."""


class GlRenderer:
    """See `Renderer`. All renderers of a process share one OpenGL context, which stays until the process ends.

    Freeing one of several contexts makes drivers return constant frames from the others, without an error; a renderer
    whose pictures are all of one colour therefore raises UnavailableError. So does making one without OpenGL.
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
        self._context = _process_context()
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
        """See `Renderer`; raises UnavailableError when OpenGL returns nothing but constant frames."""
        model = self._model
        # everything else is read from the model for every picture
        wanted = b"".join(array.tobytes() for array in (model.mat_texid, model.mat_texuniform, model.mat_texrepeat))
        if self._resources is None or wanted != self._uploaded:
            self._upload()
            self._uploaded = wanted
        self.render(data)

    def render(self, data: mujoco.MjData) -> dict[str, Image]:
        """See `Renderer`; RuntimeError before `begin`."""
        if self._resources is None:
            raise RuntimeError("Call begin before render: textures are uploaded there.")
        self._context.make_current()
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._resources)
        pictures = {
            view.name: self._picture(data, view, camera)
            for view, camera in zip(self._views, self._cameras, strict=True)
        }
        if all((picture == picture[0, 0]).all() for picture in pictures.values()):
            raise UnavailableError(
                "OpenGL returned frames of one colour: use renderer 'software', or one process per renderer."
            )
        return pictures

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
            raise _unavailable(f"pictures of {size_px} px cannot be drawn: {error}") from error
        finally:
            visual.global_.offwidth, visual.global_.offheight, visual.quality.offsamples = own

    def _picture(self, data: mujoco.MjData, view: CameraView, camera: mujoco.MjvCamera) -> Image:
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
        picture = np.empty((self._size_px, self._size_px, 3), np.uint8)
        mujoco.mjr_readPixels(picture, None, rectangle, self._resources)
        # OpenGL's first row is the lowest
        return np.ascontiguousarray(picture[:, ::-1] if view.rotate_180 else picture[::-1])


@functools.cache
def _process_context() -> mujoco.GLContext:
    """The one OpenGL context of this process, tried out; raises UnavailableError."""
    if not hasattr(mujoco, "GLContext"):
        raise _unavailable(GL_FAILURE or "MUJOCO_GL switches it off")
    with warnings.catch_warnings(record=True) as said:  # GLFW's errors
        warnings.simplefilter("always")
        try:
            context = mujoco.GLContext.__new__(mujoco.GLContext)
            context._context = None  # what its destructor reads, also where its constructor fails before it is set
            mujoco.GLContext.__init__(context, 64, 64)
            context.make_current()
            # without a context that is current this fails, as later drawing would
            mujoco.MjrContext(_empty_model(), mujoco.mjtFontScale.mjFONTSCALE_50).free()
        except Exception as error:  # of the driver, of its bindings, or MuJoCo's FatalError
            raise _unavailable(str(said[0].message if said else error)) from error
    return context


def _empty_model() -> mujoco.MjModel:
    return mujoco.MjModel.from_xml_string("<mujoco/>")


def _unavailable(why: str) -> UnavailableError:
    return UnavailableError(
        f"OpenGL cannot be used ({why}): use renderer 'software', or install EGL or OSMesa and set "
        "MUJOCO_GL=egl or MUJOCO_GL=osmesa before Python starts."
    )
