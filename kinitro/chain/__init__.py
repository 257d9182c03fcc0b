"""What Kinitro needs of a chain; adapters for Bittensor and for one machine."""

from kinitro.chain.errors import (
    ChainError,
    ChainUnavailable,
    TransactionRefused,
    TransactionUndecided,
    UnknownBlock,
    UnknownNetwork,
    UnknownSubnet,
    UnknownWallet,
)
from kinitro.chain.interface import (
    Block,
    Chain,
    ChainSnapshot,
    Hyperparameters,
    Neuron,
    RawCommitment,
    Wallet,
)

__all__ = [
    "Block",
    "Chain",
    "ChainError",
    "ChainSnapshot",
    "ChainUnavailable",
    "Hyperparameters",
    "Neuron",
    "RawCommitment",
    "TransactionRefused",
    "TransactionUndecided",
    "UnknownBlock",
    "UnknownNetwork",
    "UnknownSubnet",
    "UnknownWallet",
    "Wallet",
    "connect",
]


async def connect(network: str) -> Chain:
    """Open a network by name.

    `local-dev` is the chain of one machine, kept in the PostgreSQL database that KINITRO_LOCAL_CHAIN_URL names;
    `finney`, `test`, `local` and `ws://` or `wss://` URLs are Bittensor's. Raises UnknownNetwork, ChainUnavailable.
    """
    if network == "local-dev":
        from kinitro.chain.local import LocalChain

        return await LocalChain.from_environment()
    from kinitro.chain.bittensor import BittensorChain

    return await BittensorChain.connect(network)
