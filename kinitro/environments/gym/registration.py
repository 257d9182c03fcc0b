"""Tell Gymnasium which environments there are."""

from __future__ import annotations

from types import ModuleType

import wrapt


def register_when_imported() -> None:
    """Register every environment with Gymnasium under its own id: now if it is imported, else as soon as it is.

    Services import our table of environments and need no Gymnasium.
    """
    wrapt.when_imported("gymnasium")(_register)


def _register(gymnasium: ModuleType) -> None:
    from kinitro.environments.registry import all_specs

    for spec in all_specs():
        if spec.id not in gymnasium.registry:
            gymnasium.register(
                spec.id,
                entry_point="kinitro.environments.gym.environment:GymEnvironment",
                max_episode_steps=spec.max_steps,
                kwargs={"env_id": spec.id, "truncates": False},
            )
