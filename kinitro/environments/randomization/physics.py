"""Variations of the physics. Each multiplies nominal values by factors that are uniform in 1 ± spread.

Call `mj_setConst` afterwards: it derives inverse weights and subtree masses from the values that are changed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kinitro.environments.randomization.variation import draw_factors


@dataclass(frozen=True, slots=True)
class Friction:
    """One factor for sliding, torsional and rolling friction of all surfaces. (A contact takes the larger of two.)"""

    spread: float

    def __call__(self, model: Any, random: np.random.Generator) -> None:
        model.geom_friction[:] *= draw_factors(random, self.spread)


@dataclass(frozen=True, slots=True)
class Damping:
    """A factor per degree of freedom of the robot and of the objects."""

    spread: float

    def __call__(self, model: Any, random: np.random.Generator) -> None:
        model.dof_damping[:] *= draw_factors(random, self.spread, model.nv)


@dataclass(frozen=True, slots=True)
class Mass:
    """A factor per body, the same for its mass and its inertia: the body changes in density, not in shape."""

    spread: float

    def __call__(self, model: Any, random: np.random.Generator) -> None:
        factor = draw_factors(random, self.spread, model.nbody)
        model.body_mass[:] *= factor
        model.body_inertia[:] *= factor[:, None]


@dataclass(frozen=True, slots=True)
class ActuatorGain:
    """One factor for the position gain of both fingers, in gain and bias alike: the strength of the grip changes, the
    positions at which the fingers aim do not."""

    spread: float

    def __call__(self, model: Any, random: np.random.Generator) -> None:
        factor = draw_factors(random, self.spread)
        model.actuator_gainprm[:, 0] *= factor
        model.actuator_biasprm[:, 1] *= factor
