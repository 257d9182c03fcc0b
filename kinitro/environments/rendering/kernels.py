"""The rasterizer: from objects to samples of a picture.

Everything here is compiled. All kernels live in this one file because numba's cache notices changes of a function's
own file only. Arithmetic is float32, except where exactness needs float64: poses, and edge functions, which are exact
because screen positions are multiples of 1/256 of a sample.

`project` transforms and lights the vertices of objects, and selects the triangles that face the camera, cut at the near
plane. `fill` finds the samples of each that nothing hides, and puts their pixels in a queue; `_colour` interpolates and
textures what waits there.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt

from kinitro.environments.rendering.camera import Camera
from kinitro.environments.rendering.compilation import compiled, inner, unfolded
from kinitro.environments.rendering.lighting import Lights
from kinitro.environments.rendering.scene import Geometry, Paint
from kinitro.environments.rendering.textures import PLANAR, Textures

Float32s = npt.NDArray[np.float32]
Indices = npt.NDArray[np.uint32]
"""Unsigned, because a negative index counts from the end, and to look for one takes time in the innermost loops."""
Triple = tuple[np.float32, np.float32, np.float32]
f32 = np.float32
ZERO, HALF, ONE = f32(0), f32(0.5), f32(1)
"""Named, because to compile a conversion takes longer than to compile a constant."""

NOTHING = cast("int", np.int64(0))
"""A count at its start. A literal has a type of its own, for which numba would compile the functions called with it."""

PIXEL_SAMPLES = 4
ALL_SAMPLES = 2**PIXEL_SAMPLES - 1
MEAN_X = np.array([0, 0, 1, 1 / 2, 0, 0, 1 / 2, 1 / 3, 1, 1 / 2, 1, 2 / 3, 1 / 2, 1 / 3, 2 / 3, 1 / 2])
MEAN_Y = np.array([0, 0, 0, 0, 1, 1 / 2, 1 / 2, 1 / 3, 1, 1 / 2, 1 / 2, 1 / 3, 1, 2 / 3, 2 / 3, 1 / 2])
"""Mean position of a set of samples of a pixel, relative to its first sample; bit k of the index: sample k is in it."""
SUBPIXEL = f32(256)
"""Screen positions are multiples of 1 / SUBPIXEL of a sample."""
TILE_PX = 8
"""Side of the tiles of `Frame.farthest`."""
MEASURED_PART = 3
"""`Frame.farthest` is brought up to date whenever a third of the picture has been drawn."""
CERTAINLY_FARTHER = f32(1.0001)
"""Nearness is compared with that of tiles with this margin: interpolation may exceed the corners' by its rounding."""
WIDE_PX = 6
"""In triangles so wide, pixels of a row before the triangle are skipped by division, not one by one."""
EDGE_STEP = 2.0**-17
"""Less than the least positive edge function: those are multiples of 2**-16."""
VANISHING = f32(1e-12)
"""Highlights below this are taken as 0: powers must not descend to denormal numbers, which are slow."""

RIGHT, UP, FORWARD, X, Y, NEARNESS, RED, GREEN, BLUE, S, T, R = range(12)
"""Columns of transformed vertices, float32 (n, COLUMNS).

RIGHT, UP, FORWARD: in the camera's frame, metres. X, Y: in the picture, samples, Y downward. NEARNESS: 1 / FORWARD,
which is linear over the picture; 0 in front of the near plane, where X and Y mean nothing. RED, GREEN, BLUE: lit
colour, 0 to 255. S, T, R: texture coordinates.
"""
COLUMNS = 16
"""The last four are not used: a vertex lies in one line of the processor's cache, of 64 bytes."""
LANES = 64
"""Vertices lit at a time: loops of constant length become vector instructions."""
NORMAL, SIGHT, COLOUR, FACING, HIGHLIGHT, POWER = (row * LANES for row in (0, 3, 6, 9, 10, 11))
"""Where these rows of LANES values begin in scratch memory; the first three are three rows each."""
SCRATCH_SIZE = 12 * LANES
QUEUE_SIZE = 64
"""Pixels coloured at a time."""
WAITING_NEARNESS, DENSITY, FOOTPRINT, CORNER_NEARNESS, WEIGHT, CORNER_VALUES, MIXED = (
    row * QUEUE_SIZE for row in (0, 1, 2, 3, 6, 9, 27)
)
"""Where these rows begin in `Queue.values`: nearness at the mean of the samples; texels per sample at distance 1, and
at this pixel's; for each corner of the triangle nearness, weight, and six values (RED to R); the six values mixed."""
VALUES_SIZE = 33 * QUEUE_SIZE


class Poses(NamedTuple):
    """Where objects are: position float64 (objects, 3), rotation float64 (objects, 9), row by row, object to world."""

    position: npt.NDArray[np.float64]
    rotation: npt.NDArray[np.float64]


class Frame(NamedTuple):
    """Samples of a picture w pixels wide, pixels row by row; four samples per pixel in a square: upper left, upper
    right, lower left, lower right.

    colour:   uint32 (h * w, 4), red + green * 2 ** 8 + blue * 2 ** 16.
    nearness: float32 (h * w, 4), 0 where nothing was drawn.
    farthest: float32 (tiles,), tiles row by row: no sample of a tile is farther away than this nearness says.
    """

    colour: npt.NDArray[np.uint32]
    nearness: Float32s
    farthest: Float32s
    width: int


class Queue(NamedTuple):
    """Pixels found visible, in the order in which they were found; colours are computed for many at once.

    pixel:    uint32 (QUEUE_SIZE,), row * width + column.
    seen:     uint32 (QUEUE_SIZE,), bit k is set if sample k is to be coloured.
    triangle: uint32 (QUEUE_SIZE,), row of `Projection.corners`.
    shares:   float64 (4 * QUEUE_SIZE,): edge functions of the three corners at the mean of the samples, then one over
              the triangle's area.
    values:   float32 (VALUES_SIZE,), see WAITING_NEARNESS.
    """

    pixel: Indices
    seen: Indices
    triangle: Indices
    shares: npt.NDArray[np.float64]
    values: Float32s


class Projection(NamedTuple):
    """What the camera sees of some objects: `project` writes it, `fill` draws it.

    vertices: float32 (vertices + 2 * triangles, COLUMNS): the near plane adds up to two vertices per triangle.
    corners:  uint32 (2 * triangles, 3): the triangles to fill; the near plane may cut a triangle into two.
    ends:     int64 (objects,): how many rows of `corners` belong to the objects up to this place in their order.
    """

    vertices: Float32s
    corners: Indices
    ends: npt.NDArray[np.int64]


class Workspace(NamedTuple):
    """Memory that `project` needs.

    turn, shift: float32 (3, 3) and (3,), from the frame of the object to the camera's.
    aimed:    float32 (lights, 3), unit vectors to the lights in the camera's frame.
    polygon:  uint32 (4,), corners of a triangle cut by the near plane.
    scratch:  float32 (SCRATCH_SIZE,).
    """

    turn: Float32s
    shift: Float32s
    aimed: Float32s
    polygon: Indices
    scratch: Float32s


@compiled
def project(
    objects: npt.NDArray[np.int32],
    geometry: Geometry,
    paint: Paint,
    poses: Poses,
    lights: Lights,
    camera: Camera,
    side: int,
    workspace: Workspace,
    projection: Projection,
) -> None:
    """Transform and light the objects with these numbers, in this order, for a picture of side x side samples."""
    turn, shift, vertices = workspace.turn, workspace.shift, projection.vertices
    _aim(lights, camera.axes, workspace.aimed)
    row, shown = NOTHING, NOTHING
    for place, number in enumerate(objects):
        _place(poses.position[number], poses.rotation[number], camera.position, camera.axes, turn, shift)
        if _in_view(shift, geometry.radius[number], camera.focal_px, camera.near_m, side):
            first_row = np.uint32(row)
            row = _prepare(number, row, geometry, paint, lights, camera, side, workspace, vertices)
            for triangle in range(geometry.first_triangle[number], geometry.first_triangle[number + 1]):
                a = first_row + geometry.triangles[triangle, 0]
                b = first_row + geometry.triangles[triangle, 1]
                c = first_row + geometry.triangles[triangle, 2]
                if min(vertices[a, NEARNESS], min(vertices[b, NEARNESS], vertices[c, NEARNESS])) <= ZERO:
                    edges = (a, b), (b, c), (c, a)
                    row, shown = _clip(edges, row, shown, camera, side, workspace.polygon, projection)
                elif _covers_samples(vertices, a, b, c, side):
                    _show(projection.corners, shown, a, b, c)
                    shown += 1
        projection.ends[place] = shown


@compiled
def fill(
    objects: npt.NDArray[np.int32],
    rgba: Float32s,
    texture: npt.NDArray[np.int32],
    textures: Textures,
    projection: Projection,
    queue: Queue,
    frame: Frame,
) -> None:
    """Draw these objects, which were the last to be projected, in this order into the frame.

    What is less opaque than 1 is blended over what is there and leaves the depth buffer alone: draw such objects last,
    far ones first. `rgba` and `texture` are those of `Paint`.
    """
    first, fresh = NOTHING, NOTHING
    for place, number in enumerate(objects):
        last = projection.ends[place]
        if last == first:
            continue
        kind, start, side, faces = 0, 0, 0, 0
        if texture[number] >= 0:
            kind, start = textures.kind[texture[number]], textures.first[texture[number]]
            side, faces = textures.width[texture[number]], textures.faces[texture[number]]
        if fresh * MEASURED_PART > len(frame.nearness):
            _measure(frame)
            fresh = 0
        texels = textures.texels
        fresh += _fill(projection, first, last, rgba[number, 3], kind, start, side, faces, texels, queue, frame)
        first = last


@inner
def _show(corners: Indices, count: int, a: int, b: int, c: int) -> None:
    """Write the vertices of a triangle to row `count`."""
    corners[count, 0], corners[count, 1], corners[count, 2] = a, b, c


@inner
def _place(
    position: npt.NDArray[np.float64],
    rotation: npt.NDArray[np.float64],
    viewpoint: npt.NDArray[np.float64],
    axes: npt.NDArray[np.float64],
    turn: Float32s,
    shift: Float32s,
) -> None:
    """Rotation and translation from the frame of an object to the camera's."""
    x, y, z = position[0] - viewpoint[0], position[1] - viewpoint[1], position[2] - viewpoint[2]
    for i in range(3):
        a, b, c = axes[i, 0], axes[i, 1], axes[i, 2]
        shift[i] = f32(a * x + b * y + c * z)
        for j in range(3):
            turn[i, j] = f32(a * rotation[j] + b * rotation[3 + j] + c * rotation[6 + j])


@inner
def _in_view(shift: Float32s, radius: np.float32, focal: np.float32, near: np.float32, side: int) -> bool:
    """Whether a sphere reaches into the pyramid that the picture shows."""
    half = HALF * f32(side)
    reach = radius * np.sqrt(focal * focal + half * half) + half * shift[2]
    within: bool = shift[2] + radius > near and focal * abs(shift[0]) <= reach and focal * abs(shift[1]) <= reach
    return within


@unfolded
def _prepare(
    number: int,
    row: int,
    geometry: Geometry,
    paint: Paint,
    lights: Lights,
    camera: Camera,
    side: int,
    workspace: Workspace,
    vertices: Float32s,
) -> int:
    """Transform and light the vertices of an object, LANES at a time, from `row`; the first free row after them."""
    scratch = workspace.scratch
    last = geometry.first_vertex[number + 1]
    for start in range(geometry.first_vertex[number], last, LANES):
        count = min(LANES, last - start)
        _transform(start, count, row, geometry, paint.coordinates, camera, side, workspace, vertices)
        _light(number, paint, lights, workspace.aimed, scratch)
        for i in range(count):
            for channel in range(3):
                vertices[row + i, RED + channel] = scratch[COLOUR + channel * LANES + i]
        row += count
    return row


@unfolded
def _transform(
    start: int,
    count: int,
    first_row: int,
    geometry: Geometry,
    coordinates: Float32s,
    camera: Camera,
    side: int,
    workspace: Workspace,
    vertices: Float32s,
) -> None:
    """Vertices start to start + count - 1 in the camera's frame and in the picture, from `first_row`; and, in scratch,
    their normals and unit vectors to the camera."""
    turn, shift, scratch = workspace.turn, workspace.shift, workspace.scratch
    positions, normals = geometry.positions, geometry.normals
    for i in range(count):
        vertex, row = start + i, first_row + i
        x, y, z = positions[0, vertex], positions[1, vertex], positions[2, vertex]
        right = turn[0, 0] * x + turn[0, 1] * y + turn[0, 2] * z + shift[0]
        up = turn[1, 0] * x + turn[1, 1] * y + turn[1, 2] * z + shift[1]
        forward = turn[2, 0] * x + turn[2, 1] * y + turn[2, 2] * z + shift[2]
        vertices[row, RIGHT], vertices[row, UP], vertices[row, FORWARD] = right, up, forward
        for axis in range(3):
            vertices[row, S + axis] = coordinates[axis, vertex]
        vertices[row, NEARNESS] = ZERO
        if forward >= camera.near_m:
            x, y, nearness = _to_picture(right, up, forward, camera.focal_px, side)
            vertices[row, X], vertices[row, Y], vertices[row, NEARNESS] = x, y, nearness
        scale = f32(-1) / np.sqrt(right * right + up * up + forward * forward + VANISHING)
        scratch[SIGHT + i] = right * scale
        scratch[SIGHT + LANES + i] = up * scale
        scratch[SIGHT + 2 * LANES + i] = forward * scale
        x, y, z = normals[0, vertex], normals[1, vertex], normals[2, vertex]
        for axis in range(3):
            scratch[NORMAL + axis * LANES + i] = turn[axis, 0] * x + turn[axis, 1] * y + turn[axis, 2] * z


@inner
def _to_picture(
    right: np.float32, up: np.float32, forward: np.float32, focal: np.float32, side: int
) -> tuple[np.float32, np.float32, np.float32]:
    """X, Y and NEARNESS of a point in the camera's frame."""
    nearness = ONE / forward
    middle = HALF * f32(side)
    x, y = middle + focal * nearness * right, middle - focal * nearness * up
    return np.floor(x * SUBPIXEL + HALF) / SUBPIXEL, np.floor(y * SUBPIXEL + HALF) / SUBPIXEL, nearness


@unfolded
def _light(number: int, paint: Paint, lights: Lights, aimed: Float32s, scratch: Float32s) -> None:
    """Colours of LANES vertices: emission, ambient, diffuse and specular light after Blinn and Phong.

    As OpenGL's fixed pipeline with a local viewer: the highlight is (n . h) ** exponent with h half-way between light
    and viewer, where the light is in front of the surface; colours are limited to 1.
    """
    for channel in range(3):
        ambient = paint.emission[number]
        for light in range(len(lights.towards)):
            ambient += lights.ambient[light, channel]
        start = paint.rgba[number, channel] * ambient
        for i in range(LANES):
            scratch[COLOUR + channel * LANES + i] = start
    for light in range(len(lights.towards)):
        _reflect(aimed[light, 0], aimed[light, 1], aimed[light, 2], paint.exponent[number], scratch)
        for channel in range(3):
            diffuse = paint.rgba[number, channel] * lights.diffuse[light, channel]
            specular = paint.specular[number] * lights.specular[light, channel]
            for i in range(LANES):
                added = diffuse * scratch[FACING + i] + specular * scratch[HIGHLIGHT + i]
                scratch[COLOUR + channel * LANES + i] += added
    for i in range(3 * LANES):
        scratch[COLOUR + i] = f32(255) * min(scratch[COLOUR + i], ONE)


@inner
def _reflect(x: np.float32, y: np.float32, z: np.float32, exponent: int, scratch: Float32s) -> None:
    """For a light in direction (x, y, z): FACING = max(0, n . l), HIGHLIGHT = max(0, n . h) ** exponent if n . l > 0.

    The power is taken by repeated squaring, of POWER.
    """
    for i in range(LANES):
        nx, ny, nz = scratch[NORMAL + i], scratch[NORMAL + LANES + i], scratch[NORMAL + 2 * LANES + i]
        hx, hy, hz = x + scratch[SIGHT + i], y + scratch[SIGHT + LANES + i], z + scratch[SIGHT + 2 * LANES + i]
        facing = max(x * nx + y * ny + z * nz, ZERO)
        along = max(hx * nx + hy * ny + hz * nz, ZERO)
        scratch[FACING + i] = facing
        scratch[POWER + i] = along / np.sqrt(hx * hx + hy * hy + hz * hz + VANISHING)
        scratch[HIGHLIGHT + i] = ONE if facing > ZERO else ZERO
    while exponent > 0:
        if exponent & 1:
            for i in range(LANES):
                product = scratch[HIGHLIGHT + i] * scratch[POWER + i]
                scratch[HIGHLIGHT + i] = product if product > VANISHING else ZERO
        exponent >>= 1
        for i in range(LANES):
            square = scratch[POWER + i] * scratch[POWER + i]
            scratch[POWER + i] = square if square > VANISHING else ZERO


@inner
def _aim(lights: Lights, axes: npt.NDArray[np.float64], aimed: Float32s) -> None:
    """Unit vectors to the lights in the camera's frame; the headlight shines along the line of sight."""
    for light in range(len(lights.towards)):
        x, y, z = lights.towards[light, 0], lights.towards[light, 1], lights.towards[light, 2]
        for axis in range(3):
            aimed[light, axis] = f32(axes[axis, 0] * x + axes[axis, 1] * y + axes[axis, 2] * z)
    if lights.headlight:
        aimed[0, 0], aimed[0, 1], aimed[0, 2] = ZERO, ZERO, -ONE


@inner
def _covers_samples(vertices: Float32s, a: int, b: int, c: int, side: int) -> bool:
    """Whether a triangle faces the camera and the smallest upright rectangle around it holds a sample's centre."""
    ax, bx, cx = vertices[a, X], vertices[b, X], vertices[c, X]
    ay, by, cy = vertices[a, Y], vertices[b, Y], vertices[c, Y]
    if (bx - ax) * (cy - ay) - (cx - ax) * (by - ay) >= ZERO:
        return False
    half = HALF
    left, right = np.ceil(min(ax, min(bx, cx)) - half), np.floor(max(ax, max(bx, cx)) - half)
    top, bottom = np.ceil(min(ay, min(by, cy)) - half), np.floor(max(ay, max(by, cy)) - half)
    inside: bool = right >= ZERO and bottom >= ZERO and left < f32(side) and top < f32(side)
    return inside and left <= right and top <= bottom


@inner
def _clip(
    edges: tuple[tuple[int, int], ...],
    row: int,
    count: int,
    camera: Camera,
    side: int,
    polygon: Indices,
    projection: Projection,
) -> tuple[int, int]:
    """Show the part of a triangle beyond the near plane: 0 to 2 triangles, with up to two new vertices from `row`.

    Returns what `row` and `count` are then.
    """
    vertices = projection.vertices
    known = 0
    for start, end in edges:
        beyond = vertices[start, NEARNESS] > ZERO
        if beyond:
            polygon[known] = start
            known += 1
        if beyond != (vertices[end, NEARNESS] > ZERO):
            _cut(vertices, start, end, row, camera, side)
            polygon[known] = row
            known += 1
            row += 1
    for corner in range(2, known):
        _show(projection.corners, count, polygon[0], polygon[corner - 1], polygon[corner])
        count += 1
    return row, count


@inner
def _cut(vertices: Float32s, start: int, end: int, target: int, camera: Camera, side: int) -> None:
    """Make row `target` the vertex where the edge between two vertices meets the near plane."""
    near = camera.near_m
    part = (near - vertices[start, FORWARD]) / (vertices[end, FORWARD] - vertices[start, FORWARD])
    for column in range(R + 1):
        vertices[target, column] = vertices[start, column] + part * (vertices[end, column] - vertices[start, column])
    x, y, nearness = _to_picture(vertices[target, RIGHT], vertices[target, UP], near, camera.focal_px, side)
    vertices[target, X], vertices[target, Y], vertices[target, NEARNESS] = x, y, nearness


@unfolded
def _fill(
    projection: Projection,
    first: int,
    last: int,
    alpha: np.float32,
    kind: int,
    start: int,
    side: int,
    faces: int,
    texels: npt.NDArray[np.uint8],
    queue: Queue,
    frame: Frame,
) -> int:
    """Draw the samples whose centres are inside triangles `first` to `last` - 1, or on their top or left edges.

    There is no texture if `side` is 0. Returns how many pixels were coloured.
    Coverage and depth are found per sample, the colour once per pixel, at the mean of its visible samples.
    Edge functions are float64 and exact, so that two triangles with a common edge leave no gap and share no sample.
    """
    vertices, corners, nearness = projection.vertices, projection.corners, frame.nearness
    height, width = len(nearness) // frame.width, frame.width
    waiting = coloured = NOTHING
    for triangle in range(first, last):
        a, b, c = corners[triangle, 0], corners[triangle, 1], corners[triangle, 2]
        ax, ay = float(vertices[a, X]), float(vertices[a, Y])
        bx, by = float(vertices[b, X]), float(vertices[b, Y])
        cx, cy = float(vertices[c, X]), float(vertices[c, Y])
        area = (cx - ax) * (by - ay) - (bx - ax) * (cy - ay)
        if area <= 0.0:
            continue  # cut by the near plane and facing away
        left, right = _covered(min(ax, min(bx, cx)), max(ax, max(bx, cx)), width)
        top, bottom = _covered(min(ay, min(by, cy)), max(ay, max(by, cy)), height)
        qa, qb, qc = vertices[a, NEARNESS], vertices[b, NEARNESS], vertices[c, NEARNESS]
        if _hidden(max(qa, max(qb, qc)), left, right, top, bottom, frame.farthest, width):
            continue
        # how much of each corner a sample has, times the area: 0 on the opposite edge, growing towards the corner
        a_dx, a_dy, b_dx, b_dy, c_dx, c_dy = cy - by, bx - cx, ay - cy, cx - ax, by - ay, ax - bx
        a_least, b_least, c_least = _least(a_dx, a_dy), _least(b_dx, b_dy), _least(c_dx, c_dy)
        # the least and the largest that each may be in a pixel, relative to its first sample
        a_low, b_low, c_low = _lowest(a_dx, a_dy), _lowest(b_dx, b_dy), _lowest(c_dx, c_dy)
        a_high, b_high, c_high = -_lowest(-a_dx, -a_dy), -_lowest(-b_dx, -b_dy), -_lowest(-c_dx, -c_dy)
        per_area = 1.0 / area
        near_dx = f32((a_dx * qa + b_dx * qb + c_dx * qc) * per_area)
        near_dy = f32((a_dy * qa + b_dy * qb + c_dy * qc) * per_area)
        density = ZERO
        if side > 0:
            places = _triple(vertices, a, S), _triple(vertices, b, S), _triple(vertices, c, S)
            density = _texture_area(places, kind, side) * qa * qb * qc * f32(per_area * PIXEL_SAMPLES)
        for row in range(top, bottom + 1):
            x, y = 2 * left + 0.5, 2 * row + 0.5
            at_a = (x - bx) * a_dx + (y - by) * a_dy - a_least
            at_b = (x - cx) * b_dx + (y - cy) * b_dy - b_least
            at_c = (x - ax) * c_dx + (y - ay) * c_dy - c_least
            skipped = 0
            if right - left >= WIDE_PX:
                skipped = max(
                    _before(at_a + a_high, a_dx), max(_before(at_b + b_high, b_dx), _before(at_c + c_high, c_dx))
                )
                if skipped > right - left:
                    continue
                at_a += 2.0 * skipped * a_dx
                at_b += 2.0 * skipped * b_dx
                at_c += 2.0 * skipped * c_dx
            entered = False
            for column in range(left + skipped, right + 1):
                if _inside(at_a + a_high, at_b + b_high, at_c + c_high):
                    entered = True
                    inside = ALL_SAMPLES
                    if not _inside(at_a + a_low, at_b + b_low, at_c + c_low):
                        inside = _inside(at_a, at_b, at_c)
                        inside |= _inside(at_a + a_dx, at_b + b_dx, at_c + c_dx) << 1
                        inside |= _inside(at_a + a_dy, at_b + b_dy, at_c + c_dy) << 2
                        inside |= _inside(at_a + a_dx + a_dy, at_b + b_dx + b_dy, at_c + c_dx + c_dy) << 3
                    near_0 = f32((at_a * qa + at_b * qb + at_c * qc) * per_area)
                    near_1, near_2 = near_0 + near_dx, near_0 + near_dy
                    near_3 = near_1 + near_dy
                    pixel = np.uint32(row * width + column)
                    seen = inside & (
                        (near_0 >= nearness[pixel, 0])
                        | (near_1 >= nearness[pixel, 1]) << 1
                        | (near_2 >= nearness[pixel, 2]) << 2
                        | (near_3 >= nearness[pixel, 3]) << 3
                    )
                    if seen:
                        right_of, below = MEAN_X[np.uint32(seen)], MEAN_Y[np.uint32(seen)]
                        place = waiting & (QUEUE_SIZE - 1)
                        queue.pixel[place], queue.seen[place], queue.triangle[place] = pixel, seen, triangle
                        queue.shares[place] = at_a + right_of * a_dx + below * a_dy
                        queue.shares[QUEUE_SIZE + place] = at_b + right_of * b_dx + below * b_dy
                        queue.shares[2 * QUEUE_SIZE + place] = at_c + right_of * c_dx + below * c_dy
                        queue.shares[3 * QUEUE_SIZE + place] = per_area
                        queue.values[WAITING_NEARNESS + place] = near_0 + f32(right_of) * near_dx + f32(below) * near_dy
                        queue.values[DENSITY + place] = density
                        if alpha >= ONE:
                            if seen & 1:
                                nearness[pixel, 0] = near_0
                            if seen & 2:
                                nearness[pixel, 1] = near_1
                            if seen & 4:
                                nearness[pixel, 2] = near_2
                            if seen & 8:
                                nearness[pixel, 3] = near_3
                        waiting += 1
                        if waiting == QUEUE_SIZE:
                            _colour(projection, waiting, alpha, kind, start, side, faces, texels, queue, frame.colour)
                            coloured += waiting
                            waiting = 0
                elif entered:
                    break
                at_a += 2.0 * a_dx
                at_b += 2.0 * b_dx
                at_c += 2.0 * c_dx
    _colour(projection, waiting, alpha, kind, start, side, faces, texels, queue, frame.colour)
    return coloured + waiting


@inner
def _hidden(nearest: np.float32, left: int, right: int, top: int, bottom: int, farthest: Float32s, width: int) -> bool:
    """Whether everything in these rows and columns is certainly nearer than `nearest`."""
    across = (width + TILE_PX - 1) // TILE_PX
    for row in range(top // TILE_PX, bottom // TILE_PX + 1):
        for column in range(left // TILE_PX, right // TILE_PX + 1):
            if nearest * CERTAINLY_FARTHER >= farthest[row * across + column]:
                return False
    return True


@inner
def _measure(frame: Frame) -> None:
    """Bring `frame.farthest` up to date."""
    nearness, width = frame.nearness, frame.width
    height = len(nearness) // width
    across = (width + TILE_PX - 1) // TILE_PX
    for tile in range(len(frame.farthest)):
        top, left = tile // across * TILE_PX, tile % across * TILE_PX
        least_0 = least_1 = least_2 = least_3 = f32(np.inf)
        for row in range(top, min(top + TILE_PX, height)):
            for column in range(left, min(left + TILE_PX, width)):
                pixel = np.uint32(row * width + column)
                least_0, least_1 = min(least_0, nearness[pixel, 0]), min(least_1, nearness[pixel, 1])
                least_2, least_3 = min(least_2, nearness[pixel, 2]), min(least_3, nearness[pixel, 3])
        frame.farthest[tile] = min(min(least_0, least_1), min(least_2, least_3))


@inner
def _before(highest: float, dx: float) -> int:
    """How many pixels of a row certainly lie before an edge, at whose first pixel the edge function is at most this."""
    if highest >= 0.0:
        return 0
    if dx <= 0.0:
        return 1 << 30
    return int(min(-highest / (2.0 * dx), 1e6))


@inner
def _colour(
    projection: Projection,
    count: int,
    alpha: np.float32,
    kind: int,
    start: int,
    side: int,
    faces: int,
    texels: npt.NDArray[np.uint8],
    queue: Queue,
    colour: npt.NDArray[np.uint32],
) -> None:
    """Colour the samples of the first `count` pixels of the queue.

    In short loops, each over all pixels: their iterations do not depend on each other, so that the processor works on
    many at a time.
    """
    vertices, corners, values = projection.vertices, projection.corners, queue.values
    for n in range(count):
        i = n & (QUEUE_SIZE - 1)
        triangle = queue.triangle[i]
        for k in range(3):
            vertex = corners[triangle, k]
            values[CORNER_NEARNESS + k * QUEUE_SIZE + i] = vertices[vertex, NEARNESS]
            for column in range(6):
                values[CORNER_VALUES + (3 * column + k) * QUEUE_SIZE + i] = vertices[vertex, RED + column]
    _mix(queue.shares, values)
    if side > 0:
        for n in range(count):
            i = n & (QUEUE_SIZE - 1)
            s, t, r = (
                values[MIXED + 3 * QUEUE_SIZE + i],
                values[MIXED + 4 * QUEUE_SIZE + i],
                values[MIXED + 5 * QUEUE_SIZE + i],
            )
            texel = np.uint32(_texel(s, t, r, values[FOOTPRINT + i], kind, start, side, faces))
            for channel in range(3):
                values[MIXED + channel * QUEUE_SIZE + i] *= f32(texels[texel, channel]) * f32(1 / 255)
    for n in range(count):
        i = n & (QUEUE_SIZE - 1)
        pixel, seen = queue.pixel[i], queue.seen[i]
        red, green, blue = values[MIXED + i], values[MIXED + QUEUE_SIZE + i], values[MIXED + 2 * QUEUE_SIZE + i]
        opaque = _packed(red, green, blue)
        for k in range(PIXEL_SAMPLES):
            if seen >> k & 1:
                colour[pixel, k] = opaque if alpha >= ONE else _blended(colour[pixel, k], red, green, blue, alpha)


@inner
def _mix(shares: npt.NDArray[np.float64], values: Float32s) -> None:
    """FOOTPRINT, WEIGHT and MIXED of all places in the queue, with perspective; places may be left from before."""
    for i in range(QUEUE_SIZE):
        distance = ONE / values[WAITING_NEARNESS + i]
        scale = shares[3 * QUEUE_SIZE + i] * distance
        values[FOOTPRINT + i] = values[DENSITY + i] * distance * distance * distance
        for k in range(0, 3 * QUEUE_SIZE, QUEUE_SIZE):
            values[WEIGHT + k + i] = f32(shares[k + i] * scale) * values[CORNER_NEARNESS + k + i]
    for column in range(6):
        for i in range(QUEUE_SIZE):
            first = CORNER_VALUES + 3 * column * QUEUE_SIZE + i
            values[MIXED + column * QUEUE_SIZE + i] = (
                values[WEIGHT + i] * values[first]
                + values[WEIGHT + QUEUE_SIZE + i] * values[first + QUEUE_SIZE]
                + values[WEIGHT + 2 * QUEUE_SIZE + i] * values[first + 2 * QUEUE_SIZE]
            )


@inner
def _lowest(dx: float, dy: float) -> float:
    """The least of 0, dx, dy and dx + dy."""
    return min(dx, 0.0) + min(dy, 0.0)


@inner
def _inside(at_a: float, at_b: float, at_c: float) -> int:
    """1 for a sample inside a triangle, else 0."""
    return int(min(at_a, min(at_b, at_c)) >= 0.0)


@inner
def _triple(vertices: Float32s, i: int, column: int) -> Triple:
    """Three neighbouring columns of a vertex: its texture coordinates from S."""
    return vertices[i, column], vertices[i, column + 1], vertices[i, column + 2]


@inner
def _packed(red: np.float32, green: np.float32, blue: np.float32) -> np.uint32:
    """A colour, 0 to 255 in each channel, as one number."""
    return np.uint32(_byte(red) | _byte(green) << 8 | _byte(blue) << 16)


@inner
def _blended(behind: np.uint32, red: np.float32, green: np.float32, blue: np.float32, alpha: np.float32) -> np.uint32:
    """A packed colour seen through another one."""
    through = ONE - alpha
    return _packed(
        alpha * red + through * f32(behind & 255),
        alpha * green + through * f32(behind >> 8 & 255),
        alpha * blue + through * f32(behind >> 16 & 255),
    )


@inner
def _byte(value: np.float32) -> int:
    """The nearest integer from 0 to 255; interpolation may have left a hair's breadth outside."""
    return int(min(max(value, ZERO), f32(255)) + HALF)


@inner
def _texture_area(at: tuple[Triple, Triple, Triple], kind: int, side: int) -> np.float32:
    """Texels of the finest level that a triangle spans, times 2.

    With `density` = this over twice the triangle's area in the picture, times the product of its corners' nearness, a
    sample covers density * distance ** 3 texels: the Jacobian determinant of a plane's perspective image.
    """
    (sa, ta, ra), (sb, tb, rb), (sc, tc, rc) = at
    if kind != PLANAR:
        face = _cube_face(sa + sb + sc, ta + tb + tc, ra + rb + rc)
        sa, ta = _on_face(face, sa, ta, ra)
        sb, tb = _on_face(face, sb, tb, rb)
        sc, tc = _on_face(face, sc, tc, rc)
    texels: np.float32 = abs((sb - sa) * (tc - ta) - (sc - sa) * (tb - ta)) * f32(side) * f32(side)
    return texels


@inner
def _covered(low: float, high: float, size: int) -> tuple[int, int]:
    """First and last pixel along an axis that may have samples between `low` and `high`, within the picture."""
    return int(min(max(low, 0.0), 2.0 * size)) >> 1, min(int(min(max(high, 0.0), 2.0 * size)) >> 1, size - 1)


@inner
def _least(dx: float, dy: float) -> float:
    """The least edge function that counts as inside: 0 on left and top edges, else less than any positive value."""
    return 0.0 if dx > 0.0 or (dx == 0.0 and dy > 0.0) else EDGE_STEP


@inner
def _texel(
    s: np.float32, t: np.float32, r: np.float32, footprint: np.float32, kind: int, start: int, side: int, faces: int
) -> int:
    """Index of the texel nearest to the texture coordinates, in the level where a pixel covers about one texel."""
    face = 0
    if kind != PLANAR:
        face = _cube_face(s, t, r)
        s, t = _on_face(face, s, t, r)
        if faces == 1:
            face = 0
    while footprint > f32(2) and side > 1:
        start += faces * side * side
        side >>= 1
        footprint *= f32(0.25)
    column = min(max(int((s - np.floor(s)) * f32(side)), 0), side - 1)
    row = min(max(int((t - np.floor(t)) * f32(side)), 0), side - 1)
    return start + (face * side + row) * side + column


@inner
def _cube_face(x: np.float32, y: np.float32, z: np.float32) -> int:
    """The face of a cube map in direction (x, y, z), numbered as in OpenGL: +x, -x, +y, -y, +z, -z."""
    if abs(x) >= abs(y) and abs(x) >= abs(z):
        return 0 if x >= ZERO else 1
    if abs(y) >= abs(z):
        return 2 if y >= ZERO else 3
    return 4 if z >= ZERO else 5


@inner
def _on_face(face: int, x: np.float32, y: np.float32, z: np.float32) -> tuple[np.float32, np.float32]:
    """Column and row, 0 to 1, at which direction (x, y, z) meets a face of a cube map (OpenGL 4.6, section 8.13)."""
    if face == 0:
        across, down, ahead = -z, -y, x
    elif face == 1:
        across, down, ahead = z, -y, -x
    elif face == 2:
        across, down, ahead = x, z, y
    elif face == 3:
        across, down, ahead = x, -z, -y
    elif face == 4:
        across, down, ahead = x, -y, z
    else:
        across, down, ahead = -x, -y, -z
    half = HALF / max(ahead, VANISHING)
    return HALF + across * half, HALF + down * half


@compiled
def resolve(frame: Frame, picture: npt.NDArray[np.uint8]) -> None:
    """Each pixel of `picture` (h * w, 3) becomes the rounded mean of its samples."""
    colour = frame.colour
    for number in range(len(colour)):
        red_blue, green = PIXEL_SAMPLES // 2 * 0x10001, PIXEL_SAMPLES // 2 << 8
        for k in range(PIXEL_SAMPLES):
            red_blue += colour[number, k] & 0xFF00FF
            green += colour[number, k] & 0xFF00
        picture[number, 0] = (red_blue & 0xFFFF) // PIXEL_SAMPLES
        picture[number, 1] = (green >> 8) // PIXEL_SAMPLES
        picture[number, 2] = (red_blue >> 16) // PIXEL_SAMPLES
