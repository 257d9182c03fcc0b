"""LIBERO's scene of a task as one MuJoCo model.

It is composed of the same files as LIBERO's own, in the order in which robosuite 1.4.0 merges them, so that MuJoCo
computes the same bits. What has no part in physics and is never seen is left out: the furniture of other scenes, and
the sites that mark regions.
"""

from __future__ import annotations

import copy
import functools
import io
import xml.etree.ElementTree as ET  # the files are those of installed packages
from pathlib import Path
from typing import Any

from PIL import Image

from kinitro.environments.mujoco_import import mujoco
from kinitro.errors import UnavailableError
from kinitro_libero.assets import INSTALL, find_assets, find_robot_assets
from kinitro_libero.bddl import Problem

CACHED_MODELS = 10
TEXTURE_PX = 256
"""Width and height to which textures are reduced: what the software renderer draws at most."""
HIDDEN_GROUP = 4
"""The group of geoms and sites that are not drawn: those for collisions only, which robosuite does not draw either."""
BASE_POSITION = "-0.6 0.0 0.0"
AGENTVIEW = {
    "pos": "0.8965773716836134 5.216182733499864e-07 0.65",
    "quat": "0.6182166934013367 0.3432307541370392 0.3432314395904541 0.6182177066802979",
}
"""The pose of the camera in LIBERO's scenes on the floor, in metres and as a quaternion (w, x, y, z)."""
JOINTS = tuple(f"robot0_joint{number}" for number in range(1, 8))
JOINT_DAMPING = ("0.1", "0.1", "0.1", "0.1", "0.1", "0.01", "0.01")
FLOOR_TEXTURE, WALL_TEXTURE = "light-gray-floor-tile.png", "light-gray-plaster.png"
KEPT_ASSETS = ("texplane", "floorplane", "tex-wall", "walls_mat", None)
"""Names of the assets of the arena that are seen; the sky has no name."""
REFERENCES = ("name", "joint", "site", "mesh", "material", "texture", "body1", "body2", "geom1", "geom2")
"""Attributes that hold names."""


def make_model(problem: Problem) -> Any:
    """Make the model of a task, which the caller may change: a copy of one that is compiled once and kept.

    Raises UnavailableError if assets are missing or damaged.
    """
    return copy.copy(_compile(tuple(problem.objects.items())))


@functools.lru_cache(maxsize=CACHED_MODELS)
def _compile(objects: tuple[tuple[str, str], ...]) -> Any:
    try:
        scene = _compose(objects)
        textures = _reduce_textures(scene)
        model = mujoco.MjModel.from_xml_string(ET.tostring(scene, encoding="unicode"), assets=textures)
    except (OSError, ET.ParseError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise UnavailableError(f"LIBERO's assets are damaged or incomplete ({reason}): {INSTALL}.") from None
    model.geom_group[model.geom_group == 0] = HIDDEN_GROUP
    model.site_group[:] = HIDDEN_GROUP
    return model


def _compose(objects: tuple[tuple[str, str], ...]) -> ET.Element:
    """Compose the scene's XML."""
    root = ET.fromstring(
        """<mujoco model="libero"><compiler angle="radian" inertiagrouprange="0 0"/>
        <option impratio="20" cone="elliptic" density="1.2" viscosity="0.00002" timestep="0.002"/>
        <size memory="64M"/><visual><map znear="0.001"/></visual>
        <asset/><worldbody/><actuator/><sensor/></mujoco>"""
    )
    assets, robots = find_assets(), find_robot_assets()
    _add(root, _load_arena(assets))
    robot = _load(robots / "robots" / "panda" / "robot.xml", "robot0_")
    _set_joints(robot)
    gripper = _load(robots / "grippers" / "panda_gripper.xml", "gripper0_")
    hand = next(body for body in robot.iter("body") if body.get("name") == "robot0_right_hand")
    hand.extend(_get(gripper, "worldbody"))
    _get(gripper, "worldbody").clear()
    _add(root, robot)
    _add(root, gripper)
    for name, category in objects:
        _add(root, _load_object(assets, name, category))
    return root


def _reduce_textures(scene: ET.Element) -> dict[str, bytes]:
    """Let the scene's textures be reduced ones, and return these: name of a file -> its PNG.

    LIBERO's have up to 4096 x 4096 texels, which is 147 MB in a scene.
    """
    reduced = {}
    for texture in _get(scene, "asset").iter("texture"):
        path = texture.get("file")
        if path is not None:
            name = f"{texture.get('name')}.png"
            with Image.open(path) as picture, io.BytesIO() as file:
                small = picture.convert("RGB").resize((TEXTURE_PX, TEXTURE_PX), Image.Resampling.BOX)
                small.save(file, "PNG", compress_level=1)
                reduced[name] = file.getvalue()
            texture.set("file", name)
    return reduced


def _get(root: ET.Element, tag: str) -> ET.Element:
    found = root.find(tag)
    if found is None:
        raise ValueError(f"a model has no {tag}")
    return found


def _load(path: Path, prefix: str) -> ET.Element:
    """Load a model, with absolute paths of its files and a prefix before all names."""
    root = ET.parse(path).getroot()
    for element in root.iter():
        file = element.get("file")
        if file is not None:
            element.set("file", str(path.parent / file))
        for attribute in REFERENCES:
            value = element.get(attribute)
            if value is not None:
                element.set(attribute, prefix + value)
    return root


def _add(root: ET.Element, part: ET.Element) -> None:
    """Add a model to the scene."""
    for tag in ("asset", "worldbody", "actuator", "sensor"):
        found = part.find(tag)
        if found is not None:
            _get(root, tag).extend(found)


def _load_arena(assets: Path) -> ET.Element:
    """Load the floor and the walls, with the textures and the camera of LIBERO's scenes on the floor."""
    arena = _load(assets / "scenes" / "libero_floor_base_style.xml", "")
    assets_of_arena = _get(arena, "asset")
    for element in list(assets_of_arena):
        if element.get("name") not in KEPT_ASSETS:
            assets_of_arena.remove(element)
        elif element.get("name") in ("texplane", "tex-wall"):
            texture = FLOOR_TEXTURE if element.get("name") == "texplane" else WALL_TEXTURE
            element.set("file", str(assets / "textures" / texture))
    world = _get(arena, "worldbody")
    floor = _get(world, "body")  # for randomization, what is fixed to the world are surroundings
    world.remove(floor)
    world[:0] = list(floor)
    for camera in arena.iter("camera"):
        if camera.get("name") == "agentview":
            camera.attrib.update(AGENTVIEW)
    return arena


def _set_joints(robot: ET.Element) -> None:
    """Give the arm's joints what robosuite and LIBERO give them; the base stands on the floor."""
    joints = [joint for joint in robot.iter("joint") if joint.get("name") in JOINTS]
    for number, (joint, damping) in enumerate(zip(joints, JOINT_DAMPING, strict=True)):
        joint.attrib.update(damping=damping, frictionloss="0.1", armature=str(5.0 / (number + 1)))
    base = next(robot.iter("body"))
    base.attrib.update(name="base", pos=BASE_POSITION)  # the name by which randomization knows the robot


def _load_object(assets: Path, name: str, category: str) -> ET.Element:
    """Load a movable object: its body gets a free joint."""
    folder = "stable_scanned_objects" if category == "basket" else "stable_hope_objects"
    root = _load(assets / folder / category / f"{category}.xml", f"{name}_")
    world = _get(root, "worldbody")
    body = _get(_get(world, "body"), "body")
    body.set("name", f"{name}_main")
    ET.SubElement(body, "joint", type="free", damping="0.0005", name=f"{name}_joint0")
    for child in list(world):
        world.remove(child)
    world.append(body)
    return root


def read_offset(category: str, site: str) -> tuple[float, float, float]:
    """Return where a site of an object's category is, such as `bottom_site`, in metres in the object's frame."""
    folder = "stable_scanned_objects" if category == "basket" else "stable_hope_objects"
    root = _load(find_assets() / folder / category / f"{category}.xml", "")
    place = next(element.get("pos", "") for element in root.iter("site") if element.get("name") == site)
    x, y, z = (float(number) for number in place.split())
    return x, y, z
