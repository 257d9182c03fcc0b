"""A survey: one policy on several environments, outside of any cycle. What `kinitro evaluate` runs."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from kinitro.environments.registry import get_spec
from kinitro.environments.spec import EnvironmentSpec
from kinitro.errors import ConfigurationError
from kinitro.evaluation.jobs import Evaluator, Job
from kinitro.evaluation.outcomes import EpisodeResult, Outcome
from kinitro.evaluation.seeds import derive_seed
from kinitro.files import replace_file

MAX_TRIES = 3
"""Runs of one episode until it ends without a fault of ours."""


class Trial(msgspec.Struct, frozen=True):
    """One episode of a survey and what became of it; `result` has no trace."""

    env_id: str
    episode: int
    seed: str
    result: EpisodeResult


class Header(msgspec.Struct, frozen=True):
    """What a survey is of: a journal continues only a survey with an equal header."""

    target: str
    environments: tuple[tuple[str, str], ...]
    """(id, version)"""
    episodes: int
    seed: int
    max_steps: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """Which episodes to run: the same seeds for the same `seed`, whatever the policy."""

    header: Header

    @classmethod
    def of(cls, target: str, environments: Sequence[str], episodes: int, seed: int, max_steps: int | None) -> Plan:
        """Raises UnknownEnvironment."""
        versions = tuple((spec.id, spec.version) for spec in (get_spec(env_id) for env_id in environments))
        return cls(Header(target, versions, episodes, seed, max_steps))

    @property
    def name(self) -> str:
        """A short name that equal plans share."""
        return hashlib.sha256(msgspec.json.encode(self.header)).hexdigest()[:12]

    @property
    def keys(self) -> list[tuple[str, int]]:
        """(environment id, episode), all environments' first episodes first."""
        return [(env_id, episode) for episode in range(self.header.episodes) for env_id, _ in self.header.environments]

    def job(self, env_id: str, episode: int, endpoint: str, videos: Path | None) -> Job:
        """The job of one episode."""
        spec = get_spec(env_id)
        video = None if videos is None else videos / f"{env_id.replace('/', '-')}-{episode:04d}.mp4"
        return Job(
            env_id,
            spec.version,
            self._seed(spec, episode),
            endpoint,
            self.header.max_steps or spec.max_steps,
            None if video is None else str(video.resolve()),
        )

    def _seed(self, spec: EnvironmentSpec, episode: int) -> str:
        key = hashlib.sha256(f"kinitro evaluate --seed {self.header.seed}".encode()).digest()
        return derive_seed(key, b"", spec.id, spec.version, episode).hex()


class Journal:
    """Finished trials of a survey in a file, one JSON line each, so that an interrupted survey can go on."""

    def __init__(self, path: Path, plan: Plan, *, fresh: bool = False) -> None:
        self.path = path
        self.trials: list[Trial] = []
        if not fresh:
            self.trials = _unfinished(path, plan)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lines = [plan.header, *self.trials]
            replace_file(path, b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
            self._file = path.open("ab")
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be written ({error.strerror}): name another --results.") from None

    def add(self, trial: Trial) -> None:
        """Remember a finished trial."""
        self.trials.append(trial)
        self._file.write(msgspec.json.encode(trial) + b"\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _unfinished(path: Path, plan: Plan) -> list[Trial]:
    """The trials in a journal of the same plan that was interrupted; none if it was finished, or is damaged."""
    if not path.exists():
        return []
    trials: list[Trial] = []
    try:
        first, *lines = path.read_bytes().splitlines()
        if msgspec.json.decode(first, type=Header) != plan.header:
            return []
        for line in lines:
            trials.append(msgspec.json.decode(line, type=Trial))
    except (ValueError, msgspec.MsgspecError):
        pass  # the last line of a killed process may be half a line
    return [] if len(trials) >= len(plan.keys) else trials


async def run_survey(
    plan: Plan,
    evaluator: Evaluator,
    endpoint: str,
    journal: Journal,
    *,
    at_once: int,
    videos: Path | None = None,
    finished: Callable[[Trial], None] = lambda _: None,
) -> None:
    """Run what the journal does not have yet, `at_once` episodes at a time; call `finished` for each."""
    done = {(trial.env_id, trial.episode) for trial in journal.trials}
    places = asyncio.Semaphore(min(at_once, evaluator.capacity))

    async def one(env_id: str, episode: int) -> None:
        async with places:
            job = plan.job(env_id, episode, endpoint, videos)
            result = await _evaluate(evaluator, job)
            trial = Trial(env_id, episode, job.seed, replace(result, trace=None))
            journal.add(trial)
            finished(trial)

    await asyncio.gather(*(one(*key) for key in plan.keys if key not in done))


async def _evaluate(evaluator: Evaluator, job: Job) -> EpisodeResult:
    for _ in range(MAX_TRIES):
        result = await evaluator.evaluate(job)
        if result.outcome is not Outcome.EVALUATOR_FAULT:
            break
    return result
