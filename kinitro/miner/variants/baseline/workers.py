"""Play many episodes at once, and stop cleanly."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any


def run(function: Callable[..., Any], tasks: Sequence[tuple], workers: int) -> Iterator[Any]:
    """The results of `function(*task)` as they come, computed in `workers` processes.

    Ctrl-C and SIGTERM let the tasks that are being worked on finish, and end the program.
    """
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # which the new processes inherit
    futures = [pool.submit(function, *task) for task in tasks]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        for future in as_completed(futures):
            yield future.result()
    except KeyboardInterrupt:
        print("\nfinishing what is being worked on; the same command goes on from there", file=sys.stderr)
        sys.exit(130)
    finally:
        pool.shutdown(cancel_futures=True)
