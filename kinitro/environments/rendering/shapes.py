"""Primitive shapes as triangles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from kinitro.environments.rendering.exact import normalized, unit_circle

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Surface:
    """A triangulated surface in the frame of its object; triangles are counter-clockwise seen from outside.

    positions:   float64 (n, 3) in metres.
    normals:     float64 (n, 3), unit length.
    coordinates: float64 (n, 3), what textures are laid out on: the position in units of the shape's half sizes for
                 primitives, in metres for planes and meshes (as in MuJoCo's renderer).
    triangles:   int32 (m, 3), indices of vertices.
    """

    positions: Floats
    normals: Floats
    coordinates: Floats
    triangles: Indices

    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        """One surface of several."""
        offsets = np.cumsum([0] + [len(part.positions) for part in parts[:-1]])
        return cls(
            np.concatenate([part.positions for part in parts]),
            np.concatenate([part.normals for part in parts]),
            np.concatenate([part.coordinates for part in parts]),
            np.concatenate([part.triangles + offset for part, offset in zip(parts, offsets, strict=True)]).astype(
                np.int32
            ),
        )


def grid_triangles(rows: int, columns: int) -> Indices:
    """Triangles of a grid of rows x columns cells whose vertices are numbered row by row.

    Counter-clockwise where x grows with the column and y with the row.
    """
    corner = (np.arange(rows)[:, None] * (columns + 1) + np.arange(columns)).reshape(-1, 1)
    lower = corner + np.array([0, 1, columns + 2])
    upper = corner + np.array([0, columns + 2, columns + 1])
    return np.concatenate([lower, upper], axis=1).reshape(-1, 3).astype(np.int32)


def _rectangle(columns: int, rows: int) -> Floats:
    """Grid points (n, 3) of the square [-1, 1] x [-1, 1] at z = 0, row by row."""
    x = np.arange(columns + 1) * 2.0 / columns - 1
    y = np.arange(rows + 1) * 2.0 / rows - 1
    return np.stack([np.tile(x, rows + 1), np.repeat(y, columns + 1), np.zeros(len(x) * len(y))], axis=1)


def plane(half_x: float, half_y: float, cells: int) -> Surface:
    """The rectangle [-half_x, half_x] x [-half_y, half_y] at z = 0, seen from above, as cells x cells squares."""
    points = _rectangle(cells, cells) * (half_x, half_y, 1.0)
    normals = np.tile([0.0, 0.0, 1.0], (len(points), 1))
    return Surface(points, normals, points, grid_triangles(cells, cells))


def box(half_sizes: Floats, longest_cell: float) -> Surface:
    """A box; its faces are divided into cells at most `longest_cell` metres long, for lighting per vertex."""
    cells = np.maximum(1, np.ceil(2 * half_sizes / longest_cell)).astype(int)
    faces = []
    for normal_axis in range(3):
        for sign in (1.0, -1.0):
            # for the opposite face swap the two other axes: that keeps triangles counter-clockwise
            first, second = (normal_axis + 1) % 3, (normal_axis + 2) % 3
            if sign < 0:
                first, second = second, first
            flat = _rectangle(cells[first], cells[second])
            points = np.empty_like(flat)
            points[:, first], points[:, second], points[:, normal_axis] = flat[:, 0], flat[:, 1], sign
            normals = np.zeros_like(points)
            normals[:, normal_axis] = sign
            faces.append(Surface(points * half_sizes, normals, points, grid_triangles(cells[second], cells[first])))
    return Surface.joined(faces)


def ellipsoid(half_sizes: Floats, slices: int) -> Surface:
    """An ellipsoid with its three half axes; `slices` is a power of two, at least 4."""
    unit, triangles = _sphere(slices)
    return Surface(unit * half_sizes, normalized(unit / half_sizes), unit, triangles)


def capsule(radius: float, half_length: float, slices: int) -> Surface:
    """A cylinder along z, `2 * half_length` long, with a hemisphere on each end."""
    unit, triangles = _sphere(slices, split=True)
    points = unit * radius
    lower = np.arange(len(unit)) < len(unit) // 2
    points[:, 2] += np.where(lower, -half_length, half_length)
    return Surface(points, unit, points / (radius, radius, half_length), triangles)


def cylinder(radius: float, half_length: float, slices: int) -> Surface:
    """A closed cylinder along z, `2 * half_length` long."""
    circle = unit_circle(slices)
    ring = np.concatenate([circle, circle[:1]])
    zeros, ones = np.zeros(len(ring)), np.ones(len(ring))
    half_sizes = np.array([radius, radius, half_length])
    side = np.concatenate([np.column_stack([ring, -ones]), np.column_stack([ring, ones])])
    side_normals = np.tile(np.column_stack([ring, zeros]), (2, 1))
    parts = [Surface(side * half_sizes, side_normals, side, grid_triangles(1, slices))]
    rim = np.arange(slices, dtype=np.int32)
    for sign in (-1.0, 1.0):
        cap = np.column_stack([circle, np.full(slices, sign)])
        cap = np.concatenate([cap, [[0.0, 0.0, sign]]])
        after, before = (np.roll(rim, -1), rim) if sign > 0 else (rim, np.roll(rim, -1))
        triangles = np.column_stack([np.full(slices, slices, np.int32), before, after])
        normals = np.tile([0.0, 0.0, sign], (len(cap), 1))
        parts.append(Surface(cap * half_sizes, normals, cap, triangles.astype(np.int32)))
    return Surface.joined(parts)


def _sphere(slices: int, *, split: bool = False) -> tuple[Floats, Indices]:
    """Points and triangles of the unit sphere, from its south to its north pole; `split` doubles the equator."""
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
    triangles = grid_triangles(len(meridian) - 1, slices)
    # at the poles one triangle of each cell has no area
    p, q, r = (points[triangles[:, k]] for k in range(3))
    areas = np.abs(np.cross(q - p, r - p)).max(axis=1)
    return points, triangles[(areas > 1e-9) | (split & _spans_equator(triangles, len(ring), slices))]


def _spans_equator(triangles: Indices, per_ring: int, slices: int) -> npt.NDArray[np.bool_]:
    """Whether a triangle joins the two copies of the equator."""
    rings = triangles // per_ring
    return np.asarray((rings.min(axis=1) == slices // 4) & (rings.max(axis=1) == slices // 4 + 1))
