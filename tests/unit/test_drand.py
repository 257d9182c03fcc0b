"""Rounds of drand: real signatures of the public network, and everything else that may be said to be one."""

from __future__ import annotations

import pytest

from kinitro.chain.drand import QUICKNET, combine
from kinitro.chain.drand_test_network import TEST_NETWORK, sign_round

KNOWN = {
    123: "b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486d591aa9d43765482e26cd02df835d3546d23c4b13e0dfc92",
    1000: "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39",
}
"""Published rounds of quicknet."""
INFINITY = b"\xc0" + bytes(47)


@pytest.mark.parametrize(("number", "signature"), KNOWN.items())
def test_what_the_public_network_signed_is_valid(number: int, signature: str) -> None:
    assert QUICKNET.is_signed(number, bytes.fromhex(signature))
    assert not QUICKNET.is_signed(number + 1, bytes.fromhex(signature))
    assert not TEST_NETWORK.is_signed(number, bytes.fromhex(signature))


def test_the_test_network_signs_for_itself_only() -> None:
    assert TEST_NETWORK.is_signed(77, sign_round(77))
    assert not QUICKNET.is_signed(77, sign_round(77))


@pytest.mark.parametrize(
    "wrong", [b"", bytes(48), b"\xff" * 48, INFINITY, bytes.fromhex(KNOWN[123])[:-1], bytes.fromhex(KNOWN[123]) + b"x"]
)
def test_nothing_else_is_a_signature(wrong: bytes) -> None:
    assert not QUICKNET.is_signed(123, wrong)


@pytest.mark.parametrize("number", [0, -1, 2**64])
def test_there_are_no_such_rounds(number: int) -> None:
    assert not QUICKNET.is_signed(number, bytes.fromhex(KNOWN[123]))


def test_the_round_of_a_block_is_published_after_it() -> None:
    for offset in (0.0, 0.5, 2.9, 3.0, 1234.5):
        block_time = QUICKNET.genesis_s + 10_000 + offset
        number = QUICKNET.find_round(block_time)
        published = QUICKNET.genesis_s + (number - 1) * QUICKNET.period_s
        assert block_time + QUICKNET.margin_s <= published < block_time + QUICKNET.margin_s + QUICKNET.period_s
    assert QUICKNET.find_round(0.0) == 1


def test_the_beacon_depends_on_both_sources() -> None:
    assert combine(b"h" * 32, None) == b"h" * 32, "as in cycles from before"
    both = {combine(block, signature) for block in (b"h" * 32, b"i" * 32) for signature in (b"s" * 48, b"t" * 48)}
    assert len(both) == 4
