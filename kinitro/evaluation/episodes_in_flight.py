"""How many episodes one worker process keeps in flight: as many as keep its core busy while policies think.

While one policy thinks, the core works on other episodes. With a step of s seconds of work and a policy that answers
after l seconds, 1 + l / s episodes fill the core; some more make up for how much both vary. Both are measured.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Final

from kinitro.evaluation.outcomes import EpisodeResult, Outcome

DEFAULT_EPISODES: Final = 24
"""Episodes of a worker at the beginning, and the fewest afterwards unless memory is short."""
MOST_EPISODES: Final = 96
"""Episodes of a worker at most: enough for 100 ms of latency on a core that needs 1.5 ms for a step."""
WORKER_MIB: Final = 450
"""What a worker takes besides its environments: the interpreter, libraries, 200 MiB of compiled models to copy."""
EPISODE_MIB: Final = 30
"""What an environment takes at most."""
SPARE_ENVIRONMENTS: Final = 8
"""Idle environments that a worker keeps besides those in use; see `environment_cache`."""
USABLE_SHARE: Final = 0.75
"""The share of the memory which is free at the start that all workers together may fill."""
_MARGIN: Final = 1.3
_MEMORY_OF: Final = 32
"""How many episodes the averages reach back."""


class EpisodesInFlight:
    """Decides how many episodes each worker of a pool runs at once, from the results of those that ended."""

    def __init__(self, most: int, least: int = DEFAULT_EPISODES) -> None:
        """Begin with `least` episodes, or with `most` if that is smaller; `most` is what memory allows."""
        self._most = max(1, most)
        self._least = min(least, self._most)
        self._latency_ms = 0.0
        self._step_ms = 0.0
        self._seen = 0
        self.count = self._least
        """Episodes in flight per worker now."""

    def learn(self, result: EpisodeResult) -> None:
        """Take the timings of an episode into account; one that our own fault ended says nothing."""
        timings = result.timings
        if result.outcome is Outcome.EVALUATOR_FAULT or result.steps == 0 or timings.simulation_ms <= 0.0:
            return
        self._seen += 1
        share = 1.0 / min(self._seen, _MEMORY_OF)
        self._latency_ms += share * (timings.policy_p50_ms - self._latency_ms)
        self._step_ms += share * (timings.simulation_ms / result.steps - self._step_ms)
        filling = 1.0 + self._latency_ms / self._step_ms if self._step_ms > 0.0 else math.inf
        self.count = max(math.ceil(min(_MARGIN * filling, self._most)), self._least)


def allow_episodes(workers: int, free_bytes: int) -> int:
    """Return how many episodes each of `workers` processes may have in flight in so much free memory: 1 or more."""
    share_mib = USABLE_SHARE * free_bytes / 2**20 / workers
    return min(max(1, int((share_mib - WORKER_MIB) / EPISODE_MIB) - SPARE_ENVIRONMENTS), MOST_EPISODES)


def read_free_memory(root: Path = Path("/")) -> int:
    """Return the bytes that this process and its children may still fill, by the machine's count and its cgroup's."""
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        for line in (root / "proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                free = int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        group = root / "sys/fs/cgroup"
        free = min(free, int((group / "memory.max").read_text()) - int((group / "memory.current").read_text()))
    except (OSError, ValueError):  # no cgroup of version 2, or "max"
        pass
    return max(free, 0)
