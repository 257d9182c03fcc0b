"""Wrappers for libraries that need observations in another form."""

from __future__ import annotations

from typing import Any

import gymnasium
from gymnasium import spaces

from kinitro.environments.gym.environment import GymObservation
from kinitro.errors import ConfigurationError


class FlatObservation(
    gymnasium.ObservationWrapper[GymObservation, Any, GymObservation], gymnasium.utils.RecordConstructorArgs
):
    """Flattens nested dictionaries: observations are `{"agent_pos": (p,), camera: (height, width, 3), ...}`.

    Stable-Baselines3 needs this: its `MultiInputPolicy` refuses nested dictionaries, and gives each image (uint8, 0
    to 255, 36 pixels or more each way) a convolutional network of its own, whose channels it brings to the front
    itself.

    >>> model = PPO("MultiInputPolicy", FlatObservation(gymnasium.make("metaworld/push-v3")))
    """

    def __init__(self, env: gymnasium.Env[GymObservation, Any]) -> None:
        """Wrap `env`. Raises ConfigurationError unless its observations are dictionaries."""
        gymnasium.utils.RecordConstructorArgs.__init__(self)
        gymnasium.ObservationWrapper.__init__(self, env)
        if not isinstance(env.observation_space, spaces.Dict):
            raise ConfigurationError(f"FlatObservation needs observations of type Dict, not {env.observation_space}.")
        self.observation_space = spaces.Dict(_flatten(env.observation_space.spaces))

    def observation(self, observation: GymObservation) -> GymObservation:
        """Return the observation with its images beside the other entries."""
        return _flatten(observation)


def _flatten(nested: dict[str, Any]) -> dict[str, Any]:
    """Put the entries of `pixels` beside the others."""
    flat = {name: value for name, value in nested.items() if name != "pixels"}
    pixels = nested.get("pixels")
    return flat if pixels is None else {**flat, **dict(pixels.items())}
