"""The rung `sealed`: what a pack adds to a scene, and what is drawn from it for an episode.

Surfaces, distractors and instructions follow the laws of the rungs `textures`, `distractors` and `wordings`. In tasks
with a puck, which is pushed or carried, one of the pack's shapes takes its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from kinitro.environments.interface import Factor
from kinitro.environments.mujoco_import import mujoco
from kinitro.environments.packs.format import Pack, PackMesh, read_texture
from kinitro.environments.randomization.effects import Effect, Places, Wordings
from kinitro.environments.randomization.looks import Looks, add_looks
from kinitro.environments.randomization.scattering import Distractors, Table, add_thing
from kinitro.environments.spec import EnvironmentSpec

LOOKS: Final = "@sealed look"
BODY: Final = "@sealed body {}"
SHAPE: Final = "@sealed shape {}"
HALF_SIZES_M: Final = (0.025, 0.03, 0.035, 0.04)
"""Of the distractors, in turn."""
SHOWN: Final = (3, 8)
"""The least and the greatest number of distractors."""
ALIKE_EVERY: Final = 4
"""Every so many-th distractor has the puck's colour."""
PUCK: Final = "objGeom"
"""The geom that a shape takes the place of, if it is a cylinder on a body that moves freely."""


def add_pack(scene: Any, pack: Pack) -> None:
    """Add a pack's textures, distractors and shapes to a scene, a mujoco.MjSpec; none of them is seen."""
    add_looks(scene, [read_texture(pack, number) for number in range(len(pack.textures))], LOOKS)
    for number, mesh in enumerate(pack.distractors):
        add_thing(scene, BODY.format(number), "mesh", (HALF_SIZES_M[number % len(HALF_SIZES_M)],), mesh)
    puck = scene.geom(PUCK)
    if puck is not None and puck.type == mujoco.mjtGeom.mjGEOM_CYLINDER and puck.contype and puck.parent.joints:
        for number, mesh in enumerate(pack.shapes):
            _add_shape(scene, SHAPE.format(number), mesh, puck)


def _add_shape(scene: Any, name: str, mesh: PackMesh, puck: Any) -> None:
    """Add a mesh, as wide and as high as the puck, to the puck's body. It has no mass: the body's is the puck's."""
    vertices = mesh.read_vertices().astype(np.float64)
    extent = np.abs(vertices).max(axis=0)
    width = puck.size[0] / extent[:2].max()
    asset = scene.add_mesh(name=name)
    asset.uservert = (vertices * (width, width, puck.size[1] / extent[2])).ravel()
    asset.userface = mesh.read_faces().ravel()
    geom = puck.parent.add_geom(name=name, meshname=name, pos=puck.pos, quat=puck.quat)
    geom.type = mujoco.mjtGeom.mjGEOM_MESH
    geom.mass = geom.density = 0.0
    geom.group, geom.rgba = puck.group, (0.5, 0.5, 0.5, 0.0)
    geom.friction, geom.condim, geom.margin, geom.priority = puck.friction, puck.condim, puck.margin, puck.priority
    geom.solref, geom.solimp = puck.solref, puck.solimp
    # MuJoCo's compiler prepares collisions only for geoms that can collide; `Shapes` takes that back
    geom.contype, geom.conaffinity = puck.contype, puck.conaffinity


PUCK_RUNGS: Final = frozenset({"choices", "sizes"})
"""Rungs that say what a puck is like: beside them, the pack's shapes are not used."""


class Shapes(Effect):
    """Shows one of the shapes that `add_pack` added to a model in place of the puck, and lets it collide instead.

    Making the effect lets no shape collide, so that the model's nominal values are those afterwards. Unless it is
    `active`, that is all it does.
    """

    def __init__(self, model: Any, count: int, *, active: bool = True) -> None:
        names = [model.geom(geom).name for geom in range(model.ngeom)]
        wanted = (SHAPE.format(number) for number in range(count))
        self._shapes = [names.index(name) for name in wanted if name in names]
        self._puck = names.index(PUCK) if self._shapes else -1
        model.geom_contype[self._shapes] = model.geom_conaffinity[self._shapes] = 0
        self._active = active and bool(self._shapes)
        self._random = np.random.Generator(np.random.Philox(key=0))
        self._described: dict[str, Factor] = {}

    def begin(self, random: np.random.Generator) -> None:
        """Keep the generator."""
        self._random = random

    def change_model(self, model: Any) -> None:
        """Draw a shape, and give it what the puck has."""
        if not self._active:
            return
        number, puck = int(self._random.random() * len(self._shapes)), self._puck
        shape = self._shapes[number]
        for values in (model.geom_rgba, model.geom_matid, model.geom_contype, model.geom_conaffinity):
            values[shape] = values[puck]
        model.geom_rgba[puck, 3] = 0.0
        model.geom_contype[puck] = model.geom_conaffinity[puck] = 0
        self._described = {"shape": SHAPE.format(number)}

    def describe(self) -> dict[str, Factor]:
        """Return the shape; nothing where there is no puck."""
        return self._described


class Sealed(Effect):
    """Does what several effects do, one after the other; they draw from one generator by turns."""

    def __init__(self, effects: Sequence[Effect]) -> None:
        self._effects = tuple(effects)

    def begin(self, random: np.random.Generator) -> None:
        """Begin all."""
        for effect in self._effects:
            effect.begin(random)

    def change_model(self, model: Any) -> None:
        """Let all change the model."""
        for effect in self._effects:
            effect.change_model(model)

    def arrange(self, model: Any, data: Any, taken: Places) -> None:
        """Let all arrange what they added."""
        for effect in self._effects:
            effect.arrange(model, data, taken)

    def change_instruction(self, instruction: str) -> str:
        """Return the pack's words."""
        for effect in self._effects:
            instruction = effect.change_instruction(instruction)
        return instruction

    def describe(self) -> dict[str, Factor]:
        """Return what all drew."""
        return {name: value for effect in self._effects for name, value in effect.describe().items()}


def make_sealed(spec: EnvironmentSpec, model: Any, pack: Pack, table: Table, cameras: Sequence[str]) -> Effect:
    """Make the effect of the rung, for a model of a scene to which `add_pack` was applied."""
    bodies = [BODY.format(number) for number in range(len(pack.distractors))]
    return Sealed(
        (
            Wordings(spec, pack.wordings.get(spec.task_name, ()), ("{}",)),
            Shapes(model, len(pack.shapes), active=not PUCK_RUNGS.intersection(spec.rungs)),
            Looks(len(pack.textures), prefix=LOOKS),
            Distractors(bodies, table, SHOWN, cameras, bodies[::ALIKE_EVERY]),
        )
    )
