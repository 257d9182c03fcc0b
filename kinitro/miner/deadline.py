"""A time limit for calls of libraries that have none."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def call_within(limit_s: float, call: Callable[[], T]) -> T:
    """Return or raise what `call` does; raise TimeoutError if it does neither in time.

    A call that is late goes on in its thread until the process ends, which does not wait for it.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:  # raised again below, where it is waited for
            errors.append(error)

    thread = threading.Thread(target=run, name="call with a deadline", daemon=True)
    thread.start()
    thread.join(limit_s)
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError(f"no answer within {limit_s:g} s")
    return results[0]
