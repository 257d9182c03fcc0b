"""Evaluating at home: the same seeds for everybody, interrupted runs go on, faults of ours are not counted."""

from __future__ import annotations

import asyncio
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kinitro.environments.errors import UnknownEnvironment
from kinitro.errors import ConfigurationError, UnavailableError
from kinitro.evaluation import EpisodeResult, Outcome, Timings
from kinitro.evaluation.errors import SurveyFailed, VideoFailed
from kinitro.evaluation.summary import summarize
from kinitro.evaluation.survey import Journal, Key, SurveyPlan, Trial, check_outcomes, run_survey
from tests.fakes.evaluator import SOLVED, FakeEvaluator

PUSH, REACH = "metaworld/push-v3", "metaworld/reach-v3"
OURS = EpisodeResult(Outcome.EVALUATOR_FAULT, steps=0, reason="worker_crashed")
THEIRS = EpisodeResult(Outcome.POLICY_FAULT, steps=9, reason="timeout", forfeits=3)


def plan(target: str = "http://127.0.0.1:1", *, episodes: int = 5, seed: int = 0) -> SurveyPlan:
    return SurveyPlan.of(target, [PUSH, REACH], episodes, seed, 50)


def seeds(one: SurveyPlan) -> list[str]:
    return [one.make_job(key, "http://127.0.0.1:1", None).seed for key in one.keys]


def test_seeds_depend_on_the_seed_and_on_nothing_of_the_policy() -> None:
    assert seeds(plan()) == seeds(plan("http://another"))
    assert seeds(plan(seed=1)) != seeds(plan())
    assert len(set(seeds(plan()))) == 10
    assert seeds(plan(episodes=3)) == seeds(plan())[:6]


def test_shards_have_every_episode_once_with_the_seeds_of_the_whole() -> None:
    parts = [SurveyPlan.of("http://127.0.0.1:1", [PUSH, REACH], 5, 0, 50, shard=(index, 3)) for index in (1, 2, 3)]
    assert sorted(key for part in parts for key in part.keys) == sorted(plan().keys)
    assert {env_id for part in parts for env_id, _, _ in part.keys} == {PUSH, REACH}
    assert sorted(seed for part in parts for seed in seeds(part)) == sorted(seeds(plan()))
    assert len({plan().name, *(part.name for part in parts)}) == 4


def test_another_randomization_has_the_same_seeds_and_a_journal_of_its_own() -> None:
    hard = SurveyPlan.of("http://127.0.0.1:1", [PUSH, REACH], 5, 0, 50, randomization="hard")
    assert seeds(hard) == seeds(plan())
    assert hard.name != plan().name


def test_an_unknown_environment_is_named() -> None:
    with pytest.raises(UnknownEnvironment, match="push"):
        SurveyPlan.of("http://127.0.0.1:1", ["metaworld/pusk-v3"], 1, 0, None)


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
    assert {trial.key for trial in journal.trials} == set(plan().keys)
    assert first.most_at_once == {"http://127.0.0.1:1": 2}


@pytest.mark.parametrize("change", ["finished", "other plan", "fresh"])
async def test_what_must_not_be_continued_starts_over(tmp_path: Path, change: str) -> None:
    path = tmp_path / "journal"
    journal = Journal(path, plan())
    for env_id, episode, _ in plan().keys[: None if change == "finished" else 3]:
        journal.add(Trial(env_id, episode, "0" * 32, SOLVED))
    journal.close()
    again = Journal(path, plan(seed=7) if change == "other plan" else plan(), fresh=change == "fresh")
    again.close()
    assert again.trials == []


def test_an_episode_counts_once_however_often_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = Journal(path, plan())
    for env_id, episode, _ in [*plan().keys[:3], *plan().keys[:3], Key(PUSH, 99)]:
        journal.add(Trial(env_id, episode, "0" * 32, SOLVED))
    journal.close()
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([*lines[:2], b"garbage" + lines[2], *lines[2:]]))
    again = Journal(path, plan())
    again.close()
    assert [trial.key for trial in again.trials] == plan().keys[:3]


def test_an_environment_that_is_named_twice_counts_once() -> None:
    once = SurveyPlan.of("http://x", [PUSH, REACH, PUSH], 2, 0, None)
    assert once.keys == [Key(PUSH, 0), Key(REACH, 0), Key(PUSH, 1), Key(REACH, 1)]


def test_one_process_at_a_time_writes_a_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path, plan())
    other = "from tests.unit.test_survey import *; Journal(Path(sys.argv[1]), plan())"
    done = subprocess.run([sys.executable, "-c", f"import sys; {other}", str(path)], capture_output=True, text=True)
    assert "UnavailableError: Another `kinitro evaluate` with the same arguments" in done.stderr
    journal.close()
    done = subprocess.run([sys.executable, "-c", f"import sys; {other}", str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_full_disk_is_one_sentence_and_loses_nothing(tmp_path: Path) -> None:
    """The limit of a file's size stands for the disk's; the kernel answers as it does then."""
    journal = Journal(tmp_path / "journal", plan())
    journal.add(Trial(PUSH, 0, "0" * 32, SOLVED))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / "journal").stat().st_size + 10, hard))
    try:
        with pytest.raises(UnavailableError, match="cannot be written"):
            journal.add(Trial(PUSH, 1, "0" * 32, SOLVED))
        journal.close()
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
        with pytest.raises(ConfigurationError, match="cannot be written"):
            Journal(tmp_path / "journal", plan())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    again = Journal(tmp_path / "journal", plan())
    again.close()
    assert [trial.key for trial in again.trials] == [Key(PUSH, 0)]


async def test_a_server_that_is_gone_ends_the_survey_and_costs_no_episode(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", plan())
    asked: list[str] = []

    async def expect(endpoint: str) -> None:
        asked.append(endpoint)
        if len(asked) == 2:
            raise UnavailableError("It is gone.")

    answers = iter([SOLVED, THEIRS, SOLVED, THEIRS, *[SOLVED] * 6])
    evaluator = FakeEvaluator(lambda job: next(answers))
    with pytest.raises(UnavailableError, match="gone"):
        await run_survey(plan(), evaluator, "http://x", journal, at_once=1, expect=expect)
    journal.close()
    assert [trial.result.outcome for trial in journal.trials] == [SOLVED.outcome, THEIRS.outcome, SOLVED.outcome]


async def test_a_video_that_cannot_be_written_ends_the_survey_at_the_first_try(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", plan())
    failed = EpisodeResult(Outcome.EVALUATOR_FAULT, 0, reason="video_failed", detail="No space left on device.")
    evaluator = FakeEvaluator(lambda job: failed)
    with pytest.raises(VideoFailed, match="No space left"):
        await run_survey(plan(), evaluator, "http://x", journal, at_once=1, videos=tmp_path)
    journal.close()
    assert (evaluator.done, journal.trials) == (1, [])


def test_a_table_that_says_nothing_about_the_policy_is_an_error() -> None:
    check_outcomes([Trial(PUSH, 0, "0" * 32, THEIRS), Trial(PUSH, 1, "0" * 32, SOLVED)])
    check_outcomes([])
    with pytest.raises(SurveyFailed, match=r"not play a single episode \(timeout\)"):
        check_outcomes([Trial(PUSH, 0, "0" * 32, THEIRS)])
    with pytest.raises(SurveyFailed, match=r"1 of 2 episodes have no result .*\(worker_crashed\)"):
        check_outcomes([Trial(PUSH, 0, "0" * 32, OURS), Trial(PUSH, 1, "0" * 32, SOLVED)])


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
