"""Rounds of drand, a public source of randomness that a threshold of independent organizations signs together.

Every `period_s` seconds there is a round, whose signature nobody knows before. Scheme bls-unchained-g1-rfc9380: the
message is the SHA-256 of the round's number (8 bytes, big-endian), hashed to the curve G1 of BLS12-381; public keys are
points of G2. Sources: drand's specification, https://docs.drand.love/docs/specification, and RFC 9380.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Final

SIGNATURE_BYTES: Final = 48
DOMAIN: Final = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"


@dataclass(frozen=True, slots=True)
class DrandNetwork:
    """One drand network: its public key and its clock."""

    name: str
    public_key: bytes
    """A compressed point of G2, 96 bytes."""
    genesis_s: int
    """The time of round 1, in seconds since 1970."""
    period_s: int
    margin_s: float
    """How much later than a block's own time a round must be, so that nobody knew it when the block was made: the
    clocks of block authors may be wrong by so much."""
    chain_hash: str = ""
    """The name of the network in its public interface."""

    def find_round(self, block_time_s: float) -> int:
        """Find the round that belongs to a block: the first that is at least `margin_s` later than its own time."""
        return max(1, math.ceil((block_time_s + self.margin_s - self.genesis_s) / self.period_s) + 1)

    def is_signed(self, number: int, signature: bytes) -> bool:
        """Whether this is the signature of the round. Never raises, whatever is given; takes about 0.7 s."""
        from py_ecc.bls.hash_to_curve import hash_to_G1
        from py_ecc.bls.point_compression import decompress_G1, decompress_G2
        from py_ecc.optimized_bls12_381 import FQ12, G2, Z1, curve_order, final_exponentiate, multiply, neg, pairing

        if len(signature) != SIGNATURE_BYTES or not 0 < number < 2**64:
            return False
        half = len(self.public_key) // 2
        key = (int.from_bytes(self.public_key[:half], "big"), int.from_bytes(self.public_key[half:], "big"))
        try:
            point = decompress_G1(int.from_bytes(signature, "big"))
            if point[2] == Z1[2] or multiply(point, curve_order)[2] != Z1[2]:  # infinity, or outside of the subgroup
                return False
            hashed = hash_to_G1(hash_round(number), DOMAIN, hashlib.sha256)
            product = pairing(G2, point, final_exponentiate=False) * pairing(
                neg(decompress_G2(key)),
                hashed,
                final_exponentiate=False,
            )
        except ValueError:
            return False
        return bool(final_exponentiate(product) == FQ12.one())


QUICKNET: Final = DrandNetwork(
    name="quicknet",
    public_key=bytes.fromhex(
        "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
        "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
    ),
    genesis_s=1_692_803_367,
    period_s=3,
    margin_s=30.0,
    chain_hash="52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
)
"""The network that Bittensor's chain records in its pallet `drand`."""


def hash_round(number: int) -> bytes:
    """Compute the message that is signed in a round."""
    return hashlib.sha256(number.to_bytes(8, "big")).digest()


def combine(block_hash: bytes, signature: bytes | None) -> bytes:
    """Compute the beacon (32 bytes) from a block's hash and a round's signature; without one it is the hash itself."""
    if signature is None:
        return block_hash
    return hashlib.sha256(b"kinitro beacon 2" + block_hash + hashlib.sha256(signature).digest()).digest()
