"""Recognising equal arrays, so that environments in one process share what they derive from them."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy.typing as npt


class ByContent:
    """Arrays that compare and hash by what they hold: a key for `functools.lru_cache`.

    The cached function calls `take` once; the key in the cache then holds only the digest.
    """

    def __init__(self, *arrays: npt.NDArray[Any]) -> None:
        self._arrays: tuple[npt.NDArray[Any], ...] = arrays
        digest = hashlib.blake2b(digest_size=16)
        for array in arrays:
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(array.tobytes())
        self._digest = digest.digest()

    def take(self) -> tuple[npt.NDArray[Any], ...]:
        """The arrays, which are let go."""
        arrays, self._arrays = self._arrays, ()
        return arrays

    def __hash__(self) -> int:
        return hash(self._digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByContent) and self._digest == other._digest
