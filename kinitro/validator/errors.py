"""Errors of the validator.

ValidatorError
├── NothingToSet     no weights are published, and none are remembered
├── WeightsRefused   there are weights, but setting them would be wrong; the message says why
│   └── AuditRefused  what the operator published is not true, or cannot be checked here
└── WeightsLost      the chain does not show the weights that it accepted

AuditInProgress, an AuditUnavailable: the audit of what was published goes on
"""

from kinitro.audit.errors import AuditUnavailable
from kinitro.errors import KinitroError, UnavailableError


class ValidatorError(KinitroError):
    """The validator cannot do its work."""


class NothingToSet(ValidatorError, UnavailableError):
    """No weights are published, and none are remembered."""


class WeightsRefused(ValidatorError):
    """There are weights, but setting them would be wrong."""


class AuditRefused(WeightsRefused):
    """What the operator published is not true, or cannot be checked here."""


class WeightsLost(ValidatorError):
    """The chain does not show the weights that it accepted."""


class AuditInProgress(AuditUnavailable):
    """The audit of what was published goes on; the weights that passed before stay in force."""
