"""Variations of what the cameras see. None of them changes a trajectory.

Goal markers (sites, and bodies named `*goal*`) keep their colours, so that they stay recognisable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from kinitro.environments.randomization.variation import factors, offsets

UNSET_RGBA = np.array([0.5, 0.5, 0.5, 1.0], dtype=np.float32)
"""MuJoCo's default: a geom of this colour shows its material's."""
CUBE_TEXTURE = 1
"""mujoco.mjtTexture.mjTEXTURE_CUBE"""
RGB_ROLE = 1
"""mujoco.mjtTextureRole.mjTEXROLE_RGB"""

Part = Literal["surroundings", "robot", "objects"]


@dataclass(frozen=True, slots=True)
class LightDirection:
    """Every light's direction plus a vector uniform in [-bound, bound]^3, normalised. (The lights have no position.)"""

    bound: float

    def __call__(self, model: Any, random: np.random.Generator) -> None:
        directions = model.light_dir + offsets(random, self.bound, (model.nlight, 3))
        model.light_dir[:] = directions / np.sqrt((directions * directions).sum(axis=1, keepdims=True))


@dataclass(frozen=True, slots=True)
class LightIntensity:
    """A factor per light, and one for the headlight's diffuse and ambient light."""

    spread: float

    def __call__(self, model: Any, random: np.random.Generator) -> None:
        model.light_diffuse[:] *= factors(random, self.spread, (model.nlight, 1))
        headlight = factors(random, self.spread)
        model.vis.headlight.diffuse[:] *= headlight
        model.vis.headlight.ambient[:] *= headlight


@dataclass(frozen=True, slots=True)
class CameraPose:
    """Position plus an offset uniform in a cube, orientation turned by a rotation vector uniform in a cube.

    Cameras fixed in the world and cameras on the hand have bounds of their own: the latter are close to everything.
    """

    fixed_m: float
    hand_m: float
    rotation_rad: float

    def __call__(self, model: Any, random: np.random.Generator) -> None:
        bounds_m = np.where(model.cam_bodyid == 0, self.fixed_m, self.hand_m)[:, None]
        model.cam_pos[:] += bounds_m * offsets(random, 1.0, (model.ncam, 3))
        half_angles = offsets(random, self.rotation_rad / 2, (model.ncam, 3))
        model.cam_quat[:] = _turned(model.cam_quat, half_angles)


@dataclass(frozen=True, slots=True)
class FieldOfView:
    """Degrees added to every camera's vertical field of view, uniform in [-bound, bound]."""

    bound_deg: float

    def __call__(self, model: Any, random: np.random.Generator) -> None:
        model.cam_fovy[:] += offsets(random, self.bound_deg, model.ncam)


@dataclass(frozen=True, slots=True)
class Tint:
    """A factor per colour channel, one triple per material of the part and one for what has no material."""

    part: Part
    spread: float

    def __call__(self, model: Any, random: np.random.Generator) -> None:
        by_material = factors(random, self.spread, (model.nmat + 1, 3))
        in_part = _part_of_geoms(model) == self.part
        own_colour = (model.geom_rgba != UNSET_RGBA).any(axis=1) | (model.geom_matid < 0)
        recoloured = in_part & own_colour
        model.geom_rgba[recoloured, :3] = _clipped(
            model.geom_rgba[recoloured, :3] * by_material[model.geom_matid[recoloured]]
        )
        materials = np.unique(model.geom_matid[in_part & ~own_colour])
        model.mat_rgba[materials, :3] = _clipped(model.mat_rgba[materials, :3] * by_material[materials])


@dataclass(frozen=True, slots=True)
class TextureSwap:
    """With this probability, a textured material shows another of the model's textures of the same kind."""

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
    """A factor per material for how often its texture repeats."""

    spread: float

    def __call__(self, model: Any, random: np.random.Generator) -> None:
        model.mat_texrepeat[:] *= factors(random, self.spread, (model.nmat, 1))


def _clipped(colours: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.clip(colours, 0.0, 1.0)


def _turned(quaternions: npt.NDArray[np.float64], half_angles: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """`quaternions` (n, 4), turned by small rotation vectors given as half angles (n, 3) in the camera's own frame.

    The rotation is (1, v) normalised: exact enough for small angles and made of sums, products and square roots only.
    """
    w, v = quaternions[:, :1], quaternions[:, 1:]
    turned = np.hstack(
        (w - (v * half_angles).sum(axis=1, keepdims=True), w * half_angles + v + np.cross(v, half_angles))
    )
    normalised: npt.NDArray[np.float64] = turned / np.sqrt((turned * turned).sum(axis=1, keepdims=True))
    return normalised


def _part_of_geoms(model: Any) -> npt.NDArray[np.str_]:
    """For every geom the part it belongs to, or `marker`."""
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
