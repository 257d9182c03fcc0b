"""Errors of the task pool, its database and its API.

UnavailableError
├── DatabaseUnavailable
└── ApiUnavailable
ConfigurationError
├── SchemaMismatch
└── DatabaseRefused
KinitroError
├── UnknownCycle
├── KeyRefused
└── ApiRefused
    ├── ApiUnauthorized
    ├── ApiNotFound
    └── LeaseLost
"""

from __future__ import annotations

from kinitro.errors import ConfigurationError, KinitroError, UnavailableError


class DatabaseUnavailable(UnavailableError):
    """PostgreSQL cannot be reached, or went away and did not come back in time."""


class DatabaseRefused(ConfigurationError):
    """PostgreSQL answered, and refused: no such database, wrong password, missing rights, a version too old.

    `sqlstate` is its code for the reason, if it gave one.
    """

    def __init__(self, message: str, sqlstate: str | None = None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


class SchemaMismatch(ConfigurationError):
    """The database has an older or a newer schema than this program; the message says which command helps."""


class UnknownCycle(KinitroError):
    """There is no cycle with this number."""


class KeyRefused(KinitroError):
    """A key cannot be created or revoked as asked."""


class ApiUnavailable(UnavailableError):
    """The API cannot be reached, or its answer makes no sense, or something else answers in its place."""


class ApiRefused(KinitroError):
    """The API itself answered 4xx, with a problem document; a proxy's 4xx is an ApiUnavailable.

    `status` is the code; the message has the API's reason.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class ApiUnauthorized(ApiRefused):
    """401 or 403: no key, a revoked one, or one without the scope."""


class ApiNotFound(ApiRefused):
    """404: there is nothing there (yet); the message says why."""


class LeaseLost(ApiRefused):
    """409 on a lease: it expired or was finished; drop the work."""
