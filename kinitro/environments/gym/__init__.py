"""Every environment as a Gymnasium environment of the same id.

>>> import gymnasium, kinitro.environments
>>> environment = gymnasium.make("metaworld/push-v3")

`import kinitro.environments` registers them all.
"""

from kinitro.environments.gym.registration import register

__all__ = ["register"]
