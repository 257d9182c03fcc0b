"""The errors that environments raise."""

from kinitro.errors import ConfigurationError, KinitroError


class UnknownEnvironment(ConfigurationError):
    """No environment has this id; the message suggests the nearest ones."""


class InvalidSeed(KinitroError, ValueError):
    """A seed is not an integer from 0 to 2**128 - 1."""


class InvalidAction(KinitroError, ValueError):
    """An action does not have as many numbers as the environment's spec says, or is not finite."""


class EpisodeNotRunning(KinitroError, RuntimeError):
    """`step` or `observe` was called before `reset`, or `step` after the episode ended."""


class SimulationFailed(KinitroError, RuntimeError):
    """The simulator warned or diverged, so that a result of this episode would mean nothing."""


class InvalidPack(ConfigurationError):
    """A sealed pack is damaged, is not allowed, is not the one that is needed, or is missing."""
