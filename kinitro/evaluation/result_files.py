"""Result files, which `kinitro evaluate --json` writes: reading two of them and comparing them episode by episode."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from kinitro.errors import ConfigurationError
from kinitro.evaluation.outcomes import EpisodeResult, Outcome, Timings
from kinitro.evaluation.survey import SCORED_RANDOMIZATION, Header, SurveyPlan, Trial
from kinitro.scoring.config import ScoringConfig
from kinitro.scoring.intervals import newcombe_interval
from kinitro.scoring.mcnemar import p_value

MAX_BYTES = 512 << 20
"""The whole file is read at once; an episode takes about 600 bytes."""
SHOWN_DIFFERENCES = 3
GIT_S = 10.0
"""Seconds within which git says which commit a directory is at."""

Verdict = Literal["better", "worse", "undecided"]
OutcomeName = Literal["success", "failure", "policy_fault", "evaluator_fault"]
EVALUATOR_FAULT = "evaluator_fault"
DEPENDS_ON = ("kinitro", "mujoco", "metaworld", "numpy", "numba")
"""The packages whose versions must be equal. Python and the platform are judged by the physics fingerprint."""


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
        )
        return Trial(self.env_id, self.episode, self.seed, result)


class SummaryRow(msgspec.Struct, frozen=True):
    """What the table in a file says of one environment."""

    env_id: str
    episodes: int
    successes: int


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


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """Two policies, `first` and `second`, in the same episodes of one environment, or of all of them together.

    Evaluator faults of either are not counted.
    """

    env_id: str
    """The environment's id; "all" for all of them."""
    episodes: int
    """The episodes that count for both."""
    first_successes: int
    second_successes: int
    only_first: int
    """Discordant episodes: solved by the first policy alone."""
    only_second: int
    difference: float
    """The second success rate less the first, from -1 to 1."""
    interval: tuple[float, float]
    """The 95 % interval of `difference`; see `newcombe_interval`."""
    p_value_better: float
    """The exact p-value of "the second is not better", one-sided as in the scoring rule."""
    p_value_worse: float
    verdict: Verdict
    """Whether the second policy is better or worse by the scoring rule's test between two miners."""


@dataclass(frozen=True, slots=True)
class Discordant:
    """An episode that exactly one of the two policies solved."""

    env_id: str
    episode: int
    seed: str
    solved_by: Literal["first", "second"]


@dataclass(frozen=True, slots=True)
class ResultComparison:
    """The comparison of two result files: one row per environment, all together, and the discordant episodes."""

    environments: list[PairedComparison]
    overall: PairedComparison
    discordant: list[Discordant]
    left_out: int
    """Episodes without a result of one of the policies, because of a fault of the machine."""

    @property
    def is_worse(self) -> bool:
        """Whether the second policy is significantly worse anywhere or overall."""
        return any(row.verdict == "worse" for row in (*self.environments, self.overall))


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
        result = msgspec.json.decode(content, type=ResultFile)
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
    keys = [(row.env_id, row.episode) for row in result.episodes]
    if not keys:
        return "it has no episodes"
    (env_id, episode), times = Counter(keys).most_common(1)[0]
    if times > 1:
        return f"episode {episode} of {env_id} is there {times} times"
    if missing := {row.env_id for row in result.episodes} ^ result.environment_versions.keys():
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


def compare_result_files(
    first: ResultFile,
    second: ResultFile,
    config: ScoringConfig = ScoringConfig(),  # noqa: B008 - immutable
) -> ResultComparison:
    """Compare two policies in the same episodes, with the scoring rule's test between two miners.

    config: gives alpha, the smallest difference that counts, and the confidence of the intervals.

    Raises ConfigurationError, which names what differs, if the files do not describe the same episodes.
    """
    if differences := list(_find_differences(first, second)):
        more = len(differences) - SHOWN_DIFFERENCES
        raise ConfigurationError(
            "The two files cannot be compared, because they differ in more than the policy: "
            + "; ".join(differences[:SHOWN_DIFFERENCES])
            + (f"; and {more} more" if more > 0 else "")
            + ". Evaluate both policies with the same arguments on the same kind of machine."
        )
    theirs = {(row.env_id, row.episode): row for row in second.episodes}
    pairs: dict[str, list[tuple[EpisodeRow, EpisodeRow]]] = {env_id: [] for env_id in first.environment_versions}
    left_out = 0
    for row in sorted(first.episodes, key=lambda row: (row.env_id, row.episode)):
        other = theirs[row.env_id, row.episode]
        if EVALUATOR_FAULT in (row.outcome, other.outcome):
            left_out += 1
        else:
            pairs[row.env_id].append((row, other))
    level = Fraction(config.alpha)
    return ResultComparison(
        [_compare(env_id, found, level / len(pairs), config.min_epsilon, config) for env_id, found in pairs.items()],
        _compare("all", [pair for found in pairs.values() for pair in found], level, 0.0, config),
        [
            Discordant(row.env_id, row.episode, row.seed, "first" if row.outcome == "success" else "second")
            for found in pairs.values()
            for row, other in found
            if (row.outcome == "success") != (other.outcome == "success")
        ],
        left_out,
    )


def merge_result_files(files: Sequence[ResultFile]) -> tuple[SurveyPlan, list[Trial]]:
    """Put the shards of one survey together: the plan of the whole survey, and all of its trials.

    Raises ConfigurationError if a shard is missing, there twice or of another survey.
    """
    first = files[0]
    shards = Counter(file.shard for file in files)
    if first.shard is None or None in shards:
        raise ConfigurationError("Only result files of `kinitro evaluate --shard I/N` can be merged.")
    number = first.shard[1]
    for file in files:
        if file.shard is None or file.shard[1] != number:
            raise ConfigurationError(f"Some shards are of {number} and others of another number: give those of one.")
        if first.revision != file.revision:
            raise ConfigurationError(
                f"The shards {_name_shard(first)} and {_name_shard(file)} are of two revisions of the policy: "
                f"{first.revision} and {file.revision}."
            )
        if differences := list(_find_other_conditions(first, file)):
            raise ConfigurationError(
                f"The shards {_name_shard(first)} and {_name_shard(file)} are not of the same evaluation: "
                f"{differences[0]}."
            )
    wrong = next((index for index in range(1, number + 1) if shards[index, number] != 1), None)
    if wrong is not None:
        there = f"given {shards[wrong, number]} times" if shards[wrong, number] else "missing"
        raise ConfigurationError(f"Shard {wrong}/{number} is {there}: give each of the {number} shards once.")
    rows = [row for file in files for row in file.episodes]
    targets = ", ".join(dict.fromkeys(file.target for file in files))
    environments = tuple(first.environment_versions.items())
    episodes = 1 + max(row.episode for row in rows)
    plan = SurveyPlan(
        Header(targets, environments, episodes, first.seed, first.max_steps, randomization=first.randomization)
    )
    keys = {(row.env_id, row.episode) for row in rows}
    if not len(rows) == len(keys) == episodes * len(environments) or keys != set(plan.keys):
        raise ConfigurationError("The shards do not have every episode once: give those of one evaluation.")
    return plan, [row.to_trial() for row in rows]


def _name_shard(file: ResultFile) -> str:
    """The shard of a file as it is given to `--shard`."""
    return "none" if file.shard is None else f"{file.shard[0]}/{file.shard[1]}"


def _find_differences(first: ResultFile, second: ResultFile) -> Iterator[str]:
    """Yield everything that makes the episodes of two files different ones."""
    yield from _find_other_conditions(first, second)
    seeds, other_seeds = ({(row.env_id, row.episode): row.seed for row in file.episodes} for file in (first, second))
    shared = first.environment_versions.keys() & second.environment_versions.keys()
    if alone := sorted(key for key in seeds.keys() ^ other_seeds.keys() if key[0] in shared):
        yield f"episode {alone[0][1]} of {alone[0][0]} is only in the {'first' if alone[0] in seeds else 'second'}"
    if other := sorted(key for key in seeds.keys() & other_seeds.keys() if seeds[key] != other_seeds[key]):
        yield f"episode {other[0][1]} of {other[0][0]} has another seed"


def _find_other_conditions(first: ResultFile, second: ResultFile) -> Iterator[str]:
    """Yield what differs in how the episodes of two files were drawn and run."""
    if first.seed != second.seed:
        yield f"--seed is {first.seed} in the first and {second.seed} in the second"
    if first.max_steps != second.max_steps:
        yield f"--max-steps is {first.max_steps or 'not given'} and {second.max_steps or 'not given'}"
    if first.randomization != second.randomization:
        yield f"--randomization is {first.randomization} and {second.randomization}"
    if first.fingerprint != second.fingerprint:
        yield f"the physics fingerprints are {first.fingerprint or 'missing'} and {second.fingerprint or 'missing'}"
    yield from _find_other_versions(first.environment_versions, second.environment_versions)
    yield from _find_other_versions(
        *({name: file.versions.get(name, "missing") for name in DEPENDS_ON} for file in (first, second))
    )


def _find_other_versions(first: dict[str, str], second: dict[str, str]) -> Iterator[str]:
    for name in sorted(first.keys() | second.keys()):
        if first.get(name) != second.get(name):
            yield f"{name} is {first.get(name, 'missing')} and {second.get(name, 'missing')}"


def _compare(
    name: str,
    pairs: Sequence[tuple[EpisodeRow, EpisodeRow]],
    level: Fraction,
    epsilon: float,
    config: ScoringConfig,
) -> PairedComparison:
    """Compare the pairs of one environment, or of all: as in the scoring rule, only single ones have an epsilon."""
    solved = [(first.outcome == "success", second.outcome == "success") for first, second in pairs]
    both = sum(first and second for first, second in solved)
    losses, wins = sum(first and not second for first, second in solved), sum(b and not a for a, b in solved)
    better, worse = p_value(wins, losses), p_value(losses, wins)
    difference = (wins - losses) / max(1, len(pairs))
    verdict: Verdict = "undecided"
    if abs(difference) > epsilon and min(better, worse) < level:
        verdict = "better" if wins > losses else "worse"
    return PairedComparison(
        env_id=name,
        episodes=len(pairs),
        first_successes=both + losses,
        second_successes=both + wins,
        only_first=losses,
        only_second=wins,
        difference=difference,
        interval=newcombe_interval(both, losses, wins, len(pairs), config.confidence),
        p_value_better=better,
        p_value_worse=worse,
        verdict=verdict,
    )
