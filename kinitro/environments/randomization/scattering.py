"""Things that stand around and have nothing to do with the task. They touch nothing: they have no contacts.

They are bodies of a scene from the beginning, behind all others, so that nothing else changes its number. In every
episode some of them are shown, at places that depend on where the task's own things are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kinitro.environments.interface import Factor
from kinitro.environments.mujoco_import import mujoco
from kinitro.environments.packs.format import PackMesh
from kinitro.environments.randomization.effects import Effect, Places

Point = npt.NDArray[np.float64]
CANDIDATES: Final = 24
"""Places that are drawn for each thing; the first that is free is taken, and without one the thing is not shown."""
AWAY_M: Final = (0.0, 0.0, -10.0)
"""Where things are that are not shown."""
CLEARANCE_M: Final = 0.08
"""Least horizontal distance between the edge of a thing and hand, object and goal."""
SIGHT_M: Final = 0.03
"""Least distance between the edge of a thing and the lines from the cameras to object and goal."""


@dataclass(frozen=True, slots=True)
class Table:
    """Where things may stand: the part of the plane of height `z_m` between two corners, in the world frame."""

    low_m: tuple[float, float]
    high_m: tuple[float, float]
    z_m: float = 0.0


def add_thing(scene: Any, name: str, kind: str, size_m: Sequence[float], mesh: PackMesh | None = None) -> None:
    """Add a thing to a scene (a mujoco.MjSpec): a geom of MuJoCo's `kind`, such as `box`, on a body of its own.

    size_m: as MuJoCo has it; of a mesh, half its size.
    """
    body = scene.worldbody.add_body(name=name, pos=AWAY_M)
    geom = body.add_geom(contype=0, conaffinity=0, rgba=(1.0, 1.0, 1.0, 1.0))
    geom.type = getattr(mujoco.mjtGeom, f"mjGEOM_{kind.upper()}")
    if mesh is None:
        geom.size[: len(size_m)] = size_m
    else:
        asset = scene.add_mesh(name=name)
        asset.uservert = (mesh.read_vertices().astype(np.float64) * size_m[0]).ravel()
        asset.userface = mesh.read_faces().ravel()
        geom.meshname = name


class Distractors(Effect):
    """Shows some of the things on the table.

    names:    the bodies that `add_thing` added.
    table:    where they may stand.
    shown:    the least and the greatest number of them, which is drawn.
    cameras:  MuJoCo's names of the cameras whose view of object and goal stays free.
    alike:    names of those that have the colour of `target_rgb`, more or less; the others have pale colours, so that
              none can be taken for a goal marker, all of which are of a pure colour.
    """

    def __init__(
        self,
        names: Sequence[str],
        table: Table,
        shown: tuple[int, int],
        cameras: Sequence[str],
        alike: Sequence[str] = (),
        target_rgb: tuple[float, float, float] = (0.6, 0.06, 0.06),
    ) -> None:
        self._names, self._table, self._shown, self._cameras = tuple(names), table, shown, tuple(cameras)
        self._alike, self._target_rgb = frozenset(alike), np.array(target_rgb)
        self._random = np.random.Generator(np.random.Philox(key=0))
        self._described: dict[str, Factor] = {}

    def begin(self, random: np.random.Generator) -> None:
        """Keep the generator."""
        self._random = random

    def arrange(self, model: Any, data: Any, taken: Places) -> None:
        """Draw how many there are, their places, colours and angles, and put them there."""
        count = len(self._names)
        low, high = self._shown
        wanted = low + int(self._random.random() * (high - low + 1))
        order = np.argsort(self._random.random(count), kind="stable").tolist()
        spots = self._random.random((count, CANDIDATES, 2))
        colours, turns = self._random.random((count, 3)), self._random.random((count, 2)) * 2 - 1
        free = _FreeSpace(model, data, taken, self._cameras)
        self._described = {}
        for number in order:
            name = self._names[number]
            body = model.body(name).id
            geom = int(model.body_geomadr[body])
            place = None
            if len(self._described) < wanted:
                place = self._find_place(model, geom, spots[number], free)
            model.geom_rgba[geom, 3] = 1.0 if place is not None else 0.0
            if place is None:
                continue
            free.take(place, float(model.geom_rbound[geom]))
            model.body_pos[body] = place
            cosine, sine = turns[number] / max(float(np.sqrt((turns[number] ** 2).sum())), 1e-6)
            model.body_quat[body] = (cosine, 0.0, 0.0, sine)
            model.geom_rgba[geom, :3] = self._choose_colour(name, colours[number])
            self._described[name] = place.tolist()

    def describe(self) -> dict[str, Factor]:
        """Return where each thing stands."""
        return self._described

    def _find_place(self, model: Any, geom: int, spots: Point, free: _FreeSpace) -> Point | None:
        low, high = np.array(self._table.low_m), np.array(self._table.high_m)
        height = _measure_half_height(model, geom)
        for spot in low + (high - low) * spots:
            place = np.array([*spot, self._table.z_m + height])
            if free.allows(place, float(model.geom_rbound[geom])):
                return place
        return None

    def _choose_colour(self, name: str, drawn: Point) -> Point:
        """Return the colour of the target, or a little darker, or a pale one."""
        colour: Point = self._target_rgb * (0.7 + 0.3 * drawn[0]) if name in self._alike else 0.25 + 0.5 * drawn
        return colour


class Occluders(Effect):
    """Puts bars between a camera and the table: one to all of them, before one camera that is drawn.

    They hide neither the object nor the goal of the episode's first state, but may hide what moves behind them later.
    """

    def __init__(self, names: Sequence[str], table: Table, cameras: Sequence[str]) -> None:
        self._names, self._table, self._cameras = tuple(names), table, tuple(cameras)
        self._random = np.random.Generator(np.random.Philox(key=0))
        self._described: dict[str, Factor] = {}

    def begin(self, random: np.random.Generator) -> None:
        """Keep the generator."""
        self._random = random

    def arrange(self, model: Any, data: Any, taken: Places) -> None:
        """Draw the camera, the number of bars, their places and colours, and put them there."""
        camera, number = self._random.random(2).tolist()
        spots = self._random.random((len(self._names), CANDIDATES, 3))
        colours = self._random.random((len(self._names), 3))
        eye = data.cam_xpos[model.camera(self._cameras[int(camera * len(self._cameras))]).id].copy()
        wanted = 1 + int(number * len(self._names))
        low, high = np.array(self._table.low_m), np.array(self._table.high_m)
        self._described = {"camera behind bars": self._cameras[int(camera * len(self._cameras))]}
        for name, candidates, colour in zip(self._names, spots, colours, strict=True):
            body = model.body(name).id
            geom = int(model.body_geomadr[body])
            model.geom_rgba[geom, 3] = 0.0
            if len(self._described) > wanted:
                continue
            for x, y, along in candidates.tolist():
                beyond = np.array([*(low + (high - low) * (x, y)), self._table.z_m])
                place = eye + (0.35 + 0.25 * along) * (beyond - eye)
                width = float(model.geom_size[geom, 0])
                if all(_measure_beside(eye, spot, place) > width + SIGHT_M for spot in taken[1:]):
                    model.body_pos[body] = place
                    model.geom_rgba[geom] = (*colour, 1.0)
                    self._described[name] = place.tolist()
                    break

    def describe(self) -> dict[str, Factor]:
        """Return which camera is behind bars, and where they stand."""
        return self._described


class _FreeSpace:
    """What is occupied: the task's things, the views of object and goal, and what was placed before."""

    def __init__(self, model: Any, data: Any, taken: Places, cameras: Sequence[str]) -> None:
        self._taken = taken
        self._spheres = [(data.geom_xpos[geom].copy(), float(model.geom_rbound[geom])) for geom in _list_things(model)]
        eyes = [data.cam_xpos[model.camera(name).id].copy() for name in cameras]
        self._lines = [(eye, spot) for eye in eyes for spot in taken[1:]]

    def take(self, place: Point, radius: float) -> None:
        """Occupy a sphere."""
        self._spheres.append((place, radius))

    def allows(self, place: Point, radius: float) -> bool:
        """Whether a thing within a sphere may stand there."""
        return (
            all(_distance(place[:2], spot[:2]) > radius + CLEARANCE_M for spot in self._taken)
            and all(_distance(place[:2], centre[:2]) > radius + other for centre, other in self._spheres)
            and all(_distance_to_line(place, *line) > radius + SIGHT_M for line in self._lines)
        )


def _list_things(model: Any) -> list[int]:
    """List the geoms of bodies that can move and are not the robot's, and of what they hang on."""
    names = [model.body(body).name for body in range(model.nbody)]
    robot = names.index("base")
    table = {name for name in ("tablelink", "RetainingWall") if name in names}
    top = np.zeros(model.nbody, int)
    for body in range(1, model.nbody):
        parent = int(model.body_parentid[body])
        top[body] = body if parent == 0 else top[parent]
    ours = [name not in table and name != "mocap" and body not in (0, robot) for body, name in enumerate(names)]
    return [
        geom
        for geom in range(model.ngeom)
        if ours[top[model.geom_bodyid[geom]]]
        if model.geom_contype[geom] or model.geom_conaffinity[geom]
    ]


def _measure_half_height(model: Any, geom: int) -> float:
    """Return how far the middle of a geom is above what it stands on, upright."""
    size, types = model.geom_size[geom], mujoco.mjtGeom
    kind = int(model.geom_type[geom])
    if kind == types.mjGEOM_SPHERE:
        return float(size[0])
    if kind == types.mjGEOM_CYLINDER:
        return float(size[1])
    if kind == types.mjGEOM_CAPSULE:
        return float(size[0] + size[1])
    return float(size[2])


def _distance(one: Point, other: Point) -> float:
    """Return the distance of two points, by operations that are exact to the bit on every machine."""
    return float(np.sqrt(((one - other) ** 2).sum()))


def _distance_to_line(point: Point, start: Point, end: Point) -> float:
    """Return the distance of a point to the line between two others."""
    along = end - start
    share = min(max(float(((point - start) * along).sum()) / max(float((along * along).sum()), 1e-12), 0.0), 1.0)
    return _distance(point, start + share * along)


def _measure_beside(eye: Point, spot: Point, place: Point) -> float:
    """Return by how much the line from an eye to a spot passes a vertical bar at `place`, horizontally, in metres."""
    return _distance_to_line(place[:2], eye[:2], spot[:2])
