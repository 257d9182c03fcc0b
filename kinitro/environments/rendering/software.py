"""The software renderer: it needs no OpenGL and draws the same bits on every x86-64 machine.

This module decides what is drawn, in which order and into which buffers; the rasterizer is in `kernels`. Three things
make it fast. What never moves is drawn once per episode for each fixed camera, and copied as the background of every
image. Moving cameras draw near objects first, because occluded triangles are dropped early. All buffers but
the images are allocated once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kinitro.environments.mujoco_import import mujoco
from kinitro.environments.rendering import CameraView, Image
from kinitro.environments.rendering.camera import Camera, compute_focal_length_px, read_camera_pose, read_near_plane_m
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
from kinitro.environments.rendering.lighting import read_lights
from kinitro.environments.rendering.scene import (
    DETAIL_DISTANCE_M,
    Geometry,
    Materials,
    build_objects,
    read_materials,
)
from kinitro.environments.rendering.textures import SKYBOX, Textures, build_textures


@dataclass(slots=True)
class _Background:
    """The cached image, with depth, of everything that never moves, as a fixed camera sees it."""

    frame: Frame
    key: bytes = b""
    """The poses of camera and objects with which it was drawn; empty if it must be drawn again in any case."""


class SoftwareRenderer:
    """A `Renderer` on the CPU.

    Transparent objects are blended, the farthest first. Shadows and reflections are not drawn. A skybox is drawn as its
    mean colour. Details of meshes that are smaller than a pixel at `distance_m` are merged.
    Raises ConfigurationError for height fields, flexes and skins.
    """

    def __init__(
        self, model: mujoco.MjModel, cameras: Sequence[CameraView], size_px: int, distance_m: float = DETAIL_DISTANCE_M
    ) -> None:
        self._model = model
        self._views = tuple(cameras)
        self._size_px = size_px
        self._objects = build_objects(model, size_px, distance_m)
        self._workspace = _make_workspace(model.nlight + 1)
        self._projection = _make_projection(self._objects.geometry)
        self._queue = _make_queue()
        self._textures = build_textures(model)
        self._camera_ids = [model.camera(view.mujoco_name).id for view in cameras]
        self._fixed = [model.body_weldid[model.cam_bodyid[camera]] == 0 for camera in self._camera_ids]
        self._frame = _make_frame(size_px)
        self._backgrounds = [_Background(_make_frame(size_px)) if fixed else None for fixed in self._fixed]
        self._sky = _find_sky_colour(self._textures)
        count = len(self._objects.moving)
        self._poses = Poses(np.zeros((count, 3)), np.zeros((count, 9)))
        self._materials: Materials | None = None
        self._compiled = False

    def begin(self, data: mujoco.MjData) -> None:
        """See `Renderer`; the first call compiles the rasterizer, about 10 s if numba's cache has no machine code."""
        model, objects = self._model, self._objects
        materials = read_materials(model, objects, self._textures)
        self._materials = materials
        self._focal_px = [compute_focal_length_px(model, camera, 2 * self._size_px) for camera in self._camera_ids]
        self._near_m = read_near_plane_m(model)
        alpha = materials.rgba[:, 3]
        opaque = alpha >= 1
        self._still = np.flatnonzero(opaque & ~objects.moving).astype(np.int32)
        self._moving = np.flatnonzero(opaque & objects.moving).astype(np.int32)
        self._opaque = np.flatnonzero(opaque).astype(np.int32)
        self._transparent = np.flatnonzero((alpha > 0) & ~opaque).astype(np.int32)
        for background in self._backgrounds:
            if background is not None:
                background.key = b""
        self._lights = read_lights(model, data)
        if not self._compiled:
            self._compile()

    def render(self, data: mujoco.MjData) -> dict[str, Image]:
        """See `Renderer`. Raises RuntimeError before the first `begin`."""
        if self._materials is None:
            raise RuntimeError("Call begin before render: colours and lights are read there.")
        objects = self._objects
        geoms = len(objects.geoms)
        position, rotation = self._poses
        position[:geoms], rotation[:geoms] = data.geom_xpos[objects.geoms], data.geom_xmat[objects.geoms]
        position[geoms:], rotation[geoms:] = data.site_xpos[objects.sites], data.site_xmat[objects.sites]
        return {view.name: self._render_camera(data, number) for number, view in enumerate(self._views)}

    def close(self) -> None:
        """See `Renderer`."""
        self._materials = None

    def _render_camera(self, data: mujoco.MjData, number: int) -> Image:
        """Draw the image of camera `number`: background, then moving opaque objects, then transparent ones."""
        view = self._views[number]
        position, axes = read_camera_pose(data, self._camera_ids[number], view.rotate_180)
        camera = Camera(position, axes, self._focal_px[number], self._near_m)
        frame, background = self._frame, self._backgrounds[number]
        if background is None:
            self._clear(frame)
            self._draw(self._sort_near_to_far(position), camera, frame)
        else:
            self._refresh(background, camera)
            np.copyto(frame.colour, background.frame.colour)
            np.copyto(frame.inverse_depth, background.frame.inverse_depth)
            np.copyto(frame.hierarchical_z, background.frame.hierarchical_z)
            self._draw(self._moving, camera, frame)
        if len(self._transparent):
            self._draw(self._sort_far_to_near(position), camera, frame)
        image = _make_image(self._size_px)
        resolve(frame, image.reshape(-1, 3))
        return image

    def _refresh(self, background: _Background, camera: Camera) -> None:
        """Draw the background again if the camera or a still object is elsewhere than when it was drawn.

        `begin` invalidates it too, for lights and materials. Still objects have no joint, but somebody may move them by
        changing the model.
        """
        still = self._still
        key = b"".join(
            (
                camera.position.tobytes(),
                camera.axes.tobytes(),
                self._poses.position[still].tobytes(),
                self._poses.rotation[still].tobytes(),
            )
        )
        if background.key != key:
            self._clear(background.frame)
            self._draw(still, camera, background.frame)
            background.key = key

    def _clear(self, frame: Frame) -> None:
        """Fill a frame with the colour of the sky, infinitely far away."""
        frame.colour.fill(self._sky)
        frame.inverse_depth.fill(0)
        frame.hierarchical_z.fill(0)

    def _draw(self, objects: npt.NDArray[np.int32], camera: Camera, frame: Frame) -> None:
        """Draw these objects into a frame, in this order."""
        for stage, arguments in self._prepare_stages(objects, camera, frame):
            stage(*arguments)

    def _prepare_stages(self, objects: npt.NDArray[np.int32], camera: Camera, frame: Frame) -> tuple[Call, Call]:
        """The two kernels that draw objects, with their arguments: to be called, or only to be compiled."""
        assert self._materials is not None  # noqa: S101
        materials, projection, side = self._materials, self._projection, 2 * self._size_px
        geometry, poses, lights, workspace = self._objects.geometry, self._poses, self._lights, self._workspace
        return (
            (project, (objects, geometry, materials, poses, lights, camera, side, workspace, projection)),
            (fill, (objects, materials.rgba, materials.texture, self._textures, projection, self._queue, frame)),
        )

    def _compile(self) -> None:
        """Compile the kernels for arguments of these types, in two processes if the cache does not have them."""
        camera = Camera(np.zeros(3), np.eye(3), self._near_m, self._near_m)
        image = _make_image(self._size_px).reshape(-1, 3)
        compile_together((resolve, (self._frame, image)), *self._prepare_stages(self._opaque, camera, self._frame))
        self._compiled = True

    def _sort_near_to_far(self, viewpoint: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
        """Sort the opaque objects: what near ones occlude costs little if they were drawn first."""
        opaque = self._opaque
        away = self._poses.position[opaque] - viewpoint
        return opaque[np.argsort(away[:, 0] ** 2 + away[:, 1] ** 2 + away[:, 2] ** 2, kind="stable")]

    def _sort_far_to_near(self, viewpoint: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
        """Sort the transparent objects by the distance of their bounding spheres, the farthest first."""
        away = self._poses.position[self._transparent] - viewpoint
        nearest = np.sqrt(away[:, 0] ** 2 + away[:, 1] ** 2 + away[:, 2] ** 2)
        nearest -= self._objects.geometry.radius[self._transparent]
        return self._transparent[np.argsort(-nearest, kind="stable")]


def _make_image(side: int) -> Image:
    return np.empty((side, side, 3), np.uint8)


def _make_frame(side: int) -> Frame:
    samples = (side * side, PIXEL_SAMPLES)
    tiles = (-(-side // TILE_PX)) ** 2
    return Frame(np.zeros(samples, np.uint32), np.zeros(samples, np.float32), np.zeros(tiles, np.float32), side)


def _make_projection(geometry: Geometry) -> Projection:
    """Allocate memory for the case that all objects are drawn and every triangle is clipped."""
    vertices, triangles = geometry.positions.shape[1], len(geometry.triangles)
    return Projection(
        np.zeros((vertices + 2 * triangles, COLUMNS), np.float32),
        np.zeros((2 * triangles, 3), np.uint32),
        np.zeros(len(geometry.radius), np.int64),
    )


def _make_workspace(lights: int) -> Workspace:
    return Workspace(
        np.zeros((3, 3), np.float32),
        np.zeros(3, np.float32),
        np.zeros((lights, 3), np.float32),
        np.zeros((lights, 3), np.float32),
        np.zeros(4, np.uint32),
        np.zeros(SCRATCH_SIZE, np.float32),
    )


def _make_queue() -> Queue:
    return Queue(
        np.zeros(QUEUE_SIZE, np.uint32),
        np.zeros(QUEUE_SIZE, np.uint32),
        np.zeros(QUEUE_SIZE, np.uint32),
        np.zeros(4 * QUEUE_SIZE),
        np.ones(VALUES_SIZE, np.float32),  # not zeros: places that were never used are divided by, too
    )


def _find_sky_colour(textures: Textures) -> np.uint32:
    """Find the mean colour of the first skybox, packed as in `Frame.colour`; black if there is none.

    The coarsest level of its mipmap has one texel per face, at the end of its texels; that of the first face is taken.
    """
    skies = np.flatnonzero(textures.kind == SKYBOX)
    if not len(skies):
        return np.uint32(0)
    last = textures.first[skies[0] + 1] if skies[0] + 1 < len(textures.first) else len(textures.texels) - 1
    red, green, blue = (int(channel) for channel in textures.texels[last - textures.faces[skies[0]], :3])
    return np.uint32(red | green << 8 | blue << 16)
