"""Variations of what the cameras see. None of them changes a trajectory.

Goal markers (sites, and bodies with "goal" in their name) keep their colours, so that they stay recognisable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from kinitro.environments.randomization.variation import draw_factors, draw_offsets

UNSET_RGBA = np.array([0.5, 0.5, 0.5, 1.0], dtype=np.float32)
"""MuJoCo's default colour: a geom of this colour shows the colour of its material."""
CUBE_TEXTURE = 1
"""The value of mujoco.mjtTexture.mjTEXTURE_CUBE; this module need not load MuJoCo."""
RGB_ROLE = 1
"""The value of mujoco.mjtTextureRole.mjTEXROLE_RGB."""

Part = Literal["surroundings", "robot", "objects"]


@dataclass(frozen=True, slots=True)
class LightDirection:
    """Adds a vector that is uniform in [-bound, bound]^3 to each light's direction, and normalises the sum.

    The lights are directional: they have no position.
    """

    bound: float

    def __call__(self, model: Any, random: np.random.Generator) -> None:
        directions = model.light_dir + draw_offsets(random, self.bound, (model.nlight, 3))
        model.light_dir[:] = directions / np.sqrt((directions * directions).sum(axis=1, keepdims=True))


@dataclass(frozen=True, slots=True)
class LightIntensity:
    """One factor in 1 ± spread for each light, and one for the headlight.

    A light's factor is for its diffuse light, the headlight's for its diffuse and ambient light.
    """

    spread: float

    def __call__(self, model: Any, random: np.random.Generator) -> None:
        model.light_diffuse[:] *= draw_factors(random, self.spread, (model.nlight, 1))
        headlight = draw_factors(random, self.spread)
        model.vis.headlight.diffuse[:] *= headlight
        model.vis.headlight.ambient[:] *= headlight


@dataclass(frozen=True, slots=True)
class CameraPose:
    """Moves each camera by an offset that is uniform in a cube, and turns it by a rotation vector uniform in a cube.

    The cameras on the hand have a smaller bound (`hand_m`) than those fixed in the world, because they are close to
    everything.
    """

    fixed_m: float
    hand_m: float
    rotation_rad: float

    def __call__(self, model: Any, random: np.random.Generator) -> None:
        bounds_m = np.where(model.cam_bodyid == 0, self.fixed_m, self.hand_m)[:, None]
        model.cam_pos[:] += bounds_m * draw_offsets(random, 1.0, (model.ncam, 3))
        half_angles = draw_offsets(random, self.rotation_rad / 2, (model.ncam, 3))
        model.cam_quat[:] = _rotate(model.cam_quat, half_angles)


@dataclass(frozen=True, slots=True)
class FieldOfView:
    """Adds degrees that are uniform in [-bound_deg, bound_deg] to each camera's vertical field of view."""

    bound_deg: float

    def __call__(self, model: Any, random: np.random.Generator) -> None:
        model.cam_fovy[:] += draw_offsets(random, self.bound_deg, model.ncam)


@dataclass(frozen=True, slots=True)
class Tint:
    """One factor in 1 ± spread per colour channel: three for each material of the part, and three for geoms without."""

    part: Part
    spread: float

    def __call__(self, model: Any, random: np.random.Generator) -> None:
        by_material = draw_factors(random, self.spread, (model.nmat + 1, 3))
        in_part = _assign_parts(model) == self.part
        own_colour = (model.geom_rgba != UNSET_RGBA).any(axis=1) | (model.geom_matid < 0)
        recoloured = in_part & own_colour
        model.geom_rgba[recoloured, :3] = _clip(
            model.geom_rgba[recoloured, :3] * by_material[model.geom_matid[recoloured]]
        )
        materials = np.unique(model.geom_matid[in_part & ~own_colour])
        model.mat_rgba[materials, :3] = _clip(model.mat_rgba[materials, :3] * by_material[materials])


@dataclass(frozen=True, slots=True)
class TextureSwap:
    """Gives each material that has a cube texture, with this probability, a random one of the model's cube textures."""

    probability: float

    def __call__(self, model: Any, random: np.random.Generator) -> None:
        cubes = np.flatnonzero(model.tex_type == CUBE_TEXTURE)
        swapped = random.random(model.nmat) < self.probability
        chosen = (random.random(model.nmat) * len(cubes)).astype(int)
        current = model.mat_texid[:, RGB_ROLE]
        affected = swapped & np.isin(current, cubes)
        model.mat_texid[affected, RGB_ROLE] = cubes[chosen[affected]]


@dataclass(frozen=True, slots=True)
class TextureScale:
    """One factor in 1 ± spread per material for how often its texture repeats."""

    spread: float

    def __call__(self, model: Any, random: np.random.Generator) -> None:
        model.mat_texrepeat[:] *= draw_factors(random, self.spread, (model.nmat, 1))


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


def _assign_parts(model: Any) -> npt.NDArray[np.str_]:
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
