"""How fast `kinitro compare` is on two result files of 8 environments x 200 episodes, each with what was drawn for it.

    python benchmarks/comparison.py

CPU seconds of this process, beside decoding the same files with the standard library; also for files that contain the
sensitivity, which have nine times as many episodes.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from kinitro.environments import make
from kinitro.environments.interface import RandomizedEnvironment
from kinitro.evaluation import EpisodeResult, Outcome, Timings
from kinitro.evaluation.result_comparison import compare_result_files
from kinitro.evaluation.result_files import Provenance, encode_result_file, read_result_file
from kinitro.evaluation.survey import SurveyPlan, Trial

ENVIRONMENTS, EPISODES, ROUNDS, LIMIT_S = 8, 200, 10, 1.0


def make_content(rate: float, rng: np.random.Generator, *, sensitivity: bool) -> bytes:
    """A file as `kinitro evaluate --json` writes it, with random outcomes and the factors of a real episode."""
    from kinitro.environments import scored_specs

    names = [spec.id for spec in scored_specs()][:ENVIRONMENTS]
    environment = make(names[0], cameras=("corner", "corner4", "gripper"))
    environment.reset(0)
    assert isinstance(environment, RandomizedEnvironment)
    factors = environment.privileged_factors()
    plan = SurveyPlan.of("policy", names, EPISODES, 0, None, sensitivity=sensitivity)
    timings = Timings(1.5, 2.5, 3.5, 1000.5, 20.5)

    def play() -> EpisodeResult:
        if rng.random() < rate:
            return EpisodeResult(Outcome.SUCCESS, 90, 90, 12.5, timings=timings, factors=factors)
        return EpisodeResult(Outcome.FAILURE, 500, None, 12.5, timings=timings, factors=factors)

    trials = [Trial(key.env_id, key.episode, f"{key.episode:032x}", play(), key.group) for key in plan.keys]
    return encode_result_file(plan, trials, Provenance("f" * 16, {}, None))


def measure(work: Callable[[], object]) -> float:
    """The median CPU seconds of `work`."""
    times = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return float(np.median(times))


def main() -> None:
    """Print the times and whether the limit is kept."""
    rng = np.random.default_rng(0)
    for sensitivity in (False, True):
        with tempfile.TemporaryDirectory() as directory:
            paths = [Path(directory) / name for name in ("first.json", "second.json")]
            for path, rate in zip(paths, (0.7, 0.8), strict=True):
                path.write_bytes(make_content(rate, rng, sensitivity=sensitivity))
            size = paths[0].stat().st_size / 1e6
            ours = measure(lambda: compare_result_files(read_result_file(paths[0]), read_result_file(paths[1])))  # noqa: B023
            baseline = measure(lambda: [json.loads(path.read_bytes()) for path in paths])  # noqa: B023
        what = f"{ENVIRONMENTS} x {EPISODES}{', with sensitivity' if sensitivity else ''}, {size:.1f} MB each"
        print(f"compare {what}: {1000 * ours:.0f} ms CPU, {ours / baseline:.2f}x json.loads of both")
        print("within the limit" if ours < LIMIT_S else f"too slow: the limit is {LIMIT_S} s")


if __name__ == "__main__":
    main()
