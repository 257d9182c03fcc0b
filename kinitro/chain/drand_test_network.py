"""A drand network of one signer, for chains on one machine: real signatures, under a key that everybody knows."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Final

from kinitro.chain.drand import DOMAIN, SIGNATURE_BYTES, DrandNetwork, hash_round

_SECRET: Final = int.from_bytes(hashlib.sha256(b"kinitro drand test network").digest(), "big") >> 2
TEST_NETWORK: Final = DrandNetwork(
    name="test",
    public_key=bytes.fromhex(
        "8678c57a1f3b0d69ce82fa39668d1a6c0c8e8fea8fb8c4b455589f9e39f06b62c2e30ca4ab82f4616961623922b15620"
        "13051853556633abfa49b3a3105af50857854b30e3866bcdb9ca049291c3cf274d50f6c533934b4ce46b1a5a1918df57"
    ),
    genesis_s=1_700_000_000,
    period_s=1,
    margin_s=1.0,
)


@lru_cache(maxsize=64)
def sign_round(number: int) -> bytes:
    """Sign a round as the network would; takes about 0.3 s."""
    from py_ecc.bls.hash_to_curve import hash_to_G1
    from py_ecc.bls.point_compression import compress_G1
    from py_ecc.optimized_bls12_381 import multiply

    point = multiply(hash_to_G1(hash_round(number), DOMAIN, hashlib.sha256), _SECRET)
    return int(compress_G1(point)).to_bytes(SIGNATURE_BYTES, "big")
