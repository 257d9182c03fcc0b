"""New surfaces: textures and colours that have nothing to do with what things are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kinitro.environments.interface import Factor
from kinitro.environments.mujoco_import import mujoco
from kinitro.environments.randomization.appearance import RGB_ROLE, UNSET_RGBA, assign_parts
from kinitro.environments.randomization.effects import Effect

LOOKS: Final = "@look"
"""What the names of the textures and materials that `add_looks` adds to a scene begin with; their number follows."""


def add_looks(scene: Any, textures: Sequence[npt.NDArray[np.uint8]], prefix: str = LOOKS) -> None:
    """Add a material for each texture, uint8 (side, side, 3), to a scene (a mujoco.MjSpec) that shows none of them."""
    for number, pixels in enumerate(textures):
        name = f"{prefix} {number}"
        texture = scene.add_texture(name=name)
        texture.type, texture.nchannel, texture.data = mujoco.mjtTexture.mjTEXTURE_2D, 3, pixels.tobytes()
        texture.height, texture.width = pixels.shape[:2]
        material = scene.add_material(name=name, texuniform=True)
        roles = material.textures
        roles[RGB_ROLE] = name
        material.textures = roles


class Looks(Effect):
    """Shows things in other materials, of those that `add_looks` added.

    Geoms that share a material, or have none and belong to one body, are one thing; the robot is one, too. Each gets,
    with `probability`, a material of its own, whose colour is uniform in [low, 1] per channel and whose texture repeats
    1 to 8 times in 2 m. Goal markers keep their look.
    """

    def __init__(self, count: int, probability: float = 0.85, low: float = 0.3, prefix: str = LOOKS) -> None:
        self._names = [f"{prefix} {number}" for number in range(count)]
        self._count, self._probability, self._low = count, probability, low
        self._random = np.random.Generator(np.random.Philox(key=0))
        self._described: dict[str, Factor] = {}

    def begin(self, random: np.random.Generator) -> None:
        """Keep the generator."""
        self._random = random

    def change_model(self, model: Any) -> None:
        """Draw a look for each thing and show it."""
        looks = np.array([model.material(name).id for name in self._names])
        things = _group(model, set(looks.tolist()))
        draws = self._random.random((len(things), 2))
        surfaces = self._random.random((self._count, 4))
        free = list(range(self._count))
        self._described = {}
        for (name, geoms), (chance, choice) in zip(things.items(), draws.tolist(), strict=True):
            if chance >= self._probability or not free:
                continue
            number = free.pop(int(choice * len(free)))
            model.geom_matid[geoms] = looks[number]
            model.geom_rgba[geoms] = UNSET_RGBA
            self._described[name] = self._names[number]
        model.mat_rgba[looks, :3] = self._low + (1 - self._low) * surfaces[:, :3]
        model.mat_texrepeat[looks] = (1 + 7 * surfaces[:, 3])[:, None]

    def describe(self) -> dict[str, Factor]:
        """Return which thing has which look."""
        return self._described


def _group(model: Any, looks: set[int]) -> dict[str, npt.NDArray[np.int64]]:
    """Find the geoms of each thing, by a name for it, in the order of the model."""
    found: dict[str, list[int]] = {}
    for geom, part in enumerate(assign_parts(model).tolist()):
        body, material = model.body(model.geom_bodyid[geom]).name, int(model.geom_matid[geom])
        if part == "marker" or material in looks or model.geom_rgba[geom, 3] == 0:
            continue
        name = "robot" if part == "robot" else model.mat(material).name if material >= 0 else body
        found.setdefault(name, []).append(geom)
    return {name: np.array(geoms) for name, geoms in found.items()}
