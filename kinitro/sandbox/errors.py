"""What can go wrong when an upload is fetched or run, and whose fault it is. Only their own faults count for miners.

SandboxError
├── RepositoryUnverifiable   the miner's: the committed upload is not available, or is not one that we accept
├── PolicyDidNotStart        the miner's: the uploaded policy did not come up within its limits
├── RepositoryUnavailable    ours: the hub, the network or our disk failed
│   └── RepositoryRefused    ours if it happens to others too: the hub answered, but not with this upload
├── SandboxFailed            ours: the sandbox failed before the policy could run
│   └── PolicyKilled         ours if it happens to others too: a running policy was ended from outside
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
    """The hub did not answer, or there is no room for the download. This says nothing about the miner."""


class RepositoryRefused(RepositoryUnavailable):
    """The hub answered and refused this upload, or sent something else than it had announced.

    One such answer says nothing about the miner. Many of them do, if the uploads of other miners can be downloaded.
    """


class SandboxFailed(SandboxError):
    """A sandbox could not be set up, or something outside ended it. This says nothing about the miner."""


class PolicyKilled(SandboxFailed):
    """Something outside ended a policy that was already running. Once says nothing about the miner."""


class SandboxUnavailable(SandboxError, UnavailableError):
    """This machine cannot isolate policies. None is ever run without isolation."""
