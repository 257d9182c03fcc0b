"""The MetaWorld family: 50 manipulation tasks with a Sawyer arm, whose episodes follow from their seed.

Importing this package loads no simulator; `make` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kinitro.environments.interface import Environment, Expert
from kinitro.environments.metaworld.rungs import rungs
from kinitro.environments.metaworld.tasks import specs
from kinitro.environments.spec import EnvironmentSpec

if TYPE_CHECKING:
    from kinitro.environments.packs.directory import SealedPack

__all__ = ["make", "make_expert", "rungs", "specs"]


def make(
    spec: EnvironmentSpec,
    *,
    randomization: str,
    renderer: str,
    rewards: bool,
    pack: SealedPack | None = None,
) -> Environment:
    """Make a MetaWorldEnvironment; its docstring explains the options."""
    from kinitro.environments.metaworld.environment import MetaWorldEnvironment

    return MetaWorldEnvironment(
        spec,
        randomization=randomization,
        renderer=renderer,
        rewards=rewards,
        pack=pack,
    )


def make_expert(environment: Environment) -> Expert:
    """Make MetaWorld's scripted expert for an environment that `make` made."""
    from kinitro.environments.metaworld.environment import MetaWorldEnvironment
    from kinitro.environments.metaworld.experts import ScriptedExpert

    if not isinstance(environment, MetaWorldEnvironment):
        raise TypeError(f"{type(environment).__name__} is not an environment of MetaWorld.")
    return ScriptedExpert(environment)
