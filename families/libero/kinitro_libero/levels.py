"""The core's levels of randomization, as far as they apply to LIBERO's scenes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from kinitro.environments.interface import Factor
from kinitro.environments.randomization.appearance import TextureSwap
from kinitro.environments.randomization.levels import Level, get_level
from kinitro.environments.randomization.physics import ActuatorGain
from kinitro.environments.randomization.variation import Drawn, Group, Variation, draw_factors
from kinitro_libero.controller import FINGERS


@dataclass(frozen=True, slots=True)
class GripperGain:
    """One factor for the position gain of both fingers; the arm's motors keep theirs, since they are told torques."""

    group: ClassVar[Group] = "actuators"
    spread: float

    def draw(self, model: Any, random: np.random.Generator) -> Drawn:  # noqa: ARG002 - one for all models
        """Draw the factor, (1,)."""
        return {"factor": draw_factors(random, self.spread)}

    def apply(self, model: Any, drawn: Drawn) -> None:
        """Multiply gain and bias."""
        model.actuator_gainprm[FINGERS, 0] *= drawn["factor"]
        model.actuator_biasprm[FINGERS, 1] *= drawn["factor"]

    def describe(self, model: Any, drawn: Drawn) -> dict[str, Factor]:  # noqa: ARG002
        """Return the factor."""
        return {"gain of the gripper": float(drawn["factor"][0])}


def adapt_level(name: str) -> Level:
    """Return the level of this name for LIBERO. Raises ConfigurationError if there is none.

    The gain of the gripper varies instead of that of all actuators. Textures are not swapped, because these scenes have
    no cube textures that could be.
    """
    level = get_level(name)
    physics: list[Variation] = [
        GripperGain(one.spread) if isinstance(one, ActuatorGain) else one for one in level.physics
    ]
    appearance = [one for one in level.appearance if not isinstance(one, TextureSwap)]
    return replace(level, physics=tuple(physics), appearance=tuple(appearance))
