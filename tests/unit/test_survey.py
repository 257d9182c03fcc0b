"""Evaluating at home: the same seeds for everybody, interrupted runs go on, faults of ours are not counted."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from kinitro.environments.errors import UnknownEnvironment
from kinitro.errors import ConfigurationError
from kinitro.evaluation import EpisodeResult, Outcome, Timings
from kinitro.evaluation.summary import summarize
from kinitro.evaluation.survey import Journal, Plan, Trial, run_survey
from tests.fakes.evaluator import SOLVED, FakeEvaluator

PUSH, REACH = "metaworld/push-v3", "metaworld/reach-v3"
OURS = EpisodeResult(Outcome.EVALUATOR_FAULT, steps=0, reason="worker_crashed")
THEIRS = EpisodeResult(Outcome.POLICY_FAULT, steps=9, reason="timeout", forfeits=3)


def plan(target: str = "http://127.0.0.1:1", *, episodes: int = 5, seed: int = 0) -> Plan:
    return Plan.of(target, [PUSH, REACH], episodes, seed, 50)


def seeds(one: Plan) -> list[str]:
    return [one.job(*key, "http://127.0.0.1:1", None).seed for key in one.keys]


def test_seeds_depend_on_the_seed_and_on_nothing_of_the_policy() -> None:
    assert seeds(plan()) == seeds(plan("http://another"))
    assert seeds(plan(seed=1)) != seeds(plan())
    assert len(set(seeds(plan()))) == 10
    assert seeds(plan(episodes=3)) == seeds(plan())[:6]


def test_an_unknown_environment_is_named() -> None:
    with pytest.raises(UnknownEnvironment, match="push"):
        Plan.of("http://127.0.0.1:1", ["metaworld/pusk-v3"], 1, 0, None)


async def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    first = FakeEvaluator(takes_s=0.05)
    journal = Journal(path, plan())

    def interrupt(trial: Trial) -> None:
        if len(journal.trials) == 4:
            running.cancel()

    survey = run_survey(plan(), first, "http://127.0.0.1:1", journal, at_once=2, finished=interrupt)
    running = asyncio.create_task(survey)
    await asyncio.gather(running, return_exceptions=True)
    journal.close()
    path.write_bytes(path.read_bytes() + b'{"env_id":"half a li')
    second, journal = FakeEvaluator(), Journal(path, plan())
    assert first.done <= 5
    await run_survey(plan(), second, "http://127.0.0.1:1", journal, at_once=2)
    journal.close()
    assert second.done == 6
    assert {(trial.env_id, trial.episode) for trial in journal.trials} == set(plan().keys)
    assert first.most_at_once == {"http://127.0.0.1:1": 2}


@pytest.mark.parametrize("change", ["finished", "other plan", "fresh"])
async def test_what_must_not_be_continued_starts_over(tmp_path: Path, change: str) -> None:
    path = tmp_path / "journal"
    journal = Journal(path, plan())
    for env_id, episode in plan().keys[: None if change == "finished" else 3]:
        journal.add(Trial(env_id, episode, "0" * 32, SOLVED))
    journal.close()
    again = Journal(path, plan(seed=7) if change == "other plan" else plan(), fresh=change == "fresh")
    again.close()
    assert again.trials == []


async def test_faults_of_ours_are_run_again(tmp_path: Path) -> None:
    answers = iter([OURS, OURS, SOLVED, OURS, OURS, OURS])
    journal = Journal(tmp_path / "journal", plan(episodes=1))
    await run_survey(plan(episodes=1), FakeEvaluator(lambda job: next(answers)), "http://x", journal, at_once=1)
    journal.close()
    assert [trial.result.outcome for trial in journal.trials] == [Outcome.SUCCESS, Outcome.EVALUATOR_FAULT]


def test_a_journal_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="cannot be written"):
        Journal(tmp_path / "file" / "journal", plan())


def test_a_summary_counts_whose_fault_it_was() -> None:
    slow = EpisodeResult(Outcome.FAILURE, steps=50, timings=Timings(policy_p95_ms=80.0))
    results = [SOLVED, SOLVED, slow, THEIRS, OURS]
    summary = summarize(PUSH, [Trial(PUSH, number, "0" * 32, result) for number, result in enumerate(results)])
    assert (summary.episodes, summary.successes, summary.success_rate) == (4, 2, 0.5)
    assert (summary.policy_faults, summary.evaluator_faults, summary.forfeits) == (1, 1, 3)
    assert summary.reasons == {"timeout": 1, "worker_crashed": 1}
    assert summary.interval == pytest.approx((0.150, 0.850), abs=1e-3)
    assert summary.steps_to_success == 3


def test_nothing_is_known_without_episodes() -> None:
    summary = summarize(PUSH, [])
    assert (summary.success_rate, summary.interval, summary.policy_p95_ms) == (None, (0.0, 1.0), None)
