"""What can go wrong with PostgreSQL, and with what is stored in it.

UnavailableError
└── DatabaseUnavailable
ConfigurationError
├── DatabaseRefused
└── SchemaMismatch
KinitroError
├── UnknownCycle
└── KeyRefused
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
