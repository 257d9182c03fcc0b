"""The software renderer: needs no OpenGL, and draws the same bits on every x86-64 machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kinitro.environments.mujoco_import import mujoco
from kinitro.environments.rendering import CameraView, Image
from kinitro.environments.rendering.camera import Camera, camera_pose, focal_length_px, near_plane_m
from kinitro.environments.rendering.compilation import Call, compile_together
from kinitro.environments.rendering.kernels import (
    COLUMNS,
    PIXEL_SAMPLES,
    QUEUE_SIZE,
    SCRATCH_SIZE,
    TILE_PX,
    VALUES_SIZE,
    Frame,
    Poses,
    Projection,
    Queue,
    Workspace,
    fill,
    project,
    resolve,
)
from kinitro.environments.rendering.lighting import scene_lights
from kinitro.environments.rendering.scene import Geometry, Paint, model_objects, model_paint
from kinitro.environments.rendering.textures import SKYBOX, Textures, model_textures


@dataclass(slots=True)
class _Background:
    """What a fixed camera sees of what never moves, and the camera, lights and poses it was drawn with."""

    frame: Frame
    drawn_with: bytes = b""


class SoftwareRenderer:
    """See `Renderer`. Transparent surfaces are blended far to near; shadows and reflections are not drawn.

    Refuses height fields, flexes, skins and lights with a position; a skybox shows as its mean colour.
    """

    def __init__(self, model: mujoco.MjModel, cameras: Sequence[CameraView], size_px: int) -> None:
        self._model = model
        self._views = tuple(cameras)
        self._size_px = size_px
        self._objects = model_objects(model, size_px)
        self._workspace = _workspace(model.nlight + 1)
        self._projection = _projection(self._objects.geometry)
        self._queue = _queue()
        self._textures = model_textures(model)
        self._camera_ids = [model.camera(view.mujoco_name).id for view in cameras]
        self._fixed = [model.body_weldid[model.cam_bodyid[camera]] == 0 for camera in self._camera_ids]
        self._frame = _empty_frame(size_px)
        self._backgrounds = [_Background(_empty_frame(size_px)) if fixed else None for fixed in self._fixed]
        self._sky = _sky_colour(self._textures)
        count = len(self._objects.moving)
        self._poses = Poses(np.zeros((count, 3)), np.zeros((count, 9)))
        self._paint: Paint | None = None
        self._compiled = False

    def begin(self, data: mujoco.MjData) -> None:
        """See `Renderer`."""
        model, objects = self._model, self._objects
        paint = model_paint(model, objects, self._textures)
        self._paint = paint
        self._focal_px = [focal_length_px(model, camera, 2 * self._size_px) for camera in self._camera_ids]
        self._near_m = near_plane_m(model)
        alpha = paint.rgba[:, 3]
        opaque = alpha >= 1
        self._still = np.flatnonzero(opaque & ~objects.moving).astype(np.int32)
        self._moving = np.flatnonzero(opaque & objects.moving).astype(np.int32)
        self._opaque = np.flatnonzero(opaque).astype(np.int32)
        self._transparent = np.flatnonzero((alpha > 0) & ~opaque).astype(np.int32)
        for background in self._backgrounds:
            if background is not None:
                background.drawn_with = b""
        self._lights = scene_lights(model, data)
        if not self._compiled:
            self._compile()

    def render(self, data: mujoco.MjData) -> dict[str, Image]:
        """See `Renderer`; RuntimeError before `begin`."""
        if self._paint is None:
            raise RuntimeError("Call begin before render: colours and lights are read there.")
        objects = self._objects
        geoms = len(objects.geoms)
        position, rotation = self._poses
        position[:geoms], rotation[:geoms] = data.geom_xpos[objects.geoms], data.geom_xmat[objects.geoms]
        position[geoms:], rotation[geoms:] = data.site_xpos[objects.sites], data.site_xmat[objects.sites]
        return {view.name: self._picture(data, number) for number, view in enumerate(self._views)}

    def close(self) -> None:
        """See `Renderer`."""
        self._paint = None

    def _picture(self, data: mujoco.MjData, number: int) -> Image:
        view = self._views[number]
        position, axes = camera_pose(data, self._camera_ids[number], view.rotate_180)
        camera = Camera(position, axes, self._focal_px[number], self._near_m)
        frame, background = self._frame, self._backgrounds[number]
        if background is None:
            self._clear(frame)
            self._draw(self._near_to_far(position), camera, frame)
        else:
            self._refresh(background, camera)
            np.copyto(frame.colour, background.frame.colour)
            np.copyto(frame.nearness, background.frame.nearness)
            np.copyto(frame.farthest, background.frame.farthest)
            self._draw(self._moving, camera, frame)
        if len(self._transparent):
            self._draw(self._far_to_near(position), camera, frame)
        picture = _empty_picture(self._size_px)
        resolve(frame, picture.reshape(-1, 3))
        return picture

    def _refresh(self, background: _Background, camera: Camera) -> None:
        """Draw what never moves, unless that was done with the same poses, lights and camera."""
        still = self._still
        drawn_with = b"".join(
            (
                camera.position.tobytes(),
                camera.axes.tobytes(),
                self._poses.position[still].tobytes(),
                self._poses.rotation[still].tobytes(),
            )
        )
        if background.drawn_with != drawn_with:
            self._clear(background.frame)
            self._draw(still, camera, background.frame)
            background.drawn_with = drawn_with

    def _clear(self, frame: Frame) -> None:
        frame.colour.fill(self._sky)
        frame.nearness.fill(0)
        frame.farthest.fill(0)

    def _draw(self, objects: npt.NDArray[np.int32], camera: Camera, frame: Frame) -> None:
        for stage, arguments in self._stages(objects, camera, frame):
            stage(*arguments)

    def _stages(self, objects: npt.NDArray[np.int32], camera: Camera, frame: Frame) -> tuple[Call, Call]:
        """What drawing objects consists of."""
        assert self._paint is not None  # noqa: S101
        paint, projection, side = self._paint, self._projection, 2 * self._size_px
        geometry, poses, lights, workspace = self._objects.geometry, self._poses, self._lights, self._workspace
        return (
            (project, (objects, geometry, paint, poses, lights, camera, side, workspace, projection)),
            (fill, (objects, paint.rgba, paint.texture, self._textures, projection, self._queue, frame)),
        )

    def _compile(self) -> None:
        camera = Camera(np.zeros(3), np.eye(3), self._near_m, self._near_m)
        picture = _empty_picture(self._size_px).reshape(-1, 3)
        compile_together((resolve, (self._frame, picture)), *self._stages(self._opaque, camera, self._frame))
        self._compiled = True

    def _near_to_far(self, viewpoint: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
        """The opaque objects; what is drawn first hides the rest, which then costs little."""
        opaque = self._opaque
        away = self._poses.position[opaque] - viewpoint
        return opaque[np.argsort(away[:, 0] ** 2 + away[:, 1] ** 2 + away[:, 2] ** 2, kind="stable")]

    def _far_to_near(self, viewpoint: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
        """The transparent objects, the one whose nearest point is farthest first."""
        away = self._poses.position[self._transparent] - viewpoint
        nearest = np.sqrt(away[:, 0] ** 2 + away[:, 1] ** 2 + away[:, 2] ** 2)
        nearest -= self._objects.geometry.radius[self._transparent]
        return self._transparent[np.argsort(-nearest, kind="stable")]


def _empty_picture(side: int) -> Image:
    return np.empty((side, side, 3), np.uint8)


def _empty_frame(side: int) -> Frame:
    samples = (side * side, PIXEL_SAMPLES)
    tiles = (-(-side // TILE_PX)) ** 2
    return Frame(np.zeros(samples, np.uint32), np.zeros(samples, np.float32), np.zeros(tiles, np.float32), side)


def _projection(geometry: Geometry) -> Projection:
    vertices, triangles = geometry.positions.shape[1], len(geometry.triangles)
    return Projection(
        np.zeros((vertices + 2 * triangles, COLUMNS), np.float32),
        np.zeros((2 * triangles, 3), np.uint32),
        np.zeros(len(geometry.radius), np.int64),
    )


def _workspace(lights: int) -> Workspace:
    return Workspace(
        np.zeros((3, 3), np.float32),
        np.zeros(3, np.float32),
        np.zeros((lights, 3), np.float32),
        np.zeros(4, np.uint32),
        np.zeros(SCRATCH_SIZE, np.float32),
    )


def _queue() -> Queue:
    return Queue(
        np.zeros(QUEUE_SIZE, np.uint32),
        np.zeros(QUEUE_SIZE, np.uint32),
        np.zeros(QUEUE_SIZE, np.uint32),
        np.zeros(4 * QUEUE_SIZE),
        np.ones(VALUES_SIZE, np.float32),
    )


def _sky_colour(textures: Textures) -> np.uint32:
    """Mean colour of the first skybox, packed as in `Frame`; black without one."""
    skies = np.flatnonzero(textures.kind == SKYBOX)
    if not len(skies):
        return np.uint32(0)
    last = textures.first[skies[0] + 1] if skies[0] + 1 < len(textures.first) else len(textures.texels) - 1
    red, green, blue = (int(channel) for channel in textures.texels[last - textures.faces[skies[0]], :3])
    return np.uint32(red | green << 8 | blue << 16)
