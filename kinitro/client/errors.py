"""What can go wrong between a program and the API.

UnavailableError
└── ApiUnavailable
KinitroError
└── ApiRefused
    ├── ApiUnauthorized
    ├── ApiNotFound
    └── LeaseLost
"""

from __future__ import annotations

from kinitro.errors import KinitroError, UnavailableError


class ApiUnavailable(UnavailableError):
    """The API cannot be reached, its answer cannot be understood, or something else answers in its place."""


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
