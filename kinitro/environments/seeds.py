"""Seeds and the independent random streams derived from them."""

from __future__ import annotations

import hmac
import operator
import struct
from hashlib import blake2b
from typing import SupportsIndex

import numpy as np

from kinitro.environments.errors import InvalidSeed

SEED_BITS = 128
SEED_BYTES = SEED_BITS // 8

StreamName = str
"""What the random numbers of a stream are for: `placement`, `physics`, `appearance`, or `rung` and a rung's name."""


def check_seed(seed: SupportsIndex) -> int:
    """Return `seed` as an int from 0 to 2**128 - 1. Raises InvalidSeed for anything else, booleans and floats too."""
    try:
        number = operator.index(seed)
    except TypeError:
        number = -1
    if isinstance(seed, bool | np.bool_) or not 0 <= number < 2**SEED_BITS:
        shown = repr(seed) if len(repr(seed)) <= 60 else f"{repr(seed)[:57]}..."
        raise InvalidSeed(f"The seed {shown} is not allowed: give an integer from 0 to 2**{SEED_BITS} - 1.")
    return number


def stream(seed: int, env_id: str, version: str, name: StreamName) -> np.random.Generator:
    """Return the generator of random numbers for one purpose in the episode of a seed, environment id and version.

    Its key is a hash of all four. Philox is a counter-based generator that uses its 128-bit key as it is, so streams
    with different keys are independent. Compute only uniform draws, sums, products and square roots from it: these are
    the same bits on every machine.
    """
    message = "\0".join((env_id, version, name)).encode() + seed.to_bytes(SEED_BITS // 8, "big")
    key = blake2b(message, digest_size=16, person=b"kinitro-episode").digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(key, "little")))


def derive_seed(key: bytes, beacon: bytes, env_id: str, env_version: str, episode: int) -> bytes:
    """Derive the seed of an episode (16 bytes, a big-endian integer), which is the same for every miner.

    HMAC-SHA256(K, beacon || env_id || 0 || env_version || 0 || episode as 8 bytes)[:16]; the zero bytes keep
    two different pairs of texts from reading the same.
    """
    message = b"".join((beacon, env_id.encode(), b"\0", env_version.encode(), b"\0", struct.pack(">Q", episode)))
    return hmac.digest(key, message, "sha256")[:SEED_BYTES]
