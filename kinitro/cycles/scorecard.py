"""From the results of a cycle to what is published: the one derivation that the scheduler and every auditor share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from kinitro.client.messages import EnvironmentScore, MinerScore, Reference, ReferenceScore, Scores, Weights
from kinitro.client.records import REFERENCE_UID, CycleConfig, FrozenMiner, ResultRow, TaskOutcome
from kinitro.client.verdicts import VerdictCounts, VerdictRow, count_verdicts
from kinitro.errors import KinitroError
from kinitro.evaluation.outcomes import Outcome
from kinitro.scoring import CycleScores, ScoringConfig, explain_cycle, score_cycle, to_u16
from kinitro.scoring.inputs import MAX_STEPS
from kinitro.scoring.intervals import normal_quantile, wilson_interval

RESULTS = (Outcome.SUCCESS, Outcome.FAILURE, Outcome.POLICY_FAULT)
"""The outcomes that are results; any other outcome leaves an episode incomplete."""


SATURATION = 0.95
"""An environment is saturated if the lower bound of its leaders' success rate is above this: nobody can be much better
there."""
SATURATED = "Saturated"
"""How the note about saturated environments begins."""


class Unscorable(KinitroError):
    """A cycle's results allow no scores: the message is the public reason why the cycle failed."""


@dataclass(frozen=True, slots=True)
class ResultTensor:
    """The results of M miners on N environments with K episodes each, as arrays."""

    solved: npt.NDArray[np.bool_]
    """(M, N, K)"""
    steps: npt.NDArray[np.int64]
    """(M, N, K): control steps until success; 0 where an episode was not solved, or does not say."""
    complete: npt.NDArray[np.bool_]
    """(N, K): every miner has a result of this episode, so it counts."""
    void: npt.NDArray[np.bool_]
    """(N, K): our own faults kept at least one miner from a result."""
    faults: npt.NDArray[np.int64]
    """(M, N): policy faults among the episodes that count, and what laggards did not finish."""
    finished: npt.NDArray[np.int64]
    """(M,): episodes with a result."""
    laggards: npt.NDArray[np.bool_]
    """(M,): too slow, so that what they did not finish counts as failed instead of counting for nobody."""
    reference: npt.NDArray[np.bool_] | None
    """(N, K): solved by the reference, which has a result of every episode that counts; None in a cycle without one."""


@dataclass(frozen=True, slots=True)
class PublicationIdentity:
    """What identifies a publication: its cycle, subnet, snapshot block and time."""

    cycle_id: int
    netuid: int
    block: int
    published_at: str


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Everything that is published about a cycle's results."""

    scores: Scores
    weights: Weights
    explanations: dict[str, Any]
    """The explanation of each miner; the keys are uids as text."""


def list_participants(miners: Iterable[FrozenMiner]) -> list[FrozenMiner]:
    """List the miners that are evaluated, in order of uid."""
    return sorted((miner for miner in miners if miner.excluded is None), key=lambda miner: miner.uid)


def list_players(config: CycleConfig, miners: Iterable[FrozenMiner]) -> list[int]:
    """List the uids of those who play a cycle's episodes: the miners that take part, and the reference at the end."""
    return [miner.uid for miner in list_participants(miners)] + [REFERENCE_UID] * (config.reference is not None)


def arrange_results(config: CycleConfig, miners: Sequence[FrozenMiner], rows: Iterable[ResultRow]) -> ResultTensor:
    """Arrange results as arrays; `miners` are the participants. Results of other miners or environments are ignored."""
    players = list_players(config, miners)
    of_miner = {uid: index for index, uid in enumerate(players)}
    of_environment = {environment.id: index for index, environment in enumerate(config.environments)}
    outcomes = np.zeros((len(players), len(config.environments), config.episodes), dtype=np.uint8)
    steps = np.zeros(outcomes.shape, dtype=np.int64)
    for row in rows:
        miner, environment = of_miner.get(row.uid), of_environment.get(row.env_id)
        if miner is not None and environment is not None and 0 <= row.episode < config.episodes:
            outcomes[miner, environment, row.episode] = row.outcome
            steps[miner, environment, row.episode] = row.success_step or 0
    void: npt.NDArray[np.bool_] = np.any(outcomes == TaskOutcome.VOID, axis=0)
    beside, outcomes = outcomes[len(miners) :], outcomes[: len(miners)]
    has_result = np.isin(outcomes, RESULTS)
    finished = has_result.sum(axis=(1, 2))
    possible: npt.NDArray[np.bool_] = np.all(np.isin(beside, RESULTS), axis=0) & ~void
    laggards = _find_laggards(config, has_result, finished, possible)
    complete: npt.NDArray[np.bool_] = np.all(has_result[~laggards], axis=0) & possible
    missed = ~has_result & laggards[:, None, None]
    failed = (outcomes == Outcome.POLICY_FAULT) | missed
    return ResultTensor(
        solved=(outcomes == Outcome.SUCCESS),
        steps=steps[: len(miners)],
        complete=complete,
        void=void,
        faults=(failed & complete).sum(axis=2),
        finished=finished,
        laggards=laggards,
        reference=beside[0] == Outcome.SUCCESS if len(beside) else None,
    )


def _find_laggards(
    config: CycleConfig,
    has_result: npt.NDArray[np.bool_],
    finished: npt.NDArray[np.int64],
    possible: npt.NDArray[np.bool_],
) -> npt.NDArray[np.bool_]:
    """The fewest slowest miners without whom every environment has enough episodes that are complete for the rest.

    possible: (N, K), false where an episode is void, or the reference has no result of it.

    None if there are enough anyway, and none if more than `max_laggard_share` would have to go: then it is not the
    miners who are slow, and the cycle fails.
    """
    none = np.zeros(len(finished), dtype=np.bool_)
    slowest = np.argsort(finished, kind="stable")
    for count in range(math.floor(config.max_laggard_share * len(finished)) + 1):
        left_out = none.copy()
        left_out[slowest[:count]] = True
        complete = np.all(has_result[~left_out], axis=0) & possible
        if (complete.sum(axis=1) >= config.min_episodes).all():
            return left_out
    return none


def require_enough(config: CycleConfig, found: ResultTensor) -> None:
    """Raises Unscorable if an environment has too few complete or too many void episodes."""
    allowed_voids = math.floor(config.max_void_share * config.episodes)
    for index, environment in enumerate(config.environments):
        void, complete = int(found.void[index].sum()), int(found.complete[index].sum())
        if void > allowed_voids:
            raise Unscorable(
                f"{void} of {config.episodes} episodes of {environment.id} are void through faults of the evaluators; "
                f"at most {allowed_voids} may be."
            )
        if complete < config.min_episodes:
            raise Unscorable(
                f"Only {complete} of {config.episodes} episodes of {environment.id} were complete for all miners"
                f"{_name_reference(config)}; the cycle needs {config.min_episodes}."
            )


def _name_reference(config: CycleConfig) -> str:
    return "" if config.reference is None else f" and the reference {config.reference.name}"


def list_steps(found: ResultTensor) -> npt.NDArray[np.int64]:
    """List the steps to success as scoring takes them: a success that does not say when is as slow as can be."""
    return np.where(found.steps > 0, np.minimum(found.steps, MAX_STEPS), MAX_STEPS)


def score(
    identity: PublicationIdentity,
    config: CycleConfig,
    miners: Sequence[FrozenMiner],
    rows: Iterable[ResultRow],
    verdicts: Iterable[VerdictRow] = (),
) -> Scorecard:
    """Derive scores and weights from results and verdicts alone. Raises Unscorable, InvalidScoringConfig."""
    taking_part = list_participants(miners)
    if not taking_part:
        raise Unscorable("No miner has a commitment that can be evaluated.")
    found = arrange_results(config, taking_part, rows)
    require_enough(config, found)
    counts = count_verdicts(verdicts, config.verification)
    checked = [counts.get(miner.uid, VerdictCounts()) for miner in taking_part]
    result = score_cycle(
        found.solved,
        [miner.first_block or 0 for miner in taking_part],
        ScoringConfig(**config.scoring),
        valid=found.complete,
        uids=[miner.uid for miner in taking_part],
        chance=[environment.random_success for environment in config.environments],
        disqualified=np.array([count.disqualified for count in checked], dtype=np.bool_),
        reference=found.reference,
        steps=list_steps(found),
    )
    explanations = explain_cycle(result, [environment.id for environment in config.environments])
    for miner, count in zip(taking_part, checked, strict=True):
        if count.disqualified:
            summary = f"{explanations[miner.uid].summary} {count.sentence}"
            explanations[miner.uid] = replace(explanations[miner.uid], summary=summary)
    return Scorecard(
        scores=_make_scores(identity, config, taking_part, found, result, checked),
        weights=_make_weights(identity, taking_part, result),
        explanations={str(uid): asdict(explanation) for uid, explanation in explanations.items()},
    )


def _make_scores(
    identity: PublicationIdentity,
    config: CycleConfig,
    miners: Sequence[FrozenMiner],
    found: ResultTensor,
    result: CycleScores,
    checked: Sequence[VerdictCounts],
) -> Scores:
    rows = [
        MinerScore(
            uid=miner.uid,
            hotkey=miner.hotkey,
            first_block=miner.first_block or 0,
            points=float(result.points[index]),
            weight=float(result.weights[index]),
            frontier=bool(result.frontier[index]),
            priority=result.priority.index(index) + 1 if index in result.priority else None,
            disqualified=checked[index].disqualified,
            verdicts=checked[index].by_verdict,
            environments=[
                _make_environment_score(environment.id, result, found, index, column)
                for column, environment in enumerate(config.environments)
            ],
        )
        for index, miner in enumerate(miners)
    ]
    return Scores(
        cycle_id=identity.cycle_id,
        block=identity.block,
        published_at=identity.published_at,
        environments=[environment.id for environment in config.environments],
        miners=sorted(rows, key=lambda row: (-row.weight, -row.points, row.uid)),
        void_episodes=int(found.void.sum()),
        notes=_write_notes(config, miners, found, result, checked),
        reference=_make_reference(config, miners, result),
    )


def _make_reference(config: CycleConfig, miners: Sequence[FrozenMiner], result: CycleScores) -> Reference | None:
    policy, found = config.reference, result.reference
    if policy is None or found is None:
        return None
    intervals = np.stack(
        wilson_interval(found.successes, result.episodes, normal_quantile((1 + result.config.confidence) / 2)), axis=-1
    )
    return Reference(
        name=policy.name,
        digest=policy.digest,
        beaten_by=[miner.uid for miner, passed in zip(miners, result.eligible, strict=True) if passed.any()],
        environments=[
            ReferenceScore(
                env_id=environment.id,
                successes=int(found.successes[column]),
                episodes=int(result.episodes[column]),
                success_rate=float(found.successes[column] / max(1, result.episodes[column])),
                interval=(float(intervals[column, 0]), float(intervals[column, 1])),
            )
            for column, environment in enumerate(config.environments)
        ],
    )


def _make_environment_score(
    env_id: str, result: CycleScores, found: ResultTensor, miner: int, column: int
) -> EnvironmentScore:
    p_value = float(result.p_values[miner, column])
    low, high = (float(bound) for bound in result.intervals[miner, column])
    return EnvironmentScore(
        env_id=env_id,
        successes=int(result.successes[miner, column]),
        episodes=int(result.episodes[column]),
        success_rate=float(result.success_rates[miner, column]),
        interval=(low, high),
        eligible=bool(result.eligible[miner, column]),
        leader=bool(result.leaders[miner, column]),
        p_value=None if math.isnan(p_value) else p_value,
        faults=int(found.faults[miner, column]),
    )


def find_saturated(result: CycleScores, environments: Sequence[str]) -> list[str]:
    """The environments whose leaders' success rate, taken together, has a lower bound above SATURATION.

    The bound is the one-sided one of the scoring rule (Wilson, 95 %) for all episodes of all leaders, of which the
    reference is one. Leaders share episodes, so it is a little too sure; a single leader of 50 episodes could never be
    above it.
    """
    episodes = result.leaders.sum(axis=0) * result.episodes
    successes = np.where(result.leaders, result.successes, 0).sum(axis=0)
    if result.reference is not None:
        episodes, successes = episodes + result.episodes, successes + result.reference.successes
    lower, _ = wilson_interval(successes, episodes, normal_quantile(result.config.confidence))
    return [name for name, bound, n in zip(environments, lower, episodes, strict=True) if n and bound > SATURATION]


def _write_notes(
    config: CycleConfig,
    miners: Sequence[FrozenMiner],
    found: ResultTensor,
    result: CycleScores,
    checked: Sequence[VerdictCounts],
) -> list[str]:
    """Sentences that a reader of the scores needs beside the numbers."""
    every = len(config.environments) * config.episodes
    notes = [
        f"uid {miner.uid} finished {finished} of {every} episodes by the deadline; the rest count as failed."
        for miner, finished, slow in zip(miners, found.finished, found.laggards, strict=True)
        if slow
    ]
    notes += [
        f"uid {miner.uid} is disqualified by verification: {count.sentence}"
        for miner, count in zip(miners, checked, strict=True)
        if count.disqualified
    ]
    for column, environment in enumerate(config.environments):
        left_out = config.episodes - int(found.complete[column].sum())
        if left_out:
            notes.append(
                f"{environment.id}: {left_out} of {config.episodes} episodes do not count, because they were not "
                f"complete for all miners ({int(found.void[column].sum())} void)."
            )
    if saturated := find_saturated(result, [environment.id for environment in config.environments]):
        notes.append(
            f"{SATURATED}: {', '.join(saturated)}. The leaders there solve more than {SATURATION:.0%} of episodes "
            f"({result.config.confidence:.0%} confidence), so success no longer decides: of two that solve everything, "
            + ("the earlier commitment does." if result.speed is None else "the faster does, or the earlier one.")
        )
    if config.reference is not None and result.reference is not None:
        passed = int(result.eligible.any(axis=1).sum())
        notes.append(
            f"Reference: {config.reference.name} solved {int(result.reference.successes.sum())} of "
            f"{int(result.episodes.sum())} episodes. {passed} of {len(miners)} miners beat it by more than noise; only "
            "those can earn."
        )
    if result.estimated:
        notes.append("Points are estimates: counting them exactly would have taken too long (see docs/scoring.md).")
    if not result.weights.any():
        notes.append("No miner won a subset of environments: there are no weights.")
    return notes


def _make_weights(identity: PublicationIdentity, miners: Sequence[FrozenMiner], result: CycleScores) -> Weights:
    paid = {miner.uid: float(weight) for miner, weight in zip(miners, result.weights, strict=True) if weight > 0}
    stored = to_u16(list(paid.values()))
    return Weights(
        cycle_id=identity.cycle_id,
        netuid=identity.netuid,
        block=identity.block,
        published_at=identity.published_at,
        weights=paid,
        weights_u16={uid: int(value) for uid, value in zip(paid, stored, strict=True)},
        hotkeys={miner.uid: miner.hotkey for miner in miners if miner.uid in paid},
        fallback="none" if paid else "nobody_qualified",
    )
