"""Compiling Python functions to machine code, once per machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numba

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """`function` compiled by numba at its first call, without any reordering of arithmetic.

    No `fastmath`: LLVM then neither reassociates nor fuses multiplication and addition, so that every operation is
    rounded as IEEE 754 says, and results are the same on every x86-64. Division by zero gives infinity.

    The machine code is kept beside the source, or in NUMBA_CACHE_DIR, or in the user's cache directory, whichever can
    be written; where none can, it is compiled anew in every process.
    """
    options: dict[str, Any] = {"error_model": "numpy", "fastmath": False, "nogil": True}
    try:
        return numba.njit(function, cache=True, **options)  # type: ignore[no-any-return]
    except RuntimeError:  # numba found no directory that it can write to
        return numba.njit(function, **options)  # type: ignore[no-any-return]
