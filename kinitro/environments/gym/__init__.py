"""Every environment as a Gymnasium environment of the same id.

>>> import gymnasium, kinitro.environments
>>> environment = gymnasium.make("metaworld/push-v3")

The two imports may come in either order. `kinitro.environments.gym.wrappers` has what other libraries want.
"""

from kinitro.environments.gym.registration import register_when_imported

__all__ = ["register_when_imported"]
