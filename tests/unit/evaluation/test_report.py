"""The report of an evaluation: complete, without any request, and no text of a policy server becomes markup."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kinitro.cli import build_app
from kinitro.evaluation import EpisodeResult, Outcome, Timings
from kinitro.evaluation.clips import FAILURES, SUCCESSES, Clip, choose_trials, film
from kinitro.evaluation.episode import run_episode
from kinitro.evaluation.report import LISTED, UNSOLVED, build_report
from kinitro.evaluation.result_files import Provenance, encode_result_file
from kinitro.evaluation.survey import SurveyPlan, Trial
from kinitro.evaluation.traces import encode
from tests.fakes.evaluator import SOLVED
from tests.fakes.point import PointEnvironment
from tests.fakes.policies import ScriptedPolicy

PUSH, REACH = "metaworld/push-v3", "metaworld/reach-v3"
HOSTILE = """</title></style><script>alert(1)</script><img src=//evil.example/x onerror=alert(1)>"'><!--{{ 7 * 7 }}"""
FAILED = EpisodeResult(Outcome.FAILURE, steps=50, timings=Timings(10.0, 20.0, 30.0), detail=None)
PROVENANCE = Provenance("f" * 16, {"kinitro": "1"}, "c0ffee")
SEED = "0" * 32


class Page(HTMLParser):
    """The elements of a page, their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def plan(target: str = "http://x", *, sensitivity: bool = False, episodes: int = 3) -> SurveyPlan:
    return SurveyPlan.of(target, [PUSH, REACH], episodes, 0, 50, sensitivity=sensitivity)


def play(survey: SurveyPlan) -> list[Trial]:
    """Push is solved, reach never, nor anything with the lights."""
    return [
        Trial(
            key.env_id, key.episode, SEED, SOLVED if key.env_id == PUSH and key.group != "lights" else FAILED, key.group
        )
        for key in survey.keys
    ]


def test_everything_is_on_the_page() -> None:
    survey = plan(sensitivity=True, episodes=20)
    late = EpisodeResult(Outcome.POLICY_FAULT, steps=9, reason="timeout", forfeits=25, detail="no answer in 500 ms")
    trials = [
        replace_result(trial, late) if (trial.env_id, trial.episode) == (REACH, 2) else trial for trial in play(survey)
    ]
    page = Page(build_report(survey, trials, PROVENANCE, []))
    text = re.sub(r"\s+", " ", page.text)
    for words in (
        "20 episodes per environment, seed 0, randomization standard, at most 50 steps",
        "Revision c0ffee",
        "no answer in 500 ms",
        "timeout",
        UNSOLVED,
        "What breaks this policy: lights (-50.0 points)",
        "friction and damping",
        "There are none",
    ):
        assert words in text, words
    assert [tag for tag, _ in page.elements].count("svg") == 3 + 1
    assert f"{REACH}10.020.030.025" in text


def replace_result(trial: Trial, result: EpisodeResult) -> Trial:
    return Trial(trial.env_id, trial.episode, trial.seed, result, trial.group)


def test_no_text_of_a_stranger_becomes_markup_and_nothing_is_requested() -> None:
    survey = plan(f"http://x/{HOSTILE}", sensitivity=True)
    hostile = EpisodeResult(
        Outcome.POLICY_FAULT,
        steps=3,
        reason=HOSTILE,
        detail=HOSTILE,
        factors={HOSTILE: {HOSTILE: HOSTILE}},
    )
    trials = [replace_result(trial, hostile) for trial in play(survey)]
    provenance = Provenance(HOSTILE, {HOSTILE: HOSTILE}, HOSTILE)
    clips = [Clip(trials[0], b"film", agrees=False)]
    html = build_report(survey, trials, provenance, clips)
    page, harmless = Page(html), Page(build_report(plan(sensitivity=True), play(survey), PROVENANCE, []))
    assert {tag for tag, _ in page.elements} - {tag for tag, _ in harmless.elements} <= {
        "figure", "video", "figcaption", "strong", "details", "summary", "pre",
    }  # fmt: skip
    for tag, attributes in page.elements:
        assert tag not in ("script", "iframe", "object", "embed", "base", "form", "a")
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name not in ("src", "href") or (value or "").startswith("data:"), (tag, name, value)
    assert html.count("<script") == 0
    assert HOSTILE in page.text
    (policy,) = [a["content"] for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    assert "script-src" not in policy


def test_long_lists_and_messages_are_cut() -> None:
    survey = plan(episodes=LISTED)
    long = EpisodeResult(Outcome.POLICY_FAULT, steps=3, reason="http_status", detail="x" * 100_000)
    html = build_report(survey, [replace_result(trial, long) for trial in play(survey)], PROVENANCE, [])
    assert f"And {LISTED} more" in html
    assert len(html) < 100_000


def test_films_are_of_failures_and_successes_of_every_environment_in_turn() -> None:
    survey = plan(episodes=20)
    trials = [
        Trial(key.env_id, key.episode, SEED, SOLVED if key.episode % 2 else FAILED, None, b"trace")
        for key in survey.keys
    ]
    trials += [Trial(PUSH, 0, SEED, FAILED, "lights"), Trial(REACH, 0, SEED, FAILED)]
    chosen = choose_trials(survey, trials)
    assert [(trial.env_id, trial.episode) for trial in chosen] == [
        *((env_id, episode) for episode in (0, 2, 4, 6) for env_id in (PUSH, REACH)),
        *((env_id, episode) for episode in (1, 3) for env_id in (PUSH, REACH)),
    ]
    assert len(chosen) == FAILURES + SUCCESSES


async def test_a_film_is_the_episode_itself() -> None:
    result = await run_episode(PointEnvironment(), ScriptedPolicy(), seed=int(SEED, 16))
    assert result.trace is not None
    trial = Trial("fake/point", 0, SEED, replace(result, trace=None), None, encode(result.trace))
    made: list[PointEnvironment] = []

    def make(env_id: str, randomization: str) -> PointEnvironment:
        made.append(PointEnvironment())
        return made[-1]

    (clip,) = film(plan(), [trial], make)
    assert clip.agrees
    assert clip.video[4:8] == b"ftyp"
    assert made[0].steps == result.steps
    assert made[0].closed
    other = Trial("fake/point", 0, SEED, trial.result, None, encode(result.trace))
    (clip,) = film(plan(), [other], lambda env_id, randomization: PointEnvironment("point", max_steps=5))
    assert not clip.agrees


@pytest.mark.parametrize("solved", [True, False])
def test_a_merged_evaluation_has_a_report_without_films(tmp_path: Path, solved: bool) -> None:
    survey = SurveyPlan.of("http://x", [PUSH], 1, 0, 50, shard=(1, 1))
    trials = [Trial(PUSH, 0, SEED, SOLVED if solved else FAILED)]
    (tmp_path / "1.json").write_bytes(encode_result_file(survey, trials, PROVENANCE))
    done = CliRunner().invoke(
        build_app(), ["evaluate", "merge", str(tmp_path / "1.json"), "--report", str(tmp_path / "r")]
    )
    assert done.exit_code == 0, done.output
    html = (tmp_path / "r" / "index.html").read_text()
    assert ("All were solved" in html) == solved
    assert "There are none" in html
