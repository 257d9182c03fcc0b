"""Variations of the physics. Each multiplies nominal values by factors that are uniform in 1 ± spread.

Call `mj_setConst` afterwards: it derives inverse weights and subtree masses from the values that are changed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from kinitro.environments.interface import Factor
from kinitro.environments.randomization.variation import Drawn, Group, count_own, draw_factors, pad


@dataclass(frozen=True, slots=True)
class Friction:
    """One factor for sliding, torsional and rolling friction of all surfaces. (A contact takes the larger of two.)"""

    group: ClassVar[Group] = "friction and damping"
    spread: float

    def draw(self, model: Any, random: np.random.Generator) -> Drawn:  # noqa: ARG002 - one for all models
        """Draw the factor, (1,)."""
        return {"factor": draw_factors(random, self.spread)}

    def apply(self, model: Any, drawn: Drawn) -> None:
        """Multiply the friction of all geoms."""
        model.geom_friction[:] *= drawn["factor"]

    def describe(self, model: Any, drawn: Drawn) -> dict[str, Factor]:  # noqa: ARG002
        """Return the factor."""
        return {"friction": float(drawn["factor"][0])}


@dataclass(frozen=True, slots=True)
class Damping:
    """A factor per degree of freedom of the robot and of the objects."""

    group: ClassVar[Group] = "friction and damping"
    spread: float

    def draw(self, model: Any, random: np.random.Generator) -> Drawn:
        """Draw the factors, (nv,)."""
        own = count_own(model.joint(joint).name for joint in model.dof_jntid)
        return {"factor": pad(draw_factors(random, self.spread, own), model.nv)}

    def apply(self, model: Any, drawn: Drawn) -> None:
        """Multiply the damping of all degrees of freedom."""
        model.dof_damping[:] *= drawn["factor"]

    def describe(self, model: Any, drawn: Drawn) -> dict[str, Factor]:
        """Return the factor of every joint that has damping: one, or one for each of its degrees of freedom."""
        found: dict[str, Factor] = {}
        for joint in np.unique(model.dof_jntid[model.dof_damping > 0]):
            factors = drawn["factor"][model.dof_jntid == joint].tolist()
            found[f"damping of {model.joint(joint).name}"] = factors[0] if len(factors) == 1 else factors
        return found


@dataclass(frozen=True, slots=True)
class Mass:
    """A factor per body, the same for its mass and its inertia: the body changes in density, not in shape."""

    group: ClassVar[Group] = "mass"
    spread: float

    def draw(self, model: Any, random: np.random.Generator) -> Drawn:
        """Draw the factors, (nbody,)."""
        own = count_own(model.body(body).name for body in range(model.nbody))
        return {"factor": pad(draw_factors(random, self.spread, own), model.nbody)}

    def apply(self, model: Any, drawn: Drawn) -> None:
        """Multiply mass and inertia of all bodies."""
        model.body_mass[:] *= drawn["factor"]
        model.body_inertia[:] *= drawn["factor"][:, None]

    def describe(self, model: Any, drawn: Drawn) -> dict[str, Factor]:
        """Return the factor of every body that has mass."""
        return {model.body(body).name: float(drawn["factor"][body]) for body in np.flatnonzero(model.body_mass > 0)}


@dataclass(frozen=True, slots=True)
class ActuatorGain:
    """One factor for the position gain of both fingers, in gain and bias alike: the strength of the grip changes, the
    positions at which the fingers aim do not."""

    group: ClassVar[Group] = "actuators"
    spread: float

    def draw(self, model: Any, random: np.random.Generator) -> Drawn:  # noqa: ARG002 - one for all models
        """Draw the factor, (1,)."""
        return {"factor": draw_factors(random, self.spread)}

    def apply(self, model: Any, drawn: Drawn) -> None:
        """Multiply gain and bias."""
        model.actuator_gainprm[:, 0] *= drawn["factor"]
        model.actuator_biasprm[:, 1] *= drawn["factor"]

    def describe(self, model: Any, drawn: Drawn) -> dict[str, Factor]:  # noqa: ARG002
        """Return the factor."""
        return {"gain of the gripper": float(drawn["factor"][0])}
