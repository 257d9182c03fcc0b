"""Addresses: known values of the notation, and typing errors found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinitro.chain.ss58 import InvalidAddress, decode_address, encode_address

ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
ALICE_KEY = bytes.fromhex("d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d")


def test_the_well_known_account() -> None:
    assert encode_address(ALICE_KEY) == ALICE
    assert decode_address(ALICE) == ALICE_KEY


@given(st.binary(min_size=32, max_size=32))
def test_round_trip(key: bytes) -> None:
    assert decode_address(encode_address(key)) == key


@given(st.integers(0, 47), st.sampled_from("23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"))
def test_a_typing_error_is_found(position: int, character: str) -> None:
    changed = ALICE[:position] + character + ALICE[position + 1 :]
    if changed != ALICE:
        with pytest.raises(InvalidAddress):
            decode_address(changed)


@given(st.text(max_size=80))
def test_no_text_breaks_it(text: str) -> None:
    with pytest.raises(InvalidAddress):
        decode_address(text)
