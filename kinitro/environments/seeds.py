"""Seeds and the independent random streams derived from them."""

from __future__ import annotations

import hmac
import operator
import struct
from hashlib import blake2b
from typing import Literal, SupportsIndex

import numpy as np

from kinitro.environments.errors import InvalidSeed

SEED_BITS = 128
SEED_BYTES = SEED_BITS // 8

StreamName = Literal["placement", "physics", "appearance"]


def check_seed(seed: SupportsIndex) -> int:
    """`seed` as an int from 0 to 2**128 - 1; raises InvalidSeed. Booleans and floats are not seeds."""
    try:
        number = operator.index(seed)
    except TypeError:
        number = -1
    if isinstance(seed, bool | np.bool_) or not 0 <= number < 2**SEED_BITS:
        shown = repr(seed) if len(repr(seed)) <= 60 else f"{repr(seed)[:57]}..."
        raise InvalidSeed(f"The seed {shown} is not allowed: give an integer from 0 to 2**{SEED_BITS} - 1.")
    return number


def stream(seed: int, env_id: str, version: str, name: StreamName) -> np.random.Generator:
    """The random numbers of one purpose in the episode that (seed, environment id, version) determines.

    Philox is counter based and takes its 128-bit key as it is, so two streams share nothing but chance. Only uniform
    draws, sums, products and square roots may be made from it: those are the same on every machine.
    """
    message = "\0".join((env_id, version, name)).encode() + seed.to_bytes(SEED_BITS // 8, "big")
    key = blake2b(message, digest_size=16, person=b"kinitro-episode").digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(key, "little")))


def derive_seed(key: bytes, beacon: bytes, env_id: str, env_version: str, episode: int) -> bytes:
    """The 16 bytes (big-endian integer) that determine `episode` of an environment, for every miner alike.

    HMAC-SHA256(K, beacon || env_id || 0 || env_version || 0 || episode as 8 bytes)[:16]; the zero bytes keep
    two different pairs of texts from reading the same.
    """
    message = b"".join((beacon, env_id.encode(), b"\0", env_version.encode(), b"\0", struct.pack(">Q", episode)))
    return hmac.digest(key, message, "sha256")[:SEED_BYTES]
