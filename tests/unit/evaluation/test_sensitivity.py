"""Which factor breaks a policy: paired seeds, one group at a time, resumed and shared runs, the picture."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from typer.testing import CliRunner, Result

from kinitro.cli import build_app
from kinitro.environments.randomization import GROUPS
from kinitro.errors import ConfigurationError
from kinitro.evaluation import EpisodeResult, Outcome
from kinitro.evaluation.effect_plot import draw_effects
from kinitro.evaluation.pairing import compare_pairs
from kinitro.evaluation.result_files import Provenance, encode_result_file, read_result_file
from kinitro.evaluation.sensitivity import EVERYTHING, describe_effects, measure_effects
from kinitro.evaluation.survey import CONDITIONS, PLACEMENT, Journal, Key, SurveyPlan, Trial, run_survey
from kinitro.scoring.config import ScoringConfig
from tests.fakes.evaluator import SOLVED, FakeEvaluator

PUSH, REACH = "metaworld/push-v3", "metaworld/reach-v3"
FAILED = EpisodeResult(Outcome.FAILURE, steps=9)
OURS = EpisodeResult(Outcome.EVALUATOR_FAULT, steps=0, reason="worker_crashed")
PROVENANCE = Provenance("f" * 16, {"kinitro": "1"}, None)


def plan(episodes: int = 20, *, randomization: str = "standard", shard: tuple[int, int] | None = None) -> SurveyPlan:
    return SurveyPlan.of(
        "http://x", [PUSH, REACH], episodes, 0, 50, shard=shard, randomization=randomization, sensitivity=True
    )


def play(survey: SurveyPlan, solved: Callable[[Key], bool]) -> list[Trial]:
    seeds = {key: survey.make_job(key, "http://x", None).seed for key in survey.keys}
    return [Trial(*key[:2], seeds[key], SOLVED if solved(key) else FAILED, key.group) for key in survey.keys]


def blinded(key: Key) -> bool:
    """Solves everything except what moves its cameras, and half of reach if the lights change."""
    if key.group in ("cameras", None):
        return False
    return not (key.group == "lights" and key.env_id == REACH and key.episode % 2)


def test_every_condition_has_the_seeds_of_the_whole_level() -> None:
    for level in ("standard", "hard"):
        survey = plan(3, randomization=level)
        jobs = {key: survey.make_job(key, "http://x", Path("videos")) for key in survey.keys}
        assert len(jobs) == len(survey.keys) == 2 * 3 * (2 + len(GROUPS))
        for key, job in jobs.items():
            assert job.seed == jobs[key._replace(group=None)].seed
            assert (job.video is None) == (key.group is not None)
        levels = {key.group: job.randomization for key, job in jobs.items()}
        assert levels.pop(None) == (None if level == "standard" else level)
        assert levels == {PLACEMENT: "none"} | {group: f"{level}:{group}" for group in GROUPS}


def test_the_factor_that_breaks_the_policy_comes_first() -> None:
    effects = measure_effects(plan(), play(plan(), blinded))
    assert [effect.group for effect in effects[:2]] == ["cameras", "lights"]
    assert [effect.group for effect in effects[-1:]] == [EVERYTHING]
    assert {effect.group for effect in effects} == {*GROUPS, EVERYTHING}
    cameras, lights, *others, everything = effects
    assert (cameras.overall.difference, cameras.overall.verdict, cameras.worse_in) == (-1.0, "worse", [PUSH, REACH])
    assert cameras.overall.interval[1] < -0.85
    assert (lights.overall.only_first, lights.overall.only_second, lights.overall.verdict) == (10, 0, "worse")
    assert lights.worse_in == [REACH]
    assert {effect.overall.verdict for effect in others} == {"undecided"}
    assert everything.overall.difference == -1.0
    assert describe_effects(effects) == "What breaks this policy: cameras (-100.0 points), lights (-25.0 points)."


def test_the_level_is_shared_among_the_groups() -> None:
    """Five losses against none: p = 1/32 is less than alpha, but not one of eight."""
    trials = play(plan(5), lambda key: not (key.group == "mass" and key.env_id == PUSH))
    mass = next(effect for effect in measure_effects(plan(5), trials) if effect.group == "mass")
    assert (mass.overall.only_first, mass.overall.verdict) == (5, "undecided")
    assert mass.overall.p_value_worse == 2**-5
    assert "No factor breaks this policy" in describe_effects(measure_effects(plan(5), trials))


def test_small_effects_together_are_said_to_be_so() -> None:
    trials = play(plan(), lambda key: key.group is not None)
    assert describe_effects(measure_effects(plan(), trials)).startswith("No factor alone breaks this policy")


def test_episodes_that_the_machine_spoiled_are_in_no_pair() -> None:
    spoiled = {Key(PUSH, 0, PLACEMENT), Key(PUSH, 1, "mass"), Key(PUSH, 2, "mass")}
    trials = [
        Trial(trial.env_id, trial.episode, trial.seed, OURS, trial.group) if trial.key in spoiled else trial
        for trial in play(plan(), blinded)
    ]
    episodes = {effect.group: effect.overall.episodes for effect in measure_effects(plan(), trials)}
    assert episodes == dict.fromkeys((*GROUPS, EVERYTHING), 39) | {"mass": 37}


def test_the_comparison_is_that_of_two_policies() -> None:
    effects = measure_effects(plan(), play(plan(), blinded))
    lights = next(effect for effect in effects if effect.group == "lights")
    pairs = [(True, not episode % 2) for episode in range(20)] + [(True, True)] * 20
    level = Fraction(ScoringConfig().alpha) / 8
    assert lights.overall == compare_pairs("all", pairs, level, 0.0, ScoringConfig())


async def test_an_interrupted_run_goes_on_in_the_middle_of_a_factor(tmp_path: Path) -> None:
    survey, path = plan(2), tmp_path / "journal"
    journal, first = Journal(path, survey), FakeEvaluator(takes_s=0.01)

    def interrupt(trial: Trial) -> None:
        if len(journal.trials) == 14:
            running.cancel()

    running = asyncio.create_task(run_survey(survey, first, "http://x", journal, at_once=2, finished=interrupt))
    await asyncio.gather(running, return_exceptions=True)
    journal.close()
    done = {trial.key for trial in journal.trials}
    second, journal = FakeEvaluator(), Journal(path, survey)
    await run_survey(survey, second, "http://x", journal, at_once=2)
    journal.close()
    assert 14 <= len(done) < len(survey.keys)
    assert second.done == len(survey.keys) - len(done)
    assert sorted(map(str, (trial.key for trial in journal.trials))) == sorted(map(str, survey.keys))
    assert {job.randomization for job in second.jobs} <= {f"standard:{group}" for group in GROUPS}


def kinitro(*arguments: object) -> Result:
    return CliRunner().invoke(build_app(), ["evaluate", *map(str, arguments)])


def test_shards_are_put_together_with_table_picture_and_numbers(tmp_path: Path) -> None:
    whole = play(plan(), blinded)
    paths = []
    for index in (1, 2):
        part = plan(shard=(index, 2))
        trials = [trial for trial in whole if trial.key in set(part.keys)]
        paths.append(tmp_path / f"{index}.json")
        paths[-1].write_bytes(encode_result_file(part, trials, PROVENANCE))
    done = kinitro("merge", *paths, "--json", tmp_path / "whole.json", "--plot", tmp_path / "plot.svg")
    assert done.exit_code == 0, done.output
    assert "What breaks this policy: cameras (-100.0 points), lights (-25.0 points)." in done.stdout
    assert PLACEMENT in done.stdout
    assert (tmp_path / "whole.json").read_bytes() == encode_result_file(plan(), whole, PROVENANCE)
    written = json.loads((tmp_path / "whole.json").read_bytes())
    assert written["sensitivity"]["effects"][0]["overall"]["difference"] == -1.0
    assert {row["group"] for row in written["sensitivity"]["episodes"]} == set(CONDITIONS)
    assert (len(written["episodes"]), written["environments"][-1]["successes"]) == (40, 0)
    assert len(read_result_file(tmp_path / "whole.json").rows) == 40 * 9
    assert (tmp_path / "plot.svg").read_text() == draw_effects(measure_effects(plan(), whole))
    without = kinitro("merge", *paths[:1])
    assert "Shard 2/2 is missing" in str(without.exception)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda part: part["episodes"][0].update(group="gravity"), "a part where they do not belong"),
        (lambda part: part["episodes"][0].pop("group"), "is there 2 times"),
        (lambda part: part["episodes"].append(part["episodes"][0]), "is there 2 times"),
        (lambda part: part.pop("episodes"), "not a whole result file"),
    ],
)
def test_what_was_edited_is_refused(tmp_path: Path, change: Callable[[dict[str, object]], None], says: str) -> None:
    content = json.loads(encode_result_file(plan(2), play(plan(2), blinded), PROVENANCE))
    change(content["sensitivity"])
    (path := tmp_path / "edited").write_text(json.dumps(content))
    with pytest.raises(ConfigurationError, match=says):
        read_result_file(path)


def test_shards_with_and_without_it_are_not_of_one_evaluation(tmp_path: Path) -> None:
    other = SurveyPlan.of("http://x", [PUSH, REACH], 4, 0, 50, shard=(2, 2))
    (tmp_path / "1").write_bytes(
        encode_result_file(plan(4, shard=(1, 2)), play(plan(4, shard=(1, 2)), blinded), PROVENANCE)
    )
    (tmp_path / "2").write_bytes(encode_result_file(other, play(other, blinded), PROVENANCE))
    assert "Some shards are with --sensitivity" in str(kinitro("merge", tmp_path / "1", tmp_path / "2").exception)


def test_the_picture_has_a_row_for_each_factor_and_its_numbers() -> None:
    drawn = Xml.fromstring(draw_effects(measure_effects(plan(), play(plan(), blinded))))
    space = "{http://www.w3.org/2000/svg}"
    texts = [text.text or "" for text in drawn.iter(f"{space}text")]
    assert [text for text in texts if text in (*GROUPS, EVERYTHING)][:2] == ["cameras", "lights"]
    assert {*GROUPS, EVERYTHING} < set(texts)
    assert any(text.startswith("-25.0 (") and text.endswith("worse") for text in texts)
    assert f"{REACH}: -50.0" in [title.text for title in drawn.iter(f"{space}title")]
    places = [float(circle.attrib["cx"]) for circle in drawn.iter(f"{space}circle")]
    assert len(places) == len(GROUPS) + 1
    assert places[0] == min(places) < places[1] < places[2]
    assert not any("href" in name for element in drawn.iter() for name in element.attrib)


def test_what_cannot_be_measured_is_one_sentence(tmp_path: Path) -> None:
    assert "nothing varies" in str(kinitro(tmp_path, "--sensitivity", "--randomization", "none").exception)
    assert "--plot draws what --sensitivity measures" in str(kinitro(tmp_path, "--plot", tmp_path / "x.svg").exception)
    plain = SurveyPlan.of("http://x", [PUSH], 1, 0, 50, shard=(1, 1))
    (tmp_path / "1.json").write_bytes(encode_result_file(plain, play(plain, blinded), PROVENANCE))
    merged = kinitro("merge", tmp_path / "1.json", "--plot", tmp_path / "x.svg")
    assert "--plot draws what --sensitivity measures" in str(merged.exception)
