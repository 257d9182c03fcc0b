"""MetaWorld's success conditions as one distance each, without its Python overhead.

Each is the expression of the task's `evaluate_state`, in the same order of floating-point operations, so that both
give the same answer to the bit. Tasks that are not in the table ask MetaWorld.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Vector = tuple[float, float, float]


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
        offset, weights = np.array(self.offset_m), np.array(self.weights)
        if self.what == "fingertips":
            right, left = data.site("rightEndEffector").xpos, data.site("leftEndEffector").xpos

            def fingertips_reached(target: Any) -> bool:
                distance = (right + left) / 2.0 - target
                return math.sqrt(distance.dot(distance)) <= self.radius_m

            return fingertips_reached
        position = getattr(data, self.what)(self.name).xpos

        def reached(target: Any) -> bool:
            distance = (position + offset - target) * weights
            return math.sqrt(distance.dot(distance)) <= self.radius_m

        return reached


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
