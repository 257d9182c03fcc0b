"""What a policy is evaluated on: environments with an id and an instruction, whose episodes follow from their seed.

>>> from kinitro import environments
>>> environment = environments.make("metaworld/push-v3")
>>> environment.reset(seed=7)
>>> observation = environment.observe()
>>> transition = environment.step([0.0, 0.0, 0.0, 1.0])

Importing this package loads no simulator; `make` does. Once Gymnasium is imported too, before or after,
`gymnasium.make` knows every id.
"""

import importlib.util

from kinitro.environments.interface import Environment, Expert, Observation, Transition
from kinitro.environments.physics_fingerprint import fingerprint
from kinitro.environments.registry import Family, all_specs, get_spec, make, make_expert, prepare, scored_specs
from kinitro.environments.spec import ActionNumber, CameraSpec, EnvironmentSpec, StateNumber

__all__ = [
    "ActionNumber",
    "CameraSpec",
    "Environment",
    "EnvironmentSpec",
    "Expert",
    "Family",
    "Observation",
    "StateNumber",
    "Transition",
    "all_specs",
    "fingerprint",
    "get_spec",
    "make",
    "make_expert",
    "prepare",
    "scored_specs",
]

if importlib.util.find_spec("gymnasium") is not None:  # it is not installed with a validator
    from kinitro.environments.gym import register_when_imported

    register_when_imported()
