"""What the meshes of a pack must be, so that MuJoCo compiles every one and both renderers draw it."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Vertices = npt.NDArray[np.float32]
Faces = npt.NDArray[np.int32]

MAX_VERTICES, MAX_FACES = 1000, 2000
MIN_VOLUME = 1e-3
"""The smallest volume, of 8 for the cube that a mesh lies in: MuJoCo refuses meshes that are flat."""
MIN_EDGE = 1e-4
"""The shortest edge, in units of half the size: MuJoCo merges vertices that are closer."""
CONVEX_TOLERANCE = 1e-4
"""How far a vertex may lie outside of a face's plane in a mesh that counts as convex."""


def find_mesh_problem(vertices: Vertices, faces: Faces, *, convex: bool) -> str | None:
    """Say in words why a mesh is not allowed; None if it is.

    vertices: (n, 3), in units of half the mesh's size.
    faces:    (m, 3), indices of vertices.
    convex:   whether the mesh must be convex.
    """
    if not 4 <= len(vertices) <= MAX_VERTICES or not 4 <= len(faces) <= MAX_FACES:
        return (
            f"it has {len(vertices)} vertices and {len(faces)} faces; 4 to {MAX_VERTICES} and 4 to {MAX_FACES} are "
            "allowed"
        )
    if not np.isfinite(vertices).all() or not 0.999 <= np.abs(vertices).max() <= 1:
        return "its coordinates are not numbers whose largest is 1"
    if faces.min() < 0 or faces.max() >= len(vertices):
        return f"a face names vertex {faces.max()}, and there are {len(vertices)}"
    if len(np.unique(faces)) != len(vertices):
        return "it has vertices that belong to no face"
    if len(np.unique(vertices, axis=0)) != len(vertices):
        return "two of its vertices are at the same place"
    return _find_surface_problem(vertices.astype(np.float64), faces, convex=convex)


def _find_surface_problem(vertices: npt.NDArray[np.float64], faces: Faces, *, convex: bool) -> str | None:
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int64)
    if (edges[:, 0] == edges[:, 1]).any():
        return "a face names one vertex twice"
    forth = edges[:, 0] * len(vertices) + edges[:, 1]
    back = edges[:, 1] * len(vertices) + edges[:, 0]
    if len(np.unique(forth)) != len(forth) or not np.array_equal(np.sort(forth), np.sort(back)):
        return "it is not closed and oriented: every edge must belong to two faces, once in each direction"
    sides = vertices[edges[:, 0]] - vertices[edges[:, 1]]
    if (sides * sides).sum(axis=1).min() < MIN_EDGE**2:
        return f"an edge is shorter than {MIN_EDGE} of half its size"
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    normals = np.cross(b - a, c - a)
    volume = math.fsum((a * normals).sum(axis=1)) / 6
    if volume < MIN_VOLUME:
        return f"it encloses a volume of {volume:.2g}; at least {MIN_VOLUME} is needed, and faces that look outwards"
    lengths = np.sqrt((normals * normals).sum(axis=1))
    if lengths.min() < 1e-8:
        return "a face has no area"
    if convex and _measure_outside(vertices, a, normals / lengths[:, None]) > CONVEX_TOLERANCE:
        return "it is not convex, and it must be"
    return None


def _measure_outside(
    vertices: npt.NDArray[np.float64], points: npt.NDArray[np.float64], normals: npt.NDArray[np.float64]
) -> float:
    """Measure how far the farthest vertex lies outside of any plane, given by points (m, 3) and normals (m, 3)."""
    return float((vertices @ normals.T - (points * normals).sum(axis=1)).max())


def normalize_mesh(vertices: npt.NDArray[np.float64]) -> Vertices:
    """Move the middle of the bounding box to the origin, and scale so that the largest coordinate is 1: (n, 3)."""
    middle = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    centred = vertices - middle
    normalized: Vertices = (centred / np.abs(centred).max()).astype(np.float32)
    return normalized
