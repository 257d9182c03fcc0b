"""Encodes structures as bytes for storage: one version byte, then zlib over msgpack."""

from __future__ import annotations

import zlib
from typing import TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)


class Unreadable(ValueError):
    """These bytes are not what they should be; the message says why."""


def pack(version: int, structure: msgspec.Struct) -> bytes:
    """Return the structure as bytes; `unpack` is the inverse."""
    return bytes([version]) + zlib.compress(msgspec.msgpack.encode(structure), 9)


def unpack(version: int, data: bytes, kind: type[S], limit_bytes: int, what: str) -> S:
    """Return the structure in `data`, which is not trusted. Raises Unreadable.

    limit_bytes: the size that the decompressed data may have at most.
    what: the name of such a structure, for the message.
    """
    if not data or data[0] != version:
        raise Unreadable(f"A {what} begins with the byte {version}; this has {data[:1].hex() or 'no bytes'}.")
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(data[1:], limit_bytes)
        if inflater.unconsumed_tail or not inflater.eof or inflater.unused_data:
            raise Unreadable(f"A {what} has at most {limit_bytes} bytes and nothing after its end.")
        return msgspec.msgpack.decode(plain, type=kind)
    except (zlib.error, msgspec.MsgspecError) as error:
        raise Unreadable(f"These {len(data)} bytes are not a {what}: {error}.") from None
