"""The MetaWorld family: Sawyer manipulation tasks as episodes that are functions of their seed. Loads MuJoCo."""

from kinitro.environments.metaworld.environment import MetaWorldEnvironment

__all__ = ["MetaWorldEnvironment"]
