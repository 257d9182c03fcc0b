"""Errors of the validator.

ValidatorError
├── BackendUnavailable  the API does not answer, or answers garbage
├── NothingToSet     no weights are published, and none are remembered
└── WeightsRefused   there are weights, but setting them would be wrong; the message says why
"""

from kinitro.errors import KinitroError, UnavailableError


class ValidatorError(KinitroError):
    """The validator cannot do its work."""


class BackendUnavailable(ValidatorError, UnavailableError):
    """The API does not answer, or not in a way that makes sense."""


class NothingToSet(ValidatorError, UnavailableError):
    """No weights are published, and none are remembered."""


class WeightsRefused(ValidatorError):
    """There are weights, but setting them would be wrong."""
