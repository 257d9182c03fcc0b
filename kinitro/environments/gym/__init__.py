"""Every environment as a Gymnasium environment of the same id.

>>> import gymnasium
>>> from kinitro.environments.gym import register
>>> register()
>>> environment = gymnasium.make("metaworld/push-v3")

With Kinitro installed, Gymnasium calls `register` itself. Importing this package loads neither a simulator nor
Gymnasium.
"""

from kinitro.environments.gym.registration import register

__all__ = ["register"]
