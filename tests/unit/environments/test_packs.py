"""Sealed packs: one content has one file, and every other file is refused in one sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import mujoco
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinitro.environments.errors import InvalidPack
from kinitro.environments.packs.directory import (
    SealedPack,
    drop_old_packs,
    keep_pack,
    load_pack,
    locate_pack,
    open_pack,
)
from kinitro.environments.packs.format import (
    MAGIC,
    MAX_PACK_BYTES,
    TEXTURE_PX,
    Pack,
    PackMesh,
    check_pack,
    decode_pack,
    digest_pack,
    encode_pack,
    read_texture,
)
from kinitro.environments.packs.making import PackSizes, make_pack
from kinitro.environments.packs.sources import make_mesh, read_folder, read_mesh
from kinitro.environments.packs.versions import bind_version, split_version

SMALL = PackSizes(textures=1, distractors=2, shapes=2, wordings=2)
INSTRUCTIONS = {"push": "push the puck to the goal", "reach": "move the gripper to the goal"}
PACK = make_pack(b"s" * 32, INSTRUCTIONS, sizes=SMALL)
DATA = encode_pack(PACK)
TETRAHEDRON = np.array([[-1, -1, -1], [1, -1, -1], [0, 1, -1], [0, 0, 1]], np.float32)
TETRAHEDRON_FACES = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]], np.int32)


def changed(**changes: object) -> Pack:
    return msgspec.structs.replace(PACK, **changes)


def test_a_file_gives_its_content_back_and_a_content_its_file() -> None:
    assert decode_pack(DATA) == PACK
    assert encode_pack(decode_pack(DATA)) == DATA
    assert check_pack(DATA, digest_pack(DATA)) == PACK


def test_the_order_in_which_tasks_were_added_makes_no_difference() -> None:
    backwards = dict(reversed(PACK.wordings.items()))
    assert list(backwards) != list(PACK.wordings)
    assert encode_pack(changed(wordings=backwards)) == DATA


def test_a_seed_gives_one_pack_and_another_seed_shares_nothing_with_it() -> None:
    assert encode_pack(make_pack(b"s" * 32, INSTRUCTIONS, sizes=SMALL)) == DATA
    other = make_pack(b"t" * 32, INSTRUCTIONS, sizes=SMALL)
    assert other.salt != PACK.salt
    assert not set(other.textures) & set(PACK.textures)
    assert not set(other.distractors + other.shapes) & set(PACK.distractors + PACK.shapes)


def test_a_texture_has_more_than_one_colour_and_its_own_size() -> None:
    texture = read_texture(PACK, 0)
    assert texture.shape == (TEXTURE_PX, TEXTURE_PX, 3)
    assert len(np.unique(texture.reshape(-1, 3), axis=0)) > 1


def test_mujoco_compiles_every_mesh_and_a_shape_is_its_own_hull() -> None:
    pack = make_pack(b"m" * 32, {}, sizes=PackSizes(1, 32, 32, 0))
    spec = mujoco.MjSpec()
    for number, mesh in enumerate(pack.distractors + pack.shapes):
        added = spec.add_mesh()
        added.name = f"mesh {number}"
        added.uservert, added.userface = mesh.read_vertices().flatten(), mesh.read_faces().flatten()
        geom = spec.worldbody.add_geom()
        geom.type, geom.meshname = mujoco.mjtGeom.mjGEOM_MESH, added.name
    model = spec.compile()
    assert model.nmesh == 64
    for number, mesh in enumerate(pack.shapes, start=32):
        assert model.mesh_vertnum[number] == len(mesh.read_vertices())


@given(st.data())
def test_a_damaged_file_is_refused_or_is_another_pack(data: st.DataObject) -> None:
    damaged = bytearray(DATA)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(
            st.one_of(st.integers(0, 200), st.integers(0, len(DATA) - 1), st.integers(len(DATA) - 900, len(DATA) - 1))
        )
        damaged[place] = data.draw(st.integers(0, 255))
    damaged = damaged[: data.draw(st.one_of(st.just(len(DATA)), st.integers(0, len(DATA))))]
    if bytes(damaged) == DATA:
        return
    with pytest.raises(InvalidPack, match="wrong pack"):
        check_pack(bytes(damaged), digest_pack(DATA))
    try:
        assert encode_pack(decode_pack(bytes(damaged))) == bytes(damaged)
    except InvalidPack as error:
        assert "\n" not in str(error)  # noqa: PT017


@given(st.binary(max_size=300))
def test_anything_after_the_first_line_is_refused_in_one_sentence(noise: bytes) -> None:
    with pytest.raises(InvalidPack):
        decode_pack(MAGIC + noise)


def repacked(change: Callable[[list], object]) -> bytes:
    content = msgspec.msgpack.decode(DATA[len(MAGIC) :])
    change(content)
    return MAGIC + msgspec.msgpack.encode(content)


HOSTILE = {
    "empty": (b"", "no pack"),
    "another format": (b"PK\x03\x04" + DATA, "no pack"),
    "too large": (DATA + bytes(MAX_PACK_BYTES), "are allowed"),
    "more after the end": (DATA + b"\0", "damaged"),
    "nested": (MAGIC + b"\x91" * 100_000, "damaged"),
    "a length beyond the end": (MAGIC + b"\x95\xc6\xff\xff\xff\xff", "damaged"),
    "a longer form": (DATA[: len(MAGIC)] + b"\xdc\x00\x05" + DATA[len(MAGIC) + 1 :], "other bytes"),
    "a code object": (repacked(lambda content: content.append("import os")), "damaged"),
    "a path as task": (repacked(lambda content: content[4].update({"../x": ["go on"]})), "damaged"),
    "a wording with a line break": (repacked(lambda content: content[4].update({"push": ["go\non"]})), "damaged"),
    "a wording in another script": (repacked(lambda content: content[4].update({"push": ["схвати"]})), "damaged"),
    "65 textures": (repacked(lambda content: content[1].extend(content[1] * 64)), "damaged"),
    "a texture of another size": (repacked(lambda content: content[1].append(b"x")), "damaged"),
    "no salt": (repacked(lambda content: content.__setitem__(0, b"")), "damaged"),
    "half a vertex": (repacked(lambda content: content[2].append([b"xyz", b""])), "not whole ones"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_one_sentence(name: str) -> None:
    data, words = HOSTILE[name]
    with pytest.raises(InvalidPack, match=words) as refused:
        decode_pack(data)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400


MESHES = {
    "inside out": (TETRAHEDRON, TETRAHEDRON_FACES[:, ::-1], "look outwards"),
    "open": (TETRAHEDRON, np.concatenate([TETRAHEDRON_FACES[:3], TETRAHEDRON_FACES[2:3]]), "not closed"),
    "not a number": (np.where(TETRAHEDRON == 0, np.nan, TETRAHEDRON), TETRAHEDRON_FACES, "not numbers"),
    "too large": (2 * TETRAHEDRON, TETRAHEDRON_FACES, "not numbers"),
    "flat": (TETRAHEDRON * np.float32([1, 1, 1e-4]), TETRAHEDRON_FACES, "volume"),
    "one vertex twice": (np.concatenate([TETRAHEDRON[:3], TETRAHEDRON[:1]]), TETRAHEDRON_FACES, "same place"),
    "a vertex that is not there": (TETRAHEDRON, TETRAHEDRON_FACES + 1, "names vertex 4"),
    "three faces": (TETRAHEDRON, TETRAHEDRON_FACES[:3], "3 faces"),
}


@pytest.mark.parametrize("name", MESHES)
def test_a_mesh_that_mujoco_or_the_renderer_would_refuse_is_refused(name: str) -> None:
    vertices, faces, words = MESHES[name]
    with pytest.raises(InvalidPack, match=words):
        encode_pack(changed(distractors=(make_mesh(vertices, faces),)))


def test_a_shape_must_be_convex_and_a_distractor_need_not_be() -> None:
    dent = np.concatenate([TETRAHEDRON, np.float32([[0, -0.2, -0.6]])])
    faces = np.concatenate([TETRAHEDRON_FACES[1:], np.array([[0, 2, 4], [2, 1, 4], [1, 0, 4]], np.int32)])
    mesh: PackMesh = make_mesh(dent, faces)
    assert decode_pack(encode_pack(changed(distractors=(mesh,)))).distractors == (mesh,)
    with pytest.raises(InvalidPack, match="shape 0 of the pack is not allowed: it is not convex"):
        encode_pack(changed(shapes=(mesh,)))


def test_a_version_is_bound_to_a_digest_and_says_which() -> None:
    digest = digest_pack(DATA)
    assert split_version(bind_version("2+1", digest)) == ("2+1", digest)
    for version in ("2", "2~", "2~abc", f"2~{digest}0", f"2~{digest}~{digest}"):
        assert split_version(version) == (version, None)


def test_a_directory_gives_packs_by_digest_and_only_the_right_ones(tmp_path: Path) -> None:
    digest = digest_pack(DATA)
    with pytest.raises(InvalidPack, match=f"The pack {digest} cannot be used: There is no pack"):
        load_pack(tmp_path, digest)
    path = keep_pack(tmp_path, DATA, digest)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_pack(tmp_path, digest) == open_pack(path) == SealedPack(digest, PACK)
    assert load_pack(tmp_path, digest).content == open_pack(path).content == PACK
    for wrong in ("0" * 64, "../../etc/passwd", ""):
        with pytest.raises(InvalidPack):
            load_pack(tmp_path, wrong)
    with pytest.raises(InvalidPack, match="wrong pack"):
        keep_pack(tmp_path, DATA, "0" * 64)
    assert not locate_pack(tmp_path, "0" * 64).exists()
    path.write_bytes(DATA[:-1] + b"x")
    with pytest.raises(InvalidPack, match="wrong pack"):
        load_pack(tmp_path, digest)


def test_of_many_packs_the_last_ones_are_kept(tmp_path: Path) -> None:
    for number in range(5):
        path = tmp_path / f"{number}.kpack"
        path.touch()
        os.utime(path, (number, number))
    drop_old_packs(tmp_path, 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["3.kpack", "4.kpack"]


# --- an operator's own folder

CUBE_OBJ = """
# mtllib and the rest are not looked at
mtllib ../../secret.mtl
v 0 0 0
v 2 0 0
v 2 2 0
v 0 2 0
v 0 0 2
v 2 0 2
v 2 2 2
v 0 2 2
vn 0 0 1
f 1/1/1 4 3 2
f 5 6 7 8
f 1 2 6 5
f 2 3 7 6
f 3 4 8 7
f 4 1 5 -1
"""


def write_folder(place: Path) -> Path:
    from PIL import Image

    for kind in ("textures", "distractors", "shapes", "wordings"):
        (place / kind).mkdir(parents=True)
    Image.new("RGB", (300, 200), (10, 20, 30)).save(place / "textures" / "wall.png")
    (place / "distractors" / "b.obj").write_text(CUBE_OBJ)
    (place / "shapes" / "a.obj").write_text(CUBE_OBJ)
    (place / "wordings" / "push.txt").write_text("send the disc home\n\nsend the disc home\nmake it go there\n")
    return place


def test_a_folder_of_ones_own_comes_first_and_its_names_are_not_in_the_pack(tmp_path: Path) -> None:
    own = read_folder(write_folder(tmp_path / "own"))
    pack = make_pack(b"s" * 32, INSTRUCTIONS, sizes=SMALL, own=own)
    data = encode_pack(pack)
    assert (read_texture(pack, 0) == (10, 20, 30)).all()
    assert np.unique(pack.shapes[0].read_vertices()).tolist() == [-1, 1]
    assert len(pack.shapes[0].read_faces()) == 12
    assert pack.wordings["push"][:2] == ("send the disc home", "make it go there")
    assert pack.textures[1:] == PACK.textures
    assert not [name for name in (b"wall", b".png", b".obj", b"secret") if name in data]


def replaced(place: str, content: bytes | str) -> Callable[[Path], object]:
    data = content if isinstance(content, bytes) else content.encode()
    return lambda folder: (folder / place).write_bytes(data)


BAD_FOLDERS = {
    "no folder": (lambda folder: folder.rename(folder.with_name("gone")), "There is no folder"),
    "no picture": (replaced("textures/wall.png", "GIF89a"), "wall.png"),
    "a picture with a broken end": (replaced("textures/x.png", b"\x89PNG\r\n\x1a\n" + bytes(40)), "x.png"),
    "a mesh of words": (replaced("shapes/a.obj", "v a b c\nf 1 2 3"), "a.obj"),
    "a mesh without faces": (replaced("shapes/a.obj", "v 0 0 0"), "no faces"),
    "a mesh with infinite numbers": (
        replaced("shapes/a.obj", CUBE_OBJ.replace("v 2 0 0", "v 1e999 0 0")),
        "not finite",
    ),
    "an open mesh": (replaced("distractors/b.obj", CUBE_OBJ.replace("f 5 6 7 8", "")), "not closed"),
    "a mesh with many faces": (replaced("shapes/a.obj", "v 0 0 0\n" + "f 1 1 1\n" * 3000), "more than"),
    "a face of nothing": (replaced("shapes/a.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9"), "not there"),
    "a wording that is none": (replaced("wordings/push.txt", "a\tb"), "is not allowed"),
    "a task that is none": (replaced("wordings/Push It.txt", "push it"), "must be named after a task"),
    "a link": (lambda folder: (folder / "shapes" / "c.obj").symlink_to("/etc/passwd"), "no ordinary file"),
    "too many": (lambda folder: [replaced(f"shapes/{n}.obj", CUBE_OBJ)(folder) for n in range(40)], "at most 32"),
}


@pytest.mark.parametrize("name", BAD_FOLDERS)
def test_a_bad_folder_is_refused_in_one_sentence_that_names_the_file(tmp_path: Path, name: str) -> None:
    spoil, words = BAD_FOLDERS[name]
    folder = write_folder(tmp_path / "own")
    spoil(folder)
    with pytest.raises(InvalidPack, match=words) as refused:
        read_folder(folder)
    assert "\n" not in str(refused.value)


def test_a_picture_of_too_many_pixels_is_not_unpacked(tmp_path: Path) -> None:
    import struct
    import zlib

    header = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    folder = write_folder(tmp_path / "own")
    (folder / "textures" / "bomb.png").write_bytes(data)
    with pytest.raises(InvalidPack, match="The picture"):
        read_folder(folder)


def test_a_mesh_of_an_operator_is_scaled_to_one(tmp_path: Path) -> None:
    path = tmp_path / "long.obj"
    lines = (line.replace(" 2", " 500") if line.startswith("v ") else line for line in CUBE_OBJ.splitlines())
    path.write_text("\n".join(lines))
    assert np.unique(read_mesh(path, convex=True).read_vertices()).tolist() == [-1, 1]


# --- the command


def kinitro(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kinitro", "pack", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "200"})


def test_the_command_makes_a_pack_shows_it_and_verifies_it(tmp_path: Path) -> None:
    path = tmp_path / "cycle.kpack"
    made = kinitro("make", path, "--folder", write_folder(tmp_path / "own"), "--textures", "2", "--wordings", "1")
    assert made.returncode == 0, made.stderr
    assert path.stat().st_mode & 0o777 == 0o600
    shown = json.loads(kinitro("show", path, "--json").stdout)
    assert shown["digest"] == digest_pack(path.read_bytes())
    assert shown["digest"] in made.stdout
    assert (shown["textures"], len(shown["distractors"]), len(shown["shapes"])) == (3, 17, 13)
    assert shown["wordings"]["push"][0] == "send the disc home"
    assert "3 textures" in kinitro("show", path).stdout
    assert kinitro("verify", path, "--digest", shown["digest"]).returncode == 0
    again = kinitro("make", path)
    assert (again.returncode, again.stdout) == (2, "")
    assert "is there already" in again.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["verify", "gone.kpack"], "There is no pack"),
        (["verify", "bad.kpack"], "no pack that this version reads"),
        (["verify", "good.kpack", "--digest", "0" * 64], "wrong pack"),
        (["verify", "good.kpack", "--digest", "xyz"], "64 hexadecimal digits"),
        (["show", "bad.kpack"], "no pack that this version reads"),
        (["make", "new.kpack", "--textures", "0"], "cannot be written"),
        (["make", "nowhere/new.kpack"], "cannot be written"),
        (["make", "new.kpack", "--folder", "gone"], "There is no folder"),
    ],
)
def test_the_command_answers_bad_input_with_one_sentence(tmp_path: Path, words: list[str], sentence: str) -> None:
    (tmp_path / "bad.kpack").write_bytes(b"#!/bin/sh\n")
    (tmp_path / "good.kpack").write_bytes(DATA)
    paths = [str(tmp_path / word) if "kpack" in word or word == "gone" else word for word in words]
    done = kinitro(*paths)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "new.kpack").exists()
