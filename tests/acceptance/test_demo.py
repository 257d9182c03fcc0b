"""`kinitro demo`: the whole loop through the real commands, undisturbed and disturbed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.acceptance.demo_process import Demo
from tests.acceptance.recomputation import by_name, recomputed_weights, successes

pytestmark = pytest.mark.timeout(900)

STOP_DEADLINE_S = 5.0


def assert_published_what_was_measured(demo: Demo) -> None:
    """Scores, weights and the chain all follow from the stored outcomes."""
    counted = successes(demo)
    for miner in demo.read("scores.json")["miners"]:
        for environment in miner["environments"]:
            assert environment["successes"] == counted[miner["uid"], environment["env_id"]]
            assert environment["episodes"] == 2
    expected = recomputed_weights(demo)
    published = {int(uid): weight for uid, weight in demo.read("weights.json")["weights"].items() if weight}
    assert published == pytest.approx(expected)
    on_chain = {int(uid): value for uid, value in demo.read("chain_weights.json").items()}
    total = sum(on_chain.values())
    assert {uid: value / total for uid, value in on_chain.items()} == pytest.approx(expected, abs=1e-4)


def test_publishes_what_was_measured(finished_demo: tuple[Demo, str]) -> None:
    assert_published_what_was_measured(finished_demo[0])


def test_the_generalist_earns_and_neither_copy_nor_idle_nor_random_does(finished_demo: tuple[Demo, str]) -> None:
    on_chain = by_name(finished_demo[0], finished_demo[0].read("chain_weights.json"))
    assert on_chain["generalist"] > 0
    assert on_chain["copycat"] == on_chain["idle"] == on_chain["random"] == 0


def test_a_copy_fares_the_same_in_every_episode_that_both_answered_in_time(finished_demo: tuple[Demo, str]) -> None:
    names = finished_demo[0].read("names.json")
    fared: dict[str, dict[tuple[str, int], tuple[int, int]]] = {"generalist": {}, "copycat": {}}
    for row in finished_demo[0].read("results.json"):
        if names[str(row["uid"])] in fared and row["forfeits"] == 0:
            fared[names[str(row["uid"])]][row["env_id"], row["episode"]] = row["outcome"], row["steps"]
    both = fared["generalist"].keys() & fared["copycat"].keys()
    assert both, "no episode without a late answer: this machine is too busy for the demo"
    assert {key: fared["copycat"][key] for key in both} == {key: fared["generalist"][key] for key in both}


def test_says_where_the_api_listens_and_shows_a_leaderboard(finished_demo: tuple[Demo, str]) -> None:
    output = finished_demo[1]
    assert "The API listens on http://127.0.0.1:" in output
    assert "Earnings" in output
    assert "copycat" in output


def test_leaves_no_process(finished_demo: tuple[Demo, str]) -> None:
    assert finished_demo[0].processes() == {}


def test_services_killed_in_the_middle_change_nothing(start_demo: Callable[..., Demo]) -> None:
    demo = start_demo()
    demo.wait_for(lambda: '"cycle_running"' in demo.log("scheduler"), "the cycle runs")
    for service in ("executor", "api", "scheduler", "validate"):
        os.kill(demo.service_pid("-m kinitro", service), signal.SIGKILL)
        time.sleep(1.0)
    os.kill(demo.service_pid("bin/postgres"), signal.SIGKILL)
    output = demo.finish()
    assert demo.process.returncode == 0, output
    assert_published_what_was_measured(demo)
    assert demo.processes() == {}


def test_ctrl_c_stops_everything_within_five_seconds(start_demo: Callable[..., Demo]) -> None:
    demo = start_demo("--keep-running")
    demo.wait_for(lambda: "executor_ready" in demo.log("executor"), "the executor is ready")
    begun = time.monotonic()
    demo.process.send_signal(signal.SIGINT)
    output = demo.finish(30)
    took_s = time.monotonic() - begun
    assert demo.process.returncode == 130, output
    assert "Traceback" not in output
    assert took_s < STOP_DEADLINE_S
    assert demo.processes() == {}


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--environments", "metaworld/fly-v3"], "There is no environment 'metaworld/fly-v3'"),
        (["--environments", ","], "give one or more different ids"),
        (["--out", "."], "is not empty"),
        (["--episodes", "0"], "greater than or equal to 1"),
    ],
)
def test_bad_flags_are_answered_by_one_sentence(flags: list[str], sentence: str) -> None:
    command = [sys.executable, "-m", "kinitro", "demo", *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "200"})
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
