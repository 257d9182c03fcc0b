"""SCALE, Substrate's binary notation: as much of it as metadata and extrinsics need."""

from __future__ import annotations

from collections.abc import Iterable


def compact(number: int) -> bytes:
    """An unsigned integer in 1, 2, 4 or more bytes; the two lowest bits say which."""
    for size, mode in ((1, 0), (2, 1), (4, 2)):
        if number < 1 << (8 * size - 2):
            return (number << 2 | mode).to_bytes(size, "little")
    body = number.to_bytes((number.bit_length() + 7) // 8, "little")
    return bytes([(len(body) - 4) << 2 | 3]) + body


def read_compact(data: bytes) -> tuple[int, int]:
    """The integer at the beginning of `data`, and how many bytes it takes."""
    size = (1, 2, 4, 0)[data[0] & 3]
    if size:
        return int.from_bytes(data[:size], "little") >> 2, size
    size = (data[0] >> 2) + 4
    return int.from_bytes(data[1 : 1 + size], "little"), 1 + size


def text(value: str) -> bytes:
    return compact(len(value.encode())) + value.encode()


def vector(items: Iterable[bytes]) -> bytes:
    encoded = list(items)
    return compact(len(encoded)) + b"".join(encoded)


def option(value: bytes | None) -> bytes:
    return b"\0" if value is None else b"\1" + value
