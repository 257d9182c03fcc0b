"""What can go wrong when a deployment is verified, and whose fault it is. Only the miner's own costs a miner anything.

VerificationError
├── RepositoryUnverifiable   the miner's: the committed upload cannot be had, or is not one that we take
├── PolicyDidNotStart        the miner's: the uploaded policy did not come up within its limits
├── RepositoryUnavailable    ours: the hub, the network or our disk failed
├── SandboxFailed            ours: the sandbox broke before the policy was given a chance
└── SandboxUnavailable       ours: this machine cannot sandbox, so nothing is run at all
"""

from kinitro.errors import KinitroError, UnavailableError


class VerificationError(KinitroError):
    """Base of the errors below."""


class RepositoryUnverifiable(VerificationError):
    """The committed upload does not exist any more, is too big, or has names that no honest upload has."""


class PolicyDidNotStart(VerificationError):
    """The uploaded policy crashed, exceeded a limit or never answered /health with 200."""


class RepositoryUnavailable(VerificationError):
    """The hub did not answer, or there is no room for the download; says nothing about the miner."""


class SandboxFailed(VerificationError):
    """A sandbox could not be set up, or something outside ended it; says nothing about the miner."""


class SandboxUnavailable(VerificationError, UnavailableError):
    """This machine cannot sandbox. Nothing is ever run without."""
