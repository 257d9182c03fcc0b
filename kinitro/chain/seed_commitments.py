"""What an operator commits on chain before a cycle's beacon block: a digest of how the cycle was opened.

    0xC1 | number of the cycle, 8 bytes big-endian | SHA-256 of the opening (`client.records.digest_opening`)

41 bytes, one field. No commitment of a miner begins with 0xC1 (see `commitments`), so neither is taken for the other.
A chain keeps one commitment per hotkey; what was there before, the states of older blocks tell.
"""

from __future__ import annotations

from dataclasses import dataclass

from kinitro.chain.errors import ChainError
from kinitro.chain.interface import Chain, RawCommitment

DIGEST_BYTES = 32
MAX_REPETITIONS = 10
_MARK = 0xC1
_CYCLE_BYTES = 8


@dataclass(frozen=True, slots=True)
class SeedCommitment:
    """What is committed about the opening of one cycle: its number, and the digest of 32 bytes."""

    cycle: int
    digest: bytes

    def encode(self) -> bytes:
        """The bytes to commit."""
        return bytes([_MARK]) + self.cycle.to_bytes(_CYCLE_BYTES, "big") + self.digest


def decode_seed_commitment(data: bytes) -> SeedCommitment | None:
    """Decode what somebody committed; None if it is not a commitment to a cycle. Never raises."""
    if len(data) != 1 + _CYCLE_BYTES + DIGEST_BYTES or data[0] != _MARK:
        return None
    return SeedCommitment(int.from_bytes(data[1 : 1 + _CYCLE_BYTES], "big"), data[1 + _CYCLE_BYTES :])


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

        The same bytes may have been written again, when nobody knew what had become of a transaction: the first
        block counts, otherwise whoever writes could choose one.
        """
        found = await self.at(block)
        if found is None or found.data != data:
            return None
        for _ in range(MAX_REPETITIONS):
            before = await self.at(found.block - 1)
            if before is None or before.data != data:
                return Written(found.block, before)
            found = before
        raise ChainError(f"{self._hotkey} wrote one commitment more than {MAX_REPETITIONS} times.")
