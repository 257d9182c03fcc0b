"""Errors of scoring: what it refuses as configuration or input."""

from __future__ import annotations

from kinitro.errors import ConfigurationError, KinitroError


class InvalidScoringConfig(ConfigurationError):
    """A parameter of the scoring rule is outside its range."""


class InvalidScoringInput(KinitroError):
    """The outcomes, blocks or weights are such as no cycle can have produced."""
