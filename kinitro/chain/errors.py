"""Errors of chains.

ChainError
├── ChainUnavailable    the node does not answer, or answers garbage
│   └── TransactionUndecided   a transaction was sent, and it may or may not be included
├── UnknownNetwork      the network's name means nothing
├── UnknownSubnet       no subnet has this number
├── UnknownBlock        a block that does not exist, or was pruned
├── UnknownWallet       no such wallet or hotkey here
└── TransactionRefused  the chain said no, and why
"""

from kinitro.errors import ConfigurationError, KinitroError, UnavailableError


class ChainError(KinitroError):
    """Anything that went wrong between us and a chain."""


class ChainUnavailable(ChainError, UnavailableError):
    """The node does not answer, or not in a way that makes sense."""


class TransactionUndecided(ChainUnavailable):
    """A transaction was sent, and the chain could not be read for long enough to see whether it was included."""

    def __init__(self, message: str, until_block: int) -> None:
        super().__init__(message)
        self.until_block = until_block
        """The last block that can still include it."""


class UnknownNetwork(ChainError, ConfigurationError):
    """The network's name means nothing."""


class UnknownSubnet(ChainError, ConfigurationError):
    """No subnet has this number."""


class UnknownBlock(ChainError):
    """A block that does not exist, or was pruned."""


class UnknownWallet(ChainError, ConfigurationError):
    """No such wallet or hotkey here."""


class TransactionRefused(ChainError):
    """The chain refused a transaction; the message says why."""
