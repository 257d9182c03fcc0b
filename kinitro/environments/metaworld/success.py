"""MetaWorld's success conditions, evaluated faster and with equal results.

Each is the condition that some point is within a radius of the target. It is computed with plain Python numbers unless
the distance is so close to the radius that rounding could matter. Then it is computed with the expression of
MetaWorld's `evaluate_state`, in the same order of floating-point operations. So the answer is always MetaWorld's. For
tasks that are not in the table, MetaWorld itself is asked.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Vector = tuple[float, float, float]
ROUNDING_MARGIN_M2 = 1e-9
"""Squared distances this close to the squared radius are computed as MetaWorld does. Rounding errors are 1e-16."""


@dataclass(frozen=True, slots=True)
class SuccessCondition:
    """The condition that a point of a body, geom or site, or between the fingertips, is near the task's target."""

    what: Literal["body", "geom", "site", "fingertips"]
    name: str
    """The name of the body, geom or site in the model."""
    radius_m: float
    offset_m: Vector = (0.0, 0.0, 0.0)
    """From the origin of the body, geom or site to the point, in the world frame."""
    weights: Vector = (1.0, 1.0, 1.0)
    """Factors of the distance along each axis; 0 if the distance along an axis does not matter."""

    def bind(self, data: Any) -> Callable[[Any], bool]:
        """Return a function of a target (3,), in metres, that evaluates the condition in the present state."""
        if self.what == "fingertips":
            right, left = data.site("rightEndEffector").xpos, data.site("leftEndEffector").xpos
        else:
            right = left = getattr(data, self.what)(self.name).xpos
        offset, weights, radius2 = np.array(self.offset_m), np.array(self.weights), self.radius_m**2
        one, other = view_floats(right), view_floats(left)
        (off_x, off_y, off_z), (weight_x, weight_y, weight_z) = self.offset_m, self.weights

        def is_reached(target: Any) -> bool:
            goal_x, goal_y, goal_z = target.tolist()
            x = ((one[0] + other[0]) / 2 + off_x - goal_x) * weight_x
            y = ((one[1] + other[1]) / 2 + off_y - goal_y) * weight_y
            z = ((one[2] + other[2]) / 2 + off_z - goal_z) * weight_z
            outside = x * x + y * y + z * z - radius2
            if abs(outside) > ROUNDING_MARGIN_M2:
                return bool(outside < 0)
            # one expression for all: halving the sum of two equal numbers, adding 0 and multiplying by 1 change no bit
            distance = ((right + left) / 2.0 + offset - target) * weights
            return math.sqrt(distance.dot(distance)) <= self.radius_m

        return is_reached


def view_floats(array: Any) -> memoryview[float]:
    """View the memory of a float64 array (n,) as numbers, which are read and written in a fraction of numpy's time."""
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
"""The conditions of the scored tasks, by MetaWorld's name of the task. Numbers are those of its `evaluate_state`."""
