"""Errors of chains.

ChainError
├── ChainUnavailable    the node does not answer, or its answer cannot be understood
│   └── TransactionUndecided   a transaction was sent, and it may or may not be included
├── UnknownNetwork      no network has this name
├── UnknownSubnet       no subnet has this number
├── UnknownBlock        a block that does not exist, or was pruned
├── UnknownWallet       this machine has no such wallet or hotkey
└── TransactionRefused  the chain refused a transaction; the message says why
"""

from kinitro.errors import ConfigurationError, KinitroError, UnavailableError


class ChainError(KinitroError):
    """The base of all errors in the communication with a chain."""


class ChainUnavailable(ChainError, UnavailableError):
    """The node does not answer, or its answer cannot be understood."""


class TransactionUndecided(ChainUnavailable):
    """A transaction was sent, and the chain could not be read for long enough to see whether it was included."""

    def __init__(self, message: str, until_block: int) -> None:
        super().__init__(message)
        self.until_block = until_block
        """The last block that can still include it."""


class UnknownNetwork(ChainError, ConfigurationError):
    """No network has this name."""


class UnknownSubnet(ChainError, ConfigurationError):
    """No subnet has this number."""


class UnknownBlock(ChainError):
    """A block that does not exist, or was pruned."""


class UnknownWallet(ChainError, ConfigurationError):
    """This machine has no such wallet or hotkey."""


class TransactionRefused(ChainError):
    """The chain refused a transaction; the message says why."""
