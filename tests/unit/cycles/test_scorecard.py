"""From results to what is published: which episodes count, and for whom."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from kinitro.audit.checks import find_score_differences
from kinitro.client.records import (
    REFERENCE_UID,
    CycleConfig,
    CycleEnvironment,
    FrozenMiner,
    ReferencePolicy,
    ResultRow,
    TaskOutcome,
)
from kinitro.client.verdicts import Evidence, Verdict, VerdictRow
from kinitro.cycles.scorecard import SATURATED, PublicationIdentity, Scorecard, Unscorable, arrange_results, score

SUCCESS, FAILURE, FAULT = 1, 2, 3
IDENTITY = PublicationIdentity(1, 1, 100, "2026-01-01T00:00:00+00:00")


def config(**changes: Any) -> CycleConfig:
    given: dict[str, Any] = {
        "environments": [CycleEnvironment(id="a/x", version="1", max_steps=10)],
        "episodes": 10,
        "min_episodes": 5,
        "max_void_share": 0.2,
        "max_laggard_share": 0.25,
        "timeout_s": 1.0,
        "kinitro_version": "0",
    }
    return CycleConfig(**given | changes)


def miners(count: int) -> list[FrozenMiner]:
    return [
        FrozenMiner(uid=uid, hotkey=f"h{uid}", first_block=uid, repo="o/p", revision="a" * 40, endpoint="https://x.org")
        for uid in range(count)
    ]


def rows(outcomes: dict[int, list[int]]) -> list[ResultRow]:
    """Outcomes by uid, episode by episode."""
    return [
        ResultRow(
            task_id=uid * 100 + episode + 1,
            uid=uid,
            env_id="a/x",
            episode=episode,
            seed=f"{episode:032x}",
            outcome=outcome,
            steps=1,
            success_step=1 if outcome == SUCCESS else None,
            total_reward=0.0,
            forfeits=0,
            attempt=1,
            reason=None,
            executor=None,
            trace_sha256=None,
        )
        for uid, of_miner in outcomes.items()
        for episode, outcome in enumerate(of_miner)
    ]


def card(outcomes: dict[int, list[int]], **changes: Any) -> Scorecard:
    return score(IDENTITY, config(**changes), miners(len(outcomes)), rows(outcomes))


def test_policy_faults_are_failures_and_are_counted() -> None:
    scores = card({0: [SUCCESS] * 7 + [FAULT] * 3, 1: [FAILURE] * 10}).scores
    best = scores.miners[0].environments[0]
    assert (best.successes, best.episodes, best.faults) == (7, 10, 3)


def test_an_episode_that_is_void_for_one_counts_for_nobody() -> None:
    scores = card({0: [SUCCESS] * 10, 1: [TaskOutcome.VOID, TaskOutcome.CANCELLED, *[SUCCESS] * 8]}).scores
    assert {miner.environments[0].episodes for miner in scores.miners} == {8}
    assert scores.void_episodes == 1


def test_too_many_void_episodes_allow_no_scores() -> None:
    with pytest.raises(Unscorable, match="3 of 10 episodes of a/x are void"):
        card({0: [TaskOutcome.VOID] * 3 + [SUCCESS] * 7, 1: [SUCCESS] * 10})


def test_results_of_strangers_change_nothing() -> None:
    known = {0: [SUCCESS] * 10, 1: [FAILURE] * 10}
    stranger = [row.model_copy(update={"uid": 77}) for row in rows({0: [SUCCESS] * 10})]
    elsewhere = [row.model_copy(update={"env_id": "a/other"}) for row in rows({1: [SUCCESS] * 10})]
    beyond = [row.model_copy(update={"episode": 10 + row.episode}) for row in rows({1: [SUCCESS] * 10})]
    found = score(IDENTITY, config(), miners(2), [*rows(known), *stranger, *elsewhere, *beyond])
    assert found == card(known)


def test_one_slow_miner_of_four_loses_alone() -> None:
    slow = [SUCCESS] * 2 + [TaskOutcome.CANCELLED] * 8
    scores = card({0: [SUCCESS] * 10, 1: [FAILURE] * 10, 2: [FAILURE] * 10, 3: slow}).scores
    mine = next(miner.environments[0] for miner in scores.miners if miner.uid == 3)
    assert (mine.successes, mine.episodes, mine.faults) == (2, 10, 8)
    assert scores.notes == ["uid 3 finished 2 of 10 episodes by the deadline; the rest count as failed."]


def test_slow_miners_that_leave_enough_episodes_lose_nothing_more() -> None:
    found = arrange_results(
        config(), miners(4), rows({uid: [SUCCESS] * 10 for uid in range(3)} | {3: [SUCCESS] * 6 + [8] * 4})
    )
    assert not found.laggards.any()
    assert found.complete.sum() == 6


def test_our_own_faults_are_no_slowness() -> None:
    slow = [TaskOutcome.VOID] + [SUCCESS] + [TaskOutcome.CANCELLED] * 8
    scores = card({0: [SUCCESS] * 10, 1: [FAILURE] * 10, 2: [FAILURE] * 10, 3: slow}).scores
    mine = next(miner.environments[0] for miner in scores.miners if miner.uid == 3)
    assert (mine.episodes, mine.faults) == (9, 8), "the void episode counts for nobody, the laggard included"


def test_when_many_are_slow_it_is_not_the_miners() -> None:
    slow = [SUCCESS] * 2 + [TaskOutcome.CANCELLED] * 8
    with pytest.raises(Unscorable, match="Only 2 of 10"):
        card({0: [SUCCESS] * 10, 1: slow, 2: slow, 3: [FAILURE] * 10})
    with pytest.raises(Unscorable, match="Only 2 of 10"):
        card({0: [SUCCESS] * 10, 1: slow})


def test_without_miners_there_are_no_scores() -> None:
    with pytest.raises(Unscorable, match="No miner"):
        score(IDENTITY, config(), [], [])


def test_weights_in_both_forms() -> None:
    weights = card({0: [SUCCESS] * 10, 1: [FAILURE] * 10}).weights
    assert (weights.weights, weights.weights_u16, weights.hotkeys) == ({0: 1.0}, {0: 65535}, {0: "h0"})


def verdicts(uid: int, *given: Verdict) -> list[VerdictRow]:
    return [
        VerdictRow(task_id=100 * uid + place, cycle_id=1, uid=uid, verdict=one, evidence=Evidence(), finished_at="")
        for place, one in enumerate(given, 1)
    ]


@pytest.mark.parametrize(
    ("given", "disqualified"),
    [
        (("match", "match"), False),
        (("mismatch",), False),
        (("mismatch", "mismatch"), True),
        (("mismatch", "unverifiable"), True),
        (("unverifiable", "unverifiable"), True),
        (("mismatch", "error", "error", "error"), False),
        ((*("match",) * 17, *("mismatch",) * 2), True),
        ((*("match",) * 19, *("mismatch",) * 2), False),
        (("error",) * 9, False),
        ((), False),
    ],
    ids=["matches", "one", "two", "mixed", "no-upload", "errors-count-not", "10%", "below-10%", "errors", "none"],
)
def test_repeated_failures_and_nothing_else_disqualify(given: tuple[Verdict, ...], disqualified: bool) -> None:
    solved = {0: [SUCCESS] * 10, 1: [SUCCESS] * 8 + [FAILURE] * 2}
    card = score(IDENTITY, config(), miners(2), rows(solved), verdicts(0, *given))
    first = next(miner for miner in card.scores.miners if miner.uid == 0)
    assert first.disqualified is disqualified
    assert set(card.weights.weights) == ({1} if disqualified else {0})
    assert sum(first.verdicts.values()) == len(given)
    assert card.explanations["0"]["disqualified"] is disqualified


def test_verdicts_on_those_who_took_no_part_change_nothing() -> None:
    solved = {0: [SUCCESS] * 10}
    without = score(IDENTITY, config(), miners(1), rows(solved))
    assert score(IDENTITY, config(), miners(1), rows(solved), verdicts(7, "mismatch", "mismatch")) == without


def test_a_cycle_in_which_miners_could_stop_early_is_refused() -> None:
    """Version 0.1 could; a manifest that says it was not so is still read."""
    stored = config().model_dump()
    assert CycleConfig.model_validate({**stored, "sequential": False}) == config()
    with pytest.raises(ValidationError, match="--sequential, which this version does not score"):
        CycleConfig.model_validate({**stored, "sequential": True})


def test_saturation_is_told_where_the_leaders_solve_nearly_everything() -> None:
    """Two equals at 29 of 30: 95 % sure to be above 0.90 only. Three at 30 of 30: above 0.97."""
    hard, easy = 29 * [SUCCESS] + [FAILURE], 30 * [SUCCESS]
    told = [note for note in card({0: easy, 1: easy, 2: easy}, episodes=30).scores.notes if note.startswith(SATURATED)]
    assert told == [
        "Saturated: a/x. The leaders there solve more than 95% of episodes (95% confidence), so success no longer "
        "decides: of two that solve everything, the earlier commitment does."
    ]
    assert not [note for note in card({0: hard, 1: hard}, episodes=30).scores.notes if note.startswith(SATURATED)]
    assert not [note for note in card({0: easy}, episodes=30).scores.notes if note.startswith(SATURATED)]
    weak = 30 * [FAILURE]
    assert [note for note in card({0: easy, 1: easy, 2: weak}, episodes=30).scores.notes if note.startswith(SATURATED)]


def test_an_environment_without_leaders_is_not_saturated() -> None:
    assert not [note for note in card({0: 30 * [FAILURE]}, episodes=30).scores.notes if note.startswith(SATURATED)]


def test_publications_from_before_saturation_was_told_pass_their_audit() -> None:
    recomputed = card({0: 30 * [SUCCESS], 1: 30 * [SUCCESS]}, episodes=30).scores
    old = recomputed.model_copy(update={"notes": []})
    assert list(find_score_differences(old, recomputed)) == []
    wrong = recomputed.model_copy(update={"notes": ["Saturated: a/y."]})
    assert [one for one in find_score_differences(wrong, recomputed) if one.startswith("notes")]


REFERENCE = ReferencePolicy(name="baseline", digest="d" * 64)


def beside(reference: list[int], **outcomes: list[int]) -> Scorecard:
    """A cycle of 20 episodes with a reference; outcomes of miner 0 as `m0`, and so on."""
    by_uid = {int(name[1:]): of_miner for name, of_miner in outcomes.items()}
    played = rows(by_uid | {REFERENCE_UID: reference})
    return score(IDENTITY, config(episodes=20, reference=REFERENCE), miners(len(by_uid)), played)


def test_only_who_beats_the_reference_earns() -> None:
    weak = [SUCCESS] * 6 + [FAILURE] * 14
    found = beside(weak, m0=weak, m1=[SUCCESS] * 20)
    assert found.weights.weights == {1: 1.0}
    assert found.scores.reference is not None
    assert found.scores.reference.beaten_by == [1]
    assert [one.successes for one in found.scores.reference.environments] == [6]
    assert found.scores.notes[-1] == (
        "Reference: baseline solved 6 of 20 episodes. 1 of 2 miners beat it by more than noise; only those can earn."
    )
    assert {miner.uid for miner in found.scores.miners} == {0, 1}, "it is no miner"
    assert found.explanations["1"]["reference"]["beaten"]
    nobody = beside(weak, m0=weak, m1=[*weak[:-1], SUCCESS])
    assert nobody.weights.fallback == "nobody_qualified"


def test_an_episode_without_a_result_of_the_reference_counts_for_nobody() -> None:
    found = beside([SUCCESS] * 12 + [TaskOutcome.CANCELLED] * 8, m0=[SUCCESS] * 20)
    assert found.scores.miners[0].environments[0].episodes == 12
    found = beside([SUCCESS] * 18 + [TaskOutcome.VOID] * 2, m0=[SUCCESS] * 20)
    assert (found.scores.miners[0].environments[0].episodes, found.scores.void_episodes) == (18, 2)


def test_a_reference_that_nobody_played_ends_the_cycle_and_blames_no_miner() -> None:
    with pytest.raises(Unscorable, match="Only 0 of 20 episodes of a/x were complete for all miners and the reference"):
        beside([TaskOutcome.CANCELLED] * 20, m0=[SUCCESS] * 20, m1=[SUCCESS] * 20)


def test_a_cycle_without_a_reference_is_written_as_before_there_was_one() -> None:
    """Programs from before refuse fields that they do not know."""
    assert "reference" not in config().model_dump_json()
    assert "reference" not in card({0: [SUCCESS] * 10}).scores.model_dump_json()
    assert CycleConfig.model_validate_json(config(reference=REFERENCE).model_dump_json()).reference == REFERENCE
