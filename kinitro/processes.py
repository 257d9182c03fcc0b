"""Child processes that do not outlive us."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable


def die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn`: own session (a Ctrl-C at the terminal is ours to handle), and `number` when we are gone."""
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    pr_set_pdeathsig = 1
    parent = os.getpid()

    def prepare() -> None:
        os.setsid()
        if library is not None:
            library.prctl(pr_set_pdeathsig, number)
            if os.getppid() != parent:  # we were killed before the child could ask for the signal
                os._exit(1)

    return prepare
