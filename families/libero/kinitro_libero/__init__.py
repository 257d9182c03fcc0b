"""The LIBERO family: the tasks of libero_object with a Panda arm, whose episodes follow from their seed.

Importing this package loads no simulator and no asset; `make` does.
"""

from __future__ import annotations

from kinitro.environments import Environment, EnvironmentSpec, Expert
from kinitro_libero.tasks import specs

__all__ = ["make", "make_expert", "specs"]


def make(spec: EnvironmentSpec, *, randomization: str, renderer: str, rewards: bool) -> Environment:
    """Make a LiberoEnvironment; its docstring explains the options."""
    from kinitro_libero.environment import LiberoEnvironment

    return LiberoEnvironment(spec, randomization=randomization, renderer=renderer, rewards=rewards)


def make_expert(environment: Environment) -> Expert:
    """Make the scripted expert for an environment that `make` made."""
    from kinitro_libero.environment import LiberoEnvironment
    from kinitro_libero.experts import ScriptedExpert

    if not isinstance(environment, LiberoEnvironment):
        raise TypeError(f"{type(environment).__name__} is not an environment of LIBERO.")
    return ScriptedExpert(environment)
