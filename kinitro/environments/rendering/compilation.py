"""Compiling Python functions to machine code, once per machine."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numba
from numba.core import event

P = ParamSpec("P")
R = TypeVar("R")


OPTIONS: dict[str, Any] = {
    "error_model": "numpy",
    "fastmath": False,
    "nogil": True,
    "_nrt": False,
    "no_cfunc_wrapper": True,
    "no_rewrites": True,
}
"""Division by zero gives infinity. Without `fastmath` LLVM neither reassociates nor fuses multiplication and addition:
every operation is rounded as IEEE 754 says, and results are the same on every x86-64. Functions that allocate nothing
need no reference counts (`_nrt`), nobody calls them from C, and numba's rewriting of whole-array expressions finds
none: without these they are compiled faster.
"""


class _Uncollected(event.Listener):  # type: ignore[misc]
    """Switches the garbage collector off while numba compiles: it makes millions of objects and little garbage."""

    def __init__(self) -> None:
        self._depth = 0
        self._was_on = False

    def on_start(self, _event: event.Event) -> None:
        """Called at the start of each compilation; they nest."""
        if self._depth == 0:
            self._was_on = gc.isenabled()
            gc.disable()
        self._depth += 1

    def on_end(self, _event: event.Event) -> None:
        """Called at its end, also after an error."""
        self._depth -= 1
        if self._depth == 0 and self._was_on:
            gc.enable()


event.register("numba:compile", _Uncollected())


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """`function` compiled by numba at its first call from Python.

    The machine code is kept beside the source, or in NUMBA_CACHE_DIR, or in the user's cache directory, whichever can
    be written; where none can, it is compiled anew in every process. Processes that compile at the same time each
    write whole files under their final name: the last one wins, and all are equal.
    """
    try:
        return numba.njit(function, cache=True, **OPTIONS)  # type: ignore[no-any-return]
    except RuntimeError:  # numba found no directory that it can write to
        return numba.njit(function, **OPTIONS)  # type: ignore[no-any-return]


def inner(function: Callable[P, R]) -> Callable[P, R]:
    """`function` compiled as part of the compiled functions that call it: it has no entry point for Python."""
    return numba.njit(function, no_cpython_wrapper=True, **OPTIONS)  # type: ignore[no-any-return]


def unfolded(function: Callable[P, R]) -> Callable[P, R]:
    """As `inner`, for large functions with one caller: unfolded into it before anything is compiled.

    Machine code of an inner function is made once for itself and once more for each function that it ends up in.
    """
    return numba.njit(function, inline="always", no_cpython_wrapper=True, **OPTIONS)  # type: ignore[no-any-return]
