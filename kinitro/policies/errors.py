"""What can go wrong with a policy server. `reason` is the short code that is stored with an outcome.

PolicyError
├── PolicyUnreachable   no connection, refused address, TLS failure
└── PolicyMisbehaved    it answered, but late, too much, malformed or not 200: the step is forfeited
    └── PolicyFailed    its /health says that it has failed for good, so that waiting is of no use
"""

from enum import StrEnum

from kinitro.errors import KinitroError


class Reason(StrEnum):
    """Every code a call to a policy server can fail with; stored in the database, so never rename one."""

    # PolicyUnreachable
    BAD_ENDPOINT = "bad_endpoint"
    """The committed URL is not one that we call, because of its scheme, port, user-info or query."""
    NAME_NOT_FOUND = "name_not_found"
    """DNS knows no address for the host."""
    ADDRESS_REFUSED = "address_refused"
    """The host's addresses are private, loopback, link-local, multicast or otherwise not public."""
    CONNECTION_REFUSED = "connection_refused"
    """No TCP connection: refused, reset, no route."""
    CONNECTION_TIMEOUT = "connection_timeout"
    """No connection within the deadline of the call."""
    TLS_FAILURE = "tls_failure"
    """The certificate or the handshake failed."""

    # PolicyMisbehaved
    TIMEOUT = "timeout"
    """The whole answer did not arrive within the deadline."""
    DISCONNECTED = "disconnected"
    """The connection was closed before the answer was complete."""
    HTTP_STATUS = "http_status"
    """A status other than 200."""
    REDIRECT = "redirect"
    """A 3xx status; redirects are never followed."""
    TOO_LARGE = "too_large"
    """More bytes, or more header lines, than the protocol allows."""
    MALFORMED_HTTP = "malformed_http"
    """Not HTTP/1.x."""
    CONTENT_ENCODING = "content_encoding"
    """Compressed, although identity was asked for."""
    MALFORMED_BODY = "malformed_body"
    """Not JSON or msgpack, or not of the documented structure."""
    NOT_READY = "not_ready"
    """`/health` said a status other than "ok", such as "loading" or "failed", or another protocol version."""
    WRONG_EPISODE = "wrong_episode"
    """`/reset` answered with another episode id than the one it was given."""
    ACTION_SHAPE = "action_shape"
    """Not as many numbers as the episode's actions have, or not 1 to `max_chunk` rows of so many."""
    ACTION_NOT_FINITE = "action_not_finite"
    """NaN or infinity among the numbers."""


class PolicyError(KinitroError):
    """A call to a policy server failed; `reason` is a code of `Reason`, such as `timeout` or `http_status`."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class PolicyUnreachable(PolicyError):
    """No connection could be made, or its address is not allowed."""


class PolicyMisbehaved(PolicyError):
    """It answered late, too much, malformed, or with an error."""


class PolicyFailed(PolicyMisbehaved):
    """Its `/health` says that the policy could not be loaded, so waiting for it is of no use."""
