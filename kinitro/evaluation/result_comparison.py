"""Comparing two result files of `kinitro evaluate` episode by episode, and putting the files of shards together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from kinitro.errors import ConfigurationError
from kinitro.evaluation.pairing import PairedComparison, compare_pairs
from kinitro.evaluation.result_files import EVALUATOR_FAULT, EpisodeRow, ResultFile
from kinitro.evaluation.survey import CONDITIONS, Header, SurveyPlan, Trial
from kinitro.scoring.config import ScoringConfig

SHOWN_DIFFERENCES = 3
DEPENDS_ON = ("kinitro", "mujoco", "metaworld", "numpy", "numba")
"""The packages whose versions must be equal. Python and the platform are judged by the physics fingerprint."""


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
        [
            compare_pairs(env_id, _list_solved(found), level / len(pairs), config.min_epsilon, config)
            for env_id, found in pairs.items()
        ],
        compare_pairs("all", _list_solved([pair for found in pairs.values() for pair in found]), level, 0.0, config),
        [
            Discordant(row.env_id, row.episode, row.seed, "first" if row.outcome == "success" else "second")
            for found in pairs.values()
            for row, other in found
            if (row.outcome == "success") != (other.outcome == "success")
        ],
        left_out,
    )


def _list_solved(pairs: Sequence[tuple[EpisodeRow, EpisodeRow]]) -> list[tuple[bool, bool]]:
    return [(first.outcome == "success", second.outcome == "success") for first, second in pairs]


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
        if (first.sensitivity is None) != (file.sensitivity is None):
            raise ConfigurationError("Some shards are with --sensitivity and others are not: give those of one kind.")
        if differences := list(_find_other_conditions(first, file)):
            raise ConfigurationError(
                f"The shards {_name_shard(first)} and {_name_shard(file)} are not of the same evaluation: "
                f"{differences[0]}."
            )
    wrong = next((index for index in range(1, number + 1) if shards[index, number] != 1), None)
    if wrong is not None:
        there = f"given {shards[wrong, number]} times" if shards[wrong, number] else "missing"
        raise ConfigurationError(f"Shard {wrong}/{number} is {there}: give each of the {number} shards once.")
    rows = [row for file in files for row in file.rows]
    targets = ", ".join(dict.fromkeys(file.target for file in files))
    environments = tuple(first.environment_versions.items())
    episodes = 1 + max(row.episode for row in rows)
    plan = SurveyPlan(
        Header(
            targets,
            environments,
            episodes,
            first.seed,
            first.max_steps,
            randomization=first.randomization,
            sensitivity=first.sensitivity is not None,
        )
    )
    trials = [row.to_trial() for row in rows]
    conditions = 1 + len(CONDITIONS) if plan.header.sensitivity else 1
    if len(trials) != episodes * len(environments) * conditions or {trial.key for trial in trials} != set(plan.keys):
        raise ConfigurationError("The shards do not have every episode once: give those of one evaluation.")
    return plan, trials


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
