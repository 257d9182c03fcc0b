"""What can go wrong when a deployment is verified, and whose fault it is. Only the miner's own costs a miner anything.

SandboxError
├── RepositoryUnverifiable   the miner's: the committed upload cannot be had, or is not one that we take
├── PolicyDidNotStart        the miner's: the uploaded policy did not come up within its limits
├── RepositoryUnavailable    ours: the hub, the network or our disk failed
│   └── RepositoryRefused    ours as long as it happens to others too: the hub answered, but not with this upload
├── SandboxFailed            ours: the sandbox broke before the policy was given a chance
│   └── PolicyKilled         ours as long as it happens to others too: a policy that ran was ended from outside
└── SandboxUnavailable       ours: this machine cannot sandbox, so nothing is run at all
"""

from kinitro.errors import KinitroError, UnavailableError


class SandboxError(KinitroError):
    """Base of the errors below."""


class RepositoryUnverifiable(SandboxError):
    """The committed upload does not exist any more, is too big, or has names that no honest upload has."""


class PolicyDidNotStart(SandboxError):
    """The uploaded policy crashed, exceeded a limit or never answered /health with 200."""


class RepositoryUnavailable(SandboxError):
    """The hub did not answer, or there is no room for the download; says nothing about the miner."""


class RepositoryRefused(RepositoryUnavailable):
    """The hub answered and refused this upload, or sent something else than it had announced. One such answer says
    nothing about the miner; if others' uploads are to be had, many do."""


class SandboxFailed(SandboxError):
    """A sandbox could not be set up, or something outside ended it; says nothing about the miner."""


class PolicyKilled(SandboxFailed):
    """Something outside ended a policy that ran already. Once says nothing about the miner."""


class SandboxUnavailable(SandboxError, UnavailableError):
    """This machine cannot sandbox. Nothing is ever run without."""
