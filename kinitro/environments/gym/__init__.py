"""Every environment as a Gymnasium environment with the same id.

>>> import gymnasium, kinitro.environments
>>> environment = gymnasium.make("metaworld/push-v3")

The two imports may be in either order. `kinitro.environments.gym.wrappers` has wrappers for other libraries.
"""

from kinitro.environments.gym.registration import register_when_imported

__all__ = ["register_when_imported"]
