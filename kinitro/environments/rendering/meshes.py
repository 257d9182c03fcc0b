"""Simplification of a model's meshes: surfaces with no more triangles than a small image can show."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kinitro.environments.rendering.content import ContentKey
from kinitro.environments.rendering.exact import normalize
from kinitro.environments.rendering.shapes import Floats, Surface

if TYPE_CHECKING:
    import mujoco

SMALL_MESH_FACES = 400
"""Meshes with at most so many triangles are not simplified."""
AREA_TOLERANCE = 0.25
"""If simplification changes the area of a mesh by more than this part of it (nets, thin bars), the cells are halved."""
MOST_HALVINGS = 3
"""Cells are halved at most so often; if the area is still another one then, the mesh is not simplified."""
CREASE_COSINE = 0.8
"""If the cosine between the normals of a corner and of its triangle is below this, the corner is at a crease, not on a
round surface. It is then lit with the triangle's normal, as in MuJoCo."""
SEAM_CELLS = 8
"""Corners are near to each other on a texture if they are in the same of so many cells along each of its axes."""


def simplify_mesh(model: mujoco.MjModel, mesh: int, cell_m: float, mapped: bool = False) -> Surface:
    """Build the surface of mesh number `mesh` of the model, with details smaller than `cell_m` (metres) merged.

    If it is `mapped`, its `texture_positions` are the mesh's texture coordinates, which it must have.

    Surfaces are cached by content: equal meshes of several models share one, so that eight environments in a process
    hold one robot.
    """
    first_vertex, first_normal, first_face = (
        int(model.mesh_vertadr[mesh]),
        int(model.mesh_normaladr[mesh]),
        int(model.mesh_faceadr[mesh]),
    )
    faces = slice(first_face, first_face + int(model.mesh_facenum[mesh]))
    vertices = model.mesh_vert[first_vertex : first_vertex + int(model.mesh_vertnum[mesh])]
    normals = model.mesh_normal[first_normal : first_normal + int(model.mesh_normalnum[mesh])]
    shape = (vertices, normals, model.mesh_face[faces], model.mesh_facenormal[faces])
    if not mapped:
        return _simplify(ContentKey(*shape), cell_m)
    first = int(model.mesh_texcoordadr[mesh])
    coordinates = model.mesh_texcoord[first : first + int(model.mesh_texcoordnum[mesh])]
    return _simplify(ContentKey(*shape, coordinates, model.mesh_facetexcoord[faces]), cell_m)


@functools.lru_cache(maxsize=512)
def _simplify(mesh: ContentKey, cell_m: float) -> Surface:
    """Cluster the vertices in cells as large as the area allows (see AREA_TOLERANCE), or weld equal ones only.

    `mesh` holds MuJoCo's vertices, normals, triangles of vertices and triangles of normals and, if it has them, texture
    coordinates and triangles of these, which become the surface's `texture_positions`.
    """
    vertices, normals, faces, face_normals, *mapping = mesh.take()
    corners = np.asarray(vertices, np.float64)[faces]
    corner_normals = _apply_creases(corners, np.asarray(normals, np.float64)[face_normals])
    coordinates = None
    if mapping:
        flat = np.asarray(mapping[0], np.float64)[mapping[1]]
        coordinates = np.concatenate([flat, np.zeros_like(flat[..., :1])], axis=2)
    if len(faces) > SMALL_MESH_FACES:
        area = _compute_area(corners)
        for halvings in range(MOST_HALVINGS + 1):
            surface = _cluster(corners, corner_normals, cell_m / 2**halvings, coordinates)
            kept = _compute_area(surface.positions[surface.triangles])
            if abs(kept - area) <= AREA_TOLERANCE * area:
                return surface
    return _weld(corners, corner_normals, coordinates)


def _compute_area(corners: Floats) -> float:
    """Compute the total area of triangles (m, 3, 3)."""
    # `fsum`, because the order in which numpy adds depends on the CPU
    doubled = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return 0.5 * math.fsum(np.sqrt(doubled[:, 0] ** 2 + doubled[:, 1] ** 2 + doubled[:, 2] ** 2))


def _apply_creases(corners: Floats, normals: Floats) -> Floats:
    """Replace normals (m, 3, 3) of triangles' corners by the triangle's own at creases (see CREASE_COSINE)."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    flat = normalize(np.cross(b - a, c - a))[:, None, :]
    cosine = normals[..., 0] * flat[..., 0] + normals[..., 1] * flat[..., 1] + normals[..., 2] * flat[..., 2]
    return np.where(cosine[..., None] < CREASE_COSINE, flat, normals)


def _weld(corners: Floats, normals: Floats, coordinates: Floats | None) -> Surface:
    """Build the surface of triangles (m, 3, 3) by making corners of equal position, normal and texture one vertex."""
    both = [corners, normals] if coordinates is None else [corners, normals, coordinates]
    unique, vertex = np.unique(np.concatenate(both, axis=2).reshape(-1, 3 * len(both)), axis=0, return_inverse=True)
    positions, unit, *mapping = (np.ascontiguousarray(unique[:, k : k + 3]) for k in range(0, 3 * len(both), 3))
    return Surface(positions, unit, mapping[0] if mapping else positions, vertex.reshape(-1, 3).astype(np.int32))


def _cluster(corners: Floats, normals: Floats, cell_m: float, coordinates: Floats | None) -> Surface:
    """Build the surface by vertex clustering (Rossignac and Borrel, 1993), which also works for meshes with holes.

    All corners in one cell of a grid move to their mean, and triangles whose corners are not in three different cells
    vanish. Normals are averaged too, but separately for each of six directions (the axis of their largest component and
    its sign), so that the two sides of a thin wall, or of an edge, are still lit differently. So are texture
    coordinates (m, 3, 3) of those near to each other on the texture, so that the two sides of a seam keep theirs.
    """
    points, flat = corners.reshape(-1, 3), normals.reshape(-1, 3)
    chief_axis = np.abs(flat).argmax(axis=1)
    positive = np.take_along_axis(flat, chief_axis[:, None], axis=1)[:, 0] > 0
    cell = _number_rows(np.floor(points / cell_m).astype(np.int64))
    groups = [cell, 2 * chief_axis + positive]
    mapping = None if coordinates is None else coordinates.reshape(-1, 3)
    if mapping is not None:
        groups.append(_number_rows(np.floor(mapping * SEAM_CELLS).astype(np.int64)))
    vertex = _number_rows(np.column_stack(groups))
    centre = _compute_means(points, cell)
    first_corner = np.unique(vertex, return_index=True)[1]
    positions = centre[cell[first_corner]]
    triangles, cells = vertex.reshape(-1, 3), cell.reshape(-1, 3)
    kept = (cells[:, 0] != cells[:, 1]) & (cells[:, 1] != cells[:, 2]) & (cells[:, 2] != cells[:, 0])
    triangles = _remove_duplicates(triangles[kept])
    used, triangles = np.unique(triangles, return_inverse=True)
    positions = positions[used]
    mean_normals = normalize(_compute_means(flat, vertex))[used]
    texture_positions = positions if mapping is None else _compute_means(mapping, vertex)[used]
    return Surface(positions, mean_normals, texture_positions, triangles.reshape(-1, 3).astype(np.int32))


def _number_rows(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Number the distinct rows of small integers (n, k), and return the number of each row, (n,)."""
    key = np.zeros(len(rows), np.int64)
    for column in rows.T:
        span = int(column.max() - column.min()) + 1
        key = np.unique(key * span + (column - column.min()), return_inverse=True)[1].astype(np.int64)
    return key


def _compute_means(values: Floats, group: npt.NDArray[np.int64]) -> Floats:
    """Compute the mean of the rows of each group: (n, 3), (n,) -> (groups, 3)."""
    counts = np.bincount(group)
    return np.column_stack([np.bincount(group, weights=column) / counts for column in values.T])


def _remove_duplicates(triangles: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Drop repeated triangles: those with the same corners in the same sense of rotation."""
    start = triangles.argmin(axis=1)
    rotated = np.take_along_axis(triangles, (start[:, None] + np.arange(3)) % 3, axis=1)
    count = int(triangles.max(initial=0)) + 1
    keys = (rotated[:, 0] * count + rotated[:, 1]) * count + rotated[:, 2]
    first: npt.NDArray[np.int64] = np.unique(keys, return_index=True)[1]
    return triangles[np.sort(first)]
