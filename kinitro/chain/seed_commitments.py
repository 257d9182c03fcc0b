"""What an operator commits on chain before a cycle's beacon block: a digest of how the cycle was opened.

    0xC1 | number of the cycle, 8 bytes big-endian | SHA-256 of the opening (`client.records.digest_opening`)
         | optionally: the operator's X25519 public key, 32 bytes, to which miners seal their endpoints

41 or 73 bytes, one field. No commitment of a miner begins with 0xC1 (see `commitments`), so neither is taken for the
other. The key stands here because a chain keeps one commitment per hotkey; it changes nothing about what is committed
of the cycle.
A chain keeps one commitment per hotkey; what was there before, the states of older blocks tell.
"""

from __future__ import annotations

from dataclasses import dataclass

from kinitro.chain.errors import ChainError
from kinitro.chain.interface import Chain, ChainSnapshot, RawCommitment

DIGEST_BYTES = 32
BACKEND_KEY_BYTES = 32
NO_CYCLE = 0
"""Cycles count from 1: a commitment to this one says nothing but the key beside it."""
MAX_REPETITIONS = 10
_MARK = 0xC1
_CYCLE_BYTES = 8


@dataclass(frozen=True, slots=True)
class SeedCommitment:
    """What is committed about the opening of one cycle: its number, and the digest of 32 bytes."""

    cycle: int
    digest: bytes
    backend_key: bytes | None = None
    """The operator's public key (32 bytes), if it publishes one."""

    @property
    def is_only_a_key(self) -> bool:
        """Whether it commits to no cycle, so that it says nothing but the key; no opening has this digest."""
        return (self.cycle, self.digest) == (NO_CYCLE, bytes(DIGEST_BYTES))

    def encode(self) -> bytes:
        """The bytes to commit."""
        return bytes([_MARK]) + self.cycle.to_bytes(_CYCLE_BYTES, "big") + self.digest + (self.backend_key or b"")


def decode_seed_commitment(data: bytes) -> SeedCommitment | None:
    """Decode what somebody committed; None if it is not a commitment to a cycle. Never raises."""
    opening = 1 + _CYCLE_BYTES + DIGEST_BYTES
    if len(data) not in (opening, opening + BACKEND_KEY_BYTES) or data[0] != _MARK:
        return None
    cycle = int.from_bytes(data[1 : 1 + _CYCLE_BYTES], "big")
    return SeedCommitment(cycle, data[1 + _CYCLE_BYTES : opening], data[opening:] or None)


def commits_to_the_same(one: bytes, other: bytes) -> bool:
    """Whether two commitments say the same about the same cycle; a key beside that makes no difference."""
    first, second = decode_seed_commitment(one), decode_seed_commitment(other)
    if first is None or second is None:
        return one == other
    return (first.cycle, first.digest) == (second.cycle, second.digest)


def read_backend_key(snapshot: ChainSnapshot, operator: str | None = None) -> bytes | None:
    """Read the public key that the operator has on chain; None if it has none.

    operator: its hotkey; None: the subnet owner's. Nobody else can write there.
    """
    raw = snapshot.commitments.get(operator or snapshot.owner_hotkey or "")
    seed = decode_seed_commitment(raw.data) if raw is not None else None
    return seed.backend_key if seed is not None else None


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes that a hotkey committed: in which block first, and what stood there before that block."""

    block: int
    before: RawCommitment | None


class CommitmentHistory:
    """The commitments of one hotkey, read from the states of a chain's blocks."""

    def __init__(self, chain: Chain, netuid: int, hotkey: str) -> None:
        self._chain = chain
        self._netuid = netuid
        self._hotkey = hotkey

    async def at(self, block: int) -> RawCommitment | None:
        """The hotkey's commitment as it was when `block` was the head. Raises ChainError."""
        if block < 0:
            return None
        return (await self._chain.snapshot(self._netuid, block)).commitments.get(self._hotkey)

    async def find_first(self, data: bytes, block: int) -> Written | None:
        """Find since when `data` has been the commitment, as of `block`; None if it is not. Raises ChainError.

        The same may have been written again, when nobody knew what had become of a transaction, or with a key beside
        it: the first block counts, otherwise whoever writes could choose one.
        """
        found = await self.at(block)
        if found is None or not commits_to_the_same(found.data, data):
            return None
        for _ in range(MAX_REPETITIONS):
            before = await self.at(found.block - 1)
            if before is None or not commits_to_the_same(before.data, data):
                return Written(found.block, before)
            found = before
        raise ChainError(f"{self._hotkey} wrote one commitment more than {MAX_REPETITIONS} times.")
