"""The rasterizer: from objects to samples of a picture.

Everything here is compiled. All kernels live in this one file because numba's cache notices changes of a function's
own file only. Arithmetic is float32, except where exactness needs float64: poses, and edge functions, which are exact
because screen positions are multiples of 1/256 of a sample.

Stages, for each object: `_transform` and `_light` its vertices, then for each triangle cut it at the near plane, test,
interpolate, texture, and compare with the depth buffer (`draw`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kinitro.environments.rendering.camera import Camera
from kinitro.environments.rendering.compilation import compiled
from kinitro.environments.rendering.lighting import Lights
from kinitro.environments.rendering.scene import Geometry, Paint
from kinitro.environments.rendering.textures import PLANAR, Textures

Float32s = npt.NDArray[np.float32]
f32 = np.float32

SUBPIXEL = f32(256)
"""Screen positions are multiples of 1 / SUBPIXEL of a sample."""
EDGE_STEP = 2.0**-17
"""Less than the least positive edge function: those are multiples of 2**-16."""
VANISHING = f32(1e-12)
"""Highlights below this are taken as 0: powers must not descend to denormal numbers, which are slow."""

RIGHT, UP, FORWARD, X, Y, NEARNESS, RED, GREEN, BLUE, S, T, R = range(12)
"""Columns of transformed vertices, float32 (n, 12).

RIGHT, UP, FORWARD: in the camera's frame, metres. X, Y: in the picture, samples, Y downward. NEARNESS: 1 / FORWARD,
which is linear over the picture; 0 in front of the near plane, where X and Y mean nothing. RED, GREEN, BLUE: lit
colour, 0 to 255. S, T, R: texture coordinates.
"""
COLUMNS = 12
SPARE_VERTICES = 2
"""Rows at the end for the corners that appear where the near plane cuts a triangle."""
SCRATCH_ROWS = 11


class Poses(NamedTuple):
    """Where objects are: position float64 (objects, 3), rotation float64 (objects, 9), row by row, object to world."""

    position: npt.NDArray[np.float64]
    rotation: npt.NDArray[np.float64]


class Frame(NamedTuple):
    """Samples of a picture: colour uint8 (h, w, 4), nearness float32 (h, w), 0 where nothing was drawn."""

    colour: npt.NDArray[np.uint8]
    nearness: Float32s


class Workspace(NamedTuple):
    """Memory for `draw`: vertices float32 (most vertices of an object + SPARE_VERTICES, COLUMNS), and scratch float32
    (SCRATCH_ROWS, most vertices of an object)."""

    vertices: Float32s
    scratch: Float32s


@compiled
def draw(
    objects: npt.NDArray[np.int32],
    geometry: Geometry,
    paint: Paint,
    poses: Poses,
    lights: Lights,
    camera: Camera,
    textures: Textures,
    frame: Frame,
    workspace: Workspace,
) -> None:
    """Draw the objects with these numbers, in this order, into the frame.

    What is less opaque than 1 is blended over what is there and leaves the depth buffer alone: draw such objects last,
    far ones first.
    """
    turn, shift = np.empty((3, 3), np.float32), np.empty(3, np.float32)
    corner = np.empty(4, np.int64)
    vertices = workspace.vertices
    triangles, first_triangle = geometry.triangles, geometry.first_triangle
    texels, colour, nearness = textures.texels, frame.colour, frame.nearness
    height, width = nearness.shape
    for number in objects:
        _place(poses.position[number], poses.rotation[number], camera.position, camera.axes, turn, shift)
        if not _in_view(shift, geometry.radius[number], camera.focal_px, camera.near_m, height, width):
            continue
        _transform(number, geometry, paint.coordinates, turn, shift, camera, height, width, workspace)
        _light(number, geometry, paint, turn, lights, camera, workspace)
        alpha, texture = paint.rgba[number, 3], paint.texture[number]
        kind, start, side, faces = 0, 0, 0, 0
        if texture >= 0:
            kind, start = textures.kind[texture], textures.first[texture]
            side, faces = textures.width[texture], textures.faces[texture]
        for triangle in range(first_triangle[number], first_triangle[number + 1]):
            a, b, c = triangles[triangle, 0], triangles[triangle, 1], triangles[triangle, 2]
            if vertices[a, NEARNESS] > f32(0) and vertices[b, NEARNESS] > f32(0) and vertices[c, NEARNESS] > f32(0):
                if not _covers_samples(vertices, a, b, c, height, width):
                    continue
                corner[0], corner[1], corner[2] = a, b, c
                count = 3
            else:
                count = _clip(vertices, a, b, c, camera.focal_px, camera.near_m, height, width, corner)
            for k in range(1, count - 1):
                _fill(
                    vertices,
                    corner[0],
                    corner[k],
                    corner[k + 1],
                    alpha,
                    kind,
                    start,
                    side,
                    faces,
                    texels,
                    colour,
                    nearness,
                )


@compiled
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


@compiled
def _in_view(shift: Float32s, radius: np.float32, focal: np.float32, near: np.float32, height: int, width: int) -> bool:
    """Whether a sphere reaches into the pyramid that the picture shows."""
    if shift[2] + radius <= near:
        return False
    across, down = f32(0.5) * f32(width), f32(0.5) * f32(height)
    if focal * abs(shift[0]) - across * shift[2] > radius * np.sqrt(focal * focal + across * across):
        return False
    within: bool = focal * abs(shift[1]) - down * shift[2] <= radius * np.sqrt(focal * focal + down * down)
    return within


@compiled
def _transform(
    number: int,
    geometry: Geometry,
    coordinates: Float32s,
    turn: Float32s,
    shift: Float32s,
    camera: Camera,
    height: int,
    width: int,
    workspace: Workspace,
) -> None:
    """The vertices of an object in the camera's frame and in the picture."""
    vertices, positions = workspace.vertices, geometry.positions
    first, last = geometry.first_vertex[number], geometry.first_vertex[number + 1]
    for i in range(first, last):
        x, y, z = positions[0, i], positions[1, i], positions[2, i]
        vertex = vertices[i - first]
        vertex[RIGHT] = turn[0, 0] * x + turn[0, 1] * y + turn[0, 2] * z + shift[0]
        vertex[UP] = turn[1, 0] * x + turn[1, 1] * y + turn[1, 2] * z + shift[1]
        vertex[FORWARD] = turn[2, 0] * x + turn[2, 1] * y + turn[2, 2] * z + shift[2]
        vertex[S], vertex[T], vertex[R] = coordinates[0, i], coordinates[1, i], coordinates[2, i]
        if vertex[FORWARD] >= camera.near_m:
            _to_picture(vertices, i - first, camera.focal_px, height, width)
        else:
            vertex[NEARNESS] = f32(0)


@compiled
def _to_picture(vertices: Float32s, i: int, focal: np.float32, height: int, width: int) -> None:
    """Where a vertex that is given in the camera's frame lies in the picture."""
    nearness = f32(1) / vertices[i, FORWARD]
    scale = focal * nearness
    vertices[i, NEARNESS] = nearness
    x = f32(0.5) * f32(width) + scale * vertices[i, RIGHT]
    y = f32(0.5) * f32(height) - scale * vertices[i, UP]
    vertices[i, X] = np.floor(x * SUBPIXEL + f32(0.5)) / SUBPIXEL
    vertices[i, Y] = np.floor(y * SUBPIXEL + f32(0.5)) / SUBPIXEL


@compiled
def _light(
    number: int,
    geometry: Geometry,
    paint: Paint,
    turn: Float32s,
    lights: Lights,
    camera: Camera,
    workspace: Workspace,
) -> None:
    """Colours of an object's vertices: emission, ambient, diffuse and specular light after Blinn and Phong.

    As OpenGL's fixed pipeline with a local viewer: the highlight is (n . h) ** exponent with h half-way between light
    and viewer, where the light is in front of the surface; colours are limited to 1.
    """
    first, last = geometry.first_vertex[number], geometry.first_vertex[number + 1]
    scratch = workspace.scratch[:, : last - first]
    normal, sight, highlight, power, light_of = scratch[0:3], scratch[3:6], scratch[6], scratch[7], scratch[8:11]
    vertices = workspace.vertices[: last - first]
    _orient(geometry.normals[:, first:last], turn, vertices, normal, sight)
    for channel in range(3):
        ambient = paint.emission[number]
        for light in range(len(lights.towards)):
            ambient += lights.ambient[light, channel]
        light_of[channel] = paint.rgba[number, channel] * ambient
    for light in range(len(lights.towards)):
        x, y, z = _towards(lights.towards[light], camera.axes, lights.headlight and light == 0)
        _highlight(x, y, z, paint.exponent[number], normal, sight, highlight, power)
        for channel in range(3):
            diffuse = paint.rgba[number, channel] * lights.diffuse[light, channel]
            specular = paint.specular[number] * lights.specular[light, channel]
            _add_light(x, y, z, diffuse, specular, normal, highlight, light_of[channel])
    for i in range(last - first):
        vertices[i, RED] = f32(255) * min(light_of[0, i], f32(1))
        vertices[i, GREEN] = f32(255) * min(light_of[1, i], f32(1))
        vertices[i, BLUE] = f32(255) * min(light_of[2, i], f32(1))


@compiled
def _orient(normals: Float32s, turn: Float32s, vertices: Float32s, normal: Float32s, sight: Float32s) -> None:
    """Normals and unit vectors to the camera, in the camera's frame."""
    for i in range(len(vertices)):
        x, y, z = normals[0, i], normals[1, i], normals[2, i]
        normal[0, i] = turn[0, 0] * x + turn[0, 1] * y + turn[0, 2] * z
        normal[1, i] = turn[1, 0] * x + turn[1, 1] * y + turn[1, 2] * z
        normal[2, i] = turn[2, 0] * x + turn[2, 1] * y + turn[2, 2] * z
        x, y, z = vertices[i, RIGHT], vertices[i, UP], vertices[i, FORWARD]
        scale = f32(-1) / np.sqrt(x * x + y * y + z * z + VANISHING)
        sight[0, i], sight[1, i], sight[2, i] = x * scale, y * scale, z * scale


@compiled
def _towards(
    light: npt.NDArray[np.float64], axes: npt.NDArray[np.float64], headlight: bool
) -> tuple[np.float32, np.float32, np.float32]:
    """Unit vector to a light in the camera's frame; the headlight shines along the line of sight."""
    if headlight:
        return f32(0), f32(0), f32(-1)
    return (
        f32(axes[0, 0] * light[0] + axes[0, 1] * light[1] + axes[0, 2] * light[2]),
        f32(axes[1, 0] * light[0] + axes[1, 1] * light[1] + axes[1, 2] * light[2]),
        f32(axes[2, 0] * light[0] + axes[2, 1] * light[1] + axes[2, 2] * light[2]),
    )


@compiled
def _highlight(
    x: np.float32,
    y: np.float32,
    z: np.float32,
    exponent: int,
    normal: Float32s,
    sight: Float32s,
    highlight: Float32s,
    power: Float32s,
) -> None:
    """`highlight` = max(0, n . h) ** exponent, by repeated squaring of `power`."""
    count = len(highlight)
    for i in range(count):
        hx, hy, hz = x + sight[0, i], y + sight[1, i], z + sight[2, i]
        along = hx * normal[0, i] + hy * normal[1, i] + hz * normal[2, i]
        power[i] = max(along, f32(0)) / np.sqrt(hx * hx + hy * hy + hz * hz + VANISHING)
        highlight[i] = f32(1)
    while exponent > 0:
        if exponent & 1:
            for i in range(count):
                product = highlight[i] * power[i]
                highlight[i] = product if product > VANISHING else f32(0)
        exponent >>= 1
        for i in range(count):
            square = power[i] * power[i]
            power[i] = square if square > VANISHING else f32(0)


@compiled
def _add_light(
    x: np.float32,
    y: np.float32,
    z: np.float32,
    diffuse: np.float32,
    specular: np.float32,
    normal: Float32s,
    highlight: Float32s,
    colour: Float32s,
) -> None:
    """Add one light's diffuse and specular part to one channel."""
    for i in range(len(colour)):
        facing = x * normal[0, i] + y * normal[1, i] + z * normal[2, i]
        colour[i] += diffuse * facing + specular * highlight[i] if facing > f32(0) else f32(0)


@compiled
def _covers_samples(vertices: Float32s, a: int, b: int, c: int, height: int, width: int) -> bool:
    """Whether a triangle faces the camera and the smallest upright rectangle around it holds a sample's centre."""
    ax, bx, cx = vertices[a, X], vertices[b, X], vertices[c, X]
    ay, by, cy = vertices[a, Y], vertices[b, Y], vertices[c, Y]
    if (bx - ax) * (cy - ay) - (cx - ax) * (by - ay) >= f32(0):
        return False
    half = f32(0.5)
    left, right = np.ceil(min(ax, min(bx, cx)) - half), np.floor(max(ax, max(bx, cx)) - half)
    top, bottom = np.ceil(min(ay, min(by, cy)) - half), np.floor(max(ay, max(by, cy)) - half)
    inside: bool = right >= f32(0) and bottom >= f32(0) and left < f32(width) and top < f32(height)
    return inside and left <= right and top <= bottom


@compiled
def _clip(
    vertices: Float32s,
    a: int,
    b: int,
    c: int,
    focal: np.float32,
    near: np.float32,
    height: int,
    width: int,
    corner: npt.NDArray[np.int64],
) -> int:
    """Write the corners of the part of a triangle beyond the near plane to `corner`; returns how many: 0, 3 or 4."""
    count = 0
    spare = len(vertices) - SPARE_VERTICES
    for k in range(3):
        start = a if k == 0 else b if k == 1 else c
        end = b if k == 0 else c if k == 1 else a
        starts_beyond, ends_beyond = vertices[start, NEARNESS] > f32(0), vertices[end, NEARNESS] > f32(0)
        if starts_beyond:
            corner[count] = start
            count += 1
        if starts_beyond != ends_beyond:
            part = (near - vertices[start, FORWARD]) / (vertices[end, FORWARD] - vertices[start, FORWARD])
            for column in range(COLUMNS):
                vertices[spare, column] = vertices[start, column] + part * (
                    vertices[end, column] - vertices[start, column]
                )
            vertices[spare, FORWARD] = near
            _to_picture(vertices, spare, focal, height, width)
            corner[count] = spare
            count += 1
            spare += 1
    return count


@compiled
def _fill(
    vertices: Float32s,
    a: int,
    b: int,
    c: int,
    alpha: np.float32,
    kind: int,
    start: int,
    side: int,
    faces: int,
    texels: npt.NDArray[np.uint8],
    colour: npt.NDArray[np.uint8],
    nearness: Float32s,
) -> None:
    """Draw the samples whose centres are inside a triangle, or on its top or left edge; no texture if `side` is 0.

    Edge functions are float64 and exact, so that two triangles with a common edge leave no gap and share no sample.
    """
    ax, ay = float(vertices[a, X]), float(vertices[a, Y])
    bx, by = float(vertices[b, X]), float(vertices[b, Y])
    cx, cy = float(vertices[c, X]), float(vertices[c, Y])
    area = (cx - ax) * (by - ay) - (bx - ax) * (cy - ay)
    if area <= 0.0:
        return
    height, width = nearness.shape
    left, right = _covered(min(ax, min(bx, cx)), max(ax, max(bx, cx)), width)
    top, bottom = _covered(min(ay, min(by, cy)), max(ay, max(by, cy)), height)
    # how much of each corner a sample has, times the area: 0 on the opposite edge, growing towards the corner
    a_dx, a_dy, b_dx, b_dy, c_dx, c_dy = cy - by, bx - cx, ay - cy, cx - ax, by - ay, ax - bx
    a_least, b_least, c_least = _least(a_dx, a_dy), _least(b_dx, b_dy), _least(c_dx, c_dy)
    density = f32(0)
    if side > 0:
        density = _density(vertices, a, b, c, kind, side) / f32(area)
    for row in range(top, bottom + 1):
        x, y = left + 0.5, row + 0.5
        at_a = (x - bx) * a_dx + (y - by) * a_dy
        at_b = (x - cx) * b_dx + (y - cy) * b_dy
        at_c = (x - ax) * c_dx + (y - ay) * c_dy
        entered = False
        for column in range(left, right + 1):
            if at_a >= a_least and at_b >= b_least and at_c >= c_least:
                entered = True
                weight_b, weight_c = f32(at_b / area), f32(at_c / area)
                weight_a = (f32(1) - weight_b - weight_c) * vertices[a, NEARNESS]
                weight_b *= vertices[b, NEARNESS]
                weight_c *= vertices[c, NEARNESS]
                near = weight_a + weight_b + weight_c
                if near >= nearness[row, column]:
                    if alpha >= f32(1):
                        nearness[row, column] = near
                    _shade(
                        vertices,
                        a,
                        b,
                        c,
                        weight_a,
                        weight_b,
                        weight_c,
                        alpha,
                        density,
                        kind,
                        start,
                        side,
                        faces,
                        texels,
                        colour[row, column],
                    )
            elif entered:
                break
            at_a += a_dx
            at_b += b_dx
            at_c += c_dx


@compiled
def _covered(low: float, high: float, size: int) -> tuple[int, int]:
    """First and last sample along an axis whose centre lies between `low` and `high`, within the picture."""
    first = int(np.ceil(min(max(low, 0.0), float(size)) - 0.5))
    last = int(np.floor(min(max(high, 0.0), float(size)) - 0.5))
    return max(first, 0), min(last, size - 1)


@compiled
def _least(dx: float, dy: float) -> float:
    """The least edge function that counts as inside: 0 on left and top edges, else less than any positive value."""
    return 0.0 if dx > 0.0 or (dx == 0.0 and dy > 0.0) else EDGE_STEP


@compiled
def _shade(
    vertices: Float32s,
    a: int,
    b: int,
    c: int,
    weight_a: np.float32,
    weight_b: np.float32,
    weight_c: np.float32,
    alpha: np.float32,
    density: np.float32,
    kind: int,
    start: int,
    side: int,
    faces: int,
    texels: npt.NDArray[np.uint8],
    sample: npt.NDArray[np.uint8],
) -> None:
    """Colour one sample (uint8 (4,)). The weights of the corners are times their nearness: right in perspective."""
    distance = f32(1) / (weight_a + weight_b + weight_c)
    wa, wb, wc = weight_a * distance, weight_b * distance, weight_c * distance
    red = wa * vertices[a, RED] + wb * vertices[b, RED] + wc * vertices[c, RED]
    green = wa * vertices[a, GREEN] + wb * vertices[b, GREEN] + wc * vertices[c, GREEN]
    blue = wa * vertices[a, BLUE] + wb * vertices[b, BLUE] + wc * vertices[c, BLUE]
    if side > 0:
        s = wa * vertices[a, S] + wb * vertices[b, S] + wc * vertices[c, S]
        t = wa * vertices[a, T] + wb * vertices[b, T] + wc * vertices[c, T]
        r = wa * vertices[a, R] + wb * vertices[b, R] + wc * vertices[c, R]
        texel = _texel(s, t, r, density * distance * distance * distance, kind, start, side, faces)
        red *= f32(texels[texel, 0]) * f32(1 / 255)
        green *= f32(texels[texel, 1]) * f32(1 / 255)
        blue *= f32(texels[texel, 2]) * f32(1 / 255)
    if alpha < f32(1):
        red = alpha * red + (f32(1) - alpha) * f32(sample[0])
        green = alpha * green + (f32(1) - alpha) * f32(sample[1])
        blue = alpha * blue + (f32(1) - alpha) * f32(sample[2])
    # rounding may have left a hair's breadth outside 0 to 255
    sample[0] = np.uint8(min(max(red, f32(0)) + f32(0.5), f32(255)))
    sample[1] = np.uint8(min(max(green, f32(0)) + f32(0.5), f32(255)))
    sample[2] = np.uint8(min(max(blue, f32(0)) + f32(0.5), f32(255)))


@compiled
def _density(vertices: Float32s, a: int, b: int, c: int, kind: int, side: int) -> np.float32:
    """Texels of the finest level in a triangle (twice), times the product of its corners' nearness.

    A plane's perspective image has the Jacobian determinant (constant) * nearness ** -3, and the constant is this over
    twice the area in the picture.
    """
    us, vs, ur = vertices[a, S], vertices[a, T], vertices[a, R]
    if kind == PLANAR:
        ua, va, ub, vb, uc, vc = us, vs, vertices[b, S], vertices[b, T], vertices[c, S], vertices[c, T]
    else:
        face = _cube_face(
            us + vertices[b, S] + vertices[c, S],
            vs + vertices[b, T] + vertices[c, T],
            ur + vertices[b, R] + vertices[c, R],
        )
        ua, va = _on_face(face, us, vs, ur)
        ub, vb = _on_face(face, vertices[b, S], vertices[b, T], vertices[b, R])
        uc, vc = _on_face(face, vertices[c, S], vertices[c, T], vertices[c, R])
    part = abs((ub - ua) * (vc - va) - (uc - ua) * (vb - va)) * f32(side) * f32(side)
    density: np.float32 = part * vertices[a, NEARNESS] * vertices[b, NEARNESS] * vertices[c, NEARNESS]
    return density


@compiled
def _texel(
    s: np.float32, t: np.float32, r: np.float32, footprint: np.float32, kind: int, start: int, side: int, faces: int
) -> int:
    """Index of the texel nearest to the texture coordinates, in the level where a sample covers about one texel."""
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
    column = min(int((s - np.floor(s)) * f32(side)), side - 1)
    row = min(int((t - np.floor(t)) * f32(side)), side - 1)
    return start + (face * side + row) * side + column


@compiled
def _cube_face(x: np.float32, y: np.float32, z: np.float32) -> int:
    """The face of a cube map in direction (x, y, z), numbered as in OpenGL: +x, -x, +y, -y, +z, -z."""
    if abs(x) >= abs(y) and abs(x) >= abs(z):
        return 0 if x >= f32(0) else 1
    if abs(y) >= abs(z):
        return 2 if y >= f32(0) else 3
    return 4 if z >= f32(0) else 5


@compiled
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
    half = f32(0.5) / max(ahead, VANISHING)
    return f32(0.5) + across * half, f32(0.5) + down * half


@compiled
def reduce_samples(frame: Frame, picture: npt.NDArray[np.uint8]) -> None:
    """Each pixel of `picture` (h, w, 3) is the rounded mean of 2 x 2 samples."""
    height, width, _ = picture.shape
    samples = frame.colour
    for row in range(height):
        for column in range(width):
            for channel in range(3):
                total = (
                    np.int32(samples[2 * row, 2 * column, channel])
                    + np.int32(samples[2 * row, 2 * column + 1, channel])
                    + np.int32(samples[2 * row + 1, 2 * column, channel])
                    + np.int32(samples[2 * row + 1, 2 * column + 1, channel])
                )
                picture[row, column, channel] = np.uint8((total + 2) >> 2)
