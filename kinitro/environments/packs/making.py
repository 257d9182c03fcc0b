"""Draws a new pack from a secret seed: textures, meshes and wordings, of kinds that the laws below describe.

The laws are public, as the generators of the other rungs are, and what they draw is not: a texture is a sum of periodic
layers seen through a palette, a distractor is a body whose surface can be seen from its middle, an object's shape is a
convex body, a wording is a sentence of a small grammar. An operator's own material (`sources`) follows no law.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import numpy.typing as npt

from kinitro.environments.packs.format import MAX_WORDINGS, SALT_BYTES, TEXTURE_PX, Pack, PackMesh
from kinitro.environments.packs.meshes import find_mesh_problem, normalize_mesh
from kinitro.environments.packs.sources import OwnMaterial, make_mesh

Floats = npt.NDArray[np.float64]
Solid = tuple[Floats, npt.NDArray[np.int32]]
"""Vertices (n, 3) and triangles (m, 3) of a closed surface, oriented outwards."""

SEED_BYTES = 32
ATTEMPTS = 100
"""How often a body is drawn again that breaks a rule of `meshes`; few do."""


@dataclass(frozen=True, slots=True)
class PackSizes:
    """How many things of each kind are drawn; wordings are per task."""

    textures: int = 32
    distractors: int = 16
    shapes: int = 12
    wordings: int = 8


def make_pack(
    seed: bytes,
    instructions: Mapping[str, str],
    *,
    sizes: PackSizes | None = None,
    own: OwnMaterial | None = None,
) -> Pack:
    """Make a pack: what is drawn from `seed` (32 secret bytes), after an operator's own material.

    instructions: the instruction of every task, by the family's name of the task.

    Equal seeds and material give equal packs. Whether the content is within the bounds of `format`, writing checks.
    """
    if len(seed) != SEED_BYTES:
        raise ValueError(f"A seed of a pack has {SEED_BYTES} bytes, not {len(seed)}.")
    sizes, own = sizes or PackSizes(), own or OwnMaterial()
    textures, distractors, shapes, words = (
        _open_stream(seed, name) for name in ("textures", "distractors", "shapes", "words")
    )
    wordings = {task: draw_wordings(words, text, sizes.wordings) for task, text in sorted(instructions.items())}
    wordings = {task: own.wordings.get(task, ()) + drawn for task, drawn in wordings.items()} | {
        task: sentences for task, sentences in own.wordings.items() if task not in wordings
    }
    return Pack(
        hashlib.blake2b(seed, digest_size=SALT_BYTES, person=b"kinitro-salt").digest(),
        own.textures + tuple(draw_texture(textures).tobytes() for _ in range(sizes.textures)),
        own.distractors + tuple(draw_distractor(distractors) for _ in range(sizes.distractors)),
        own.shapes + tuple(draw_shape(shapes) for _ in range(sizes.shapes)),
        {task: tuple(dict.fromkeys(all_))[:MAX_WORDINGS] for task, all_ in wordings.items() if all_},
    )


def _open_stream(seed: bytes, name: str) -> np.random.Generator:
    key = hashlib.blake2b(name.encode(), key=seed, digest_size=16, person=b"kinitro-pack").digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(key, "little")))


def draw_texture(random: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Draw a texture that repeats without a seam, uint8 (TEXTURE_PX, TEXTURE_PX, 3).

    One to three layers (waves, tiles, cells, noise) with random weights are added on coordinates that noise has bent;
    the sum, from its least to its largest value, runs through a palette of two to five colours, smoothly or in steps.
    """
    side = np.arange(TEXTURE_PX) / TEXTURE_PX
    u, v = np.meshgrid(side, side)
    bend = random.uniform(0, 0.15)
    u, v = u + bend * _draw_noise(random, u, v), v + bend * _draw_noise(random, u, v)
    layers = [_LAYERS[random.integers(len(_LAYERS))](random, u, v) for _ in range(random.integers(1, 4))]
    field = sum((random.uniform(0.3, 1) * layer for layer in layers), np.zeros_like(u))
    field = (field - field.min()) / max(float(np.ptp(field)), 1e-9)
    colours = random.uniform(0, 255, (random.integers(2, 6), 3))
    position = field * (len(colours) - 1)
    if random.random() < 0.4:
        position = np.rint(position)
    stops = np.arange(len(colours))
    channels = [np.interp(position, stops, colours[:, channel]) for channel in range(3)]
    texture: npt.NDArray[np.uint8] = np.rint(np.stack(channels, axis=-1)).astype(np.uint8)
    return texture


def _draw_noise(random: np.random.Generator, u: Floats, v: Floats) -> Floats:
    """Twelve waves of random direction whose amplitude falls with their frequency, about -1 to 1."""
    total: Floats = np.zeros_like(u)
    for _ in range(12):
        along, across = random.integers(-8, 9, 2)
        total += np.sin(2 * np.pi * (along * u + across * v + random.random())) / (1 + abs(along) + abs(across))
    total /= 2
    return total


def _draw_waves(random: np.random.Generator, u: Floats, v: Floats) -> Floats:
    along, across = random.integers(-12, 13, 2)
    wave: Floats = np.sin(2 * np.pi * (along * u + across * v + random.random()))
    return np.sign(wave) if random.random() < 0.4 else wave


def _draw_tiles(random: np.random.Generator, u: Floats, v: Floats) -> Floats:
    across, down = random.integers(1, 9, 2)
    values = random.random((down, across))
    tiles: Floats = values[np.floor(v * down).astype(int) % down, np.floor(u * across).astype(int) % across]
    return 2 * tiles - 1


def _draw_cells(random: np.random.Generator, u: Floats, v: Floats) -> Floats:
    nearest: Floats = np.full(u.shape, np.inf)
    for x, y in random.random((random.integers(4, 25), 2)):
        du, dv = np.abs(u - x) % 1, np.abs(v - y) % 1
        nearest = np.minimum(nearest, np.hypot(np.minimum(du, 1 - du), np.minimum(dv, 1 - dv)))
    nearest *= 2 / nearest.max()
    return nearest - 1


_LAYERS: tuple[Callable[[np.random.Generator, Floats, Floats], Floats], ...] = (
    _draw_waves,
    _draw_tiles,
    _draw_cells,
    _draw_noise,
)


def draw_distractor(random: np.random.Generator) -> PackMesh:
    """Draw a body that can be of any shape whose whole surface is seen from its middle."""
    return _draw_body(random, (_draw_blob, _draw_vase, _draw_star), least=0.5, convex=False)


def draw_shape(random: np.random.Generator) -> PackMesh:
    """Draw a convex body, not so narrow that grippers miss it."""
    kinds = (_draw_ellipsoid, _draw_frustum, _draw_bipyramid, _draw_cushion)
    return _draw_body(random, kinds, least=0.75, convex=True)


def _draw_body(
    random: np.random.Generator,
    kinds: tuple[Callable[[np.random.Generator], Solid], ...],
    *,
    least: float,
    convex: bool,
) -> PackMesh:
    """Draw a body of one of these kinds, and factors from `least` to 1 for its sizes."""
    for _ in range(ATTEMPTS):
        vertices, faces = kinds[random.integers(len(kinds))](random)
        stretched = normalize_mesh(vertices * random.uniform(least, 1, 3))
        if find_mesh_problem(stretched, faces, convex=convex) is None:
            return make_mesh(stretched, faces)
    raise AssertionError("the laws of bodies break the rules of meshes")


def _draw_blob(random: np.random.Generator) -> Solid:
    """A sphere with four to nine bumps and dents."""
    directions, faces = _divide_icosahedron(2)
    radius = np.ones(len(directions))
    for bump in random.normal(size=(random.integers(4, 10), 3)):
        towards = directions @ (bump / np.sqrt(bump @ bump))
        radius += random.uniform(-0.4, 0.8) * np.exp(-(1 - towards) / random.uniform(0.05, 0.5))
    return directions * np.clip(radius, 0.3, 3)[:, None], faces


def _draw_vase(random: np.random.Generator) -> Solid:
    """A turned body with four to eight rings."""
    rings = int(random.integers(4, 9))
    return _turn(random.uniform(0.2, 1, rings), np.linspace(-1, 1, rings), int(random.integers(5, 20)), random.random())


def _draw_star(random: np.random.Generator) -> Solid:
    """A prism or a frustum over a polygon with three to nine points."""
    points = 2 * int(random.integers(3, 10))
    outline = np.where(np.arange(points) % 2, 1.0, random.uniform(0.3, 0.9)) * random.uniform(0.8, 1, points)
    height = random.uniform(0.2, 1.2)
    top = random.uniform(0.5, 1)
    return _turn(np.array([1.0, top]), np.array([-height, height]), points, 0.0, outline)


def _draw_ellipsoid(_random: np.random.Generator) -> Solid:
    return _divide_icosahedron(2)


def _draw_frustum(random: np.random.Generator) -> Solid:
    radii = np.array([1.0, random.uniform(0.6, 1)])
    return _turn(radii, np.array([-1.0, 1.0]), int(random.integers(3, 12)), random.random())


def _draw_bipyramid(random: np.random.Generator) -> Solid:
    """Two frustums, bottom against bottom."""
    ends = random.uniform(0.2, 0.8, 2)
    return _turn(
        np.array([ends[0], 1.0, ends[1]]), np.array([-1.0, 0.0, 1.0]), int(random.integers(3, 12)), random.random()
    )


def _draw_cushion(random: np.random.Generator) -> Solid:
    """A turned superellipse: |r|^p + |z|^p = 1 for a power p of 1.5 to 6."""
    power = random.uniform(1.5, 6)
    heights = np.sin(np.linspace(-1.2, 1.2, 7)) / np.sin(1.25)
    return _turn((1 - np.abs(heights) ** power) ** (1 / power), heights, int(random.integers(6, 20)), random.random())


def _turn(radii: Floats, heights: Floats, sides: int, phase: float, outline: Floats | None = None) -> Solid:
    """Make a body of rings with these radii and heights, closed by a vertex in the middle of the first and the last.

    outline: factors of the radius at each of the `sides` angles; None: 1.
    """
    angles = 2 * np.pi * (np.arange(sides) + phase) / sides
    circle = np.column_stack([np.cos(angles), np.sin(angles)]) * (1.0 if outline is None else outline[:, None])
    rings = [
        np.column_stack([radius * circle, np.full(sides, height)])
        for radius, height in zip(radii, heights, strict=True)
    ]
    middles = np.array([[0.0, 0.0, heights[0]], [0.0, 0.0, heights[-1]]])
    bottom, top = len(radii) * sides, len(radii) * sides + 1
    here, following = np.arange(sides), (np.arange(sides) + 1) % sides
    faces = [np.column_stack([np.full(sides, bottom), following, here])]
    for ring in range(len(radii) - 1):
        low, high = ring * sides, (ring + 1) * sides
        faces.append(np.column_stack([low + here, low + following, high + following]))
        faces.append(np.column_stack([low + here, high + following, high + here]))
    last = (len(radii) - 1) * sides
    faces.append(np.column_stack([np.full(sides, top), last + here, last + following]))
    return np.concatenate([*rings, middles]), np.concatenate(faces).astype(np.int32)


def _divide_icosahedron(times: int) -> Solid:
    """Make a sphere of radius 1 from an icosahedron whose triangles are divided into four `times` times."""
    golden = (1 + 5**0.5) / 2
    rectangle = [(a, b) for a in (-1.0, 1.0) for b in (-golden, golden)]
    corners = np.array(
        [(0, a, b) for a, b in rectangle] + [(a, b, 0) for a, b in rectangle] + [(b, 0, a) for a, b in rectangle]
    )
    near = np.linalg.norm(corners[:, None] - corners, axis=-1) < 2.01  # an edge is 2 long
    faces = [
        (i, j, k)
        for i, j, k in permutations(range(12), 3)
        if i < min(j, k) and near[i, j] and near[j, k] and near[k, i] and np.linalg.det(corners[[i, j, k]]) > 0
    ]
    points = [corner / np.linalg.norm(corner) for corner in corners]
    for _ in range(times):
        middles: dict[tuple[int, int], int] = {}
        faces = [part for face in faces for part in _divide(face, points, middles)]
    return np.array(points), np.array(faces, np.int32)


def _divide(
    face: tuple[int, int, int], points: list[Floats], middles: dict[tuple[int, int], int]
) -> Iterator[tuple[int, int, int]]:
    a, b, c = face

    def halve(one: int, other: int) -> int:
        edge = min(one, other), max(one, other)
        if edge not in middles:
            middle = points[one] + points[other]
            points.append(middle / np.linalg.norm(middle))
            middles[edge] = len(points) - 1
        return middles[edge]

    ab, bc, ca = halve(a, b), halve(b, c), halve(c, a)
    yield from ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))


_SYNONYMS = {
    "push": ("shove", "slide", "move", "nudge"),
    "pick up": ("grab", "lift", "take", "grasp"),
    "pull": ("drag", "draw", "tug"),
    "press": ("push", "hit", "press in"),
    "put": ("place", "set", "bring"),
    "move": ("bring", "take", "guide"),
    "hold": ("keep", "leave"),
    "open": ("open up", "pull open"),
    "close": ("shut", "push shut"),
    "turn": ("rotate", "twist"),
    "insert": ("stick", "slot", "fit"),
    "puck": ("disc", "round piece", "small cylinder"),
    "goal": ("target", "marked spot", "marker", "destination"),
    "gripper": ("hand", "claw"),
    "button": ("switch", "round key"),
    "drawer": ("tray", "sliding box"),
    "peg": ("rod", "stick", "pin"),
    "hole": ("opening", "slot"),
    "box": ("case", "block"),
    "door": ("hatch", "panel door"),
    "mug": ("cup",),
    "wall": ("barrier", "partition"),
    "lift": ("raise",),
    "slide": ("shift",),
}
"""Other words for the words of the instructions."""
_FRAMES = (
    "{}",
    "please {}",
    "I would like you to {}",
    "your task is to {}",
    "could you {}",
    "now {}",
    "what has to be done: {}",
    "go ahead and {}",
    "robot, {}",
    "the job is to {}",
    "try to {}",
    "{}, and nothing else",
)


def draw_wordings(random: np.random.Generator, instruction: str, count: int) -> tuple[str, ...]:
    """Draw up to `count` different sentences that ask for the same: synonyms of an instruction's words, in frames."""
    found: dict[str, None] = {}
    for _ in range(8 * count):
        sentence = instruction
        for word, others in _SYNONYMS.items():
            chosen = (word, *others)[random.integers(len(others) + 1)]
            sentence = re.sub(rf"\b{word}\b", chosen.upper(), sentence)  # upper case: done, not to be replaced again
        found.setdefault(_FRAMES[random.integers(len(_FRAMES))].format(sentence.lower()))
        if len(found) == count:
            break
    return tuple(found)
