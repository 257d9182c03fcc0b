"""Compilation of Python functions to machine code with numba, once per machine.

A function that Python calls is decorated with `compiled`; the functions that it calls in turn with `inner` or
`inlined`.
"""

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
"""A compiled function and the arguments to call it with."""

OPTIONS: dict[str, Any] = {
    "error_model": "numpy",
    "fastmath": False,
    "nogil": True,
    "_nrt": False,
    "no_cfunc_wrapper": True,
    "no_rewrites": True,
}
"""Options of numba for all functions.

`error_model`: division by zero gives infinity, as in numpy, instead of raising an exception.
`fastmath`: without it LLVM neither reassociates operations nor fuses multiplications with additions. Every operation is
rounded as IEEE 754 says, and results are the same bits on every x86-64 machine.
`_nrt`, `no_cfunc_wrapper`, `no_rewrites`: these make compilation faster. Our functions allocate nothing, so that they
need no reference counts; nobody calls them from C; they have no whole-array expressions for numba to rewrite.
"""


class _GarbageCollectionPause(event.Listener):  # type: ignore[misc]
    """Switches the garbage collector off while numba compiles, which makes millions of objects and little garbage."""

    def __init__(self) -> None:
        self._depth = 0
        self._was_on = False

    def on_start(self, _event: event.Event) -> None:
        """Called by numba at the start of a compilation. Compilations nest."""
        if self._depth == 0:
            self._was_on = gc.isenabled()
            gc.disable()
        self._depth += 1

    def on_end(self, _event: event.Event) -> None:
        """Called by numba at the end of a compilation, also after an error."""
        self._depth -= 1
        if self._depth == 0 and self._was_on:
            gc.enable()


event.register("numba:compile", _GarbageCollectionPause())


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function that is compiled at its first call from Python, unless the cache has its machine code.

    The cache is NUMBA_CACHE_DIR, the source's folder or the user's cache folder: the first that can be written. If none
    can, or if the disk is full, the function is compiled in every process. Processes that compile at the same time each
    write whole files under their final name; the last one wins, and all files are equal.
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
    """Decorate a function that only compiled functions call: it gets no entry point for Python."""
    return numba.njit(function, no_cpython_wrapper=True, **OPTIONS)  # type: ignore[no-any-return]


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a large function with one caller, also compiled: it is inlined into the caller before compilation.

    This makes compilation faster: the code of an `inner` function is generated once for itself and once more in each
    function into which LLVM inlines it.
    """
    return numba.njit(function, inline="always", no_cpython_wrapper=True, **OPTIONS)  # type: ignore[no-any-return]


_COMPILE = """
import pickle, pkgutil, sys
function, types = sys.argv[1:]
pkgutil.resolve_name(function).compile(pickle.loads(bytes.fromhex(types)))
"""


def compile_together(small: Call, one: Call, other: Call) -> None:
    """Compile three functions for arguments of these types, unless the cache has their machine code.

    Numba compiles one function at a time in a process. So a second process compiles `one` and leaves it in the cache
    while this process compiles `other`. The second process is started only if `small` was not in the cache, since the
    large functions are not there either then. If it fails, `one` is compiled in this process after all.
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
    """Compile a function for its arguments, or load it from the cache; return the function."""
    function: Any = call[0]
    function.compile(_get_types(call))
    return function


def _compile_elsewhere(call: Call) -> subprocess.Popen[bytes] | None:
    """Start a process that compiles a function and leaves it in the cache; None if no process can be started."""
    name, types = f"{call[0].__module__}:{call[0].__name__}", pickle.dumps(_get_types(call)).hex()
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


def _get_types(call: Call) -> tuple[Any, ...]:
    """Numba's types of the arguments."""
    return tuple(map(numba.typeof, call[1]))
