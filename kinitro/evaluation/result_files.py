"""Result files, which `kinitro evaluate --json` writes: everything about one evaluation, as JSON."""

from __future__ import annotations

import gc
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from kinitro.environments.interface import Factors
from kinitro.errors import ConfigurationError
from kinitro.evaluation.outcomes import EpisodeResult, Outcome, Timings
from kinitro.evaluation.sensitivity import measure_effects
from kinitro.evaluation.summary import summarize_all
from kinitro.evaluation.survey import CONDITIONS, SCORED_RANDOMIZATION, SurveyPlan, Trial

MAX_BYTES = 512 << 20
"""The whole file is read at once; an episode takes about 2.5 KB."""
GIT_S = 10.0
"""Seconds within which git says which commit a directory is at."""

OutcomeName = Literal["success", "failure", "policy_fault", "evaluator_fault"]
EVALUATOR_FAULT = "evaluator_fault"
RESULT_FIELDS = tuple(
    field.name for field in fields(EpisodeResult) if field.name not in ("outcome", "trace", "recording")
)


class EpisodeRow(msgspec.Struct, frozen=True):
    """One episode; the fields are those of `Trial` and `EpisodeResult`."""

    env_id: str
    episode: Annotated[int, msgspec.Meta(ge=0)]
    seed: str
    outcome: OutcomeName
    steps: int
    success_step: int | None
    total_reward: float
    reason: str | None
    forfeits: int
    timings: Timings
    detail: str | None
    factors: Factors | None = None
    """What was drawn for the episode; None if that is not known, as in files of older versions."""
    group: str | None = None
    """What was varied, of `survey.CONDITIONS`; None for the whole level of randomization."""

    def to_trial(self) -> Trial:
        """Return it as the survey that ran it had it."""
        result = EpisodeResult(
            Outcome[self.outcome.upper()],
            self.steps,
            self.success_step,
            self.total_reward,
            self.reason,
            self.forfeits,
            self.timings,
            detail=self.detail,
            factors=self.factors,
        )
        return Trial(self.env_id, self.episode, self.seed, result, self.group)


class Provenance(NamedTuple):
    """What the episodes of an evaluation come from, beside its plan; `ResultFile` explains the fields."""

    fingerprint: str
    versions: dict[str, str]
    revision: str | None


class SummaryRow(msgspec.Struct, frozen=True):
    """What the table in a file says of one environment."""

    env_id: str
    episodes: int
    successes: int


class SensitivityPart(msgspec.Struct, frozen=True):
    """The episodes of a file with less drawn. Their effects stand there, too, but are computed anew."""

    episodes: list[EpisodeRow]


class ResultFile(msgspec.Struct, frozen=True):
    """The content of a result file; `read_result_file` reads and checks one."""

    target: str
    seed: int
    max_steps: int | None
    """The limit of every episode in steps; None for each environment's horizon."""
    fingerprint: str
    """The physics fingerprint of the machine."""
    versions: dict[str, str]
    environment_versions: dict[str, str]
    environments: list[SummaryRow]
    episodes: list[EpisodeRow]
    shard: tuple[int, int] | None = None
    """(I, N) if it is one of N parts of a survey; see `Header`."""
    randomization: str = SCORED_RANDOMIZATION
    """The level of randomization of all episodes."""
    revision: str | None = None
    """The git commit of the policy's directory, with "+" behind it if files differ from it; None if not known."""
    sensitivity: SensitivityPart | None = None
    """None if it was not measured."""

    @property
    def rows(self) -> list[EpisodeRow]:
        """All episodes, also those with less drawn."""
        return [*self.episodes, *(self.sensitivity.episodes if self.sensitivity else ())]


def read_result_file(path: Path) -> ResultFile:
    """Read and check a result file; raises ConfigurationError, which says what is wrong with it."""
    try:
        if not path.is_file():
            raise ConfigurationError(f"{str(path)!r} is not a file: name a file that `kinitro evaluate --json` wrote.")
        if path.stat().st_size > MAX_BYTES:
            raise ConfigurationError(
                f"{path} is larger than {MAX_BYTES >> 20} MiB, the most that is read: evaluate fewer episodes."
            )
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read ({error.strerror}).") from None
    try:
        result = _decode(content)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ConfigurationError(
            f"{path} is not a whole result file of this version ({error}): write it anew with "
            "`kinitro evaluate --json`."
        ) from None
    if (contradiction := _find_contradiction(result)) is not None:
        raise ConfigurationError(
            f"{path} was changed after it was written: {contradiction}. Write it again with `kinitro evaluate --json`."
        )
    return result


def make_result_file(plan: SurveyPlan, trials: Sequence[Trial], provenance: Provenance) -> ResultFile:
    """Return what `read_result_file` would read if it were written."""
    return _decode(encode_result_file(plan, trials, provenance))


def _decode(content: bytes) -> ResultFile:
    """Decode without collecting garbage: all of the many lists that are made are kept, and looking takes longer."""
    collects = gc.isenabled()
    gc.disable()
    try:
        return msgspec.json.decode(content, type=ResultFile)
    finally:
        if collects:
            gc.enable()


def encode_result_file(plan: SurveyPlan, trials: Sequence[Trial], provenance: Provenance) -> bytes:
    """Return the content of the result file of a survey: indented JSON, with one line for each episode."""
    head: dict[str, Any] = {
        "target": plan.header.target,
        "revision": provenance.revision,
        "seed": plan.header.seed,
        "max_steps": plan.header.max_steps,
        "environment_versions": dict(plan.header.environments),
        "randomization": plan.header.randomization,
        "shard": plan.header.shard,
        "fingerprint": provenance.fingerprint,
        "versions": provenance.versions,
        "environments": [asdict(summary) for summary in summarize_all(plan, trials)],
    }
    trials = sorted(trials, key=lambda trial: (trial.group or "", trial.env_id, trial.episode))
    content = _format(head, [trial for trial in trials if trial.group is None])
    if plan.header.sensitivity:
        effects = {"effects": [asdict(effect) for effect in measure_effects(plan, trials)]}
        part = _format(effects, [trial for trial in trials if trial.group is not None])
        content = content.removesuffix(b"\n}") + b',\n  "sensitivity": ' + part.replace(b"\n", b"\n  ") + b"\n}"
    return content + b"\n"


def _format(head: dict[str, Any], trials: Sequence[Trial]) -> bytes:
    """Return indented JSON of `head` and, under "episodes", a line for each trial. (Strings contain no line breaks.)"""
    beginning = msgspec.json.format(msgspec.json.encode(head), indent=2).removesuffix(b"\n}")
    lines = b",\n    ".join(msgspec.json.encode(_list_fields(trial)) for trial in trials)
    return beginning + b',\n  "episodes": [\n    ' + lines + b"\n  ]\n}"


def _list_fields(trial: Trial) -> dict[str, Any]:
    """The fields of an `EpisodeRow`, whose names are those of the trial and of its result."""
    return {
        **({"group": trial.group} if trial.group else {}),
        "env_id": trial.env_id,
        "episode": trial.episode,
        "seed": trial.seed,
        "outcome": trial.result.outcome.name.lower(),
        **{name: getattr(trial.result, name) for name in RESULT_FIELDS},
    }


def find_revision(directory: Path) -> str | None:
    """Return the git commit of a policy's directory, with "+" if its files are not as committed; None if not known.

    As in `git describe --dirty`, files that git does not know do not count: results may lie in the same directory.
    """
    try:
        answers = [
            subprocess.run(
                ["git", "-C", str(directory), *arguments], capture_output=True, text=True, check=True, timeout=GIT_S
            ).stdout.strip()
            for arguments in (
                ("rev-parse", "--verify", "HEAD"),
                ("status", "--porcelain", "--untracked-files=no", "--", "."),
            )
        ]
    except (OSError, ValueError, subprocess.SubprocessError):  # no git, no repository, or no commit yet
        return None
    commit, changes = answers
    return commit + ("+" if changes else "")


def _find_contradiction(result: ResultFile) -> str | None:
    """Return what in a file cannot be, because its parts do not agree; None if they do."""
    if not result.episodes:
        return "it has no episodes"
    if any(row.group for row in result.episodes) or not all(
        row.group in CONDITIONS for row in result.rows if row.group
    ):
        return "it has episodes in a part where they do not belong"
    keys = Counter((row.env_id, row.episode, row.group) for row in result.rows)
    (env_id, episode, _), times = keys.most_common(1)[0]
    if times > 1:
        return f"episode {episode} of {env_id} is there {times} times"
    if missing := {row.env_id for row in result.rows} ^ result.environment_versions.keys():
        return f"{min(missing)} has episodes but no version, or a version but no episodes"
    counted = [row for row in result.episodes if row.outcome != EVALUATOR_FAULT]
    episodes = Counter(row.env_id for row in counted) | {"all": len(counted)}
    successes = Counter(row.env_id for row in counted if row.outcome == "success")
    said = {row.env_id: (row.episodes, row.successes) for row in result.environments}
    for env_id in (*result.environment_versions, "all"):
        solved = successes.total() if env_id == "all" else successes[env_id]
        if said.get(env_id) != (episodes.get(env_id, 0), solved):
            return f"its table and its episodes do not agree about {env_id}"
    return None
