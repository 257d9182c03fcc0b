"""The rasterizer: turns objects (triangles with materials) into samples of an image.

All kernels are compiled by numba and live in this one file, because numba's cache notices changes only of the file that
holds the function. Arithmetic is float32, except where exactness needs float64: poses, and edge functions. The latter
are exact because screen positions are multiples of 1/256 of a sample.

Drawing takes two calls, and a third one finishes the image:

1. `project` is the vertex stage. It culls objects outside the view frustum, transforms and lights the vertices of the
   others, clips triangles at the near plane and culls those that face away from the camera.
2. `fill` is the pixel stage. For each triangle it finds the samples that are covered and not occluded (with a depth
   buffer of inverse depths and a hierarchical Z buffer in front of it) and puts their pixels into a queue. Whenever the
   queue is full, `_shade` interpolates, textures and blends the colours of all its pixels at once.
3. `resolve` averages the samples of each pixel.

Everything is supersampled in coverage and depth (4 samples per pixel) and shaded once per pixel and triangle, as in the
multisampling of graphics hardware. Neither the hierarchical Z buffer nor the queue changes a bit of the image.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt

from kinitro.environments.rendering.camera import Camera
from kinitro.environments.rendering.compilation import compiled, inlined, inner
from kinitro.environments.rendering.lighting import Lights
from kinitro.environments.rendering.scene import Geometry, Materials
from kinitro.environments.rendering.textures import PLANAR, Textures

Float32s = npt.NDArray[np.float32]
Indices = npt.NDArray[np.uint32]
"""Unsigned, because for signed indices numba checks for negative ones, which takes time in the innermost loops."""
Triple = tuple[np.float32, np.float32, np.float32]
f32 = np.float32
ZERO, HALF, ONE = f32(0), f32(0.5), f32(1)
"""Named constants, because compiling a constant takes less time than compiling a conversion such as `f32(0)`."""

ZERO_COUNT = cast("int", np.int64(0))
"""The start of a count. A literal 0 has a numba type of its own, for which called functions would be compiled again."""

PIXEL_SAMPLES = 4
"""Samples per pixel. They form a square grid: 0 is upper left, 1 upper right, 2 lower left, 3 lower right."""
ALL_SAMPLES = 2**PIXEL_SAMPLES - 1
"""The coverage mask of a whole pixel; bit k of a mask stands for sample k."""
CENTROID_X = np.array([0, 0, 1, 1 / 2, 0, 0, 1 / 2, 1 / 3, 1, 1 / 2, 1, 2 / 3, 1 / 2, 1 / 3, 2 / 3, 1 / 2])
CENTROID_Y = np.array([0, 0, 0, 0, 1, 1 / 2, 1 / 2, 1 / 3, 1, 1 / 2, 1 / 2, 1 / 3, 1, 2 / 3, 2 / 3, 1 / 2])
"""The centroid of each of the 16 coverage masks, in samples to the right of and below the pixel's first sample."""
SUBPIXEL = f32(256)
"""Screen positions are rounded to multiples of 1 / SUBPIXEL of a sample."""
TILE_PX = 8
"""Side of the tiles of `Frame.hierarchical_z`."""
UPDATES_PER_IMAGE = 3
"""`Frame.hierarchical_z` is updated whenever a third as many pixels as the image has were shaded since then."""
OCCLUSION_MARGIN = f32(1.0001)
"""Factor on a triangle's inverse depth before it is compared with a tile's: interpolated values may exceed those of the
corners by rounding errors, and a sample that passes the depth test must never be dropped."""
SKIPPING_WIDTH_PX = 6
"""In triangles that are wider, the pixels of a row left of the triangle are skipped by a division, not one by one."""
EDGE_STEP = 2.0**-17
"""Half the least positive value of an edge function, which is a multiple of 2**-16 (a product of two positions)."""
TINY = f32(1e-12)
"""Keeps divisors above 0. Specular terms below it become 0, because powers must not reach denormal numbers (slow)."""

RIGHT, UP, FORWARD, X, Y, INVERSE_DEPTH, RED, GREEN, BLUE, S, T, R = range(12)
"""Columns of transformed vertices, float32 (n, COLUMNS).

RIGHT, UP, FORWARD: position in the camera's frame, metres.
X, Y:               position in the image, in samples from its upper left corner; Y points down.
INVERSE_DEPTH:      1 / FORWARD, per metre. Unlike depth it is linear in X and Y. It is 0 for vertices in front of the
                    near plane, whose X and Y mean nothing.
RED, GREEN, BLUE:   lit colour, 0 to 255.
S, T, R:            texture coordinates.
"""
COLUMNS = 16
"""The last four columns are padding: with them, a vertex fills exactly one cache line of 64 bytes."""
LANES = 64
"""Vertices that are lit at a time: loops of constant length become vector (SIMD) instructions."""
NORMAL, VIEW, COLOUR, DIFFUSE, SPECULAR, POWER = (row * LANES for row in (0, 3, 6, 9, 10, 11))
"""Offsets of rows of LANES values in `Workspace.scratch`.

NORMAL, VIEW:             three rows each (right, up, forward): the unit normal, and the unit vector to the camera.
COLOUR:                   three rows (red, green, blue).
DIFFUSE, SPECULAR, POWER: one row each, see `_compute_light_terms`.
"""
SCRATCH_SIZE = 12 * LANES
QUEUE_SIZE = 64
"""Pixels that are shaded at a time; a power of two."""
CENTROID_INVERSE_DEPTH, TEXEL_DENSITY, FOOTPRINT, CORNER_INVERSE_DEPTH, WEIGHT, CORNER_ATTRIBUTES, INTERPOLATED = (
    row * QUEUE_SIZE for row in (0, 1, 2, 3, 6, 9, 27)
)
"""Offsets of rows of QUEUE_SIZE values in `Queue.values`.

CENTROID_INVERSE_DEPTH: inverse depth at the centroid of the pixel's visible samples.
TEXEL_DENSITY:          the part of FOOTPRINT that is constant over a triangle: FOOTPRINT / depth ** 3.
FOOTPRINT:              texels of the finest mipmap level that the pixel covers.
CORNER_INVERSE_DEPTH:   three rows, for corners a, b, c of the triangle.
WEIGHT:                 three rows: perspective-correct barycentric coordinates of the centroid, for a, b, c.
CORNER_ATTRIBUTES:      eighteen rows: for each of the six columns RED to R its values at a, b, c.
INTERPOLATED:           six rows: RED to R at the centroid.
"""
VALUES_SIZE = 33 * QUEUE_SIZE


class Poses(NamedTuple):
    """Poses of all objects in the world frame.

    position: float64 (objects, 3), metres.
    rotation: float64 (objects, 9), rotation matrices from the object's frame to the world's, row by row.
    """

    position: npt.NDArray[np.float64]
    rotation: npt.NDArray[np.float64]


class Frame(NamedTuple):
    """The samples of an image of height h and width w in pixels; pixels row by row, PIXEL_SAMPLES samples each.

    colour:         uint32 (h * w, PIXEL_SAMPLES), red + green * 2 ** 8 + blue * 2 ** 16.
    inverse_depth:  float32 (h * w, PIXEL_SAMPLES), the depth buffer: 1 / depth in 1/m of the nearest opaque surface so
                    far, 0 (infinitely far) where none was drawn.
    hierarchical_z: float32 (tiles,), one value per tile of TILE_PX x TILE_PX pixels, tiles row by row: a lower bound of
                    `inverse_depth` in the tile. It may be out of date, but never too high: depth tests only raise
                    inverse depths.
    width:          w.
    """

    colour: npt.NDArray[np.uint32]
    inverse_depth: Float32s
    hierarchical_z: Float32s
    width: int


class Queue(NamedTuple):
    """Visible pixels that wait to be shaded, in the order in which they were found.

    pixel:        uint32 (QUEUE_SIZE,), row * width + column.
    visible:      uint32 (QUEUE_SIZE,), mask of the samples to colour: bit k is set if sample k is visible.
    triangle:     uint32 (QUEUE_SIZE,), row of `Projection.corners`.
    barycentrics: float64 (4 * QUEUE_SIZE,), four rows: the edge functions of a, b, c at the centroid of the visible
                  samples (barycentric coordinates times twice the triangle's area), then one over twice the area.
    values:       float32 (VALUES_SIZE,), see CENTROID_INVERSE_DEPTH and what follows it.
    """

    pixel: Indices
    visible: Indices
    triangle: Indices
    barycentrics: npt.NDArray[np.float64]
    values: Float32s


class Projection(NamedTuple):
    """What the camera sees of some objects: written by `project`, drawn by `fill`.

    vertices: float32 (vertices + 2 * triangles, COLUMNS): clipping adds up to two vertices per triangle.
    corners:  uint32 (2 * triangles, 3), rows of `vertices`: the triangles to fill. Clipping may cut one into two.
    ends:     int64 (objects,): entry i is the number of rows of `corners` that belong to the first i + 1 objects in the
              order in which they are drawn.
    """

    vertices: Float32s
    corners: Indices
    ends: npt.NDArray[np.int64]


class Workspace(NamedTuple):
    """Memory that `project` overwrites as it goes.

    view_rotation:    float32 (3, 3), rotation from the frame of the present object to the camera's.
    view_translation: float32 (3,), origin of the present object in the camera's frame, metres.
    light_directions: float32 (lights, 3), unit vectors to the lights in the camera's frame.
    light_positions:  float32 (lights, 3), positions of spotlights in the camera's frame, metres.
    polygon:          uint32 (4,), corners of a triangle that was clipped at the near plane.
    scratch:          float32 (SCRATCH_SIZE,), see NORMAL and what follows it.
    """

    view_rotation: Float32s
    view_translation: Float32s
    light_directions: Float32s
    light_positions: Float32s
    polygon: Indices
    scratch: Float32s


@compiled
def project(
    objects: npt.NDArray[np.int32],
    geometry: Geometry,
    materials: Materials,
    poses: Poses,
    lights: Lights,
    camera: Camera,
    side: int,
    workspace: Workspace,
    projection: Projection,
) -> None:
    """The vertex stage: find the triangles of some objects that the camera may see, and write them to `projection`.

    objects:    int32 (n,), the numbers of the objects, in the order in which `fill` shall draw them.
    side:       width and height of the image in samples, that is, twice its pixels.
    workspace:  overwritten.
    projection: overwritten.

    Objects whose bounding sphere lies outside the view frustum add no triangles.
    """
    view_rotation, view_translation, vertices = workspace.view_rotation, workspace.view_translation, projection.vertices
    _orient_lights(lights, camera, workspace.light_directions, workspace.light_positions)
    row, shown = ZERO_COUNT, ZERO_COUNT  # used rows of `vertices` and of `corners`
    for place, number in enumerate(objects):
        _set_model_view(
            poses.position[number],
            poses.rotation[number],
            camera.position,
            camera.axes,
            view_rotation,
            view_translation,
        )
        if _intersects_frustum(view_translation, geometry.radius[number], camera.focal_px, camera.near_m, side):
            first_row = np.uint32(row)
            row = _process_vertices(number, row, geometry, materials, lights, camera, side, workspace, vertices)
            for triangle in range(geometry.first_triangle[number], geometry.first_triangle[number + 1]):
                a = first_row + geometry.triangles[triangle, 0]
                b = first_row + geometry.triangles[triangle, 1]
                c = first_row + geometry.triangles[triangle, 2]
                if min(vertices[a, INVERSE_DEPTH], min(vertices[b, INVERSE_DEPTH], vertices[c, INVERSE_DEPTH])) <= ZERO:
                    edges = (a, b), (b, c), (c, a)
                    row, shown = _clip_at_near_plane(edges, row, shown, camera, side, workspace.polygon, projection)
                elif _may_cover_samples(vertices, a, b, c, side):
                    _emit_triangle(projection.corners, shown, a, b, c)
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
    """The pixel stage: draw what `project` left in `projection` into the frame, object by object.

    objects:       those that `project` was called with, in the same order.
    rgba, texture: those of `Materials`.
    queue:         overwritten; it is empty before and after.

    An object whose alpha is below 1 is blended over the colours behind it and does not change the depth buffer. So draw
    opaque objects first (near ones first is fastest), then transparent ones, the farthest first.
    """
    first, shaded = ZERO_COUNT, ZERO_COUNT  # first triangle of the object; pixels shaded since the last update
    for place, number in enumerate(objects):
        last = projection.ends[place]
        if last == first:
            continue
        texture_kind, first_texel, texture_width, texture_faces = 0, 0, 0, 0
        if texture[number] >= 0:
            texture_kind, first_texel = textures.kind[texture[number]], textures.first[texture[number]]
            texture_width, texture_faces = textures.width[texture[number]], textures.faces[texture[number]]
        if shaded * UPDATES_PER_IMAGE > len(frame.inverse_depth):
            _update_hierarchical_z(frame)
            shaded = 0
        texels = textures.texels
        shaded += _fill_triangles(
            projection,
            first,
            last,
            rgba[number, 3],
            texture_kind,
            first_texel,
            texture_width,
            texture_faces,
            texels,
            queue,
            frame,
        )
        first = last


@inner
def _emit_triangle(corners: Indices, count: int, a: int, b: int, c: int) -> None:
    """Append a triangle to the `count` triangles in `corners`."""
    corners[count, 0], corners[count, 1], corners[count, 2] = a, b, c


@inner
def _set_model_view(
    position: npt.NDArray[np.float64],
    rotation: npt.NDArray[np.float64],
    viewpoint: npt.NDArray[np.float64],
    axes: npt.NDArray[np.float64],
    view_rotation: Float32s,
    view_translation: Float32s,
) -> None:
    """Set the rotation and translation from the frame of an object to the camera's.

    `position` (3,) and `rotation` (9,) are the object's pose, `viewpoint` (3,) and `axes` (3, 3) those of `Camera`. The
    difference of positions is taken in float64 before rounding, so that precision does not depend on where the world's
    origin is.
    """
    x, y, z = position[0] - viewpoint[0], position[1] - viewpoint[1], position[2] - viewpoint[2]
    for i in range(3):
        a, b, c = axes[i, 0], axes[i, 1], axes[i, 2]
        view_translation[i] = f32(a * x + b * y + c * z)
        for j in range(3):
            view_rotation[i, j] = f32(a * rotation[j] + b * rotation[3 + j] + c * rotation[6 + j])


@inner
def _intersects_frustum(
    view_translation: Float32s, radius: np.float32, focal: np.float32, near: np.float32, side: int
) -> bool:
    """Whether an object's bounding sphere reaches into the view frustum (which has no far plane)."""
    # The planes through the camera and an edge of the image contain the points with focal * |right| = half * forward;
    # divided by the square root below, the difference of both sides is the distance from such a plane.
    half = HALF * f32(side)
    reach = radius * np.sqrt(focal * focal + half * half) + half * view_translation[2]
    within: bool = (
        view_translation[2] + radius > near
        and focal * abs(view_translation[0]) <= reach
        and focal * abs(view_translation[1]) <= reach
    )
    return within


@inlined
def _process_vertices(
    number: int,
    row: int,
    geometry: Geometry,
    materials: Materials,
    lights: Lights,
    camera: Camera,
    side: int,
    workspace: Workspace,
    vertices: Float32s,
) -> int:
    """Transform and light the vertices of object `number`, LANES at a time, and write them to `vertices` from `row` on.

    Returns the first row after them.
    """
    scratch = workspace.scratch
    last = geometry.first_vertex[number + 1]
    for start in range(geometry.first_vertex[number], last, LANES):
        count = min(LANES, last - start)
        _transform_vertices(
            start, count, row, geometry, materials.texture_coordinates, camera, side, workspace, vertices
        )
        _light_vertices(number, row, materials, lights, workspace, vertices)
        for i in range(count):
            for channel in range(3):
                vertices[row + i, RED + channel] = scratch[COLOUR + channel * LANES + i]
        row += count
    return row


@inlined
def _transform_vertices(
    start: int,
    count: int,
    first_row: int,
    geometry: Geometry,
    texture_coordinates: Float32s,
    camera: Camera,
    side: int,
    workspace: Workspace,
    vertices: Float32s,
) -> None:
    """Transform vertices start to start + count - 1 (count <= LANES) to the camera's frame and to the image.

    Writes all columns but the colours to `vertices`, from `first_row` on, and normals and unit vectors to the camera,
    which lighting needs, to NORMAL and VIEW in scratch memory.
    """
    view_rotation, view_translation, scratch = workspace.view_rotation, workspace.view_translation, workspace.scratch
    positions, normals = geometry.positions, geometry.normals
    for i in range(count):
        vertex, row = start + i, first_row + i
        x, y, z = positions[0, vertex], positions[1, vertex], positions[2, vertex]
        right = view_rotation[0, 0] * x + view_rotation[0, 1] * y + view_rotation[0, 2] * z + view_translation[0]
        up = view_rotation[1, 0] * x + view_rotation[1, 1] * y + view_rotation[1, 2] * z + view_translation[1]
        forward = view_rotation[2, 0] * x + view_rotation[2, 1] * y + view_rotation[2, 2] * z + view_translation[2]
        vertices[row, RIGHT], vertices[row, UP], vertices[row, FORWARD] = right, up, forward
        for axis in range(3):
            vertices[row, S + axis] = texture_coordinates[axis, vertex]
        vertices[row, INVERSE_DEPTH] = ZERO
        if forward >= camera.near_m:
            x, y, inverse_depth = _project_point(right, up, forward, camera.focal_px, side)
            vertices[row, X], vertices[row, Y], vertices[row, INVERSE_DEPTH] = x, y, inverse_depth
        scale = f32(-1) / np.sqrt(right * right + up * up + forward * forward + TINY)
        scratch[VIEW + i] = right * scale
        scratch[VIEW + LANES + i] = up * scale
        scratch[VIEW + 2 * LANES + i] = forward * scale
        x, y, z = normals[0, vertex], normals[1, vertex], normals[2, vertex]
        for axis in range(3):
            scratch[NORMAL + axis * LANES + i] = (
                view_rotation[axis, 0] * x + view_rotation[axis, 1] * y + view_rotation[axis, 2] * z
            )


@inner
def _project_point(
    right: np.float32, up: np.float32, forward: np.float32, focal: np.float32, side: int
) -> tuple[np.float32, np.float32, np.float32]:
    """Compute X, Y and INVERSE_DEPTH of a point in the camera's frame; `focal` and `side` are in samples.

    X and Y are rounded to the grid of 1 / SUBPIXEL, which makes edge functions exact.
    """
    inverse_depth = ONE / forward
    middle = HALF * f32(side)
    x, y = middle + focal * inverse_depth * right, middle - focal * inverse_depth * up
    return np.floor(x * SUBPIXEL + HALF) / SUBPIXEL, np.floor(y * SUBPIXEL + HALF) / SUBPIXEL, inverse_depth


@inlined
def _light_vertices(
    number: int, first_row: int, materials: Materials, lights: Lights, workspace: Workspace, vertices: Float32s
) -> None:
    """Light LANES vertices of object `number`, those from `first_row` of `vertices` on.

    Writes COLOUR in scratch memory, 0 to 255, from NORMAL and VIEW.

    This is the Blinn-Phong model of OpenGL's fixed-function pipeline with a local viewer: emission and ambient light,
    plus for each light diffuse light n . l and specular light (n . h) ** exponent. Colours are clamped to 1 at the end.
    """
    light_directions, scratch = workspace.light_directions, workspace.scratch
    for channel in range(3):
        ambient = materials.emission[number]
        for light in range(len(lights.towards)):
            ambient += lights.ambient[light, channel]
        start = materials.rgba[number, channel] * ambient
        for i in range(LANES):
            scratch[COLOUR + channel * LANES + i] = start
    for light in range(len(lights.towards)):
        if lights.spot[light]:
            _compute_spot_terms(light, first_row, lights, workspace, vertices, materials.exponent[number])
        else:
            _compute_light_terms(
                light_directions[light, 0],
                light_directions[light, 1],
                light_directions[light, 2],
                materials.exponent[number],
                scratch,
            )
        for channel in range(3):
            diffuse = materials.rgba[number, channel] * lights.diffuse[light, channel]
            specular = materials.specular[number] * lights.specular[light, channel]
            for i in range(LANES):
                added = diffuse * scratch[DIFFUSE + i] + specular * scratch[SPECULAR + i]
                scratch[COLOUR + channel * LANES + i] += added
    for i in range(3 * LANES):
        scratch[COLOUR + i] = f32(255) * min(scratch[COLOUR + i], ONE)


@inner
def _compute_light_terms(x: np.float32, y: np.float32, z: np.float32, exponent: int, scratch: Float32s) -> None:
    """Compute DIFFUSE and SPECULAR of LANES vertices for the light in direction (x, y, z).

    With the normal n, the unit vector l to the light, v to the camera and h half-way between l and v:
    DIFFUSE = max(0, n . l); SPECULAR = max(0, n . h) ** exponent if n . l > 0, otherwise 0.
    The power is taken by squaring POWER repeatedly, because the C library's `pow` differs between machines.
    """
    for i in range(LANES):
        nx, ny, nz = scratch[NORMAL + i], scratch[NORMAL + LANES + i], scratch[NORMAL + 2 * LANES + i]
        hx, hy, hz = x + scratch[VIEW + i], y + scratch[VIEW + LANES + i], z + scratch[VIEW + 2 * LANES + i]
        diffuse = max(x * nx + y * ny + z * nz, ZERO)
        along = max(hx * nx + hy * ny + hz * nz, ZERO)
        scratch[DIFFUSE + i] = diffuse
        scratch[POWER + i] = along / np.sqrt(hx * hx + hy * hy + hz * hz + TINY)
        scratch[SPECULAR + i] = ONE if diffuse > ZERO else ZERO
    _raise_highlights(exponent, scratch)


@inlined
def _compute_spot_terms(
    light: int, first_row: int, lights: Lights, workspace: Workspace, vertices: Float32s, exponent: int
) -> None:
    """Compute DIFFUSE and SPECULAR for a spotlight, as `_compute_light_terms` does, times its intensity at the vertex.

    The intensity is 0 outside the cone; inside, it falls off to the cone's edge and with distance, as in OpenGL.
    """
    scratch, position, axis = workspace.scratch, workspace.light_positions[light], workspace.light_directions[light]
    for i in range(LANES):
        row = min(first_row + i, len(vertices) - 1)  # lanes behind the last vertex are not used
        x = position[0] - vertices[row, RIGHT]
        y = position[1] - vertices[row, UP]
        z = position[2] - vertices[row, FORWARD]
        distance = np.sqrt(x * x + y * y + z * z + TINY)
        x, y, z = x / distance, y / distance, z / distance
        nx, ny, nz = scratch[NORMAL + i], scratch[NORMAL + LANES + i], scratch[NORMAL + 2 * LANES + i]
        hx, hy, hz = x + scratch[VIEW + i], y + scratch[VIEW + LANES + i], z + scratch[VIEW + 2 * LANES + i]
        cosine = x * axis[0] + y * axis[1] + z * axis[2]
        intensity = ZERO
        if cosine >= lights.cutoff[light]:
            intensity = ONE
            for _ in range(lights.exponent[light]):
                intensity *= max(cosine, ZERO)
            fading = lights.fading[light]
            intensity /= fading[0] + fading[1] * distance + fading[2] * distance * distance
        shade = x * nx + y * ny + z * nz
        along = max(hx * nx + hy * ny + hz * nz, ZERO)
        scratch[DIFFUSE + i] = intensity * max(shade, ZERO)
        scratch[POWER + i] = along / np.sqrt(hx * hx + hy * hy + hz * hz + TINY)
        scratch[SPECULAR + i] = intensity if shade > ZERO else ZERO
    _raise_highlights(exponent, scratch)


@inner
def _raise_highlights(exponent: int, scratch: Float32s) -> None:
    """Multiply SPECULAR of LANES vertices by POWER to this exponent; POWER is overwritten."""
    while exponent > 0:
        if exponent & 1:
            for i in range(LANES):
                product = scratch[SPECULAR + i] * scratch[POWER + i]
                scratch[SPECULAR + i] = product if product > TINY else ZERO
        exponent >>= 1
        for i in range(LANES):
            square = scratch[POWER + i] * scratch[POWER + i]
            scratch[POWER + i] = square if square > TINY else ZERO


@inner
def _orient_lights(lights: Lights, camera: Camera, light_directions: Float32s, light_positions: Float32s) -> None:
    """Bring the lights into the camera's frame; the headlight shines along the line of sight."""
    axes = camera.axes
    for light in range(len(lights.towards)):
        x, y, z = lights.towards[light, 0], lights.towards[light, 1], lights.towards[light, 2]
        for axis in range(3):
            light_directions[light, axis] = f32(axes[axis, 0] * x + axes[axis, 1] * y + axes[axis, 2] * z)
        x, y, z = lights.position[light, 0], lights.position[light, 1], lights.position[light, 2]
        x, y, z = x - camera.position[0], y - camera.position[1], z - camera.position[2]
        for axis in range(3):
            light_positions[light, axis] = f32(axes[axis, 0] * x + axes[axis, 1] * y + axes[axis, 2] * z)
    if lights.headlight:
        light_directions[0, 0], light_directions[0, 1], light_directions[0, 2] = ZERO, ZERO, -ONE


@inner
def _may_cover_samples(vertices: Float32s, a: int, b: int, c: int, side: int) -> bool:
    """Whether a triangle faces the camera and its bounding box in the image holds the centre of a sample.

    Many triangles of detailed meshes are so small that they lie between the centres of samples.
    """
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
def _clip_at_near_plane(
    edges: tuple[tuple[int, int], ...],
    row: int,
    count: int,
    camera: Camera,
    side: int,
    polygon: Indices,
    projection: Projection,
) -> tuple[int, int]:
    """Clip a triangle, given by its `edges`, at the near plane, and append what is left: 0, 1 or 2 triangles.

    Up to two new vertices are written from `row` on (Sutherland and Hodgman's algorithm for one plane). Returns the
    next free row of vertices and the new number of triangles.
    """
    vertices = projection.vertices
    corner_count = 0
    for start, end in edges:
        beyond = vertices[start, INVERSE_DEPTH] > ZERO
        if beyond:
            polygon[corner_count] = start
            corner_count += 1
        if beyond != (vertices[end, INVERSE_DEPTH] > ZERO):
            _intersect_near_plane(vertices, start, end, row, camera, side)
            polygon[corner_count] = row
            corner_count += 1
            row += 1
    for corner in range(2, corner_count):
        _emit_triangle(projection.corners, count, polygon[0], polygon[corner - 1], polygon[corner])
        count += 1
    return row, count


@inner
def _intersect_near_plane(vertices: Float32s, start: int, end: int, target: int, camera: Camera, side: int) -> None:
    """Write the vertex at which the edge between two vertices meets the near plane to row `target`.

    Position, colour and texture coordinates are linear along the edge; the position in the image is projected anew.
    """
    near = camera.near_m
    fraction = (near - vertices[start, FORWARD]) / (vertices[end, FORWARD] - vertices[start, FORWARD])
    for column in range(R + 1):
        vertices[target, column] = vertices[start, column] + fraction * (
            vertices[end, column] - vertices[start, column]
        )
    x, y, inverse_depth = _project_point(vertices[target, RIGHT], vertices[target, UP], near, camera.focal_px, side)
    vertices[target, X], vertices[target, Y], vertices[target, INVERSE_DEPTH] = x, y, inverse_depth


@inlined
def _fill_triangles(
    projection: Projection,
    first: int,
    last: int,
    alpha: np.float32,
    texture_kind: int,
    first_texel: int,
    texture_width: int,
    texture_faces: int,
    texels: npt.NDArray[np.uint8],
    queue: Queue,
    frame: Frame,
) -> int:
    """Rasterize triangles `first` to `last` - 1 of `projection`, which belong to one object; count the shaded pixels.

    A sample is covered if its centre is inside the triangle, or exactly on a top or left edge of it (the fill rule of
    graphics hardware). Coverage and depth are tested per sample; the colour is computed once per pixel, at the centroid
    of its visible samples. There is no texture if `texture_width` is 0.

    The algorithm (J. Pineda, "A Parallel Algorithm for Polygon Rasterization", 1988), for each triangle a, b, c:

    1. Find the pixels `left` to `right` and `top` to `bottom` of its bounding box. Go on to the next triangle if the
       hierarchical Z buffer shows that all of them are certainly nearer than the triangle's nearest corner.
    2. Set up the three edge functions. `edge_a` belongs to the edge opposite to corner a: it is linear over the image,
       0 on that edge, positive on the side of the triangle, and `double_area` (twice the triangle's area) at a. So
       edge_a / double_area is a's barycentric coordinate. `a_dx` and `a_dy` are its changes per sample to the right
       and down. A sample is inside if all three are >= 0; `bias_a` is subtracted so that this also decides about the
       edges themselves.
    3. For each row, start at the first sample of its first pixel and walk to the right, a pixel (two samples) per step.
       `a_min` and `a_max` are the least and the largest change of `edge_a` from the first sample of a pixel to any of
       its samples. One test with `a_max` finds the pixels that are certainly not covered, one with `a_min` those that
       are wholly covered; only the rest, along the edges, need four tests. Triangles are convex, so the walk ends at
       the first pixel that is certainly not covered after one that was not so.
    4. Interpolate the inverse depths q_0 to q_3 at the four samples and compare them with the depth buffer. `visible`
       is the mask of the samples that are covered and not occluded; at equal depth what is drawn later wins.
    5. If any is visible, put the pixel into the queue, and write inverse depths unless the object is transparent. When
       the queue is full, shade it. It is also shaded at the end, since its pixels must share one object's material.

    Edge functions are exact: positions are multiples of 1/256, so products are multiples of 2**-16, far below 2**53 of
    them. Two triangles with a common edge therefore leave no gap and share no sample.
    """
    vertices, corners, inverse_depth = projection.vertices, projection.corners, frame.inverse_depth
    height, width = len(inverse_depth) // frame.width, frame.width
    queued = shaded = ZERO_COUNT
    for triangle in range(first, last):
        a, b, c = corners[triangle, 0], corners[triangle, 1], corners[triangle, 2]
        ax, ay = float(vertices[a, X]), float(vertices[a, Y])
        bx, by = float(vertices[b, X]), float(vertices[b, Y])
        cx, cy = float(vertices[c, X]), float(vertices[c, Y])
        double_area = (cx - ax) * (by - ay) - (bx - ax) * (cy - ay)
        if double_area <= 0.0:
            continue  # faces away; only clipped triangles have not been tested for this
        # 1. bounding box and occlusion
        left, right = _find_pixel_range(min(ax, min(bx, cx)), max(ax, max(bx, cx)), width)
        top, bottom = _find_pixel_range(min(ay, min(by, cy)), max(ay, max(by, cy)), height)
        qa, qb, qc = vertices[a, INVERSE_DEPTH], vertices[b, INVERSE_DEPTH], vertices[c, INVERSE_DEPTH]
        if _is_occluded(max(qa, max(qb, qc)), left, right, top, bottom, frame.hierarchical_z, width):
            continue
        # 2. edge functions: their changes per sample to the right (dx) and down (dy)
        a_dx, a_dy, b_dx, b_dy, c_dx, c_dy = cy - by, bx - cx, ay - cy, cx - ax, by - ay, ax - bx
        bias_a, bias_b, bias_c = _choose_bias(a_dx, a_dy), _choose_bias(b_dx, b_dy), _choose_bias(c_dx, c_dy)
        # the least and the largest change from the first sample of a pixel to any of its four
        a_min, b_min, c_min = _find_min(a_dx, a_dy), _find_min(b_dx, b_dy), _find_min(c_dx, c_dy)
        a_max, b_max, c_max = -_find_min(-a_dx, -a_dy), -_find_min(-b_dx, -b_dy), -_find_min(-c_dx, -c_dy)
        inverse_area = 1.0 / double_area
        # the inverse depth is linear over the image: a mean of the corners', weighted with barycentric coordinates
        q_dx = f32((a_dx * qa + b_dx * qb + c_dx * qc) * inverse_area)
        q_dy = f32((a_dy * qa + b_dy * qb + c_dy * qc) * inverse_area)
        texel_density = ZERO
        if texture_width > 0:
            at = _read_triple(vertices, a, S), _read_triple(vertices, b, S), _read_triple(vertices, c, S)
            texel_area = _compute_texel_area(at, texture_kind, texture_width)
            texel_density = texel_area * qa * qb * qc * f32(inverse_area * PIXEL_SAMPLES)
        # 3. coverage
        for row in range(top, bottom + 1):
            # the centre of the first sample of the row's first pixel; pixels are two samples wide and high
            first_x, first_y = 2 * left + 0.5, 2 * row + 0.5
            edge_a = (first_x - bx) * a_dx + (first_y - by) * a_dy - bias_a
            edge_b = (first_x - cx) * b_dx + (first_y - cy) * b_dy - bias_b
            edge_c = (first_x - ax) * c_dx + (first_y - ay) * c_dy - bias_c
            skipped = 0
            if right - left >= SKIPPING_WIDTH_PX:
                skipped = max(
                    _count_pixels_outside(edge_a + a_max, a_dx),
                    max(_count_pixels_outside(edge_b + b_max, b_dx), _count_pixels_outside(edge_c + c_max, c_dx)),
                )
                if skipped > right - left:
                    continue
                edge_a += 2.0 * skipped * a_dx
                edge_b += 2.0 * skipped * b_dx
                edge_c += 2.0 * skipped * c_dx
            entered = False  # whether the walk has reached pixels that the triangle may cover
            for column in range(left + skipped, right + 1):
                if _is_inside(edge_a + a_max, edge_b + b_max, edge_c + c_max):
                    entered = True
                    coverage = ALL_SAMPLES
                    if not _is_inside(edge_a + a_min, edge_b + b_min, edge_c + c_min):
                        coverage = _is_inside(edge_a, edge_b, edge_c)
                        coverage |= _is_inside(edge_a + a_dx, edge_b + b_dx, edge_c + c_dx) << 1
                        coverage |= _is_inside(edge_a + a_dy, edge_b + b_dy, edge_c + c_dy) << 2
                        coverage |= _is_inside(edge_a + a_dx + a_dy, edge_b + b_dx + b_dy, edge_c + c_dx + c_dy) << 3
                    # 4. depth test
                    q_0 = f32((edge_a * qa + edge_b * qb + edge_c * qc) * inverse_area)
                    q_1, q_2 = q_0 + q_dx, q_0 + q_dy
                    q_3 = q_1 + q_dy
                    pixel = np.uint32(row * width + column)
                    visible = coverage & (
                        (q_0 >= inverse_depth[pixel, 0])
                        | (q_1 >= inverse_depth[pixel, 1]) << 1
                        | (q_2 >= inverse_depth[pixel, 2]) << 2
                        | (q_3 >= inverse_depth[pixel, 3]) << 3
                    )
                    # 5. queue and depth buffer
                    if visible:
                        centroid_x, centroid_y = CENTROID_X[np.uint32(visible)], CENTROID_Y[np.uint32(visible)]
                        # the mask shows the compiler that the index is in bounds; it changes no value
                        place = queued & (QUEUE_SIZE - 1)
                        queue.pixel[place], queue.visible[place], queue.triangle[place] = pixel, visible, triangle
                        queue.barycentrics[place] = edge_a + centroid_x * a_dx + centroid_y * a_dy
                        queue.barycentrics[QUEUE_SIZE + place] = edge_b + centroid_x * b_dx + centroid_y * b_dy
                        queue.barycentrics[2 * QUEUE_SIZE + place] = edge_c + centroid_x * c_dx + centroid_y * c_dy
                        queue.barycentrics[3 * QUEUE_SIZE + place] = inverse_area
                        queue.values[CENTROID_INVERSE_DEPTH + place] = (
                            q_0 + f32(centroid_x) * q_dx + f32(centroid_y) * q_dy
                        )
                        queue.values[TEXEL_DENSITY + place] = texel_density
                        if alpha >= ONE:
                            if visible & 1:
                                inverse_depth[pixel, 0] = q_0
                            if visible & 2:
                                inverse_depth[pixel, 1] = q_1
                            if visible & 4:
                                inverse_depth[pixel, 2] = q_2
                            if visible & 8:
                                inverse_depth[pixel, 3] = q_3
                        queued += 1
                        if queued == QUEUE_SIZE:
                            _shade(
                                projection,
                                queued,
                                alpha,
                                texture_kind,
                                first_texel,
                                texture_width,
                                texture_faces,
                                texels,
                                queue,
                                frame.colour,
                            )
                            shaded += queued
                            queued = 0
                elif entered:
                    break
                edge_a += 2.0 * a_dx
                edge_b += 2.0 * b_dx
                edge_c += 2.0 * c_dx
    _shade(
        projection, queued, alpha, texture_kind, first_texel, texture_width, texture_faces, texels, queue, frame.colour
    )
    return shaded + queued


@inner
def _is_occluded(
    nearest: np.float32, left: int, right: int, top: int, bottom: int, hierarchical_z: Float32s, width: int
) -> bool:
    """Whether every sample in these rows and columns is certainly nearer than inverse depth `nearest`.

    Compares it with the tiles that overlap them. True only if it is certain: out-of-date tiles are too far, never too
    near, and OCCLUSION_MARGIN covers rounding.
    """
    across = (width + TILE_PX - 1) // TILE_PX
    for row in range(top // TILE_PX, bottom // TILE_PX + 1):
        for column in range(left // TILE_PX, right // TILE_PX + 1):
            if nearest * OCCLUSION_MARGIN >= hierarchical_z[row * across + column]:
                return False
    return True


@inner
def _update_hierarchical_z(frame: Frame) -> None:
    """Set each tile of `frame.hierarchical_z` to the least inverse depth of its samples.

    There are four minima, one per sample of the pixels, because they do not depend on each other.
    """
    inverse_depth, width = frame.inverse_depth, frame.width
    height = len(inverse_depth) // width
    across = (width + TILE_PX - 1) // TILE_PX
    for tile in range(len(frame.hierarchical_z)):
        top, left = tile // across * TILE_PX, tile % across * TILE_PX
        least_0 = least_1 = least_2 = least_3 = f32(np.inf)
        for row in range(top, min(top + TILE_PX, height)):
            for column in range(left, min(left + TILE_PX, width)):
                pixel = np.uint32(row * width + column)
                least_0, least_1 = min(least_0, inverse_depth[pixel, 0]), min(least_1, inverse_depth[pixel, 1])
                least_2, least_3 = min(least_2, inverse_depth[pixel, 2]), min(least_3, inverse_depth[pixel, 3])
        frame.hierarchical_z[tile] = min(min(least_0, least_1), min(least_2, least_3))


@inner
def _count_pixels_outside(highest: float, dx: float) -> int:
    """Count the pixels at the beginning of a row that certainly lie outside an edge.

    `highest` is the largest value of the edge function in the row's first pixel, `dx` its change per sample. The result
    may exceed the row: 2**30 stands for all of it.
    """
    if highest >= 0.0:
        return 0
    if dx <= 0.0:
        return 1 << 30
    return int(min(-highest / (2.0 * dx), 1e6))


@inner
def _shade(
    projection: Projection,
    count: int,
    alpha: np.float32,
    texture_kind: int,
    first_texel: int,
    texture_width: int,
    texture_faces: int,
    texels: npt.NDArray[np.uint8],
    queue: Queue,
    colour: npt.NDArray[np.uint32],
) -> None:
    """Shade the first `count` pixels of the queue: interpolate, texture, and write or blend their visible samples.

    This is a sequence of short loops, each over all pixels. Their iterations do not depend on each other, so that the
    processor works on many at a time.
    """
    vertices, corners, values = projection.vertices, projection.corners, queue.values
    # the mask in `i` shows the compiler that the index is in bounds; it changes no value
    for n in range(count):
        i = n & (QUEUE_SIZE - 1)
        triangle = queue.triangle[i]
        for k in range(3):
            vertex = corners[triangle, k]
            values[CORNER_INVERSE_DEPTH + k * QUEUE_SIZE + i] = vertices[vertex, INVERSE_DEPTH]
            for column in range(6):
                values[CORNER_ATTRIBUTES + (3 * column + k) * QUEUE_SIZE + i] = vertices[vertex, RED + column]
    _interpolate(queue.barycentrics, values)
    if texture_width > 0:
        for n in range(count):
            i = n & (QUEUE_SIZE - 1)
            s, t, r = (
                values[INTERPOLATED + 3 * QUEUE_SIZE + i],
                values[INTERPOLATED + 4 * QUEUE_SIZE + i],
                values[INTERPOLATED + 5 * QUEUE_SIZE + i],
            )
            texel = np.uint32(
                _find_texel(s, t, r, values[FOOTPRINT + i], texture_kind, first_texel, texture_width, texture_faces)
            )
            for channel in range(3):
                values[INTERPOLATED + channel * QUEUE_SIZE + i] *= f32(texels[texel, channel]) * f32(1 / 255)
    for n in range(count):
        i = n & (QUEUE_SIZE - 1)
        pixel, visible = queue.pixel[i], queue.visible[i]
        red, green, blue = (
            values[INTERPOLATED + i],
            values[INTERPOLATED + QUEUE_SIZE + i],
            values[INTERPOLATED + 2 * QUEUE_SIZE + i],
        )
        opaque = _pack(red, green, blue)
        for k in range(PIXEL_SAMPLES):
            if visible >> k & 1:
                colour[pixel, k] = opaque if alpha >= ONE else _blend(colour[pixel, k], red, green, blue, alpha)


@inner
def _interpolate(barycentrics: npt.NDArray[np.float64], values: Float32s) -> None:
    """Compute FOOTPRINT, WEIGHT and INTERPOLATED of all places in the queue, perspective-correctly.

    An attribute A is not linear over the image, but A * (inverse depth) is. So each corner's weight is its barycentric
    coordinate times its inverse depth, divided by the inverse depth at the centroid. Places beyond the queue's end are
    computed too, from what earlier pixels left there: loops of constant length are faster.
    """
    for i in range(QUEUE_SIZE):
        distance = ONE / values[CENTROID_INVERSE_DEPTH + i]
        scale = barycentrics[3 * QUEUE_SIZE + i] * distance
        values[FOOTPRINT + i] = values[TEXEL_DENSITY + i] * distance * distance * distance
        for k in range(0, 3 * QUEUE_SIZE, QUEUE_SIZE):
            values[WEIGHT + k + i] = f32(barycentrics[k + i] * scale) * values[CORNER_INVERSE_DEPTH + k + i]
    for column in range(6):
        for i in range(QUEUE_SIZE):
            first = CORNER_ATTRIBUTES + 3 * column * QUEUE_SIZE + i
            values[INTERPOLATED + column * QUEUE_SIZE + i] = (
                values[WEIGHT + i] * values[first]
                + values[WEIGHT + QUEUE_SIZE + i] * values[first + QUEUE_SIZE]
                + values[WEIGHT + 2 * QUEUE_SIZE + i] * values[first + 2 * QUEUE_SIZE]
            )


@inner
def _find_min(dx: float, dy: float) -> float:
    """Find the least of 0, dx, dy and dx + dy: of the changes from a pixel's first sample to its four."""
    return min(dx, 0.0) + min(dy, 0.0)


@inner
def _is_inside(edge_a: float, edge_b: float, edge_c: float) -> int:
    """Return 1 if a sample with these edge functions is inside the triangle, otherwise 0."""
    return int(min(edge_a, min(edge_b, edge_c)) >= 0.0)


@inner
def _read_triple(vertices: Float32s, i: int, column: int) -> Triple:
    """Read three neighbouring columns of vertex `i`: with column S, its texture coordinates."""
    return vertices[i, column], vertices[i, column + 1], vertices[i, column + 2]


@inner
def _pack(red: np.float32, green: np.float32, blue: np.float32) -> np.uint32:
    """Pack a colour, 0 to 255 in each channel, into one number as in `Frame.colour`."""
    return np.uint32(_round_to_byte(red) | _round_to_byte(green) << 8 | _round_to_byte(blue) << 16)


@inner
def _blend(behind: np.uint32, red: np.float32, green: np.float32, blue: np.float32, alpha: np.float32) -> np.uint32:
    """Blend a colour of opacity `alpha` over the packed colour behind it."""
    through = ONE - alpha
    return _pack(
        alpha * red + through * f32(behind & 255),
        alpha * green + through * f32(behind >> 8 & 255),
        alpha * blue + through * f32(behind >> 16 & 255),
    )


@inner
def _round_to_byte(value: np.float32) -> int:
    """Round to an integer and clamp to 0 to 255: interpolated colours may lie outside by a rounding error."""
    return int(min(max(value, ZERO), f32(255)) + HALF)


@inner
def _compute_texel_area(at: tuple[Triple, Triple, Triple], texture_kind: int, texture_width: int) -> np.float32:
    """Compute twice the area of a triangle on its texture, in texels of the finest mipmap level.

    `at` holds the texture coordinates of its corners. By the Jacobian determinant of a plane's perspective image, a
    sample at depth z covers texel_density * z ** 3 texels, where texel_density is this area over twice the triangle's
    area in the image, times the product of the corners' inverse depths.
    """
    (sa, ta, ra), (sb, tb, rb), (sc, tc, rc) = at
    if texture_kind != PLANAR:
        face = _choose_cube_face(sa + sb + sc, ta + tb + tc, ra + rb + rc)
        sa, ta = _project_onto_face(face, sa, ta, ra)
        sb, tb = _project_onto_face(face, sb, tb, rb)
        sc, tc = _project_onto_face(face, sc, tc, rc)
    texels: np.float32 = abs((sb - sa) * (tc - ta) - (sc - sa) * (tb - ta)) * f32(texture_width) * f32(texture_width)
    return texels


@inner
def _find_pixel_range(low: float, high: float, size: int) -> tuple[int, int]:
    """Find the first and the last pixel along an axis that may have samples between `low` and `high`.

    `low` and `high` are in samples; `size`, of the image, is in pixels. So is the result, which is within the image.
    """
    return int(min(max(low, 0.0), 2.0 * size)) >> 1, min(int(min(max(high, 0.0), 2.0 * size)) >> 1, size - 1)


@inner
def _choose_bias(dx: float, dy: float) -> float:
    """Choose what to subtract from an edge function so that samples on top and left edges, and no others, are >= 0.

    It is 0 for top and left edges. For others it is less than any positive value of an edge function, so that only
    samples exactly on the edge change sides.
    """
    return 0.0 if dx > 0.0 or (dx == 0.0 and dy > 0.0) else EDGE_STEP


@inner
def _find_texel(
    s: np.float32,
    t: np.float32,
    r: np.float32,
    footprint: np.float32,
    texture_kind: int,
    first_texel: int,
    texture_width: int,
    texture_faces: int,
) -> int:
    """Find the index of the texel nearest to texture coordinates (s, t, r) in a texture's mipmap.

    `footprint` is the number of texels of the finest level that the pixel covers. Each coarser level has a quarter of
    them: the first level at which the pixel covers at most 2 is taken.
    """
    face = 0
    if texture_kind != PLANAR:
        face = _choose_cube_face(s, t, r)
        s, t = _project_onto_face(face, s, t, r)
        if texture_faces == 1:
            face = 0
    while footprint > f32(2) and texture_width > 1:
        first_texel += texture_faces * texture_width * texture_width
        texture_width >>= 1
        footprint *= f32(0.25)
    column = min(max(int((s - np.floor(s)) * f32(texture_width)), 0), texture_width - 1)
    row = min(max(int((t - np.floor(t)) * f32(texture_width)), 0), texture_width - 1)
    return first_texel + (face * texture_width + row) * texture_width + column


@inner
def _choose_cube_face(x: np.float32, y: np.float32, z: np.float32) -> int:
    """Choose the face of a cube map in direction (x, y, z), numbered as in OpenGL: +x, -x, +y, -y, +z, -z."""
    if abs(x) >= abs(y) and abs(x) >= abs(z):
        return 0 if x >= ZERO else 1
    if abs(y) >= abs(z):
        return 2 if y >= ZERO else 3
    return 4 if z >= ZERO else 5


@inner
def _project_onto_face(face: int, x: np.float32, y: np.float32, z: np.float32) -> tuple[np.float32, np.float32]:
    """Compute column and row, 0 to 1, at which direction (x, y, z) meets a face of a cube map.

    The table of axes is that of OpenGL 4.6, section 8.13.
    """
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
    half = HALF / max(ahead, TINY)
    return HALF + across * half, HALF + down * half


@compiled
def resolve(frame: Frame, image: npt.NDArray[np.uint8]) -> None:
    """Set each pixel of `image`, uint8 (h * w, 3), to the mean of its samples' colours, rounded."""
    colour = frame.colour
    for number in range(len(colour)):
        red_blue, green = PIXEL_SAMPLES // 2 * 0x10001, PIXEL_SAMPLES // 2 << 8
        for k in range(PIXEL_SAMPLES):
            red_blue += colour[number, k] & 0xFF00FF
            green += colour[number, k] & 0xFF00
        image[number, 0] = (red_blue & 0xFFFF) // PIXEL_SAMPLES
        image[number, 1] = (green >> 8) // PIXEL_SAMPLES
        image[number, 2] = (red_blue >> 16) // PIXEL_SAMPLES
