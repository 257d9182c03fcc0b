"""Seeds of a cycle: committed before they exist, derived the same way by the scheduler and by every auditor.

The operator publishes `hash_seed_key(K)` first and the chain adds a beacon afterwards, so neither could choose a
seed: K was fixed before the beacon was known, and the beacon says nothing without K.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from kinitro.environments.seeds import derive_seed

KEY_BYTES = 32
BEACON_LAG_BLOCKS = 2
"""The beacon is this many blocks after the head at the moment the commitment became public. Not 1: the next block
may have been produced, though not yet seen, at that moment."""


def hash_seed_key(key: bytes) -> bytes:
    """Compute what is published of the 32-byte key K before the beacon exists: its SHA-256."""
    return hashlib.sha256(key).digest()


def compute_beacon_number(key_committed_block: int) -> int:
    """The number of the block whose hash is the beacon, if the commitment was public in `key_committed_block`."""
    return key_committed_block + BEACON_LAG_BLOCKS


def derive_seeds(
    key: bytes, beacon: bytes, environments: Sequence[tuple[str, str]], episodes: int
) -> list[list[bytes]]:
    """Derive the seeds of a whole cycle, as [environment][episode]; `environments` are pairs (id, version)."""
    return [
        [derive_seed(key, beacon, env_id, version, episode) for episode in range(episodes)]
        for env_id, version in environments
    ]
