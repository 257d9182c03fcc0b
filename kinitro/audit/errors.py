"""Errors of an audit.

UnavailableError
└── AuditUnavailable   the audit could not be made; nothing is said about what was published
"""

from kinitro.errors import UnavailableError


class AuditUnavailable(UnavailableError):
    """The audit could not be made, because the API, a proxy or this machine failed; it says nothing about the cycle."""
