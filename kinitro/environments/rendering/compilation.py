"""Compiling Python functions to machine code, once per machine."""

from __future__ import annotations

import gc
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar

import numba
from numba.core import event

from kinitro.processes import die_with_parent

P = ParamSpec("P")
R = TypeVar("R")

Call = tuple[Callable[..., Any], tuple[Any, ...]]
"""A compiled function and its arguments."""

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
    be written; where none can, or where the disk is full, it is compiled anew in every process. Processes that compile
    at the same time each write whole files under their final name: the last one wins, and all are equal.
    """
    try:
        dispatcher: Any = numba.njit(function, cache=True, **OPTIONS)
    except RuntimeError:  # numba found no directory that it can write to
        return numba.njit(function, **OPTIONS)  # type: ignore[no-any-return]
    cache = dispatcher._cache
    save = cache.save_overload

    def save_if_possible(signature: Any, result: Any) -> None:
        with suppress(OSError):  # what is compiled works without being kept
            save(signature, result)

    cache.save_overload = save_if_possible
    return dispatcher  # type: ignore[no-any-return]


def inner(function: Callable[P, R]) -> Callable[P, R]:
    """`function` compiled as part of the compiled functions that call it: it has no entry point for Python."""
    return numba.njit(function, no_cpython_wrapper=True, **OPTIONS)  # type: ignore[no-any-return]


def unfolded(function: Callable[P, R]) -> Callable[P, R]:
    """As `inner`, for large functions with one caller: unfolded into it before anything is compiled.

    Machine code of an inner function is made once for itself and once more for each function that it ends up in.
    """
    return numba.njit(function, inline="always", no_cpython_wrapper=True, **OPTIONS)  # type: ignore[no-any-return]


_COMPILE = """
import pickle, pkgutil, sys
function, types = sys.argv[1:]
pkgutil.resolve_name(function).compile(pickle.loads(bytes.fromhex(types)))
"""


def compile_together(small: Call, one: Call, other: Call) -> None:
    """Compile three functions for arguments of these types, unless the cache has them.

    Numba compiles one function at a time in a process. If `small` was not in the cache, the large ones are not either:
    then a second process compiles `one` and leaves it there, while this one compiles `other`. Should that fail, `one`
    is compiled here after all.
    """
    stats = _compile(small).stats
    helper = _compile_elsewhere(one) if stats.cache_misses and stats.cache_path else None
    try:
        _compile(other)
        if helper is not None:
            helper.wait()
    finally:
        if helper is not None:
            helper.kill()
    _compile(one)


def _compile(call: Call) -> Any:
    function: Any = call[0]
    function.compile(_types(call))
    return function


def _compile_elsewhere(call: Call) -> subprocess.Popen[bytes] | None:
    """Begin to compile in a new process, if one can be started."""
    name, types = f"{call[0].__module__}:{call[0].__name__}", pickle.dumps(_types(call)).hex()
    none = subprocess.DEVNULL
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-c", _COMPILE, name, types],
            stdin=none,
            stdout=none,
            stderr=none,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )
    except OSError:
        return None


def _types(call: Call) -> tuple[Any, ...]:
    return tuple(map(numba.typeof, call[1]))
