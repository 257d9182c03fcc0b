"""What Kinitro needs of a chain, in its own types. `bittensor.py` and `local.py` implement it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from kinitro.chain.drand import DrandNetwork


@dataclass(frozen=True, slots=True)
class Block:
    """A block's number and its hash (32 bytes)."""

    number: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Neuron:
    """One registered slot of a subnet; `hotkey` and `coldkey` are SS58 addresses."""

    uid: int
    hotkey: str
    coldkey: str
    registered_block: int
    validator_permit: bool = False
    stake: float = 0.0
    last_update: int = 0
    """Block in which it last set weights or committed to some; the chain begins with the registration's block."""

    @property
    def has_set_weights(self) -> bool:
        """Whether it has set weights, or committed to some, since it was registered."""
        return self.last_update > self.registered_block


@dataclass(frozen=True, slots=True)
class RawCommitment:
    """The bytes a hotkey committed, untrusted, and the block of that commitment (its *first block*)."""

    block: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """The hyperparameters of a subnet that matter for setting weights."""

    tempo: int = 360
    """Blocks per epoch."""
    weights_version: int = 0
    weights_rate_limit: int = 0
    """Blocks between two settings of weights by one hotkey, and between its registration and the first setting."""
    commit_reveal: bool = False
    min_stake: float = 0.0
    reveal_period_epochs: int = 1
    """How many epochs pass until committed weights are revealed, with commit-reveal."""
    min_allowed_weights: int = 0
    """A row has at least this many positive weights (but no more than there are neurons), unless a neuron weighs only
    itself."""
    max_weight_limit: int = 65535
    """The largest weight's share of the row's sum, in 65535ths; the same exception."""


@dataclass(frozen=True, slots=True)
class ChainSnapshot:
    """The state of one subnet at one block."""

    netuid: int
    block: Block
    neurons: Sequence[Neuron]
    commitments: Mapping[str, RawCommitment]
    """The newest commitment by hotkey, also of hotkeys that are not registered."""
    owner_hotkey: str | None
    hyperparameters: Hyperparameters = field(default_factory=Hyperparameters)
    next_epoch_block: int | None = None
    """The first block later than this one in which an epoch is expected to begin; None if the chain does not tell.

    It can come earlier, when the subnet's owner triggers one, and some blocks later, when the chain defers it."""
    last_epoch_block: int | None = None
    """The block in which the newest epoch began; None if the chain does not tell."""

    def valid_commitment(self, hotkey: str) -> RawCommitment | None:
        """What a registered hotkey has committed since its registration; older commitments do not count."""
        found = self.commitments.get(hotkey)
        registered = [neuron.registered_block for neuron in self.neurons if neuron.hotkey == hotkey]
        return found if found is not None and registered and found.block >= registered[0] else None


@dataclass(frozen=True, slots=True)
class Wallet:
    """Names a key pair; the adapter finds it. `path` is None for the SDK's default directory."""

    name: str
    hotkey: str
    path: str | None = None


class Chain(Protocol):
    """A connection to one network. All calls raise ChainError subclasses only."""

    @property
    def drand(self) -> DrandNetwork | None:
        """The drand network whose rounds the chain records; None if it records none."""

    async def head(self) -> Block: ...

    async def finalized_head(self) -> Block: ...

    async def block_hash(self, number: int) -> bytes:
        """Hash of the block `number`; raises UnknownBlock."""

    async def time_of(self, number: int) -> float:
        """The block's own time, in seconds since 1970; raises UnknownBlock."""

    async def drand_signature(self, number: int) -> bytes | None:
        """The signature of a drand round as the chain recorded it; None if it has not, or not any more."""

    async def snapshot(self, netuid: int, block: int | None = None) -> ChainSnapshot:
        """Neurons, commitments and hyperparameters, all read at one block (default: the finalized head)."""

    async def hotkey_address(self, wallet: Wallet) -> str:
        """The SS58 address of the wallet's hotkey; raises UnknownWallet."""

    async def balance(self, coldkey: str) -> float | None:
        """The free balance of an address, in TAO, at the head; None on a chain without balances."""

    async def commit(self, netuid: int, wallet: Wallet, data: bytes) -> int:
        """Write a commitment (replacing an older one); returns its block.

        Returns and raises only when the fate of the transaction is certain, or raises TransactionUndecided. If the same
        bytes were on their way already, they are waited for instead of being sent once more.
        """

    async def set_weights(self, netuid: int, wallet: Wallet, weights: Mapping[int, int], version: int = 0) -> int:
        """Set uid -> u16 weights, zeros left out; returns the block in which they, or their commit, were included.

        Returns and raises only when the fate of the transaction is certain, or raises TransactionUndecided.
        """

    async def weights(self, netuid: int, hotkey: str) -> Mapping[int, int]:
        """The row of weights on chain that `hotkey` set, uid -> u16; empty if there is none."""

    async def close(self) -> None: ...
