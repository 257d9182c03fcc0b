"""What a model looks like: its geoms and sites as one pool of triangles, and how they are painted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from kinitro.environments.mujoco_import import mujoco
from kinitro.environments.rendering import shapes
from kinitro.environments.rendering.meshes import mesh_surface
from kinitro.environments.rendering.textures import PLANAR, Textures
from kinitro.errors import ConfigurationError

if TYPE_CHECKING:
    from kinitro.environments.rendering.shapes import Floats, Surface

VISIBLE_GROUPS = 3
"""Geoms and sites of groups 0, 1, 2 are drawn, as MuJoCo's viewers do unless told otherwise."""
DEFAULT_RGBA = (0.5, 0.5, 0.5, 1.0)
"""A geom of just this colour shows its material's (MuJoCo's rule)."""
DEFAULT_SPECULAR, DEFAULT_SHININESS = 0.5, 0.5
"""Of an object without material."""
SHININESS_EXPONENT = 128
"""The specular exponent of shininess 1."""
OPAQUE_ALPHA = 0.995
"""What is less opaque is blended. MuJoCo's renderer draws such surfaces twice: an opacity a covers 1 - (1 - a) ** 2."""

DETAIL_DISTANCE_M = 2.5
"""Details of a mesh smaller than a pixel at this distance (for a field of view of 53 degrees) are merged."""
LIGHTING_CELL_M = 0.4
"""Longest side of the cells into which faces of boxes are divided."""
PLANE_CELLS = 16
"""Cells of a plane along each axis."""


class Geometry(NamedTuple):
    """All triangles of a model.

    positions, normals: float32 (3, vertices), in the frame of the object.
    triangles:          uint32 (triangles, 3), indices of the object's vertices, from 0.
    first_vertex, first_triangle: int32 (objects + 1,).
    radius:             float32 (objects,): of the sphere around the object's origin that holds it, in metres.
    """

    positions: npt.NDArray[np.float32]
    normals: npt.NDArray[np.float32]
    triangles: npt.NDArray[np.uint32]
    first_vertex: npt.NDArray[np.int32]
    first_triangle: npt.NDArray[np.int32]
    radius: npt.NDArray[np.float32]


class Paint(NamedTuple):
    """How objects look in one episode.

    rgba:        float32 (objects, 4); alpha is the part of what lies behind that is covered: 1 is opaque.
    specular, emission: float32 (objects,).
    exponent:    int32 (objects,), of the specular highlight.
    texture:     int32 (objects,), or -1.
    coordinates: float32 (3, vertices), where a vertex lies in its texture: (column, row, unused) in units of the
                 picture for planar textures, a direction for cubes.
    """

    rgba: npt.NDArray[np.float32]
    specular: npt.NDArray[np.float32]
    emission: npt.NDArray[np.float32]
    exponent: npt.NDArray[np.int32]
    texture: npt.NDArray[np.int32]
    coordinates: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Objects:
    """The drawn geoms, then the drawn sites of a model; an object's number is its place in this order.

    geoms, sites: int64, their numbers in the model.
    geometry:     their triangles.
    layout:       float64 (vertices, 3), `Surface.coordinates` of all vertices.
    moving:       bool (objects,): not rigidly attached to the world.
    """

    geoms: npt.NDArray[np.int64]
    sites: npt.NDArray[np.int64]
    geometry: Geometry
    layout: Floats
    moving: npt.NDArray[np.bool_]


def model_objects(model: mujoco.MjModel, size_px: int) -> Objects:
    """The drawn objects of the model, detailed enough for pictures `size_px` wide.

    Raises ConfigurationError for what cannot be drawn (height fields, flexes, skins).
    """
    if model.nflex or model.nskin:
        raise ConfigurationError(
            f"The software renderer cannot draw this model's {model.nflex} flexes and {model.nskin} skins: use geoms."
        )
    geoms = np.flatnonzero(model.geom_group < VISIBLE_GROUPS)
    sites = np.flatnonzero(model.site_group < VISIBLE_GROUPS)
    cell_m = DETAIL_DISTANCE_M / size_px
    surfaces = [
        _surface(model, int(model.geom_type[g]), model.geom_size[g], int(model.geom_dataid[g]), cell_m) for g in geoms
    ] + [_surface(model, int(model.site_type[s]), model.site_size[s], -1, cell_m) for s in sites]
    bodies = np.concatenate([model.geom_bodyid[geoms], model.site_bodyid[sites]])
    layout = np.concatenate([surface.coordinates for surface in surfaces])
    return Objects(geoms, sites, _pooled(surfaces), layout, _moves(model)[bodies])


def _moves(model: mujoco.MjModel) -> npt.NDArray[np.bool_]:
    """Which bodies are not rigidly attached to the world; mocap bodies move though they have no joint."""
    moves = np.zeros(model.nbody, np.bool_)
    for body in range(1, model.nbody):
        parent = model.body_parentid[body]
        moves[body] = model.body_weldid[body] != 0 or model.body_mocapid[body] >= 0 or moves[parent]
    return moves


def _pooled(surfaces: list[Surface]) -> Geometry:
    vertices = np.cumsum([0] + [len(surface.positions) for surface in surfaces])
    triangles = np.cumsum([0] + [len(surface.triangles) for surface in surfaces])
    squares = [(surface.positions * surface.positions).sum(axis=1).max() for surface in surfaces]
    return Geometry(
        np.ascontiguousarray(np.concatenate([surface.positions for surface in surfaces]).T.astype(np.float32)),
        np.ascontiguousarray(np.concatenate([surface.normals for surface in surfaces]).T.astype(np.float32)),
        np.concatenate([surface.triangles for surface in surfaces]).astype(np.uint32),
        vertices.astype(np.int32),
        triangles.astype(np.int32),
        np.sqrt(squares).astype(np.float32),
    )


def _surface(model: mujoco.MjModel, kind: int, size: Floats, mesh: int, cell_m: float) -> Surface:
    """One geom or site as triangles. `size` is MuJoCo's: half sizes, or radius and half length."""
    types = mujoco.mjtGeom
    if kind == types.mjGEOM_PLANE:
        # a half size of 0 stands for infinity
        far = float(model.vis.map.zfar * model.stat.extent)
        return shapes.plane(size[0] or far, size[1] or far, PLANE_CELLS)
    if kind == types.mjGEOM_SPHERE:
        return shapes.ellipsoid(np.repeat(size[:1], 3), _slices(size[0], cell_m))
    if kind == types.mjGEOM_ELLIPSOID:
        return shapes.ellipsoid(size, _slices(size.max(), cell_m))
    if kind == types.mjGEOM_CAPSULE:
        return shapes.capsule(size[0], size[1], _slices(size[0], cell_m))
    if kind == types.mjGEOM_CYLINDER:
        return shapes.cylinder(size[0], size[1], _slices(size[0], cell_m))
    if kind == types.mjGEOM_BOX:
        return shapes.box(size, LIGHTING_CELL_M)
    if kind == types.mjGEOM_MESH:
        return mesh_surface(model, mesh, cell_m)
    raise ConfigurationError(
        f"The software renderer cannot draw {types(kind).name}: use planes, spheres, ellipsoids, capsules, cylinders, "
        "boxes and meshes."
    )


def _slices(radius: float, cell_m: float) -> int:
    """Into how many slices a round shape is cut: 8 up to a pixel (see DETAIL_DISTANCE_M), 16 up to three, 32 above."""
    return 8 if radius <= cell_m else 16 if radius <= 3 * cell_m else 32


def model_paint(model: mujoco.MjModel, objects: Objects, textures: Textures) -> Paint:
    """How the objects look now: colours, materials and textures as the model has them."""
    own = np.concatenate([model.geom_rgba[objects.geoms], model.site_rgba[objects.sites]])
    material = np.concatenate([model.geom_matid[objects.geoms], model.site_matid[objects.sites]])
    size = np.concatenate([model.geom_size[objects.geoms], model.site_size[objects.sites]])
    has_material = material >= 0
    if not model.nmat:
        return _paint(own, DEFAULT_SPECULAR, 0.0, DEFAULT_SHININESS, np.full(len(own), -1), objects.layout)
    shows_material = has_material & (own == np.array(DEFAULT_RGBA, np.float32)).all(axis=1)
    texture = np.where(has_material, model.mat_texid[material, mujoco.mjtTextureRole.mjTEXROLE_RGB], -1)
    counts = np.diff(objects.geometry.first_vertex)
    scale, offset = _texture_layout(model, objects, textures, texture, material, size)
    return _paint(
        np.where(shows_material[:, None], model.mat_rgba[material], own),
        np.where(has_material, model.mat_specular[material], DEFAULT_SPECULAR),
        np.where(has_material, model.mat_emission[material], 0.0),
        np.where(has_material, model.mat_shininess[material], DEFAULT_SHININESS),
        texture,
        objects.layout * np.repeat(scale, counts, axis=0) + np.repeat(offset, counts, axis=0),
    )


def _texture_layout(
    model: mujoco.MjModel,
    objects: Objects,
    textures: Textures,
    texture: npt.NDArray[np.int32],
    material: npt.NDArray[np.int32],
    size: Floats,
) -> tuple[Floats, Floats]:
    """Scale and offset (objects, 3) that take `Objects.layout` to texture coordinates, as MuJoCo lays textures out.

    A planar texture is projected along z and repeated `texrepeat` times over the object (or over a metre if uniform);
    a cube is looked up in the direction of the point.
    """
    planar = np.append(textures.kind, -1)[texture] == PLANAR
    uniform = model.mat_texuniform[material].astype(bool)[:, None]
    positive = np.where(size > 0, size, 1.0)
    kinds = np.concatenate([model.geom_type[objects.geoms], model.site_type[objects.sites]])
    in_metres = np.isin(kinds, (mujoco.mjtGeom.mjGEOM_MESH, mujoco.mjtGeom.mjGEOM_PLANE))[:, None]
    repeats = np.column_stack([model.mat_texrepeat[material], np.zeros(len(material))])
    repeats = repeats / np.where(in_metres, positive, 1.0) * np.where(uniform, positive, 1.0)
    scale = np.where(planar[:, None], repeats * (0.5, -0.5, 0.0), np.where(uniform, positive, 1.0))
    offset = np.where(planar[:, None], (-0.5, -0.5, 0.0), 0.0)
    return scale, offset


def _paint(
    rgba: npt.ArrayLike,
    specular: npt.ArrayLike,
    emission: npt.ArrayLike,
    shininess: npt.ArrayLike,
    texture: npt.NDArray[np.integer],
    coordinates: Floats,
) -> Paint:
    count = len(texture)
    exponent = np.broadcast_to(np.rint(np.asarray(shininess) * SHININESS_EXPONENT), count)
    painted = np.array(rgba, np.float32)
    through = 1 - painted[:, 3]
    painted[:, 3] = np.where(painted[:, 3] >= OPAQUE_ALPHA, 1, 1 - through * through)
    return Paint(
        painted,
        np.broadcast_to(np.asarray(specular, np.float32), count).copy(),
        np.broadcast_to(np.asarray(emission, np.float32), count).copy(),
        exponent.astype(np.int32),
        texture.astype(np.int32),
        np.ascontiguousarray(coordinates.T.astype(np.float32)),
    )
