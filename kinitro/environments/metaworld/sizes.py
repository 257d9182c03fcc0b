"""The rung `sizes`: a puck of another size and shape."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from kinitro.environments.interface import Factor
from kinitro.environments.mujoco_import import mujoco
from kinitro.environments.randomization.effects import Effect

BODY, FIRST = "obj", "objGeom"
"""MetaWorld's names of the puck and of its geom, a cylinder with a radius and half a height of 2 cm."""
HALF_HEIGHT_M: Final = 0.02
SHAPES: Final = (
    ("wide disc", "cylinder", (0.025, 0.015)),
    ("flat disc", "cylinder", (0.022, 0.012)),
    ("slim disc", "cylinder", (0.016, 0.02)),
    ("tall disc", "cylinder", (0.018, 0.028)),
    ("box", "box", (0.018, 0.018, 0.018)),
    ("flat box", "box", (0.022, 0.022, 0.013)),
    ("slim box", "box", (0.014, 0.02, 0.02)),
    ("tall box", "box", (0.016, 0.016, 0.028)),
)
"""Name, kind and size in metres as MuJoCo has it: of a cylinder the radius and half the height, of a box its halves."""


def add_sizes(scene: Any) -> None:
    """Add a geom for each shape to the puck of a scene (a mujoco.MjSpec). They have no mass and stand on the table."""
    puck, first = scene.body(BODY), scene.geom(FIRST)
    for name, kind, size_m in SHAPES:
        geom = puck.add_geom(name=f"@{name}")
        for field in _GEOM_FIELDS:
            setattr(geom, field, getattr(first, field))
        geom.type = getattr(mujoco.mjtGeom, f"mjGEOM_{kind.upper()}")
        geom.size[: len(size_m)] = size_m
        geom.pos = (0.0, 0.0, size_m[-1] - HALF_HEIGHT_M)
        geom.mass = 0.0


_GEOM_FIELDS: Final = (
    *("rgba", "material", "friction", "solref", "solimp", "condim", "margin", "gap", "contype", "conaffinity"),
    *("group", "priority", "solmix"),
)
"""What the shapes have of MetaWorld's puck."""


class Sizes(Effect):
    """Shows one of the shapes in the place of MetaWorld's puck, and lets it alone touch things."""

    def __init__(self) -> None:
        self._random = np.random.Generator(np.random.Philox(key=0))
        self._shape = ""

    def begin(self, random: np.random.Generator) -> None:
        """Keep the generator."""
        self._random = random

    def change_model(self, model: Any) -> None:
        """Draw the shape; hide the others."""
        number = int(self._random.random() * len(SHAPES))
        self._shape = SHAPES[number][0]
        for name in (FIRST, *(f"@{name}" for name, _, _ in SHAPES)):
            if name != f"@{self._shape}":
                geom = model.geom(name).id
                model.geom_rgba[geom, 3] = 0.0
                model.geom_contype[geom] = model.geom_conaffinity[geom] = 0

    def describe(self) -> dict[str, Factor]:
        """Return the name of the shape."""
        return {"shape of the puck": self._shape}
