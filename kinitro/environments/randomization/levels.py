"""The three levels of randomization. Their distributions are part of the environment version."""

from __future__ import annotations

from dataclasses import dataclass

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
from kinitro.environments.randomization.variation import Variation
from kinitro.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Level:
    """The variations of a level: those drawn from the physics stream, and those from the appearance stream."""

    physics: tuple[Variation, ...] = ()
    appearance: tuple[Variation, ...] = ()


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


def get_level(name: str) -> Level:
    """Return the level of this name. Raises ConfigurationError if there is none."""
    try:
        return LEVELS[name]
    except KeyError:
        raise ConfigurationError(f"Randomization cannot be {name!r}: choose {', '.join(LEVELS)}.") from None
