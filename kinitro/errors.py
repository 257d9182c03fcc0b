"""The root of every error a user may see.

A message is one sentence: what was received, what is allowed, what to do. The command line prints it
and exits with `exit_code`; the API turns it into a 4xx. Packages derive their own errors from these:

    KinitroError
    ├── ConfigurationError      wrong flags, environment variables or files        (exit 2)
    ├── UnavailableError        something outside could not be reached or started  (exit 3)
    └── <package errors>        see each package's `errors` module
"""


class KinitroError(Exception):
    """Something the user can understand and act upon."""

    exit_code = 1


class ConfigurationError(KinitroError):
    """A flag, an environment variable or a file has a value that is not allowed."""

    exit_code = 2


class UnavailableError(KinitroError):
    """A database, a port, a service or a system library cannot be reached or used at the moment."""

    exit_code = 3
