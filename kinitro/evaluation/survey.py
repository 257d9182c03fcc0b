"""A survey evaluates one policy on several environments, outside of any cycle. `kinitro evaluate` runs it."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import msgspec

from kinitro.environments.randomization import GROUPS
from kinitro.environments.registry import bind_all_to_pack, get_spec
from kinitro.environments.seeds import derive_seed
from kinitro.environments.spec import EnvironmentSpec
from kinitro.errors import ConfigurationError, UnavailableError
from kinitro.evaluation.episode import negotiate
from kinitro.evaluation.errors import SurveyFailed, VideoFailed
from kinitro.evaluation.fault_attribution import VIDEO_FAILED
from kinitro.evaluation.jobs import Evaluator, Job
from kinitro.evaluation.outcomes import EpisodeResult, Outcome
from kinitro.evaluation.traces import encode
from kinitro.files import replace_file
from kinitro.policies.client import HttpPolicy
from kinitro.policies.errors import PolicyError, PolicyFailed

SCORED_RANDOMIZATION = "standard"
NO_RANDOMIZATION = "none"
PLACEMENT = "placement only"
CONDITIONS = (PLACEMENT, *GROUPS)
"""What is drawn where the sensitivity is measured, beside the whole level: the placement, and one group with it."""
MAX_TRIES = 3
"""Runs of one episode until it ends without a fault of ours."""
HEALTH_TRIES = 3
HEALTH_PAUSE_S = 0.5
"""Seconds between two tries of asking whether a server still answers."""


class Key(NamedTuple):
    """Names an episode of a survey."""

    env_id: str
    episode: int
    group: str | None = None


class Trial(msgspec.Struct, frozen=True):
    """One episode of a survey and its result, which has no trace of its own."""

    env_id: str
    episode: int
    seed: str
    result: EpisodeResult
    group: str | None = None
    """What was drawn, of CONDITIONS; None for the survey's whole level of randomization."""
    trace: bytes | None = None
    """The encoded trace, if it was wanted, for a film of the episode."""

    @property
    def key(self) -> Key:
        """Which of the survey's episodes it is."""
        return Key(self.env_id, self.episode, self.group)


class Header(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a survey measures; a journal continues only a survey with an equal header."""

    target: str
    environments: tuple[tuple[str, str], ...]
    """The (id, version) of each environment."""
    episodes: int
    seed: int
    max_steps: int | None
    shard: tuple[int, int] | None = None
    """(I, N): one of N parts, counted from 1, which several machines run; None for the whole survey."""
    randomization: str = SCORED_RANDOMIZATION
    sensitivity: bool = False
    """Whether every episode is also run with each of CONDITIONS."""


@dataclass(frozen=True, slots=True)
class SurveyPlan:
    """The episodes of a survey. Their seeds follow from the header's `seed` alone, whatever the policy."""

    header: Header

    @classmethod
    def of(
        cls,
        target: str,
        environments: Sequence[str],
        episodes: int,
        seed: int,
        max_steps: int | None,
        *,
        shard: tuple[int, int] | None = None,
        randomization: str = SCORED_RANDOMIZATION,
        sensitivity: bool = False,
        pack: str | None = None,
    ) -> SurveyPlan:
        """Make the plan for these environments, each of them once; raises UnknownEnvironment, ConfigurationError.

        pack: the digest of the pack from which those on the rung `sealed` are drawn.
        """
        if shard is not None and not 1 <= shard[0] <= shard[1] <= episodes:
            raise ConfigurationError(
                f"--shard cannot be {shard[0]}/{shard[1]}: give I/N, with I from 1 to N, and N at most the {episodes} "
                "episodes per environment."
            )
        if sensitivity and randomization == NO_RANDOMIZATION:
            raise ConfigurationError("--sensitivity needs --randomization standard or hard: at none, nothing varies.")
        specs = bind_all_to_pack(map(get_spec, environments), pack)
        versions = tuple({spec.id: spec.version for spec in specs}.items())
        return cls(Header(target, versions, episodes, seed, max_steps, shard, randomization, sensitivity))

    @property
    def name(self) -> str:
        """A short name; equal plans have equal names."""
        return hashlib.sha256(msgspec.json.encode(self.header)).hexdigest()[:12]

    @property
    def keys(self) -> list[Key]:
        """All episodes; the first episodes of all environments come first.

        A shard has every N-th episode of each environment. If the sensitivity is measured, all of them are there once
        for each condition, one condition after the other: environments are made for one of them.
        """
        first, step = (0, 1) if self.header.shard is None else (self.header.shard[0] - 1, self.header.shard[1])
        episodes = range(first, self.header.episodes, step)
        return [
            Key(env_id, episode, group)
            for group in (None, *(CONDITIONS if self.header.sensitivity else ()))
            for episode in episodes
            for env_id, _ in self.header.environments
        ]

    def make_job(self, key: Key, endpoint: str, videos: Path | None) -> Job:
        """Return the job of one episode; `videos` is the directory for its video, None for no video.

        Only episodes of the whole level are filmed. The seed does not depend on the condition.
        """
        env_id, episode, group = key
        spec = replace(get_spec(env_id), version=dict(self.header.environments)[env_id])
        videos = None if group else videos
        video = None if videos is None else videos / f"{env_id.replace('/', '-')}-{episode:04d}.mp4"
        return Job(
            env_id,
            spec.version,
            self._derive_seed(spec, episode),
            endpoint,
            self.header.max_steps or spec.max_steps,
            None if video is None else str(video.resolve()),
            randomization=self._choose_randomization(group),
            factors=True,
        )

    def _choose_randomization(self, group: str | None) -> str | None:
        level = self.header.randomization
        if group is None:
            return None if level == SCORED_RANDOMIZATION else level
        return NO_RANDOMIZATION if group == PLACEMENT else f"{level}:{group}"

    def _derive_seed(self, spec: EnvironmentSpec, episode: int) -> str:
        key = hashlib.sha256(f"kinitro evaluate --seed {self.header.seed}".encode()).digest()
        return derive_seed(key, b"", spec.id, spec.version, episode).hex()


class Journal:
    """Keeps the finished trials of a survey in a file, one JSON line each, so that an interrupted survey can go on.

    Only one process at a time can use it: the file beside it with the suffix `.lock` is locked until `close`.
    """

    def __init__(self, path: Path, plan: SurveyPlan, *, fresh: bool = False, complete: bool = False) -> None:
        """Open the journal and read its trials; `fresh` ignores and overwrites them.

        complete: whether a survey that is finished is read, too; otherwise it begins anew.

        Raises ConfigurationError if the file cannot be written, UnavailableError if another process writes it.
        """
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = path.with_suffix(".lock").open("w")
            self.trials = self._open(plan, fresh=fresh, complete=complete)
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be written ({error.strerror}): name another --results.") from None

    def _open(self, plan: SurveyPlan, *, fresh: bool, complete: bool) -> list[Trial]:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            trials = [] if fresh else _read_trials(self.path, plan, complete=complete)
            replace_file(self.path, b"".join(msgspec.json.encode(line) + b"\n" for line in (plan.header, *trials)))
            self._file = self.path.open("ab")
        except BlockingIOError:
            self._lock.close()
            raise UnavailableError(
                f"Another `kinitro evaluate` with the same arguments is running and writes {self.path}: "
                "wait for it, or name another --results."
            ) from None
        except OSError:
            self._lock.close()
            raise
        return trials

    def add(self, trial: Trial) -> None:
        """Write a finished trial; raises UnavailableError if that fails."""
        try:
            self._file.write(msgspec.json.encode(trial) + b"\n")
            self._file.flush()
        except OSError as error:
            raise UnavailableError(
                f"{self.path} cannot be written ({error.strerror}): make room, then run the same command to continue."
            ) from None
        self.trials.append(trial)

    def close(self) -> None:
        """Close the file and release its lock."""
        with suppress(OSError):  # what could not be written was reported when it was added
            self._file.close()
        self._lock.close()


def _read_trials(path: Path, plan: SurveyPlan, *, complete: bool) -> list[Trial]:
    """Return the trials in a journal of the same plan, each episode once; none if it was finished, unless `complete`.

    Damaged lines are ignored: the last one of a killed process may be half a line. Episodes that ended with an
    evaluator fault are ignored, too: they are run again.
    """
    if not path.exists():
        return []
    header, *lines = path.read_bytes().splitlines() or [b""]
    try:
        if msgspec.json.decode(header, type=Header) != plan.header:
            return []
    except (ValueError, msgspec.MsgspecError):
        return []
    wanted = set(plan.keys)
    trials: dict[Key, Trial] = {}
    for line in lines:
        try:
            trial = msgspec.json.decode(line, type=Trial)
        except (ValueError, msgspec.MsgspecError):
            continue
        if trial.key in wanted and trial.result.outcome is not Outcome.EVALUATOR_FAULT:
            trials.setdefault(trial.key, trial)
    return [] if len(trials) == len(wanted) and not complete else list(trials.values())


async def expect_answer(endpoint: str) -> None:
    """Raise UnavailableError unless the policy server at `endpoint` answers."""
    policy = HttpPolicy(endpoint, allow_private=True)
    try:
        for tries_left in range(HEALTH_TRIES - 1, -1, -1):
            try:
                return await negotiate(policy)
            except PolicyError as error:
                if not tries_left or isinstance(error, PolicyFailed):
                    raise UnavailableError(f"The policy server {endpoint} does not work. {error}") from None
            await asyncio.sleep(HEALTH_PAUSE_S)
    finally:
        await policy.close()


async def run_survey(
    plan: SurveyPlan,
    evaluator: Evaluator,
    endpoint: str,
    journal: Journal,
    *,
    at_once: int,
    videos: Path | None = None,
    traces: bool = False,
    finished: Callable[[Trial], None] = lambda _: None,
    expect: Callable[[str], Awaitable[None]] = expect_answer,
) -> None:
    """Run the episodes that the journal does not have yet, `at_once` at a time.

    traces: whether the trials of the whole level of randomization shall have their traces.
    finished: called with every finished trial.
    expect: called after an episode that the policy's answers ended, to find out whether the server still answers. The
        error that it raises ends the survey, and the episode is not counted.

    Raises VideoFailed, UnavailableError.
    """
    done = {trial.key for trial in journal.trials}
    places = asyncio.Semaphore(min(at_once, evaluator.capacity))
    asking = asyncio.Lock()

    async def one(key: Key) -> None:
        async with places:
            job = plan.make_job(key, endpoint, videos)
            result = await _evaluate(evaluator, job)
            if result.outcome is Outcome.POLICY_FAULT:
                async with asking:
                    await expect(endpoint)
            kept = encode(result.trace) if traces and key.group is None and result.trace is not None else None
            trial = Trial(key.env_id, key.episode, job.seed, replace(result, trace=None), key.group, kept)
            journal.add(trial)
            finished(trial)

    tasks = [asyncio.create_task(one(key)) for key in plan.keys if key not in done]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def check_outcomes(trials: Sequence[Trial]) -> None:
    """Raise SurveyFailed if the trials say nothing about the policy: evaluator faults, or only policy faults."""
    ours = [trial.result for trial in trials if trial.result.outcome is Outcome.EVALUATOR_FAULT]
    if ours:
        raise SurveyFailed(
            f"{len(ours)} of {len(trials)} episodes have no result because of a fault of this machine "
            f"({ours[0].detail or ours[0].reason}); run the same command to run them again."
        )
    if trials and all(trial.result.outcome is Outcome.POLICY_FAULT for trial in trials):
        last = trials[-1].result
        raise SurveyFailed(f"The policy could not play a single episode ({last.reason}). {last.detail or ''}".strip())


async def _evaluate(evaluator: Evaluator, job: Job) -> EpisodeResult:
    for _ in range(MAX_TRIES):
        result = await evaluator.evaluate(job)
        if result.reason == VIDEO_FAILED:
            raise VideoFailed(result.detail or "A video cannot be written.")
        if result.outcome is not Outcome.EVALUATOR_FAULT:
            break
    return result
