"""The meshes of a model as surfaces with no more triangles than a small picture can show."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kinitro.environments.rendering.content import ByContent
from kinitro.environments.rendering.exact import normalized
from kinitro.environments.rendering.shapes import Floats, Surface

if TYPE_CHECKING:
    import mujoco

SMALL_MESH_FACES = 400
"""Meshes with at most so many triangles are drawn as they are."""
AREA_TOLERANCE = 0.25
"""A mesh that loses or gains more of its area when details are merged (nets, thin bars) gets a cell half as long ..."""
MOST_HALVINGS = 3
"""... so many times at most; then it is drawn as it is."""
CREASE_COSINE = 0.8
"""A corner whose normal is further than this from its triangle's is lit with the triangle's (as in MuJoCo)."""


def mesh_surface(model: mujoco.MjModel, mesh: int, cell_m: float) -> Surface:
    """Mesh number `mesh` of the model, its details smaller than `cell_m` merged.

    Equal meshes share one surface, whichever model they are in: eight environments hold one robot.
    """
    first_vertex, first_normal, first_face = (
        int(model.mesh_vertadr[mesh]),
        int(model.mesh_normaladr[mesh]),
        int(model.mesh_faceadr[mesh]),
    )
    faces = slice(first_face, first_face + int(model.mesh_facenum[mesh]))
    vertices = model.mesh_vert[first_vertex : first_vertex + int(model.mesh_vertnum[mesh])]
    normals = model.mesh_normal[first_normal : first_normal + int(model.mesh_normalnum[mesh])]
    key = ByContent(vertices, normals, model.mesh_face[faces], model.mesh_facenormal[faces])
    return _simplified(key, cell_m)


@functools.lru_cache(maxsize=512)
def _simplified(mesh: ByContent, cell_m: float) -> Surface:
    vertices, normals, faces, face_normals = mesh.take()
    corners = np.asarray(vertices, np.float64)[faces]
    corner_normals = _creased(corners, np.asarray(normals, np.float64)[face_normals])
    if len(faces) > SMALL_MESH_FACES:
        area = _area(corners)
        for halvings in range(MOST_HALVINGS + 1):
            surface = _clustered(corners, corner_normals, cell_m / 2**halvings)
            kept = _area(surface.positions[surface.triangles])
            if abs(kept - area) <= AREA_TOLERANCE * area:
                return surface
    return _welded(corners, corner_normals)


def _area(corners: Floats) -> float:
    """Area of triangles (m, 3, 3); `fsum`, because the order of numpy's sums depends on the CPU."""
    doubled = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return 0.5 * math.fsum(np.sqrt(doubled[:, 0] ** 2 + doubled[:, 1] ** 2 + doubled[:, 2] ** 2))


def _creased(corners: Floats, normals: Floats) -> Floats:
    """Normals (m, 3, 3) of triangles' corners, replaced by the triangle's own where they differ much from it."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    flat = normalized(np.cross(b - a, c - a))[:, None, :]
    cosine = normals[..., 0] * flat[..., 0] + normals[..., 1] * flat[..., 1] + normals[..., 2] * flat[..., 2]
    return np.where(cosine[..., None] < CREASE_COSINE, flat, normals)


def _welded(corners: Floats, normals: Floats) -> Surface:
    """The surface with corners of equal position and normal made one vertex."""
    both = np.concatenate([corners, normals], axis=2).reshape(-1, 6)
    unique, vertex = np.unique(both, axis=0, return_inverse=True)
    positions = np.ascontiguousarray(unique[:, :3])
    return Surface(positions, np.ascontiguousarray(unique[:, 3:]), positions, vertex.reshape(-1, 3).astype(np.int32))


def _clustered(corners: Floats, normals: Floats, cell_m: float) -> Surface:
    """The surface after vertex clustering (Rossignac and Borrel, 1993): robust on meshes that are not closed.

    Corners in one cell of a grid move to their mean. Their normals are averaged too, separately for each of the six
    directions a normal may chiefly point to, so that the two sides of a thin wall, or of an edge, stay lit apart.
    """
    points, flat = corners.reshape(-1, 3), normals.reshape(-1, 3)
    chief_axis = np.abs(flat).argmax(axis=1)
    positive = np.take_along_axis(flat, chief_axis[:, None], axis=1)[:, 0] > 0
    cell = _numbered(np.floor(points / cell_m).astype(np.int64))
    vertex = _numbered(np.column_stack([cell, 2 * chief_axis + positive]))
    centre = _means(points, cell)
    first_corner = np.unique(vertex, return_index=True)[1]
    positions = centre[cell[first_corner]]
    triangles, cells = vertex.reshape(-1, 3), cell.reshape(-1, 3)
    kept = (cells[:, 0] != cells[:, 1]) & (cells[:, 1] != cells[:, 2]) & (cells[:, 2] != cells[:, 0])
    triangles = _distinct(triangles[kept])
    used, triangles = np.unique(triangles, return_inverse=True)
    positions = positions[used]
    mean_normals = normalized(_means(flat, vertex))[used]
    return Surface(positions, mean_normals, positions, triangles.reshape(-1, 3).astype(np.int32))


def _numbered(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Small integer rows (n, k) -> a number for each distinct row, (n,)."""
    key = np.zeros(len(rows), np.int64)
    for column in rows.T:
        span = int(column.max() - column.min()) + 1
        key = np.unique(key * span + (column - column.min()), return_inverse=True)[1].astype(np.int64)
    return key


def _means(values: Floats, group: npt.NDArray[np.int64]) -> Floats:
    """Mean of the rows of each group: (n, 3), (n,) -> (groups, 3)."""
    counts = np.bincount(group)
    return np.column_stack([np.bincount(group, weights=column) / counts for column in values.T])


def _distinct(triangles: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The triangles without repetitions; two with the same corners in the same sense of rotation are the same."""
    start = triangles.argmin(axis=1)
    rotated = np.take_along_axis(triangles, (start[:, None] + np.arange(3)) % 3, axis=1)
    count = int(triangles.max(initial=0)) + 1
    keys = (rotated[:, 0] * count + rotated[:, 1]) * count + rotated[:, 2]
    first: npt.NDArray[np.int64] = np.unique(keys, return_index=True)[1]
    return triangles[np.sort(first)]
