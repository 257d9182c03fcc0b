"""Films an episode in a process of its own, which may take so much and no more.

    python -m kinitro.evaluation.filming trace FILE OUT [PACK]
    python -m kinitro.evaluation.filming expert ENVIRONMENT OUT

OUT is an mp4 file, and beside it a JSON file with what `Film` has; or a png file: of a trace the last image, of an
expert's episode the first. The process ends with 0, or with 1 and one sentence on standard error.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import numpy as np

from kinitro.environments import fingerprint, make, make_expert
from kinitro.environments.interface import Environment, Observation
from kinitro.environments.packs.directory import open_pack
from kinitro.errors import KinitroError
from kinitro.evaluation.errors import VideoFailed
from kinitro.evaluation.outcomes import Trace
from kinitro.evaluation.replay import replay
from kinitro.evaluation.rollout import Rollout
from kinitro.evaluation.traces import count_steps, decode
from kinitro.evaluation.video import ENLARGED, VideoObserver, join_images
from kinitro.files import publish_file
from kinitro.policies.images import encode_png

MEMORY_BYTES = 3 << 30
FILE_BYTES = 64 << 20
CPU_S = 120
NICENESS = 10
EXPERT_SEED = 1
"""The episode in which experts are filmed."""


class Film(msgspec.Struct, frozen=True):
    """What belongs to a video."""

    rewards: list[float]
    """Of every step."""
    success_step: int | None
    agrees: bool
    """Whether the replay had the states of the trace, to the bit; true where the machine that made it was of another
    kind, so that states cannot be compared."""


def main(arguments: list[str]) -> int:
    """Make one film; returns the exit code."""
    limit()
    kind, what, out, *pack = arguments
    try:
        if kind == "expert":
            film_expert(what, Path(out))
        else:
            film_trace(decode(Path(what).read_bytes()), Path(out), Path(pack[0]) if pack else None)
    except (KinitroError, OSError, MemoryError) as error:
        sys.stderr.write(f"{str(error) or type(error).__name__}\n")
        return 1
    return 0


def limit() -> None:
    """Limit what this process may take: memory, size of files, CPU time."""
    os.nice(NICENESS)
    for what, most in (
        (resource.RLIMIT_DATA, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError):  # it is lower already
            resource.setrlimit(what, (most, most))


def film_trace(trace: Trace, out: Path, pack: Path | None) -> None:
    """Film the episode of a trace. Raises InvalidTrace, UnknownEnvironment, SimulationFailed, VideoFailed."""
    environment = make(trace.env_id, pack=None if pack is None else open_pack(pack))
    if out.suffix == ".png":
        last = _Last()
        replay(trace, environment, show=last)
        return last.write(out)
    observer, rewards = VideoObserver(out, environment.spec.control_hz), list[float]()
    try:
        report = replay(trace, environment, fingerprint=fingerprint(), show=observer.observe_unsent, rewards=rewards)
    except BaseException:
        observer.abandon()
        raise
    agrees = report.agrees and count_steps(trace) == report.steps
    write(out.with_suffix(".json"), msgspec.json.encode(Film(rewards, report.success_step, agrees)))
    return observer.end()


def film_expert(env_id: str, out: Path) -> None:
    """Film an episode of the scripted expert. Raises UnknownEnvironment, VideoFailed."""
    environment = make(env_id)
    rollout = Rollout(environment, seed=EXPERT_SEED)
    if out.suffix == ".png":
        last = _Last()
        last(rollout.begin())
        return last.write(out)
    observer = VideoObserver(out, environment.spec.control_hz)
    rewards = play_expert(environment, rollout, observer.observe_unsent)
    write(out.with_suffix(".json"), msgspec.json.encode(Film(rewards, rollout.success_step, True)))
    return observer.end()


def play_expert(environment: Environment, rollout: Rollout, show: Callable[[Observation], None]) -> list[float]:
    """Let the expert play an episode; returns the rewards."""
    show(rollout.begin())
    expert, rewards = make_expert(environment), list[float]()
    while not rollout.over:
        before = rollout.total_reward
        observation = rollout.advance(np.asarray(expert.act())[None])
        rewards.append(rollout.total_reward - before)
        show(environment.observe() if observation is None else observation)
    return rewards


class _Last:
    """Keeps the last observation that it was shown."""

    def __init__(self) -> None:
        self._observation: Observation | None = None

    def __call__(self, observation: Observation) -> None:
        self._observation = observation

    def write(self, out: Path) -> None:
        """Write its images as they are, side by side. Raises VideoFailed if there is none."""
        if self._observation is None:
            raise VideoFailed("The episode shows nothing.")
        pixels = join_images(self._observation)[::ENLARGED, ::ENLARGED]
        write(out, encode_png(np.ascontiguousarray(pixels)).data)


def write(out: Path, content: bytes) -> None:
    """Write a file that appears when it is complete."""
    unfinished = out.with_suffix(f".unfinished{out.suffix}")
    unfinished.write_bytes(content)
    publish_file(unfinished, out)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
