"""The MetaWorld family: 50 manipulation tasks with a Sawyer arm, whose episodes follow from their seed.

Importing this package loads no simulator; `make` does.
"""

from __future__ import annotations

from kinitro.environments.interface import Environment
from kinitro.environments.metaworld.tasks import specs
from kinitro.environments.spec import EnvironmentSpec

__all__ = ["make", "specs"]


def make(
    spec: EnvironmentSpec,
    *,
    cameras: tuple[str, ...],
    image_size_px: int,
    randomization: str,
    renderer: str,
    rewards: bool,
) -> Environment:
    """Make a MetaWorldEnvironment; its docstring explains the options."""
    from kinitro.environments.metaworld.environment import MetaWorldEnvironment

    return MetaWorldEnvironment(
        spec,
        cameras=cameras,
        image_size_px=image_size_px,
        randomization=randomization,
        renderer=renderer,
        rewards=rewards,
    )
