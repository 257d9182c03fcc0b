"""Comparing two result files: the same episodes or a refusal, exact tests, intervals, damaged files."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from kinitro.cli import build_app
from kinitro.errors import ConfigurationError, KinitroError
from kinitro.evaluation.result_comparison import compare_result_files
from kinitro.evaluation.result_files import find_revision, read_result_file
from kinitro.scoring.intervals import newcombe_interval
from kinitro.scoring.mcnemar import p_value

PUSH, REACH, WALL = "metaworld/push-v3", "metaworld/reach-v3", "metaworld/push-wall-v3"


def sheet(outcomes: dict[str, Sequence[str]]) -> dict[str, Any]:
    """A result file with these outcomes: s(uccess), f(ailure), p(olicy fault), e(valuator fault)."""
    names = {"s": "success", "f": "failure", "p": "policy_fault", "e": "evaluator_fault"}
    counts = {env_id: "".join(letters).replace("e", "") for env_id, letters in outcomes.items()}
    counts["all"] = "".join(counts.values())
    return {
        "target": "policy",
        "seed": 0,
        "max_steps": None,
        "fingerprint": "f" * 16,
        "versions": {"kinitro": "1", "mujoco": "3.3.0", "platform": "Linux"},
        "environment_versions": dict.fromkeys(outcomes, "1"),
        "environments": [
            {"env_id": env_id, "episodes": len(letters), "successes": letters.count("s")}
            for env_id, letters in counts.items()
        ],
        "episodes": [
            {
                "env_id": env_id,
                "episode": number,
                "seed": f"{number:032x}",
                "outcome": names[letter],
                "steps": 7,
                "success_step": 7 if letter == "s" else None,
                "total_reward": 1.5,
                "reason": "timeout" if letter == "p" else None,
                "forfeits": 0,
                "timings": {"policy_p50_ms": 1.0},
                "detail": None,
            }
            for env_id, letters in outcomes.items()
            for number, letter in enumerate(letters)
        ],
    }


def write(path: Path, content: dict[str, Any]) -> Path:
    path.write_text(json.dumps(content))
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(build_app(), ["compare", *map(str, arguments)])


def test_a_clear_difference_a_chance_one_and_the_episodes_behind_them(tmp_path: Path) -> None:
    first = write(tmp_path / "first", sheet({PUSH: "s" * 5 + "f" * 15, REACH: "s" * 10 + "f" * 10}))
    second = write(tmp_path / "second", sheet({PUSH: "s" * 20, REACH: "f" + "s" * 11 + "f" * 8}))
    found = compare_result_files(read_result_file(first), read_result_file(second))
    push, reach = found.environments
    assert (push.only_first, push.only_second, push.verdict) == (0, 15, "better")
    assert push.p_value_better == 2**-15
    assert (push.first_successes, push.second_successes, push.difference) == (5, 20, 0.75)
    assert (reach.only_first, reach.only_second, reach.verdict) == (1, 2, "undecided")
    assert reach.p_value_worse == p_value(1, 2)
    assert (found.overall.only_second, found.overall.episodes, found.overall.verdict) == (17, 40, "better")
    assert not found.is_worse
    assert len(found.discordant) == 18
    assert [(one.episode, one.solved_by) for one in found.discordant if one.env_id == REACH] == [
        (0, "first"),
        (10, "second"),
        (11, "second"),
    ]


def test_the_other_way_around_everything_is_the_other_way_around(tmp_path: Path) -> None:
    first = read_result_file(write(tmp_path / "first", sheet({PUSH: "ssssssssssffffs"})))
    second = read_result_file(write(tmp_path / "second", sheet({PUSH: "fffffffffpfffss"})))
    there, back = compare_result_files(first, second), compare_result_files(second, first)
    assert (there.overall.verdict, back.overall.verdict) == ("worse", "better")
    assert (there.is_worse, back.is_worse) == (True, False)
    assert there.overall.interval == pytest.approx([-bound for bound in reversed(back.overall.interval)])


def test_episodes_that_a_machine_spoiled_are_left_out(tmp_path: Path) -> None:
    first = read_result_file(write(tmp_path / "first", sheet({PUSH: "esss"})))
    second = read_result_file(write(tmp_path / "second", sheet({PUSH: "sefs"})))
    found = compare_result_files(first, second)
    assert (found.left_out, found.overall.episodes, found.overall.only_first) == (2, 2, 1)


def test_the_level_is_shared_among_environments(tmp_path: Path) -> None:
    """Five wins against none: p = 1/32, significant alone at 0.05, not as one of eight."""
    one = [read_result_file(write(tmp_path / "a", sheet({PUSH: letters * 5}))) for letters in "fs"]
    assert compare_result_files(*one).environments[0].verdict == "better"
    others = {f"metaworld/other-{number}": "f" * 5 for number in range(7)}
    eight = [read_result_file(write(tmp_path / "a", sheet({PUSH: letters * 5} | others))) for letters in "fs"]
    assert compare_result_files(*eight).environments[0].verdict == "undecided"


@pytest.mark.parametrize(
    ("cells", "interval"),
    [((36, 12, 2), (0.0569, 0.3404)), ((20, 12, 2), (0.0562, 0.3292)), ((0, 0, 0), (-0.0714, 0.0714))],
)
def test_intervals_are_those_of_the_paper(cells: tuple[int, int, int], interval: tuple[float, float]) -> None:
    """Newcombe (1998), table II, method 10, n = 50; the paper takes the first less the second."""
    lower, upper = newcombe_interval(*cells, 50, 0.95)
    assert (-upper, -lower) == pytest.approx(interval, abs=6e-5)


def test_without_episodes_everything_is_possible() -> None:
    assert newcombe_interval(0, 0, 0, 0, 0.95) == (-1.0, 1.0)


def other_seeds(content: dict[str, Any]) -> None:
    content["episodes"][1]["seed"] = "e" * 32


def one_less(content: dict[str, Any]) -> None:
    content.update(sheet({PUSH: "sff", REACH: "ssff"}))


def other_environment(content: dict[str, Any]) -> None:
    content.update(sheet({PUSH: "ssff"}))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda content: content.update(seed=7), "--seed is 0 in the first and 7 in the second"),
        (lambda content: content.update(max_steps=50), "--max-steps is not given and 50"),
        (lambda content: content.update(randomization="hard"), "--randomization is standard and hard"),
        (lambda content: content.update(fingerprint="0" * 16), "physics fingerprints are ffffffffffffffff and 00000"),
        (lambda content: content["versions"].update(mujoco="3.4.0"), "mujoco is 3.3.0 and 3.4.0"),
        (lambda content: content["environment_versions"].update({PUSH: "2"}), f"{PUSH} is 1 and 2"),
        (other_seeds, f"episode 1 of {PUSH} has another seed"),
        (one_less, f"episode 3 of {PUSH} is only in the first"),
        (other_environment, f"{REACH} is 1 and missing"),
    ],
)
def test_other_episodes_are_refused_and_what_differs_is_named(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], says: str
) -> None:
    content = sheet({PUSH: "ssff", REACH: "ssff"})
    first = read_result_file(write(tmp_path / "first", content))
    other = copy.deepcopy(content)
    change(other)
    with pytest.raises(ConfigurationError) as caught:
        compare_result_files(first, read_result_file(write(tmp_path / "second", other)))
    assert says in str(caught.value)


def test_the_platform_alone_is_no_difference(tmp_path: Path) -> None:
    content = sheet({PUSH: "ssff"})
    first = read_result_file(write(tmp_path / "first", content))
    content["versions"]["platform"] = "another kernel"
    assert compare_result_files(first, read_result_file(write(tmp_path / "second", content))).discordant == []


def twice(content: dict[str, Any]) -> None:
    content["episodes"].append(content["episodes"][0])


def flattered(content: dict[str, Any]) -> None:
    content["episodes"][2]["outcome"] = "success"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (twice, "episode 0 of metaworld/push-v3 is there 2 times"),
        (flattered, "its table and its episodes do not agree about metaworld/push-v3"),
        (lambda content: content.update(episodes=[]), "it has no episodes"),
        (lambda content: content["environment_versions"].clear(), "has episodes but no version"),
        (lambda content: content["episodes"][0].update(outcome="perfect"), "not a whole result file"),
        (lambda content: content["episodes"][0].update(episode=-1), "not a whole result file"),
        (lambda content: content.pop("environment_versions"), "not a whole result file of this version"),
    ],
)
def test_what_was_edited_is_refused(tmp_path: Path, change: Callable[[dict[str, Any]], None], says: str) -> None:
    content = sheet({PUSH: "ssff", REACH: "ssff"})
    change(content)
    with pytest.raises(ConfigurationError) as caught:
        read_result_file(write(tmp_path / "edited", content))
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"", b"null", b"[]", b"\xff\xfe", b"[" * 100_000, json.dumps(sheet({PUSH: "sf"})).encode()[:-20]]
)
def test_what_is_no_result_file_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    (path := tmp_path / "file").write_bytes(content)
    with pytest.raises(ConfigurationError, match="not a whole result file"):
        read_result_file(path)
    with pytest.raises(ConfigurationError, match="not a file"):
        read_result_file(tmp_path)
    with pytest.raises(ConfigurationError, match="not a file"):
        read_result_file(tmp_path / "missing")


def test_the_command_shows_lists_writes_and_fails_when_asked(tmp_path: Path) -> None:
    good = write(tmp_path / "good.json", sheet({WALL: "s" * 30}))
    bad = write(tmp_path / "bad.json", sheet({WALL: "f" * 30}))
    done = run(good, bad, "--json", tmp_path / "out.json")
    assert done.exit_code == 0, done.output
    assert "worse" in done.stdout
    assert f"{WALL}, episode 0, seed {0:032x}: only the first solved it." in done.stdout
    assert "10 more episodes were solved by one policy alone" in done.stdout
    written = json.loads((tmp_path / "out.json").read_bytes())
    assert (written["worse"], len(written["discordant"]), written["overall"]["difference"]) == (True, 30, -1.0)
    failed = run(good, bad, "--fail-if", "worse")
    assert isinstance(failed.exception, KinitroError)
    assert failed.exception.exit_code == 1
    assert f"({WALL}, overall)" in str(failed.exception)
    assert run(bad, good, "--fail-if", "worse").exit_code == 0
    assert json.loads(run(bad, good, "--json", "-").stdout)["worse"] is False


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((".", ".."), "'.' is a policy: give --episodes N, and both are evaluated."),
        (("http://127.0.0.1:1", "a.json"), "'http://127.0.0.1:1' is a policy and the other is a file"),
        ((".", ".", "--episodes", 2), "'.' and '.' are the same policy: name two."),
        (("a.json", "b.json", "--episodes", 2), "--episodes is for two URLs or directories"),
        (("a.json", "b.json"), "'a.json' is not a file"),
        ((".", "..", "--episodes", 2, "--environments", "metaworld/pusk-v3"), "did you mean"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: Sequence[object], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    refused = run(*arguments)
    assert isinstance(refused.exception, KinitroError)
    assert says in str(refused.exception)
    assert list(tmp_path.iterdir()) == []


def shard(content: dict[str, Any], index: int, number: int) -> dict[str, Any]:
    """The part of a result file that one of several machines would have written."""
    part = copy.deepcopy(content)
    part["shard"] = [index, number]
    part["episodes"] = [row for row in part["episodes"] if row["episode"] % number == index - 1]
    for summary in part["environments"]:
        rows = [row for row in part["episodes"] if summary["env_id"] in (row["env_id"], "all")]
        counted = [row["outcome"] for row in rows if row["outcome"] != "evaluator_fault"]
        summary.update(episodes=len(counted), successes=counted.count("success"))
    return part


def evaluate(*arguments: object) -> Result:
    return CliRunner().invoke(build_app(), ["evaluate", *map(str, arguments)])


def test_shards_together_are_the_whole(tmp_path: Path) -> None:
    content = sheet({PUSH: "ssffp", REACH: "sfffs"})
    drawn = {
        "lights": {"intensity of the headlight": 0.9},
        "textures": {"texture of wall": "wood"},
        "mass": {"arm": [1.0]},
    }
    content["episodes"][3]["factors"] = drawn
    paths = [write(tmp_path / f"{index}.json", shard(content, index, 3)) for index in (3, 1, 2)]
    done = evaluate("merge", *paths, "--json", tmp_path / "merged.json")
    assert done.exit_code == 0, done.output
    whole = write(tmp_path / "whole.json", content)
    found = compare_result_files(read_result_file(whole), read_result_file(tmp_path / "merged.json"))
    assert (found.discordant, found.overall.episodes, found.overall.first_successes) == ([], 10, 4)
    merged = json.loads((tmp_path / "merged.json").read_bytes())
    assert [row["factors"] for row in merged["episodes"]] == [None, None, None, drawn, *[None] * 6]
    (push, *_) = merged["environments"]
    assert (push["reasons"], push["steps_to_success"]) == ({"timeout": 1}, 7)


@pytest.mark.parametrize(
    ("parts", "change", "says"),
    [
        ((1, 3), {}, "Shard 2/3 is missing"),
        ((1, 2, 2, 3), {}, "Shard 2/3 is given 2 times"),
        ((1, 2, 3), {"seed": 8}, "are not of the same evaluation: --seed is 0 in the first and 8"),
        ((1, 2, 3), {"fingerprint": "0" * 16}, "physics fingerprints"),
        ((1, 2, 3), {"revision": "c0ffee+"}, "are of two revisions of the policy: None and c0ffee+"),
        ((1, 2, 3), {"shard": [4, 4]}, "others of another number"),
        ((1, 2, 3), {"shard": None}, "Only result files of `kinitro evaluate --shard I/N`"),
    ],
)
def test_shards_that_do_not_fit_are_refused(
    tmp_path: Path, parts: Sequence[int], change: dict[str, Any], says: str
) -> None:
    content = sheet({PUSH: "ssffp", REACH: "sfffs"})
    paths = []
    for place, index in enumerate(parts):
        part = shard(content, index, 3) | (change if place == len(parts) - 1 else {})
        paths.append(write(tmp_path / f"{place}.json", part))
    refused = evaluate("merge", *paths)
    assert isinstance(refused.exception, ConfigurationError)
    assert says in str(refused.exception)


def test_shards_of_another_length_are_refused(tmp_path: Path) -> None:
    long, short = sheet({PUSH: "ssffps"}), sheet({PUSH: "ss"})
    paths = [write(tmp_path / "1", shard(long, 1, 2)), write(tmp_path / "2", shard(short, 2, 2))]
    refused = evaluate("merge", *paths)
    assert "do not have every episode once" in str(refused.exception)


@pytest.mark.parametrize("text", ["0/2", "3/2", "1/99", "x", "1/", "-1/2", "1/2/3", "1" * 20 + "/2"])
def test_a_shard_that_cannot_be_is_one_sentence(tmp_path: Path, text: str) -> None:
    refused = evaluate(tmp_path, "--episodes", 10, f"--shard={text}")
    assert isinstance(refused.exception, ConfigurationError)
    assert "--shard cannot be" in str(refused.exception)


def test_two_policies_at_once_are_refused(tmp_path: Path) -> None:
    assert "one argument too many" in str(evaluate(tmp_path, tmp_path).exception)


def test_the_revision_is_the_commit_and_says_whether_files_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy"
    policy.mkdir()
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert find_revision(policy) is None

    def git(*arguments: str) -> str:
        author = ("-c", "user.name=miner", "-c", "user.email=miner@example.org")
        done = subprocess.run(["git", *author, *arguments], cwd=policy, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    git("init")
    assert find_revision(policy) is None
    (policy / "server.py").write_text("app = None")
    git("add", ".")
    git("commit", "-m", "first")
    (policy / "results").mkdir()
    (policy / "results" / "journal").touch()
    assert find_revision(policy) == git("rev-parse", "HEAD")
    (policy / "server.py").write_text("app = 1")
    assert find_revision(policy) == git("rev-parse", "HEAD") + "+"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_revision(policy) is None
