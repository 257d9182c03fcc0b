"""Tell Gymnasium which environments there are."""

from __future__ import annotations


def register() -> None:
    """Register every environment with Gymnasium under its own id; those already registered are left alone."""
    from gymnasium.envs import registration

    from kinitro.environments.registry import all_specs

    for spec in all_specs():
        if spec.id not in registration.registry:
            registration.register(
                spec.id,
                entry_point="kinitro.environments.gym.environment:GymEnvironment",
                kwargs={"env_id": spec.id},
            )
