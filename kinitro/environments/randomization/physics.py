"""Variations of what the robot feels. Each scales nominal values by factors uniform in 1 ± spread.

`mj_setConst` must run afterwards: it derives inverse weights and subtree masses from what these change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kinitro.environments.randomization.variation import factors


@dataclass(frozen=True, slots=True)
class Friction:
    """One factor for sliding, torsional and rolling friction of every surface (a contact takes the larger of two)."""

    spread: float

    def __call__(self, model: Any, random: np.random.Generator) -> None:
        model.geom_friction[:] *= factors(random, self.spread)


@dataclass(frozen=True, slots=True)
class Damping:
    """A factor per degree of freedom of the robot and of the objects."""

    spread: float

    def __call__(self, model: Any, random: np.random.Generator) -> None:
        model.dof_damping[:] *= factors(random, self.spread, model.nv)


@dataclass(frozen=True, slots=True)
class Mass:
    """A factor per body, the same for its mass and its inertia: the body changes in density, not in shape."""

    spread: float

    def __call__(self, model: Any, random: np.random.Generator) -> None:
        factor = factors(random, self.spread, model.nbody)
        model.body_mass[:] *= factor
        model.body_inertia[:] *= factor[:, None]


@dataclass(frozen=True, slots=True)
class ActuatorGain:
    """One factor for both fingers' position gain, in gain and bias alike: the set points stay, the grip changes."""

    spread: float

    def __call__(self, model: Any, random: np.random.Generator) -> None:
        factor = factors(random, self.spread)
        model.actuator_gainprm[:, 0] *= factor
        model.actuator_biasprm[:, 1] *= factor
