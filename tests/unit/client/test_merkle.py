"""The Merkle tree is the one of RFC 6962, and every leaf counts."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from kinitro.client.merkle import compute_merkle_root, hash_leaf

records = st.lists(st.binary(max_size=8), min_size=1, max_size=20)


def rfc6962(leaves: list[bytes]) -> bytes:
    """The definition in section 2.1 of the RFC, word by word."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + rfc6962(leaves[:split]) + rfc6962(leaves[split:])).digest()


@given(records)
def test_equals_the_definition(leaves: list[bytes]) -> None:
    assert compute_merkle_root(map(hash_leaf, leaves)) == rfc6962(leaves)


@given(records, st.data())
def test_any_change_changes_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))
    changed = [*leaves[:place], leaves[place] + b"!", *leaves[place + 1 :]]
    root = compute_merkle_root(map(hash_leaf, leaves))
    assert compute_merkle_root(map(hash_leaf, changed)) != root
    assert compute_merkle_root(map(hash_leaf, [*leaves, b""])) != root
    assert compute_merkle_root(map(hash_leaf, leaves[:-1])) != root


def test_nothing_has_a_root() -> None:
    assert compute_merkle_root([]) == hashlib.sha256(b"").digest()
