"""The file format of packs: one file, whose bytes follow from the content, and which is checked as a whole when read.

    the line "kinitro-pack 1" | msgpack of `Pack`, as an array per structure and with the keys of maps in order

A file is read only if writing its content gives the same bytes again, so that a content has one digest. Nothing in it
is code, a path or a name of a file; its parts are not compressed, so that reading takes no more memory than the file.
The digest, SHA-256 of the file, is public while a cycle runs. It tells nobody what is in the pack, because nobody can
guess `salt`.
"""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Any

import msgspec
import numpy as np
import numpy.typing as npt

from kinitro.environments.errors import InvalidPack
from kinitro.environments.packs.meshes import MAX_FACES, MAX_VERTICES, find_mesh_problem

MAGIC = b"kinitro-pack 1\n"
MAX_PACK_BYTES = 8 * 2**20
SALT_BYTES = 32
TEXTURE_PX = 128
"""Height and width of every texture."""
MAX_TEXTURES, MAX_DISTRACTORS, MAX_SHAPES = 64, 32, 32
MAX_TASKS, MAX_WORDINGS = 200, 32
TASK_PATTERN = "[a-z0-9-]{1,40}"
WORDING_PATTERN = "[A-Za-z][A-Za-z0-9 ,.:;'()/-]{2,199}"
"""Printable ASCII on one line, as the instructions of environments."""

_TEXTURE_BYTES = TEXTURE_PX * TEXTURE_PX * 3
_DIGEST = re.compile("[0-9a-f]{64}")
_Texture = Annotated[bytes, msgspec.Meta(min_length=_TEXTURE_BYTES, max_length=_TEXTURE_BYTES)]
_Wording = Annotated[str, msgspec.Meta(pattern=f"^{WORDING_PATTERN}$")]


class PackMesh(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One mesh: closed, oriented outwards, its largest coordinate 1; see `kinitro.environments.packs.meshes`."""

    vertices: Annotated[bytes, msgspec.Meta(max_length=MAX_VERTICES * 12)]
    """Little-endian float32 (n, 3): positions in units of the mesh's half size, x, y and z in [-1, 1]."""
    faces: Annotated[bytes, msgspec.Meta(max_length=MAX_FACES * 6)]
    """Little-endian uint16 (m, 3): the vertices of each triangle, anticlockwise as seen from outside."""

    def read_vertices(self) -> npt.NDArray[np.float32]:
        """Return the vertices, float32 (n, 3)."""
        return np.frombuffer(self.vertices, "<f4").reshape(-1, 3).astype(np.float32)

    def read_faces(self) -> npt.NDArray[np.int32]:
        """Return the triangles, int32 (m, 3)."""
        return np.frombuffer(self.faces, "<u2").reshape(-1, 3).astype(np.int32)


class Pack(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What the rung `sealed` draws from."""

    salt: Annotated[bytes, msgspec.Meta(min_length=SALT_BYTES, max_length=SALT_BYTES)]
    """Random bytes, so that nobody can tell from the digest whether a guess of the content is right."""
    textures: Annotated[tuple[_Texture, ...], msgspec.Meta(min_length=1, max_length=MAX_TEXTURES)]
    """uint8 (TEXTURE_PX, TEXTURE_PX, 3) each, RGB, one row after the other from the top."""
    distractors: Annotated[tuple[PackMesh, ...], msgspec.Meta(min_length=1, max_length=MAX_DISTRACTORS)]
    """Meshes of things that lie around and have nothing to do with the task."""
    shapes: Annotated[tuple[PackMesh, ...], msgspec.Meta(max_length=MAX_SHAPES)]
    """Convex meshes, for objects that are touched: MuJoCo collides with the convex hull of a mesh."""
    wordings: Annotated[
        dict[
            Annotated[str, msgspec.Meta(pattern=f"^{TASK_PATTERN}$")],
            Annotated[tuple[_Wording, ...], msgspec.Meta(min_length=1, max_length=MAX_WORDINGS)],
        ],
        msgspec.Meta(max_length=MAX_TASKS),
    ]
    """Instructions by the family's name of the task, such as `push`; tasks that are not there keep their own."""


_ENCODER = msgspec.msgpack.Encoder(order="deterministic")
_DECODER = msgspec.msgpack.Decoder(Pack)


def read_texture(pack: Pack, index: int) -> npt.NDArray[np.uint8]:
    """Return a texture as uint8 (TEXTURE_PX, TEXTURE_PX, 3)."""
    return np.frombuffer(pack.textures[index], np.uint8).reshape(TEXTURE_PX, TEXTURE_PX, 3)


def encode_pack(pack: Pack) -> bytes:
    """Return the bytes of the file. Raises InvalidPack if the content is not allowed."""
    try:
        msgspec.convert(msgspec.to_builtins(pack, builtin_types=(bytes,)), Pack)
    except msgspec.ValidationError as error:
        raise InvalidPack(f"The pack cannot be written: {_describe(error)}.") from None
    _check_content(pack)
    data = MAGIC + _ENCODER.encode(pack)
    _check_size(len(data))
    return data


def decode_pack(data: bytes) -> Pack:
    """Read a file. Raises InvalidPack with one sentence for every file that `encode_pack` does not write."""
    _check_size(len(data))
    if not data.startswith(MAGIC):
        raise InvalidPack(
            f"This is no pack that this version reads: it begins with {data[: len(MAGIC)]!r}, not with {MAGIC!r}; make "
            "one with `kinitro pack make`."
        )
    try:
        pack = _DECODER.decode(memoryview(data)[len(MAGIC) :])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise InvalidPack(f"The pack is damaged: {_describe(error)}; get it again from where it came.") from None
    _check_content(pack)
    if MAGIC + _ENCODER.encode(pack) != data:
        raise InvalidPack("The pack is not written as packs are: the same content has other bytes; make it again.")
    return pack


def digest_pack(data: bytes) -> str:
    """Return the digest of a file's bytes: SHA-256, as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def check_pack(data: bytes, digest: str) -> Pack:
    """Read the file that must have this digest. Raises InvalidPack."""
    found = digest_pack(data)
    if found != digest:
        raise InvalidPack(f"This is the wrong pack: its digest is {found}, and {digest} is needed.")
    return decode_pack(data)


def is_digest(text: str) -> bool:
    """Whether a text is written as the digest of a pack."""
    return _DIGEST.fullmatch(text) is not None


def _check_size(size: int) -> None:
    if size > MAX_PACK_BYTES:
        raise InvalidPack(f"The pack has {size} bytes; {MAX_PACK_BYTES} are allowed: put less into it.")


def _check_content(pack: Pack) -> None:
    """Check what the types do not say. Raises InvalidPack."""
    for kind, meshes in (("distractor", pack.distractors), ("shape", pack.shapes)):
        for number, mesh in enumerate(meshes):
            problem = _find_problem(mesh, convex=kind == "shape")
            if problem is not None:
                raise InvalidPack(f"The mesh of {kind} {number} of the pack is not allowed: {problem}.")


def _find_problem(mesh: PackMesh, *, convex: bool) -> str | None:
    if len(mesh.vertices) % 12 or len(mesh.faces) % 6:
        return f"it has {len(mesh.vertices)} bytes of vertices and {len(mesh.faces)} of faces, not whole ones"
    return find_mesh_problem(mesh.read_vertices(), mesh.read_faces(), convex=convex)


def _describe(error: Any) -> str:
    """What msgspec says, which names types and places and never the content."""
    return str(error).rstrip(".")[:200]
