"""What a model looks like: the triangles of its geoms and sites, and their materials.

`build_objects` triangulates a model once, when a renderer is made: shapes never change. `read_materials` reads colours,
materials and textures at the beginning of each episode, because randomization changes them. The rasterizer in `kernels`
draws both. An *object* is a geom or a site that is drawn; all arrays over objects are in the order of `Objects`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from kinitro.environments.mujoco_import import mujoco
from kinitro.environments.rendering import shapes
from kinitro.environments.rendering.meshes import simplify_mesh
from kinitro.environments.rendering.textures import PLANAR, Textures
from kinitro.errors import ConfigurationError

if TYPE_CHECKING:
    from kinitro.environments.rendering.shapes import Floats, Surface

VISIBLE_GROUPS = 3
"""Geoms and sites of groups 0, 1 and 2 are drawn, as in MuJoCo's viewers by default."""
DEFAULT_RGBA = (0.5, 0.5, 0.5, 1.0)
"""MuJoCo's default colour. A geom or site of exactly this colour takes the colour of its material (MuJoCo's rule)."""
DEFAULT_SPECULAR, DEFAULT_SHININESS = 0.5, 0.5
"""Specular reflectance and shininess of an object without a material."""
SHININESS_EXPONENT = 128
"""The specular exponent is this times MuJoCo's shininess, which is from 0 to 1."""
OPAQUE_ALPHA = 0.995
"""Objects whose alpha is below this are blended. MuJoCo's renderer draws the surface of such objects twice, so that an
alpha of a has the effect of 1 - (1 - a) ** 2; so do ours."""

DETAIL_DISTANCE_M = 2.5
"""Details of a mesh that are smaller than a pixel at this distance are merged, unless a renderer is told another one.
The size of a pixel is that of a camera with a vertical field of view of 53 degrees, whose image of a wall is as high as
the wall is far."""
LIGHTING_CELL_M = 0.4
"""Longest side of the cells into which faces of boxes are divided, because light is computed at vertices only."""
PLANE_CELLS = 16
"""Number of cells along each axis into which planes are divided, for the same reason."""


class Geometry(NamedTuple):
    """The triangles of all objects, in one pool.

    positions:      float32 (3, vertices), metres, in the frame of the object.
    normals:        float32 (3, vertices), unit vectors, in the frame of the object.
    triangles:      uint32 (triangles, 3), the corners: indices of vertices, counted from the object's first one.
    first_vertex:   int32 (objects + 1,). Object i has vertices first_vertex[i] to first_vertex[i + 1] - 1.
    first_triangle: int32 (objects + 1,), likewise for triangles.
    radius:         float32 (objects,), metres: radius of the bounding sphere around the object's origin.
    """

    positions: npt.NDArray[np.float32]
    normals: npt.NDArray[np.float32]
    triangles: npt.NDArray[np.uint32]
    first_vertex: npt.NDArray[np.int32]
    first_triangle: npt.NDArray[np.int32]
    radius: npt.NDArray[np.float32]


class Materials(NamedTuple):
    """How the objects look in one episode.

    rgba:                float32 (objects, 4), colour and opacity from 0 to 1; 1 is opaque, 0 is not drawn.
    specular:            float32 (objects,), reflectance of highlights from 0 to 1.
    emission:            float32 (objects,), light that the object emits, as a factor of its colour.
    exponent:            int32 (objects,), the exponent of the Blinn-Phong model; highlights shrink as it grows.
    texture:             int32 (objects,), index in `Textures`, or -1 without a texture.
    texture_coordinates: float32 (3, vertices), (s, t, r) of each vertex. In planar textures, s is the column in units
                         of the width and t the row in units of the height, modulo 1, since textures repeat, and r is
                         not used. In cubes it is a direction of any length.
    """

    rgba: npt.NDArray[np.float32]
    specular: npt.NDArray[np.float32]
    emission: npt.NDArray[np.float32]
    exponent: npt.NDArray[np.int32]
    texture: npt.NDArray[np.int32]
    texture_coordinates: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Objects:
    """The drawn geoms of a model, followed by its drawn sites. An object's number is its index in this order.

    geoms:             int64 (drawn geoms,), their ids in the model.
    sites:             int64 (drawn sites,), their ids in the model.
    geometry:          their triangles.
    texture_positions: float64 (vertices, 3), `Surface.texture_positions` of all vertices.
    moving:            bool (objects,), whether the object can move during an episode.
    """

    geoms: npt.NDArray[np.int64]
    sites: npt.NDArray[np.int64]
    geometry: Geometry
    texture_positions: Floats
    moving: npt.NDArray[np.bool_]


def build_objects(model: mujoco.MjModel, size_px: int, distance_m: float = DETAIL_DISTANCE_M) -> Objects:
    """Triangulate the drawn geoms and sites of a model, in as much detail as images `size_px` wide can show.

    Details of meshes that are smaller than a pixel at `distance_m` are merged.

    Raises ConfigurationError if the model has height fields, flexes or skins: they cannot be drawn.
    """
    if model.nflex or model.nskin:
        raise ConfigurationError(
            f"The software renderer cannot draw this model's {model.nflex} flexes and {model.nskin} skins: use geoms."
        )
    geoms = np.flatnonzero(model.geom_group < VISIBLE_GROUPS)
    sites = np.flatnonzero(model.site_group < VISIBLE_GROUPS)
    cell_m = distance_m / size_px
    surfaces = [
        _triangulate(model, int(model.geom_type[g]), model.geom_size[g], int(model.geom_dataid[g]), cell_m, mapped)
        for g, mapped in zip(geoms, _find_mapped(model, geoms), strict=True)
    ] + [_triangulate(model, int(model.site_type[s]), model.site_size[s], -1, cell_m, False) for s in sites]
    bodies = np.concatenate([model.geom_bodyid[geoms], model.site_bodyid[sites]])
    texture_positions = np.concatenate([surface.texture_positions for surface in surfaces])
    return Objects(geoms, sites, _pool(surfaces), texture_positions, _find_moving_bodies(model)[bodies])


def _find_moving_bodies(model: mujoco.MjModel) -> npt.NDArray[np.bool_]:
    """Find the bodies that can move during an episode: bool (bodies,).

    These are bodies with a joint between them and the world, mocap bodies (which have no joint but are moved by the
    simulation's user), and whatever is attached to one.
    """
    moving = np.zeros(model.nbody, np.bool_)
    for body in range(1, model.nbody):
        parent = model.body_parentid[body]
        moving[body] = model.body_weldid[body] != 0 or model.body_mocapid[body] >= 0 or moving[parent]
    return moving


def _pool(surfaces: list[Surface]) -> Geometry:
    """Concatenate the surfaces of all objects."""
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


def _find_mapped(model: mujoco.MjModel, geoms: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Find the geoms (n,) on which a planar texture lies as their mesh's own texture coordinates say: bool (n,)."""
    material = model.geom_matid[geoms]
    mapped = (model.geom_type[geoms] == mujoco.mjtGeom.mjGEOM_MESH) & (material >= 0)
    for place in np.flatnonzero(mapped):
        texture = model.mat_texid[material[place], mujoco.mjtTextureRole.mjTEXROLE_RGB]
        mapped[place] = texture >= 0 and model.tex_type[texture] == PLANAR
        mapped[place] &= model.mesh_texcoordadr[model.geom_dataid[geoms[place]]] >= 0
    found: npt.NDArray[np.bool_] = mapped
    return found


def _triangulate(model: mujoco.MjModel, kind: int, size: Floats, mesh: int, cell_m: float, mapped: bool) -> Surface:
    """Triangulate one geom or site.

    `kind` is a mujoco.mjtGeom; `size` (3,) is MuJoCo's: half sizes, or radius and half length, in metres; `mesh` is the
    id of a mesh geom's mesh; details smaller than `cell_m` may be left out; `mapped` keeps its texture coordinates.
    """
    types = mujoco.mjtGeom
    if kind == types.mjGEOM_PLANE:
        # in MuJoCo, a half size of 0 means infinite: such a plane reaches as far as cameras see
        far = float(model.vis.map.zfar * model.stat.extent)
        return shapes.make_plane(size[0] or far, size[1] or far, PLANE_CELLS)
    if kind == types.mjGEOM_SPHERE:
        return shapes.make_ellipsoid(np.repeat(size[:1], 3), _choose_slices(size[0], cell_m))
    if kind == types.mjGEOM_ELLIPSOID:
        return shapes.make_ellipsoid(size, _choose_slices(size.max(), cell_m))
    if kind == types.mjGEOM_CAPSULE:
        return shapes.make_capsule(size[0], size[1], _choose_slices(size[0], cell_m))
    if kind == types.mjGEOM_CYLINDER:
        return shapes.make_cylinder(size[0], size[1], _choose_slices(size[0], cell_m))
    if kind == types.mjGEOM_BOX:
        return shapes.make_box(size, LIGHTING_CELL_M)
    if kind == types.mjGEOM_MESH:
        return simplify_mesh(model, mesh, cell_m, mapped)
    raise ConfigurationError(
        f"The software renderer cannot draw {types(kind).name}: use planes, spheres, ellipsoids, capsules, cylinders, "
        "boxes and meshes."
    )


def _choose_slices(radius: float, cell_m: float) -> int:
    """Choose the number of slices of a round shape: 8 if its radius is up to one pixel, 16 up to three, otherwise 32.

    `cell_m` is the size of a pixel at the distance of `build_objects`.
    """
    return 8 if radius <= cell_m else 16 if radius <= 3 * cell_m else 32


def read_materials(model: mujoco.MjModel, objects: Objects, textures: Textures) -> Materials:
    """Read the colours, materials and texture coordinates of the objects as the model has them now."""
    own_rgba = np.concatenate([model.geom_rgba[objects.geoms], model.site_rgba[objects.sites]])
    material = np.concatenate([model.geom_matid[objects.geoms], model.site_matid[objects.sites]])
    size = np.concatenate([model.geom_size[objects.geoms], model.site_size[objects.sites]])
    has_material = material >= 0
    if not model.nmat:
        return _make_materials(
            own_rgba, DEFAULT_SPECULAR, 0.0, DEFAULT_SHININESS, np.full(len(own_rgba), -1), objects.texture_positions
        )
    shows_material = has_material & (own_rgba == np.array(DEFAULT_RGBA, np.float32)).all(axis=1)
    texture = np.where(has_material, model.mat_texid[material, mujoco.mjtTextureRole.mjTEXROLE_RGB], -1)
    counts = np.diff(objects.geometry.first_vertex)
    scale, offset = _compute_texture_transform(model, objects, textures, texture, material, size)
    return _make_materials(
        np.where(shows_material[:, None], model.mat_rgba[material], own_rgba),
        np.where(has_material, model.mat_specular[material], DEFAULT_SPECULAR),
        np.where(has_material, model.mat_emission[material], 0.0),
        np.where(has_material, model.mat_shininess[material], DEFAULT_SHININESS),
        texture,
        objects.texture_positions * np.repeat(scale, counts, axis=0) + np.repeat(offset, counts, axis=0),
    )


def _compute_texture_transform(
    model: mujoco.MjModel,
    objects: Objects,
    textures: Textures,
    texture: npt.NDArray[np.int32],
    material: npt.NDArray[np.int32],
    size: Floats,
) -> tuple[Floats, Floats]:
    """Compute what maps `Objects.texture_positions` to texture coordinates: scale and offset, (objects, 3) each.

    This follows MuJoCo's renderer. A planar texture is projected along the object's z axis and repeated `texrepeat`
    times over the object, or over 2 m if the material is `texuniform`; the middle of the texture lies at the object's
    origin. A cube texture is looked up in the direction of the point.
    """
    planar = np.append(textures.kind, -1)[texture] == PLANAR  # the -1 is for objects without a texture
    uniform = model.mat_texuniform[material].astype(bool)[:, None]
    positive = np.where(size > 0, size, 1.0)
    # texture positions of these two are in metres, those of other shapes in half sizes: bring all to half sizes, or to
    # metres if uniform
    kinds = np.concatenate([model.geom_type[objects.geoms], model.site_type[objects.sites]])
    in_metres = np.isin(kinds, (mujoco.mjtGeom.mjGEOM_MESH, mujoco.mjtGeom.mjGEOM_PLANE))[:, None]
    repeats = np.column_stack([model.mat_texrepeat[material], np.zeros(len(material))])
    # an object reaches from -1 to 1 in half sizes, which is 2 long: hence the factor 0.5 below
    repeats = repeats / np.where(in_metres, positive, 1.0) * np.where(uniform, positive, 1.0)
    scale = np.where(planar[:, None], repeats * (0.5, -0.5, 0.0), np.where(uniform, positive, 1.0))
    offset = np.where(planar[:, None], (-0.5, -0.5, 0.0), 0.0)
    # meshes with texture coordinates: these are taken as they are, whatever the material says
    mapped = np.append(_find_mapped(model, objects.geoms), np.zeros(len(objects.sites), bool))
    return np.where(mapped[:, None], 1.0, scale), np.where(mapped[:, None], 0.0, offset)


def _make_materials(
    rgba: npt.ArrayLike,
    specular: npt.ArrayLike,
    emission: npt.ArrayLike,
    shininess: npt.ArrayLike,
    texture: npt.NDArray[np.integer],
    texture_coordinates: Floats,
) -> Materials:
    """Convert to the types of `Materials`, round exponents, and map alpha as OPAQUE_ALPHA says."""
    count = len(texture)
    exponent = np.broadcast_to(np.rint(np.asarray(shininess) * SHININESS_EXPONENT), count)
    final_rgba = np.array(rgba, np.float32)
    through = 1 - final_rgba[:, 3]
    final_rgba[:, 3] = np.where(final_rgba[:, 3] >= OPAQUE_ALPHA, 1, 1 - through * through)
    return Materials(
        final_rgba,
        np.broadcast_to(np.asarray(specular, np.float32), count).copy(),
        np.broadcast_to(np.asarray(emission, np.float32), count).copy(),
        exponent.astype(np.int32),
        texture.astype(np.int32),
        np.ascontiguousarray(texture_coordinates.T.astype(np.float32)),
    )
