"""Variations of what the cameras see. None of them changes a trajectory.

Goal markers (sites, and bodies with "goal" in their name) keep their colours, so that they stay recognisable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from kinitro.environments.interface import Factor
from kinitro.environments.randomization.variation import Drawn, Group, count_own, draw_factors, draw_offsets, pad

UNSET_RGBA = np.array([0.5, 0.5, 0.5, 1.0], dtype=np.float32)
"""MuJoCo's default colour: a geom of this colour shows the colour of its material."""
CUBE_TEXTURE = 1
"""The value of mujoco.mjtTexture.mjTEXTURE_CUBE; this module need not load MuJoCo."""
PLANAR_TEXTURE = 0
"""The value of mujoco.mjtTexture.mjTEXTURE_2D."""
RGB_ROLE = 1
"""The value of mujoco.mjtTextureRole.mjTEXROLE_RGB."""

Part = Literal["surroundings", "robot", "objects"]


@dataclass(frozen=True, slots=True)
class LightDirection:
    """Adds a vector that is uniform in [-bound, bound]^3 to each light's direction, and normalises the sum.

    The lights are directional: they have no position.
    """

    group: ClassVar[Group] = "lights"
    bound: float

    def draw(self, model: Any, random: np.random.Generator) -> Drawn:
        """Draw the vectors, (nlight, 3)."""
        return {"offset": draw_offsets(random, self.bound, (model.nlight, 3))}

    def apply(self, model: Any, drawn: Drawn) -> None:
        """Turn the lights."""
        directions = model.light_dir + drawn["offset"]
        model.light_dir[:] = directions / np.sqrt((directions * directions).sum(axis=1, keepdims=True))

    def describe(self, model: Any, drawn: Drawn) -> dict[str, Factor]:  # noqa: ARG002
        """Return the vector of every light."""
        return {f"direction of light {light}": offset for light, offset in enumerate(drawn["offset"].tolist())}


@dataclass(frozen=True, slots=True)
class LightIntensity:
    """One factor in 1 ± spread for each light, and one for the headlight.

    A light's factor is for its diffuse light, the headlight's for its diffuse and ambient light.
    """

    group: ClassVar[Group] = "lights"
    spread: float

    def draw(self, model: Any, random: np.random.Generator) -> Drawn:
        """Draw the factors of the lights, (nlight, 1), and of the headlight, (1,)."""
        lights = draw_factors(random, self.spread, (model.nlight, 1))
        return {"lights": lights, "headlight": draw_factors(random, self.spread)}

    def apply(self, model: Any, drawn: Drawn) -> None:
        """Make the lights brighter or darker."""
        model.light_diffuse[:] *= drawn["lights"]
        model.vis.headlight.diffuse[:] *= drawn["headlight"]
        model.vis.headlight.ambient[:] *= drawn["headlight"]

    def describe(self, model: Any, drawn: Drawn) -> dict[str, Factor]:  # noqa: ARG002
        """Return all factors."""
        return {
            "intensity of the lights": drawn["lights"][:, 0].tolist(),
            "intensity of the headlight": float(drawn["headlight"][0]),
        }


@dataclass(frozen=True, slots=True)
class LightColour:
    """One factor in [1 - spread, 1] per colour channel for each light, and three for the headlight."""

    group: ClassVar[Group] = "lights"
    spread: float

    def draw(self, model: Any, random: np.random.Generator) -> Drawn:
        """Draw the factors, (nlight + 1, 3): the last three are the headlight's."""
        return {"factor": 1.0 - self.spread * random.random((model.nlight + 1, 3))}

    def apply(self, model: Any, drawn: Drawn) -> None:
        """Colour the lights."""
        model.light_diffuse[:] *= drawn["factor"][:-1]
        model.vis.headlight.diffuse[:] *= drawn["factor"][-1]
        model.vis.headlight.ambient[:] *= drawn["factor"][-1]

    def describe(self, model: Any, drawn: Drawn) -> dict[str, Factor]:  # noqa: ARG002
        """Return the factors of red, green and blue of every light and of the headlight."""
        factors = drawn["factor"].tolist()
        return {f"colour of light {light}": factor for light, factor in enumerate(factors[:-1])} | {
            "colour of the headlight": factors[-1]
        }


@dataclass(frozen=True, slots=True)
class CameraPose:
    """Moves each camera by an offset that is uniform in a cube, and turns it by a rotation vector uniform in a cube.

    The cameras on the hand have a smaller bound (`hand_m`) than those fixed in the world, because they are close to
    everything.
    """

    group: ClassVar[Group] = "cameras"
    fixed_m: float
    hand_m: float
    rotation_rad: float

    def draw(self, model: Any, random: np.random.Generator) -> Drawn:
        """Draw the offsets in metres, (ncam, 3), and half the rotation vectors in radians, (ncam, 3)."""
        bounds_m = np.where(model.cam_bodyid == 0, self.fixed_m, self.hand_m)[:, None]
        offset_m = bounds_m * draw_offsets(random, 1.0, (model.ncam, 3))
        return {"offset_m": offset_m, "half_angle": draw_offsets(random, self.rotation_rad / 2, (model.ncam, 3))}

    def apply(self, model: Any, drawn: Drawn) -> None:
        """Move and turn the cameras."""
        model.cam_pos[:] += drawn["offset_m"]
        model.cam_quat[:] = _rotate(model.cam_quat, drawn["half_angle"])

    def describe(self, model: Any, drawn: Drawn) -> dict[str, Factor]:
        """Return offset (m) and rotation vector (rad) of every camera, one behind the other."""
        moved = np.hstack((drawn["offset_m"], 2 * drawn["half_angle"])).tolist()
        return {f"pose of {model.camera(number).name}": pose for number, pose in enumerate(moved)}


@dataclass(frozen=True, slots=True)
class FieldOfView:
    """Adds degrees that are uniform in [-bound_deg, bound_deg] to each camera's vertical field of view."""

    group: ClassVar[Group] = "cameras"
    bound_deg: float

    def draw(self, model: Any, random: np.random.Generator) -> Drawn:
        """Draw the degrees, (ncam,)."""
        return {"degrees": draw_offsets(random, self.bound_deg, model.ncam)}

    def apply(self, model: Any, drawn: Drawn) -> None:
        """Widen or narrow the cameras' views."""
        model.cam_fovy[:] += drawn["degrees"]

    def describe(self, model: Any, drawn: Drawn) -> dict[str, Factor]:
        """Return the degrees of every camera."""
        degrees = drawn["degrees"].tolist()
        return {f"field of view of {model.camera(number).name}": added for number, added in enumerate(degrees)}


@dataclass(frozen=True, slots=True)
class Tint:
    """One factor in 1 ± spread per colour channel: three for each material of the part, and three for geoms without."""

    group: ClassVar[Group] = "colours"
    part: Part
    spread: float

    def draw(self, model: Any, random: np.random.Generator) -> Drawn:
        """Draw the factors, (nmat + 1, 3): the last three are for geoms without a material."""
        factors = draw_factors(random, self.spread, (_count_materials(model) + 1, 3))
        return {"factor": np.concatenate((pad(factors[:-1], model.nmat), factors[-1:]))}

    def apply(self, model: Any, drawn: Drawn) -> None:
        """Colour the part's geoms, or their materials."""
        by_material = drawn["factor"]
        recoloured, materials = self._find_coloured(model)
        model.geom_rgba[recoloured, :3] = _clip(
            model.geom_rgba[recoloured, :3] * by_material[model.geom_matid[recoloured]]
        )
        model.mat_rgba[materials, :3] = _clip(model.mat_rgba[materials, :3] * by_material[materials])

    def describe(self, model: Any, drawn: Drawn) -> dict[str, Factor]:
        """Return the factors of red, green and blue of every material of the part."""
        recoloured, materials = self._find_coloured(model)
        found: dict[str, Factor] = {}
        for material in np.unique(np.concatenate((model.geom_matid[recoloured], materials))):
            name = "no material" if material < 0 else model.mat(material).name
            found[f"{self.part}: {name}"] = drawn["factor"][material].tolist()
        return found

    def _find_coloured(self, model: Any) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int32]]:
        """Return the part's geoms that have a colour of their own, a mask (ngeom,), and its other geoms' materials."""
        in_part = assign_parts(model) == self.part
        own_colour = (model.geom_rgba != UNSET_RGBA).any(axis=1) | (model.geom_matid < 0)
        return in_part & own_colour, np.unique(model.geom_matid[in_part & ~own_colour])


@dataclass(frozen=True, slots=True)
class TextureSwap:
    """Gives each material that has a cube texture, with this probability, a random one of the model's cube textures."""

    group: ClassVar[Group] = "textures"
    probability: float

    def draw(self, model: Any, random: np.random.Generator) -> Drawn:
        """Draw which materials get another texture, (nmat,), and the ids of textures, (nmat,)."""
        cubes = np.flatnonzero(model.tex_type == CUBE_TEXTURE)
        own, rest = _count_materials(model), model.nmat - _count_materials(model)
        swapped = np.append(random.random(own) < self.probability, np.zeros(rest, bool))
        chosen = np.append((random.random(own) * len(cubes)).astype(int), np.zeros(rest, int))
        return {"swapped": swapped, "texture": cubes[chosen]}

    def apply(self, model: Any, drawn: Drawn) -> None:
        """Give the materials their textures."""
        affected = self._find_affected(model, drawn)
        model.mat_texid[affected, RGB_ROLE] = drawn["texture"][affected]

    def describe(self, model: Any, drawn: Drawn) -> dict[str, Factor]:
        """Return the name of the new texture of every material that got one."""
        return {
            f"texture of {model.mat(material).name}": model.tex(drawn["texture"][material]).name
            or f"texture {drawn['texture'][material]}"
            for material in np.flatnonzero(self._find_affected(model, drawn))
        }

    def _find_affected(self, model: Any, drawn: Drawn) -> npt.NDArray[np.bool_]:
        """Return the materials that get another texture, (nmat,): a swapped one has a cube texture before and after."""
        texture = model.mat_texid[:, RGB_ROLE]
        affected: npt.NDArray[np.bool_] = drawn["swapped"] & (texture >= 0) & (model.tex_type[texture] == CUBE_TEXTURE)
        return affected


@dataclass(frozen=True, slots=True)
class TextureScale:
    """One factor in 1 ± spread per material for how often its texture repeats."""

    group: ClassVar[Group] = "textures"
    spread: float

    def draw(self, model: Any, random: np.random.Generator) -> Drawn:
        """Draw the factors, (nmat, 1)."""
        return {"factor": pad(draw_factors(random, self.spread, (_count_materials(model), 1)), model.nmat)}

    def apply(self, model: Any, drawn: Drawn) -> None:
        """Let the textures repeat more or less often."""
        model.mat_texrepeat[:] *= drawn["factor"]

    def describe(self, model: Any, drawn: Drawn) -> dict[str, Factor]:
        """Return the factor of every material with a planar texture: on others it shows nothing."""
        texture = model.mat_texid[:, RGB_ROLE]
        planar = np.flatnonzero((texture >= 0) & (model.tex_type[texture] == PLANAR_TEXTURE))
        return {f"repetition of {model.mat(number).name}": float(drawn["factor"][number, 0]) for number in planar}


def _count_materials(model: Any) -> int:
    """Count the materials that are not a rung's."""
    return count_own(model.mat(material).name for material in range(model.nmat))


def _clip(colours: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Limit colours to [0, 1]."""
    return np.clip(colours, 0.0, 1.0)


def _rotate(quaternions: npt.NDArray[np.float64], half_angles: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Turn `quaternions` (n, 4; w, x, y, z) by small rotation vectors, given as half angles (n, 3) in radians.

    They are vectors in the camera's own frame. The rotation by half angles v is the quaternion (1, v), normalised. This
    is exact enough for small angles, and made of sums, products and square roots only.
    """
    w, v = quaternions[:, :1], quaternions[:, 1:]
    turned = np.hstack(
        (w - (v * half_angles).sum(axis=1, keepdims=True), w * half_angles + v + np.cross(v, half_angles))
    )
    normalised: npt.NDArray[np.float64] = turned / np.sqrt((turned * turned).sum(axis=1, keepdims=True))
    return normalised


def assign_parts(model: Any) -> npt.NDArray[np.str_]:
    """Find the part that each geom belongs to: a `Part`, or "marker" for goal markers."""
    names = [model.body(body).name for body in range(model.nbody)]
    robot = names.index("base")
    parts: list[str] = []
    for body, name in enumerate(names):
        parent = int(model.body_parentid[body])
        if body == robot or (body and parts[parent] == "robot"):
            parts.append("robot")
        elif "goal" in name or (body and parts[parent] == "marker"):
            parts.append("marker")
        else:
            parts.append("surroundings" if body == 0 or name in ("tablelink", "RetainingWall") else "objects")
    of_geoms: npt.NDArray[np.str_] = np.array(parts)[model.geom_bodyid]
    return of_geoms
