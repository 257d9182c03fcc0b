"""Triangulations of MuJoCo's primitive shapes.

All sizes are half sizes in metres, as in MuJoCo. Coordinates are computed with the functions of `exact`, so that they
are the same bits on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from kinitro.environments.rendering.exact import normalize, unit_circle

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Surface:
    """A triangulated surface in the frame of its object. Seen from outside, triangles are counter-clockwise.

    positions:         float64 (n, 3), metres.
    normals:           float64 (n, 3), unit vectors that point outwards.
    texture_positions: float64 (n, 3), the positions from which texture coordinates are derived: in units of the shape's
                       half sizes for primitive shapes, in metres for planes and meshes (as in MuJoCo's renderer); a
                       mesh that has texture coordinates has these here.
    triangles:         int32 (m, 3), indices of vertices.
    """

    positions: Floats
    normals: Floats
    texture_positions: Floats
    triangles: Indices

    @classmethod
    def join(cls, parts: list[Self]) -> Self:
        """Join several surfaces to one."""
        offsets = np.cumsum([0] + [len(part.positions) for part in parts[:-1]])
        return cls(
            np.concatenate([part.positions for part in parts]),
            np.concatenate([part.normals for part in parts]),
            np.concatenate([part.texture_positions for part in parts]),
            np.concatenate([part.triangles + offset for part, offset in zip(parts, offsets, strict=True)]).astype(
                np.int32
            ),
        )


def make_grid_triangles(rows: int, columns: int) -> Indices:
    """Make the triangles of a grid of rows x columns cells, two per cell: int32 (2 * rows * columns, 3).

    The grid's (rows + 1) x (columns + 1) vertices are numbered row by row. Triangles are counter-clockwise if x grows
    with the column and y with the row.
    """
    corner = (np.arange(rows)[:, None] * (columns + 1) + np.arange(columns)).reshape(-1, 1)
    lower = corner + np.array([0, 1, columns + 2])
    upper = corner + np.array([0, columns + 2, columns + 1])
    return np.concatenate([lower, upper], axis=1).reshape(-1, 3).astype(np.int32)


def _make_grid_points(columns: int, rows: int) -> Floats:
    """Make the points (n, 3) of a grid over the square [-1, 1] x [-1, 1] at z = 0, row by row."""
    x = np.arange(columns + 1) * 2.0 / columns - 1
    y = np.arange(rows + 1) * 2.0 / rows - 1
    return np.stack([np.tile(x, rows + 1), np.repeat(y, columns + 1), np.zeros(len(x) * len(y))], axis=1)


def make_plane(half_x: float, half_y: float, cells: int) -> Surface:
    """Make the rectangle [-half_x, half_x] x [-half_y, half_y] at z = 0, visible from above, of cells x cells cells."""
    points = _make_grid_points(cells, cells) * (half_x, half_y, 1.0)
    normals = np.tile([0.0, 0.0, 1.0], (len(points), 1))
    return Surface(points, normals, points, make_grid_triangles(cells, cells))


def make_box(half_sizes: Floats, longest_cell: float) -> Surface:
    """Make a box whose faces are divided into cells at most `longest_cell` metres long, for lighting per vertex."""
    cells = np.maximum(1, np.ceil(2 * half_sizes / longest_cell)).astype(int)
    faces = []
    for normal_axis in range(3):
        for sign in (1.0, -1.0):
            # for the opposite face swap the two other axes: that keeps triangles counter-clockwise
            first, second = (normal_axis + 1) % 3, (normal_axis + 2) % 3
            if sign < 0:
                first, second = second, first
            flat = _make_grid_points(cells[first], cells[second])
            points = np.empty_like(flat)
            points[:, first], points[:, second], points[:, normal_axis] = flat[:, 0], flat[:, 1], sign
            normals = np.zeros_like(points)
            normals[:, normal_axis] = sign
            faces.append(
                Surface(points * half_sizes, normals, points, make_grid_triangles(cells[second], cells[first]))
            )
    return Surface.join(faces)


def make_ellipsoid(half_sizes: Floats, slices: int) -> Surface:
    """Make an ellipsoid from its three half axes (3,); `slices` is a power of two, at least 4."""
    unit, triangles = _make_sphere(slices)
    return Surface(unit * half_sizes, normalize(unit / half_sizes), unit, triangles)


def make_capsule(radius: float, half_length: float, slices: int) -> Surface:
    """Make a cylinder along z, `2 * half_length` long, with a hemisphere on each end.

    `slices` is a power of two, at least 4.
    """
    unit, triangles = _make_sphere(slices, split=True)
    points = unit * radius
    lower = np.arange(len(unit)) < len(unit) // 2
    points[:, 2] += np.where(lower, -half_length, half_length)
    return Surface(points, unit, points / (radius, radius, half_length), triangles)


def make_cylinder(radius: float, half_length: float, slices: int) -> Surface:
    """Make a closed cylinder along z, `2 * half_length` long; `slices` is a power of two, at least 4."""
    circle = unit_circle(slices)
    ring = np.concatenate([circle, circle[:1]])
    zeros, ones = np.zeros(len(ring)), np.ones(len(ring))
    half_sizes = np.array([radius, radius, half_length])
    side = np.concatenate([np.column_stack([ring, -ones]), np.column_stack([ring, ones])])
    side_normals = np.tile(np.column_stack([ring, zeros]), (2, 1))
    parts = [Surface(side * half_sizes, side_normals, side, make_grid_triangles(1, slices))]
    rim = np.arange(slices, dtype=np.int32)
    for sign in (-1.0, 1.0):
        cap = np.column_stack([circle, np.full(slices, sign)])
        cap = np.concatenate([cap, [[0.0, 0.0, sign]]])
        after, before = (np.roll(rim, -1), rim) if sign > 0 else (rim, np.roll(rim, -1))
        triangles = np.column_stack([np.full(slices, slices, np.int32), before, after])
        normals = np.tile([0.0, 0.0, sign], (len(cap), 1))
        parts.append(Surface(cap * half_sizes, normals, cap, triangles.astype(np.int32)))
    return Surface.join(parts)


def _make_sphere(slices: int, *, split: bool = False) -> tuple[Floats, Indices]:
    """Make the points and triangles of the unit sphere, ring by ring from its south to its north pole.

    With `split` the equator's ring is there twice, so that the hemispheres can be moved apart (for a capsule).
    """
    circle = unit_circle(slices)
    ring = np.concatenate([circle, circle[:1]])
    # a meridian is the half of the circle from (0, -1) over (1, 0) to (0, 1)
    meridian = np.roll(circle, slices // 4, axis=0)[: slices // 2 + 1]
    if split:
        meridian = np.insert(meridian, slices // 4, meridian[slices // 4], axis=0)
    radii, heights = meridian[:, 0].copy(), meridian[:, 1]
    radii[[0, -1]] = 0.0
    points = np.concatenate(
        [np.column_stack([ring * r, np.full(len(ring), z)]) for r, z in zip(radii, heights, strict=True)]
    )
    triangles = make_grid_triangles(len(meridian) - 1, slices)
    # at the poles one triangle of each cell has no area: drop it, but keep those between the two copies of the equator
    p, q, r = (points[triangles[:, k]] for k in range(3))
    areas = np.abs(np.cross(q - p, r - p)).max(axis=1)
    return points, triangles[(areas > 1e-9) | (split & _spans_equator(triangles, len(ring), slices))]


def _spans_equator(triangles: Indices, per_ring: int, slices: int) -> npt.NDArray[np.bool_]:
    """Find the triangles (m, 3) that join the two copies of the equator: bool (m,)."""
    rings = triangles // per_ring
    return np.asarray((rings.min(axis=1) == slices // 4) & (rings.max(axis=1) == slices // 4 + 1))
