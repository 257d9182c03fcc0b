"""An operator's own material for packs: pictures, meshes and sentences in a folder. Nothing else in it is looked at.

    textures/*.png       pictures, at most 4096 pixels wide; the middle square is reduced to TEXTURE_PX
    distractors/*.obj    meshes of any shape that are closed, see `meshes`
    shapes/*.obj         convex ones
    wordings/TASK.txt    one instruction a line, for the family's task of this name, such as push.txt

Files are taken in the order of their names. Only what was read from them goes into a pack, never their names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from kinitro.environments.errors import InvalidPack
from kinitro.environments.packs.format import (
    MAX_DISTRACTORS,
    MAX_SHAPES,
    MAX_TEXTURES,
    MAX_WORDINGS,
    TASK_PATTERN,
    TEXTURE_PX,
    WORDING_PATTERN,
    PackMesh,
)
from kinitro.environments.packs.meshes import (
    MAX_FACES,
    MAX_VERTICES,
    Faces,
    Vertices,
    find_mesh_problem,
    normalize_mesh,
)

T = TypeVar("T")

MAX_FILE_BYTES = 32 * 2**20
MAX_PICTURE_PX = 4096


class OwnMaterial(NamedTuple):
    """What an operator's folder gives to a pack, as `Pack` has it."""

    textures: tuple[bytes, ...] = ()
    distractors: tuple[PackMesh, ...] = ()
    shapes: tuple[PackMesh, ...] = ()
    wordings: Mapping[str, tuple[str, ...]] = MappingProxyType({})


def read_folder(folder: Path) -> OwnMaterial:
    """Read a folder. Raises InvalidPack, which names the file and what is wrong with it."""
    if not folder.is_dir():
        raise InvalidPack(
            f"There is no folder {str(folder)!r}: make it, with textures/, distractors/, shapes/, wordings/."
        )
    material = OwnMaterial(
        _read_all(folder / "textures", ".png", MAX_TEXTURES, read_picture),
        _read_all(folder / "distractors", ".obj", MAX_DISTRACTORS, lambda path: read_mesh(path, convex=False)),
        _read_all(folder / "shapes", ".obj", MAX_SHAPES, lambda path: read_mesh(path, convex=True)),
        {path.stem: read_wordings(path) for path in _list_files(folder / "wordings", ".txt", 200)},
    )
    if not any(material):
        raise InvalidPack(
            f"The folder {str(folder)!r} has nothing for a pack: put PNG files into textures/, OBJ files into "
            "distractors/ and shapes/, text files into wordings/."
        )
    return material


def read_picture(path: Path) -> bytes:
    """Read a PNG file as a texture: uint8 (TEXTURE_PX, TEXTURE_PX, 3). Raises InvalidPack."""
    from PIL import Image

    try:
        with Image.open(path, formats=["PNG"]) as picture:
            width, height = picture.size
            if max(width, height) > MAX_PICTURE_PX or min(width, height) < TEXTURE_PX:
                raise InvalidPack(
                    f"The picture {path.name!r} has {width} x {height} pixels; {TEXTURE_PX} to {MAX_PICTURE_PX} are "
                    "allowed."
                )
            side = min(width, height)
            left, top = (width - side) // 2, (height - side) // 2
            square = picture.convert("RGB").crop((left, top, left + side, top + side))
            return bytes(square.resize((TEXTURE_PX, TEXTURE_PX), Image.Resampling.BOX).tobytes())
    except (OSError, SyntaxError, ValueError) as error:
        raise InvalidPack(f"The picture {path.name!r} is no PNG file that can be read: {error}.") from None


def read_mesh(path: Path, *, convex: bool) -> PackMesh:
    """Read vertices and faces of a Wavefront OBJ file, and nothing else that such files can say. Raises InvalidPack."""
    try:
        vertices, faces = _parse_obj(path.read_text("ascii", errors="replace"))
    except (OSError, ValueError, OverflowError) as error:
        raise InvalidPack(f"The mesh {path.name!r} cannot be read: {error}.") from None
    problem = find_mesh_problem(vertices, faces, convex=convex)
    if problem is not None:
        raise InvalidPack(f"The mesh {path.name!r} cannot be in a pack: {problem}.")
    return make_mesh(vertices, faces)


def make_mesh(vertices: Vertices, faces: Faces) -> PackMesh:
    """Write a mesh as packs have it."""
    return PackMesh(vertices.astype("<f4").tobytes(), faces.astype("<u2").tobytes())


def read_wordings(path: Path) -> tuple[str, ...]:
    """Read one instruction a line. Raises InvalidPack."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise InvalidPack(f"The wordings {path.name!r} cannot be read: {error}.") from None
    if re.fullmatch(TASK_PATTERN, path.stem) is None:
        raise InvalidPack(f"The wordings {path.name!r} must be named after a task, such as push.txt.")
    wordings = tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
    for wording in wordings:
        if re.fullmatch(WORDING_PATTERN, wording) is None:
            raise InvalidPack(
                f"The wording {wording[:80]!r} in {path.name!r} is not allowed: write 3 to 200 letters, digits, spaces "
                "and simple punctuation, beginning with a letter."
            )
    if not 1 <= len(wordings) <= MAX_WORDINGS:
        raise InvalidPack(f"The file {path.name!r} has {len(wordings)} wordings; 1 to {MAX_WORDINGS} are allowed.")
    return wordings


def _read_all(folder: Path, suffix: str, most: int, read: Callable[[Path], T]) -> tuple[T, ...]:
    return tuple(read(path) for path in _list_files(folder, suffix, most))


def _list_files(folder: Path, suffix: str, most: int) -> list[Path]:
    """List the files to read, by name. Raises InvalidPack if they are too many, too large, or links."""
    found = sorted(path for path in folder.glob(f"*{suffix}")) if folder.is_dir() else []
    if len(found) > most:
        raise InvalidPack(f"The folder {folder.name!r} has {len(found)} {suffix} files; at most {most} are allowed.")
    for path in found:
        if path.is_symlink() or not path.is_file():
            raise InvalidPack(f"{folder.name}/{path.name} is no ordinary file: put the file itself there.")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InvalidPack(f"{folder.name}/{path.name} has more than {MAX_FILE_BYTES} bytes: make it smaller.")
    return found


def _parse_obj(text: str) -> tuple[Vertices, Faces]:
    """Parse the lines `v` and `f`; faces of more than three vertices become fans. Raises ValueError."""
    points: list[tuple[float, ...]] = []
    faces: list[tuple[int, int, int]] = []
    for line in text.splitlines():
        kind, *words = line.split() or [""]
        if kind == "v":
            points.append(tuple(float(word) for word in words[:3]))
        elif kind == "f":
            faces += _split_face([int(word.partition("/")[0]) for word in words], len(points))
        if len(points) > MAX_VERTICES or len(faces) > MAX_FACES:
            raise ValueError(f"it has more than {MAX_VERTICES} vertices or {MAX_FACES} triangles")
    if not faces or any(len(point) != 3 for point in points):
        raise ValueError("it has no faces, or vertices that are not three numbers")
    vertices = np.array(points, np.float64)
    used = np.unique(np.array(faces))
    if used[0] < 0 or used[-1] >= len(points):
        raise ValueError("a face names a vertex that is not there")
    if not np.isfinite(vertices).all() or np.ptp(vertices[used], axis=0).max() <= 0:
        raise ValueError("its coordinates are not finite, or all the same")
    numbers: npt.NDArray[np.int32] = np.searchsorted(used, np.array(faces)).astype(np.int32)
    return normalize_mesh(vertices[used]), numbers


def _split_face(numbers: list[int], count: int) -> Iterator[tuple[int, int, int]]:
    """Yield a polygon's triangles with vertices counted from 0; OBJ counts from 1, or backwards from -1."""
    corners = [number - 1 if number > 0 else count + number for number in numbers]
    for second, third in pairwise(corners[1:]):
        yield corners[0], second, third
