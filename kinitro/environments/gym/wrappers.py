"""Wrappers for libraries that want other observations."""

from __future__ import annotations

from typing import Any

import gymnasium
from gymnasium import spaces

from kinitro.environments.gym.environment import GymObservation
from kinitro.errors import ConfigurationError


class FlatObservation(
    gymnasium.ObservationWrapper[GymObservation, Any, GymObservation], gymnasium.utils.RecordConstructorArgs
):
    """`{"agent_pos": (4,), camera: (height, width, 3), ...}`: dictionaries within dictionaries are resolved.

    Stable-Baselines3 wants it so: its `MultiInputPolicy` refuses nested dictionaries, and gives each image (uint8, 0
    to 255, 36 pixels or more each way) a convolutional network of its own, whose channels it brings to the front
    itself.

    >>> model = PPO("MultiInputPolicy", FlatObservation(gymnasium.make("metaworld/push-v3")))
    """

    def __init__(self, env: gymnasium.Env[GymObservation, Any]) -> None:
        """Raises ConfigurationError unless `env` observes a dictionary."""
        gymnasium.utils.RecordConstructorArgs.__init__(self)
        gymnasium.ObservationWrapper.__init__(self, env)
        if not isinstance(env.observation_space, spaces.Dict):
            raise ConfigurationError(f"FlatObservation needs observations of type Dict, not {env.observation_space}.")
        self.observation_space = spaces.Dict(_flat(env.observation_space.spaces))

    def observation(self, observation: GymObservation) -> GymObservation:
        """The observation with its images beside the other entries."""
        return _flat(observation)


def _flat(nested: dict[str, Any]) -> dict[str, Any]:
    """Entries of `pixels` beside the others."""
    flat = {name: value for name, value in nested.items() if name != "pixels"}
    pixels = nested.get("pixels")
    return flat if pixels is None else {**flat, **dict(pixels.items())}
