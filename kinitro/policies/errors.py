"""What can go wrong with a policy server. `reason` is the short code stored with an outcome.

PolicyError
├── PolicyUnreachable   no connection, refused address, TLS failure
└── PolicyMisbehaved    it answered, but late, too much, malformed or not 2xx: the step is forfeited
"""

from kinitro.errors import KinitroError


class PolicyError(KinitroError):
    """A call to a policy server failed; `reason` is a code such as `timeout` or `http_status`."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class PolicyUnreachable(PolicyError):
    """No connection could be made, or its address is not allowed."""


class PolicyMisbehaved(PolicyError):
    """It answered late, too much, malformed, or with an error."""
