"""Where LIBERO's objects begin: its sampler's rules, from our own random numbers."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from kinitro.environments.errors import SimulationFailed
from kinitro_libero.bddl import Problem
from kinitro_libero.scene import read_offset

Pose = npt.NDArray[np.float64]
"""Position in metres and quaternion (w, x, y, z): (7,)."""
SURFACE_M = -0.035 + 0.01
"""Height of LIBERO's workspace on the floor, plus what its sampler adds: objects fall to the floor from there."""
TRIES = 5000
HALF = math.sqrt(0.5)
UPRIGHT, TURNED, LYING, STANDING = (HALF, 0, 0, HALF), (0, 0, HALF, HALF), (0, 0, 0, 1), (0.5, 0.5, 0.5, 0.5)
ORIENTATIONS = {
    "alphabet_soup": TURNED,
    "basket": UPRIGHT,
    "bbq_sauce": UPRIGHT,
    "butter": LYING,
    "chocolate_pudding": LYING,
    "cream_cheese": LYING,
    "ketchup": STANDING,
    "milk": STANDING,
    "orange_juice": STANDING,
    "salad_dressing": STANDING,
    "tomato_sauce": TURNED,
}
"""The quaternion of each category, as LIBERO's sampler makes it from the angles that the category has."""


class Sampler:
    """Draws the poses of all objects of a task."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._sizes = {}
        for category in set(problem.objects.values()):
            radius, bottom, top = (
                read_offset(category, f"{site}_site") for site in ("horizontal_radius", "bottom", "top")
            )
            self._sizes[category] = radius[0], bottom[2], top[2]

    def draw(self, random: np.random.Generator) -> dict[str, Pose]:
        """Draw the poses by name of the object, such that no two overlap. Raises SimulationFailed if none are found.

        As in LIBERO, an object's radius is taken off both sides of its region.
        """
        poses: dict[str, Pose] = {}
        for name, region in self._problem.placements.items():
            category = self._problem.objects[name]
            radius, bottom, _ = self._sizes[category]
            x0, y0, x1, y1 = self._problem.regions[region]
            for _ in range(TRIES):
                u, v = random.random(2)
                x = x0 + radius + (x1 - x0 - 2 * radius) * u
                y = y0 + radius + (y1 - y0 - 2 * radius) * v
                z = SURFACE_M - bottom
                if not self._overlaps(poses, x, y, z, radius, bottom):
                    poses[name] = np.array([x, y, z, *ORIENTATIONS[category]])
                    break
            else:
                raise SimulationFailed(f"LIBERO's sampler found no free place for {name} in {TRIES} tries.")
        return poses

    def _overlaps(self, poses: dict[str, Pose], x: float, y: float, z: float, radius: float, bottom: float) -> bool:
        for name, pose in poses.items():
            other_radius, _, top = self._sizes[self._problem.objects[name]]
            dx, dy = x - pose[0], y - pose[1]
            if dx * dx + dy * dy <= (radius + other_radius) ** 2 and z - pose[2] <= top - bottom:
                return True
        return False
