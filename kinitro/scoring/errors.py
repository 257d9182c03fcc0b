"""What scoring may refuse."""

from __future__ import annotations

from kinitro.errors import ConfigurationError, KinitroError


class InvalidScoringConfig(ConfigurationError):
    """A parameter of the scoring rule is outside its range."""


class InvalidScoringInput(KinitroError):
    """Outcomes, blocks or weights that no cycle can have produced."""
