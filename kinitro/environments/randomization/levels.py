"""The three levels of randomization. Their distributions are part of the environment version.

A level can be limited to one group of its variations, to find out what a policy is sensitive to: `standard:lights`. The
group then has the values that it has in the same episode of the whole level.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np

from kinitro.environments.randomization.appearance import (
    CameraPose,
    FieldOfView,
    LightDirection,
    LightIntensity,
    TextureScale,
    TextureSwap,
    Tint,
)
from kinitro.environments.randomization.physics import ActuatorGain, Damping, Friction, Mass
from kinitro.environments.randomization.variation import Drawn, Group, Variation
from kinitro.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Level:
    """The variations of a level: those drawn from the physics stream, and those from the appearance stream."""

    physics: tuple[Variation, ...] = ()
    appearance: tuple[Variation, ...] = ()
    only: str | None = None
    """The group whose variations are applied; None applies all."""

    def apply(
        self, model: Any, physics: np.random.Generator, appearance: np.random.Generator
    ) -> list[tuple[Variation, Drawn]]:
        """Change `model`, which has nominal values, in place; return what was applied, in order.

        Variations of other groups than `only` draw, too, so that those that are applied find the same random numbers.
        """
        applied = []
        for stream, variations in ((physics, self.physics), (appearance, self.appearance)):
            for variation in variations:
                drawn = variation.draw(model, stream)
                if self.only in (None, variation.group):
                    variation.apply(model, drawn)
                    applied.append((variation, drawn))
        return applied


LEVELS = {
    "none": Level(),
    "standard": Level(
        physics=(Friction(0.2), Damping(0.2), Mass(0.2), ActuatorGain(0.2)),
        appearance=(
            LightDirection(0.3),
            LightIntensity(0.25),
            CameraPose(fixed_m=0.03, hand_m=0.005, rotation_rad=0.03),
            FieldOfView(2.0),
            Tint("surroundings", 0.25),
            Tint("robot", 0.25),
            Tint("objects", 0.2),
            TextureScale(0.2),
        ),
    ),
    "hard": Level(
        physics=(Friction(0.4), Damping(0.4), Mass(0.4), ActuatorGain(0.3)),
        appearance=(
            LightDirection(0.6),
            LightIntensity(0.5),
            CameraPose(fixed_m=0.06, hand_m=0.01, rotation_rad=0.06),
            FieldOfView(4.0),
            TextureSwap(0.5),
            Tint("surroundings", 0.6),
            Tint("robot", 0.6),
            Tint("objects", 0.4),
            TextureScale(0.5),
        ),
    ),
}


GROUPS: tuple[str, ...] = get_args(Group)
"""The groups of variations, each of which a level other than "none" can be limited to."""


def get_level(name: str) -> Level:
    """Return the level of this name, such as `standard`, or one group of it, such as `standard:lights`.

    Raises ConfigurationError if there is none.
    """
    level, colon, group = name.partition(":")
    if level not in LEVELS or (colon and (level == "none" or group not in GROUPS)):
        raise ConfigurationError(
            f"Randomization cannot be {name!r}: choose {', '.join(LEVELS)}, or one group of standard or hard, such as "
            f"standard:lights; the groups are {', '.join(GROUPS)}."
        )
    return replace(LEVELS[level], only=group) if colon else LEVELS[level]
