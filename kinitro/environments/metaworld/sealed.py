"""The rung `sealed`: what a pack adds to a scene, and what is drawn from it for an episode.

Everything is in the model from the beginning, and hidden: an episode chooses what is shown. Nothing that is added has
a joint, a mass or, but for the shape that an episode chooses, a contact. So where the task has no puck, a trajectory is
the one that it would be without the rung, to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kinitro.environments.interface import Factor
from kinitro.environments.mujoco_import import mujoco
from kinitro.environments.packs.format import TEXTURE_PX, Pack, PackMesh, read_texture
from kinitro.environments.randomization.appearance import CUBE_TEXTURE, PLANAR_TEXTURE, RGB_ROLE, assign_parts

NAME: Final = "sealed"
PLANAR_TEXTURES: Final = 8
"""Of the floor, which is a plane, the texture is one of the pack's first few: each takes memory once more."""
SHOWN: Final = 4
"""How many distractors lie on the table in an episode."""
TRIED: Final = 12
"""How many places are drawn for a distractor; it lies at the first that is free, or nowhere."""
HALF_SIZES_M: Final = (0.025, 0.03, 0.035, 0.04)
"""Of the distractors, in turn."""
STRIP_X_M, STRIP_Y_M = (0.36, 0.62), (0.3, 0.92)
"""Distractors lie on the table on both sides of where hands and objects move: |x| and y of their middle."""
CLEARANCE_M: Final = 0.03
"""Between the bounding spheres of a distractor and of whatever else is not the robot, a wall or the table."""
LIKE_THE_OBJECT: Final = 0.3
"""The probability that a distractor has the colour of the object."""
PUCK: Final = "objGeom"
"""The geom that a pack's shape takes the place of, if it is a cylinder that can be moved freely."""
Random = np.random.Generator


@dataclass(frozen=True, slots=True)
class PackScene:
    """What a pack adds to every model; equal if the digests are."""

    digest: str
    pack: Pack = field(compare=False, repr=False)

    def add_to(self, spec: Any) -> None:
        """Add the pack's textures, distractors and shapes to a mujoco.MjSpec."""
        for index in range(len(self.pack.textures)):
            _add_texture(spec, f"{NAME} cube {index}", CUBE_TEXTURE, read_texture(self.pack, index))
            if index < PLANAR_TEXTURES:
                _add_texture(spec, f"{NAME} planar {index}", PLANAR_TEXTURE, read_texture(self.pack, index))
        for index, mesh in enumerate(self.pack.distractors):
            half_size_m = HALF_SIZES_M[index % len(HALF_SIZES_M)]
            _add_geom(spec, spec.worldbody, f"{NAME} distractor {index}", mesh, np.full(3, half_size_m))
        puck = spec.geom(PUCK)
        if puck is not None and _is_puck(puck):
            for index, mesh in enumerate(self.pack.shapes):
                extent = np.abs(mesh.read_vertices()).max(axis=0)  # it becomes as wide and as high as the puck
                scale = np.array([puck.size[0], puck.size[0], puck.size[1]]) / (*[extent[:2].max()] * 2, extent[2])
                added = _add_geom(spec, puck.parent, f"{NAME} shape {index}", mesh, scale)
                added.pos, added.quat = puck.pos, puck.quat
                added.friction, added.condim, added.margin = puck.friction, puck.condim, puck.margin
                added.solref, added.solimp, added.priority = puck.solref, puck.solimp, puck.priority
                # MuJoCo's compiler prepares collisions for geoms only that can collide; `SealedScene` takes that back
                added.contype, added.conaffinity = puck.contype, puck.conaffinity


class SealedScene:
    """Draws from a pack for the episodes of one model, to which `PackScene.add_to` has added it.

    Making it lets the shapes collide with nothing: nominal values of the model are those afterwards.
    """

    def __init__(self, model: Any, pack: Pack) -> None:
        self._model, self._pack = model, pack
        names = [model.geom(geom).name for geom in range(model.ngeom)]
        self._distractors = [names.index(f"{NAME} distractor {index}") for index in range(len(pack.distractors))]
        self._shapes = [geom for geom, name in enumerate(names) if name.startswith(f"{NAME} shape ")]
        model.geom_contype[self._shapes] = model.geom_conaffinity[self._shapes] = 0
        self._object = names.index(PUCK) if PUCK in names else -1
        self._placed = model.geom_pos[self._distractors].copy(), model.geom_quat[self._distractors].copy()
        textures = {model.tex(texture).name: texture for texture in range(model.ntex)}
        self._cubes = [textures[f"{NAME} cube {index}"] for index in range(len(pack.textures))]
        self._planar = [textures[f"{NAME} planar {index}"] for index in range(min(len(pack.textures), PLANAR_TEXTURES))]
        parts = assign_parts(model)
        own = set(self._distractors)
        shown = [
            g for g in range(model.ngeom) if parts[g] == "surroundings" and g not in own and model.geom_matid[g] >= 0
        ]
        materials = np.unique(model.geom_matid[shown])
        self._materials = materials[model.mat_texid[materials, RGB_ROLE] >= 0]
        self._obstacles = [g for g in range(model.ngeom) if parts[g] == "objects" and g not in self._shapes]
        self._drawn: dict[str, Factor] = {}

    def choose_shape(self, random: Random) -> None:
        """Give the puck a shape of the pack; call it before the object is placed, on nominal values."""
        self._drawn = {}
        choice = random.random()
        if not self._shapes:
            return
        model, puck = self._model, self._object
        index = int(choice * len(self._shapes))
        geom = self._shapes[index]
        model.geom_rgba[geom], model.geom_rgba[puck, 3] = model.geom_rgba[puck], 0.0
        model.geom_matid[geom] = model.geom_matid[puck]
        for contacts in (model.geom_contype, model.geom_conaffinity):
            contacts[geom], contacts[puck] = contacts[puck], 0
        self._drawn["shape"] = f"shape {index}"

    def arrange(self, random: Random, data: Any, goal: npt.NDArray[np.float64]) -> None:
        """Choose textures, and put distractors where they are in nobody's way; call it when everything is placed.

        goal: (3,), in metres in the world frame.
        """
        self._choose_textures(random)
        order = random.random(len(self._distractors)).argsort(kind="stable")
        draws = random.random((len(self._distractors), TRIED, 2)), random.random((len(self._distractors), 7))
        taken = [(data.geom_xpos[geom], self._model.geom_rbound[geom]) for geom in self._obstacles]
        taken.append((goal, 0.02))
        for number in order[:SHOWN]:
            self._place_distractor(int(number), draws[0][number], draws[1][number], taken)
        mujoco.mj_kinematics(self._model, data)  # the positions of what stands still follow from the model

    def describe(self) -> dict[str, Factor]:
        """Return what was drawn for this episode, by name."""
        return dict(self._drawn)

    def _choose_textures(self, random: Random) -> None:
        model = self._model
        for material, choice in zip(self._materials, random.random(len(self._materials)).tolist(), strict=True):
            planar = model.tex_type[model.mat_texid[material, RGB_ROLE]] == PLANAR_TEXTURE
            textures = self._planar if planar else self._cubes
            index = int(choice * len(textures))
            model.mat_texid[material, RGB_ROLE] = textures[index]
            self._drawn[f"texture of {model.mat(material).name}"] = f"texture {index}"

    def _place_distractor(
        self,
        number: int,
        places: npt.NDArray[np.float64],
        looks: npt.NDArray[np.float64],
        taken: list[tuple[npt.NDArray[np.float64], float]],
    ) -> None:
        """Show a distractor at the first of `places` (TRIED, 2; from 0 to 1) that is free."""
        model, geom = self._model, self._distractors[number]
        middle, turn = self._placed[0][number], self._placed[1][number]
        half_size = HALF_SIZES_M[number % len(HALF_SIZES_M)]
        heights = self._pack.distractors[number].read_vertices()[:, 2].astype(np.float64)
        radius = half_size * 3**0.5
        for along, across in places.tolist():
            side = 1.0 if along < 0.5 else -1.0
            x = side * (STRIP_X_M[0] + (2 * along % 1) * (STRIP_X_M[1] - STRIP_X_M[0]))
            y = STRIP_Y_M[0] + across * (STRIP_Y_M[1] - STRIP_Y_M[0])
            place = np.array([x, y, -half_size * heights.min()])
            if all(_are_apart(place, radius, other, size) for other, size in taken):
                break
        else:
            return
        taken.append((place, radius))
        cosine, sine = _normalize(2 * looks[0] - 1, 2 * looks[1] - 1)
        w, v = turn[0], turn[1:]
        about_z = np.array([-v[1], v[0], w])
        model.geom_quat[geom] = np.array([w * cosine - v[2] * sine, *(v * cosine + about_z * sine)])
        turned = (cosine * cosine - sine * sine, 2 * cosine * sine)
        offset = np.array(
            [turned[0] * middle[0] - turned[1] * middle[1], turned[1] * middle[0] + turned[0] * middle[1]]
        )
        model.geom_pos[geom] = place + np.array([*offset, middle[2]])
        same = self._object >= 0 and looks[2] < LIKE_THE_OBJECT
        model.geom_rgba[geom] = [*(model.geom_rgba[self._object, :3] if same else looks[3:6]), 1.0]
        self._drawn[f"distractor {number}"] = place.tolist()


def _add_texture(spec: Any, name: str, kind: int, pixels: npt.NDArray[np.uint8]) -> None:
    texture = spec.add_texture()
    texture.name, texture.type = name, mujoco.mjtTexture(kind)
    texture.width = texture.height = TEXTURE_PX
    texture.nchannel = 3
    texture.data = pixels.tobytes()


def _add_geom(spec: Any, body: Any, name: str, mesh: PackMesh, scale: npt.NDArray[np.float64]) -> Any:
    """Add a mesh times `scale` (3,), in metres, as a geom that is not seen, has no mass and touches nothing."""
    added = spec.add_mesh()
    added.name = name
    added.uservert = (mesh.read_vertices().astype(np.float64) * scale).ravel()
    added.userface = mesh.read_faces().ravel()
    geom = body.add_geom()
    geom.name, geom.type, geom.meshname = name, mujoco.mjtGeom.mjGEOM_MESH, name
    geom.contype = geom.conaffinity = 0
    geom.mass = geom.density = 0.0
    geom.group, geom.rgba = 0, (0.5, 0.5, 0.5, 0.0)
    return geom


def _is_puck(geom: Any) -> bool:
    return bool(geom.type == mujoco.mjtGeom.mjGEOM_CYLINDER and geom.contype and geom.parent.joints)


def _are_apart(
    place: npt.NDArray[np.float64], radius: float, other: npt.NDArray[np.float64], other_radius: float
) -> bool:
    between = place - other
    return bool(between @ between > (radius + other_radius + CLEARANCE_M) ** 2)


def _normalize(x: float, y: float) -> tuple[float, float]:
    """Return the unit vector in this direction, (1, 0) for the zero vector; exact on every machine."""
    length = (x * x + y * y) ** 0.5
    return (x / length, y / length) if length else (1.0, 0.0)
