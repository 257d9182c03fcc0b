"""Registration of all environments with Gymnasium."""

from __future__ import annotations

from types import ModuleType

import wrapt


def register_when_imported() -> None:
    """Register every environment with Gymnasium under its own id: now if Gymnasium is imported, else once it is.

    Importing it here would slow down services, which import our registry but do not need Gymnasium.
    """
    wrapt.when_imported("gymnasium")(_register)


def _register(gymnasium: ModuleType) -> None:
    """Register all environments that are not registered yet."""
    from kinitro.environments.registry import all_specs

    for spec in all_specs():
        if spec.id not in gymnasium.registry:
            gymnasium.register(
                spec.id,
                entry_point="kinitro.environments.gym.environment:GymEnvironment",
                max_episode_steps=spec.max_steps,
                kwargs={"env_id": spec.id, "truncates": False},
            )
