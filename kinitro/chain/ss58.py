"""SS58, the notation of account addresses: base58(prefix byte, 32-byte public key, 2-byte checksum)."""

from __future__ import annotations

from hashlib import blake2b

from kinitro.chain.errors import ChainError

BITTENSOR_PREFIX = 42
"""The prefix of the generic Substrate network, which Bittensor uses."""
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LENGTH_BYTES = 1 + 32 + 2


class InvalidAddress(ChainError):
    """Not an SS58 address of a 32-byte public key on Bittensor."""


def encode_address(public_key: bytes) -> str:
    """The address of a 32-byte public key."""
    if len(public_key) != 32:
        raise ValueError(f"a public key has 32 bytes, not {len(public_key)}")
    body = bytes([BITTENSOR_PREFIX]) + public_key
    number = int.from_bytes(body + _compute_checksum(body), "big")
    digits = ""
    while number:
        number, digit = divmod(number, 58)
        digits = _ALPHABET[digit] + digits
    return digits


def decode_address(address: str) -> bytes:
    """The 32-byte public key of an address; raises InvalidAddress."""
    number = 0
    for character in address[:64]:
        digit = _ALPHABET.find(character)
        if digit < 0:
            raise InvalidAddress(f"{address[:64]!r} is not an SS58 address: {character!r} does not occur in base58.")
        number = number * 58 + digit
    if len(address) > 64 or number >= 1 << (8 * _LENGTH_BYTES):
        raise InvalidAddress(f"{address[:64]!r} is not an SS58 address: it is too long.")
    raw = number.to_bytes(_LENGTH_BYTES, "big")
    if raw[0] != BITTENSOR_PREFIX or _compute_checksum(raw[:-2]) != raw[-2:]:
        raise InvalidAddress(f"{address!r} is not an SS58 address of Bittensor: check it for typing errors.")
    return raw[1:-2]


def _compute_checksum(body: bytes) -> bytes:
    return blake2b(b"SS58PRE" + body).digest()[:2]
