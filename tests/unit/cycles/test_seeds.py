"""Seeds are what the design says, and no two are alike."""

from __future__ import annotations

import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st

from kinitro.cycles.seeds import derive_seeds, hash_seed_key
from kinitro.environments.seeds import derive_seed

KEY, BEACON = bytes(range(32)), hashlib.sha256(b"block").digest()


def test_a_seed_is_the_first_half_of_an_hmac() -> None:
    message = BEACON + b"metaworld/push-v3\x00" + b"7\x00" + (3).to_bytes(8, "big")
    expected = hmac.new(KEY, message, hashlib.sha256).digest()[:16]
    assert derive_seed(KEY, BEACON, "metaworld/push-v3", "7", 3) == expected


def test_the_commitment_is_the_hash_of_the_key() -> None:
    assert hash_seed_key(KEY) == hashlib.sha256(KEY).digest()


def test_a_table_has_no_seed_twice() -> None:
    table = derive_seeds(KEY, BEACON, [("a/x", "1"), ("a/x", "2"), ("a/y", "1")], 100)
    assert len({seed for row in table for seed in row}) == 300


names = st.text(st.characters(codec="ascii", exclude_characters="\x00"), min_size=1, max_size=10)


@given(names, names, names, names)
def test_moving_text_between_id_and_version_changes_the_seed(a: str, b: str, c: str, d: str) -> None:
    same = derive_seed(KEY, BEACON, a, b, 0) == derive_seed(KEY, BEACON, c, d, 0)
    assert same == ((a, b) == (c, d))
