"""What can go wrong on the miner's way.

MinerError
├── ProjectError        the folder of a policy cannot be written or used
├── ServiceError        the Hugging Face hub or Basilica refused, or was not there
└── DeploymentError     the policy server did not come up
"""

from kinitro.errors import KinitroError


class MinerError(KinitroError):
    """Base of the errors below."""


class ProjectError(MinerError):
    """The folder of a policy cannot be written or used."""
