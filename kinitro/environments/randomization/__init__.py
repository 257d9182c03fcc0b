"""Domain randomization: what varies from episode to episode, with which distribution, and how it is undone."""

from kinitro.environments.randomization.levels import GROUPS, LEVELS, Level, get_level
from kinitro.environments.randomization.nominal import NominalModel
from kinitro.environments.randomization.variation import Variation

__all__ = ["GROUPS", "LEVELS", "Level", "NominalModel", "Variation", "get_level"]
