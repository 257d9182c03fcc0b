"""One hash that commits to every result of a cycle (the tree of RFC 6962, section 2.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

_LEAF, _NODE = b"\x00", b"\x01"
"""Prefixes of what is hashed, so that a leaf cannot be mistaken for an inner node."""


def hash_leaf(record: bytes) -> bytes:
    """Hash one record as a leaf of the tree: SHA-256 of 0x00 and the record."""
    return hashlib.sha256(_LEAF + record).digest()


def compute_merkle_root(leaves: Iterable[bytes]) -> bytes:
    """Compute the root over leaf hashes in order; without leaves it is the SHA-256 of nothing.

    RFC 6962 splits at the largest power of two below the number of leaves. Pairing neighbours level by level, an odd
    last one moving up unchanged, builds the same tree.
    """
    level = list(leaves)
    if not level:
        return hashlib.sha256(b"").digest()
    while len(level) > 1:
        pairs = [hashlib.sha256(_NODE + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]
