"""MetaWorld's success conditions as one distance each, without its Python overhead.

Plain Python numbers answer unless the distance is so close to the radius that rounding could matter; then the
expression of the task's `evaluate_state` decides, in the same order of floating-point operations. So the answer is
always MetaWorld's. Tasks that are not in the table ask MetaWorld.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Vector = tuple[float, float, float]
DOUBT_M2 = 1e-9
"""Squared distances this close to the squared radius are computed as MetaWorld does; rounding errors are 1e-16."""


@dataclass(frozen=True, slots=True)
class SuccessCondition:
    """Something is within `radius_m` of the task's target."""

    what: Literal["body", "geom", "site", "fingertips"]
    name: str
    radius_m: float
    offset_m: Vector = (0.0, 0.0, 0.0)
    """From the origin of the body, geom or site to the point that counts, in the world frame."""
    weights: Vector = (1.0, 1.0, 1.0)
    """Per axis; 0 where a distance along this axis does not matter."""

    def bind(self, data: Any) -> Callable[[Any], bool]:
        """The condition for this MjData, as a function of the target (3,)."""
        if self.what == "fingertips":
            right, left = data.site("rightEndEffector").xpos, data.site("leftEndEffector").xpos
        else:
            right = left = getattr(data, self.what)(self.name).xpos
        offset, weights, radius2 = np.array(self.offset_m), np.array(self.weights), self.radius_m**2
        one, other = numbers_of(right), numbers_of(left)
        (off_x, off_y, off_z), (weight_x, weight_y, weight_z) = self.offset_m, self.weights

        def reached(target: Any) -> bool:
            goal_x, goal_y, goal_z = target.tolist()
            x = ((one[0] + other[0]) / 2 + off_x - goal_x) * weight_x
            y = ((one[1] + other[1]) / 2 + off_y - goal_y) * weight_y
            z = ((one[2] + other[2]) / 2 + off_z - goal_z) * weight_z
            outside = x * x + y * y + z * z - radius2
            if abs(outside) > DOUBT_M2:
                return bool(outside < 0)
            # halving a sum of two equal numbers changes nothing, nor does adding 0 or multiplying with 1
            distance = ((right + left) / 2.0 + offset - target) * weights
            return math.sqrt(distance.dot(distance)) <= self.radius_m

        return reached


def numbers_of(array: Any) -> memoryview[float]:
    """The memory of a float64 array (n,): a few numbers are read and written there in a fraction of numpy's time."""
    return memoryview(array).cast("B").cast("d")


SUCCESS_CONDITIONS = {
    "reach": SuccessCondition("fingertips", "", 0.05),
    "push": SuccessCondition("body", "obj", 0.05),
    "pick-place": SuccessCondition("body", "obj", 0.07),
    "door-open": SuccessCondition("geom", "handle", 0.08, weights=(1.0, 0.0, 0.0)),
    "drawer-open": SuccessCondition("body", "drawer_link", 0.03, offset_m=(0.0, -0.16, 0.0)),
    "drawer-close": SuccessCondition("body", "drawer_link", 0.05 + 0.015, offset_m=(0.0, -0.16, 0.05)),
    "button-press": SuccessCondition("body", "button", 0.02, offset_m=(0.0, -0.193, 0.0), weights=(0.0, 1.0, 0.0)),
    "peg-insert-side": SuccessCondition("site", "pegHead", 0.07, weights=(1.0, 2.0, 2.0)),
}
