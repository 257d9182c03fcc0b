"""How fast `kinitro compare` is on two result files of 8 environments x 200 episodes.

    python benchmarks/comparison.py

CPU seconds of this process, beside decoding the same files with the standard library.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from kinitro.evaluation.result_comparison import compare_result_files
from kinitro.evaluation.result_files import read_result_file

ENVIRONMENTS, EPISODES, ROUNDS, LIMIT_S = 8, 200, 20, 1.0


def make_sheet(rate: float, rng: np.random.Generator) -> bytes:
    """A file as `kinitro evaluate --json` writes it, with random outcomes."""
    names = [f"metaworld/task-{number}-v3" for number in range(ENVIRONMENTS)]
    solved = {name: rng.random(EPISODES) < rate for name in names}
    timings = dict.fromkeys(("policy_p50_ms", "policy_p95_ms", "policy_max_ms", "simulation_ms", "waiting_ms"), 1.5)
    rows = [
        {
            "env_id": name,
            "episode": episode,
            "seed": f"{episode:032x}",
            "outcome": "success" if success else "failure",
            "steps": 100,
            "success_step": 90 if success else None,
            "total_reward": 12.5,
            "reason": None,
            "forfeits": 0,
            "timings": timings,
            "recording": None,
            "detail": None,
        }
        for name in names
        for episode, success in enumerate(solved[name])
    ]
    summaries = [{"env_id": name, "episodes": EPISODES, "successes": int(solved[name].sum())} for name in names]
    total = sum(summary["successes"] for summary in summaries)
    sheet = {
        "target": "policy",
        "seed": 0,
        "max_steps": None,
        "environment_versions": dict.fromkeys(names, "1"),
        "fingerprint": "f" * 16,
        "versions": {},
        "environments": [*summaries, {"env_id": "all", "episodes": len(rows), "successes": total}],
        "episodes": rows,
    }
    return json.dumps(sheet, indent=2).encode()


def measure(work: Callable[[], object]) -> float:
    """The median CPU seconds of `work`."""
    times = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return float(np.median(times))


def main() -> None:
    """Print both times and whether the limit is kept."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as directory:
        paths = [Path(directory) / name for name in ("first.json", "second.json")]
        for path, rate in zip(paths, (0.7, 0.8), strict=True):
            path.write_bytes(make_sheet(rate, rng))
        ours = measure(lambda: compare_result_files(read_result_file(paths[0]), read_result_file(paths[1])))
        baseline = measure(lambda: [json.loads(path.read_bytes()) for path in paths])
    print(f"compare {ENVIRONMENTS} x {EPISODES}: {1000 * ours:.1f} ms CPU, {ours / baseline:.1f}x json.loads of both")
    print("within the limit" if ours < LIMIT_S else f"too slow: the limit is {LIMIT_S} s")


if __name__ == "__main__":
    main()
