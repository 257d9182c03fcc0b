"""Errors of what a miner does.

MinerError
├── ProjectError        the folder of a policy cannot be written or used
├── ServiceError        the Hugging Face hub or Basilica refused, or could not be reached
├── DeploymentFailed    the policy server did not come up; nothing of it was left running
└── RecordingError      demonstrations cannot be recorded
"""

from kinitro.errors import KinitroError


class MinerError(KinitroError):
    """The base of all errors of what a miner does."""


class ProjectError(MinerError):
    """The folder of a policy cannot be written or used."""


class ServiceError(MinerError):
    """The Hugging Face hub or Basilica refused, or could not be reached."""


class DeploymentFailed(MinerError):
    """The policy server did not come up; nothing of it was left running."""


class RecordingError(MinerError):
    """Demonstrations cannot be recorded."""
