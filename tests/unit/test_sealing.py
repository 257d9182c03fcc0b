"""Sealed endpoints open for the operator and the hotkey they were sealed for, and for nobody else."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinitro.chain.commitments import Commitment, InvalidCommitment, Malformed, SealedEndpoint, decode, encode
from kinitro.chain.sealing import BackendKey, parse_public_key, seal_endpoint
from kinitro.chain.ss58 import encode_address
from kinitro.errors import ConfigurationError

KEY = BackendKey.generate()
ALICE, BOB = encode_address(b"a" * 32), encode_address(b"b" * 32)
ENDPOINT = "https://0b6e2a52-7d5c-4a0e-8d4d-0123456789ab.deployments.example.ai"


def test_it_travels_in_a_commitment() -> None:
    sealed = seal_endpoint(ENDPOINT, KEY.public, ALICE)
    commitment = decode(encode(Commitment("alice/pi0", "0" * 40, sealed)))
    assert isinstance(commitment, Commitment)
    assert isinstance(commitment.endpoint, SealedEndpoint)
    assert KEY.open(commitment.endpoint, ALICE) == ENDPOINT
    assert ENDPOINT.encode() not in encode(commitment)


def test_a_copied_commitment_is_worthless() -> None:
    assert isinstance(KEY.open(seal_endpoint(ENDPOINT, KEY.public, ALICE), BOB), Malformed)


def test_another_operator_cannot_read_it() -> None:
    assert isinstance(BackendKey.generate().open(seal_endpoint(ENDPOINT, KEY.public, ALICE), ALICE), Malformed)


def test_the_same_endpoint_never_looks_the_same() -> None:
    assert seal_endpoint(ENDPOINT, KEY.public, ALICE) != seal_endpoint(ENDPOINT, KEY.public, ALICE)


@given(st.integers(0, 500), st.integers(1, 255))
def test_any_changed_bit_is_found(position: int, change: int) -> None:
    data = bytearray(seal_endpoint(ENDPOINT, KEY.public, ALICE).ciphertext)
    data[position % len(data)] ^= change
    assert isinstance(KEY.open(SealedEndpoint(bytes(data)), ALICE), Malformed)


@given(st.binary(max_size=200))
def test_no_bytes_break_it(data: bytes) -> None:
    assert isinstance(KEY.open(SealedEndpoint(data), ALICE), Malformed)


def test_keys_of_low_order_are_refused() -> None:
    assert isinstance(KEY.open(SealedEndpoint(bytes(32) + b"x" * 40), ALICE), Malformed)
    with pytest.raises(InvalidCommitment, match="X25519"):
        seal_endpoint(ENDPOINT, bytes(32), ALICE)


def test_what_was_sealed_must_be_an_endpoint() -> None:
    with pytest.raises(InvalidCommitment, match="form https://"):
        seal_endpoint("ftp://example.com", KEY.public, ALICE)
    with pytest.raises(InvalidCommitment, match="79"):
        seal_endpoint("https://" + "a" * 72, KEY.public, ALICE)
    assert len(seal_endpoint("https://" + "a" * 71, KEY.public, ALICE).ciphertext) == 127


def test_the_key_file(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "backend"
    KEY.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert BackendKey.load(path).public == KEY.public
    secret = path.read_text().strip()
    assert secret not in repr(BackendKey.load(path))
    with pytest.raises(ConfigurationError, match="exists already"):
        KEY.save(path)
    path.write_text(secret[:-1])
    with pytest.raises(ConfigurationError, match="does not hold a backend key") as caught:
        BackendKey.load(path)
    assert secret[:20] not in str(caught.value)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        BackendKey.load(tmp_path / "missing")


@pytest.mark.parametrize("text", ["", "zz", "00" * 31, "00" * 33, "main"])
def test_public_keys_are_checked(text: str) -> None:
    with pytest.raises(ConfigurationError, match="64 hexadecimal digits"):
        parse_public_key(text)
    assert parse_public_key(KEY.public.hex()) == KEY.public
