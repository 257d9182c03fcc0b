"""Expert demonstrations under the scored randomization, recorded as what a policy would have seen.

Attempt k of an environment has the seed of (base seed, environment id and version, k), so equal orders give equal
demonstrations. Each attempt leaves a file in the staging folder, an empty one if the expert failed: a second run goes
on there. The demonstrations of an environment are its first successful attempts, however many ran side by side.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import itertools
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
import tokenize
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kinitro.environments import EnvironmentSpec, get_spec, make, make_expert
from kinitro.environments.interface import PrivilegedEnvironment, read_instruction
from kinitro.environments.packs.directory import SealedPack, open_pack
from kinitro.environments.packs.versions import SEALED_RUNG
from kinitro.environments.randomization.levels import get_level
from kinitro.environments.registry import bind_to_pack
from kinitro.environments.seeds import SEED_BITS
from kinitro.files import replacing
from kinitro.miner.errors import RecordingError

STAGING: Final = ".attempts"
"""The staging folder, in the output folder; it is kept, so that more episodes can be added later."""
PRIVILEGED: Final = "privileged_state"
"""The name of the privileged state in files: not one that LeRobot gives to policies."""
MAX_FAILURES: Final = 20
"""Attempts in a row without success after which an environment is given up."""
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, tokenize.TokenError, NotImplementedError)
"""What reading a damaged npz file raises besides builtin errors: of its zip, its deflate streams and its headers."""


@dataclass(frozen=True, slots=True)
class Demonstration:
    """One successful episode of T control steps: row t is what was seen before action t."""

    env_id: str
    instruction: str
    agent_pos: npt.NDArray[np.float32]
    """(T, p)"""
    pixels: dict[str, npt.NDArray[np.uint8]]
    """Camera name -> (T, height, width, 3)."""
    actions: npt.NDArray[np.float32]
    """(T, m)"""
    privileged: npt.NDArray[np.float64] | None = None
    """(T, k): `privileged_state()`, which no policy ever sees, if it was asked for: labels for training."""

    def save(self, file: Path) -> None:
        """Write the demonstration as an npz file, as a whole or not at all."""
        arrays: dict[str, Any] = {
            "agent_pos": self.agent_pos,
            "action": self.actions,
            "env_id": np.array(self.env_id),
            "instruction": np.array(self.instruction),
            **{f"pixels.{camera}": frames for camera, frames in self.pixels.items()},
            **({} if self.privileged is None else {PRIVILEGED: self.privileged}),
        }
        with replacing(file) as stream:
            np.savez_compressed(stream, **arrays)

    @classmethod
    def load(cls, file: Path) -> Demonstration:
        """Read a demonstration; raises RecordingError if the file is damaged."""
        try:
            with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
                pixels = {name.removeprefix("pixels."): arrays[name] for name in arrays if name.startswith("pixels.")}
                texts = str(arrays["env_id"]), str(arrays["instruction"])
                privileged = arrays.get(PRIVILEGED)
                return cls(*texts, arrays["agent_pos"], pixels, arrays["action"], privileged)
        except (OSError, ValueError, KeyError, EOFError, *_DAMAGED) as error:
            raise RecordingError(f"{file} is damaged ({error}): delete it and run the command again.") from None


@dataclass(frozen=True, slots=True)
class DemonstrationOrder:
    """What to record, and where."""

    environments: tuple[str, ...]
    episodes: int
    """How many successful episodes of each environment."""
    folder: Path
    seed: int = 0
    randomization: str = "standard"
    cameras: tuple[str, ...] | None = None
    """None: those of each environment's spec."""
    privileged: bool = False
    """Record the privileged state, too."""
    pack: Path | None = None
    """The pack that environments on the rung `sealed` are drawn from."""

    def open_pack(self, spec: EnvironmentSpec) -> SealedPack | None:
        """Return the pack for an environment that draws from one; None for others. Raises InvalidPack."""
        return open_pack(self.pack) if self.pack is not None and SEALED_RUNG in spec.rungs else None

    def name_attempt_file(self, env_id: str, attempt: int) -> Path:
        """Name an attempt's file after everything that determines the attempt."""
        spec = get_spec(env_id)
        cameras = spec.camera_names if self.cameras is None else self.cameras
        pack = self.open_pack(spec)
        spec = bind_to_pack(spec, None if pack is None else pack.digest)
        facts = f"{spec.version} {self.seed} {self.randomization} {cameras}"
        facts += " privileged" if self.privileged else ""
        key = hashlib.sha256(facts.encode()).hexdigest()[:8]
        return self.folder / STAGING / f"{env_id.replace('/', '-')}-{key}-{attempt:06d}.npz"


def derive_attempt_seed(spec: EnvironmentSpec, base: int, attempt: int) -> int:
    """Derive a seed of 128 bits, which no evaluation uses unless somebody finds a preimage of SHA-256."""
    text = f"kinitro demos {base} {spec.id} {spec.version} {attempt}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[: SEED_BITS // 8], "big")


def record(order: DemonstrationOrder, env_id: str, attempt: int) -> bool:
    """Run one attempt of the expert, write its file, and return whether it succeeded. Runs in a worker process."""
    pack = order.open_pack(get_spec(env_id))
    environment = make(env_id, cameras=order.cameras, randomization=order.randomization, pack=pack)
    environment.reset(derive_attempt_seed(environment.spec, order.seed, attempt))
    instruction = read_instruction(environment)
    expert = make_expert(environment)
    privileged = environment if order.privileged and isinstance(environment, PrivilegedEnvironment) else None
    if order.privileged and privileged is None:
        raise RecordingError(f"{env_id} does not say where things are: record it without --privileged.")
    seen, actions, states, success = [], [], [], False
    for _ in range(environment.spec.max_steps):
        seen.append(environment.observe())
        if privileged is not None:
            states.append(privileged.privileged_state())
        actions.append(expert.act())
        done = environment.step(actions[-1])
        success = done.success
        if done.terminated or done.truncated:
            break
    environment.close()
    file = order.name_attempt_file(env_id, attempt)
    if not success:
        file.touch()
        return False
    Demonstration(
        env_id,
        instruction,
        np.stack([observation.agent_pos for observation in seen]),
        {camera: np.stack([observation.pixels[camera] for observation in seen]) for camera in seen[0].pixels},
        np.stack(actions),
        np.stack(states) if states else None,
    ).save(file)
    return True


def collect(
    order: DemonstrationOrder, workers: int, progress: Callable[[str, int], None] = lambda *_: None
) -> list[Path]:
    """Record what is missing with `workers` processes; return the files of all demonstrations by environment.

    `progress(env_id, found)` is called whenever more demonstrations of an environment exist. Raises RecordingError,
    ConfigurationError.
    """
    get_level(order.randomization)
    found: list[Path] = []
    context = multiprocessing.get_context("spawn")
    with _lock_folder(order.folder), ProcessPoolExecutor(workers, context, _follow_the_parent) as pool:
        try:
            for env_id in order.environments:
                found += _collect_one(order, env_id, pool, workers, progress)
        except BrokenProcessPool:
            raise RecordingError("A recording process died (out of memory?); run again with fewer --workers.") from None
        except OSError as error:
            raise RecordingError(f"{order.folder} cannot be written: {error.strerror or error}.") from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return found


@contextlib.contextmanager
def _lock_folder(folder: Path) -> Iterator[None]:
    """Let only one command record into a folder at a time, and remove what a killed one left half written."""
    staging = folder / STAGING
    try:
        staging.mkdir(parents=True, exist_ok=True)
        lock = (staging / ".lock").open("w")
    except OSError as error:
        raise RecordingError(f"{folder} cannot be written: {error.strerror}.") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RecordingError(
                f"Another command records into {folder} now: wait for it, or name another folder."
            ) from None
        for draft in staging.glob(".*.npz.*"):
            draft.unlink(missing_ok=True)
        yield


def _follow_the_parent() -> None:
    """Prepare a worker process: it ignores Ctrl-C, which the parent handles, and ends when its parent is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)


def _collect_one(
    order: DemonstrationOrder,
    env_id: str,
    pool: ProcessPoolExecutor,
    workers: int,
    progress: Callable[[str, int], None],
) -> list[Path]:
    """Make attempts side by side but judge them in order, so that the result does not depend on timing."""
    files: list[Path] = []
    pending: deque[tuple[Path, Future[bool] | None]] = deque()
    attempts = itertools.count()
    failures = 0
    while len(files) < order.episodes:
        while len(pending) < min(2 * workers, order.episodes - len(files)):
            attempt = next(attempts)
            file = order.name_attempt_file(env_id, attempt)
            pending.append((file, None if file.exists() else pool.submit(record, order, env_id, attempt)))
        file, future = pending.popleft()
        if future.result() if future else file.stat().st_size > 0:
            files.append(file)
            failures = 0
            progress(env_id, len(files))
        else:
            failures += 1
        if failures == MAX_FAILURES:
            raise RecordingError(f"The expert failed {MAX_FAILURES} times in a row on {env_id}; leave it out.")
    return files
