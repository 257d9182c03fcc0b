"""Fit the regression with which the demo's generalist finds objects in its first images.

    python examples/fit_localizer.py --out kinitro/local/policies/localizer.npz

Read it from top to bottom: draw episodes from seeds of our own, keep the first images and where things really are,
solve a ridge regression per task. The true positions are used here, in fitting, and nowhere else. The whole run takes
minutes on a laptop; it is the simplest thing that works, and a starting point for something better.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "kinitro" / "local" / "policies"))
from localizer import CAMERAS, features
from skills import SKILLS

FIRST_SEED = 1 << 100
"""Scored seeds are drawn by HMAC, from 2**128: none of them will ever be one of these."""
HELD_OUT_SHARE = 0.1
RIDGE = 0.3
"""Added to the diagonal; chosen on held-out episodes."""
TRIMMED_SHARE = 0.05
"""Episodes left out of the second fit, because a marker hidden by the arm was mistaken for something else."""


def draw_episodes(task: str, first: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Features (n, f) of the first images of `count` episodes, and the true object and goal xyz (n, 6) in metres."""
    from kinitro import environments

    environment = environments.make(f"metaworld/{task}", cameras=CAMERAS)
    drawn, truth = [], []
    for number in range(first, first + count):
        environment.reset(FIRST_SEED + number)
        images = environment.observe().pixels
        drawn.append(features(task, [images[camera] for camera in CAMERAS]))
        state = environment.privileged_state()
        truth.append(np.concatenate((state[4:7], state[36:39])))
    return np.stack(drawn), np.stack(truth)


def ridge(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Coefficients (f, 6) of the least squares with RIDGE; the intercept, feature 0, is not shrunk."""
    penalty = np.full(x.shape[1], RIDGE)
    penalty[0] = 0.0
    return np.linalg.solve(x.T @ x + np.diag(penalty), x.T @ y)


def fit(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Two fits; the second without the episodes that the first finds strangest."""
    coefficients = ridge(x, y)
    worst = np.abs(x @ coefficients - y).max(axis=1)
    kept = worst <= np.quantile(worst, 1 - TRIMMED_SHARE)
    return ridge(x[kept], y[kept])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--episodes", type=int, default=2000, help="per task")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()

    saved = {}
    with ProcessPoolExecutor(options.workers) as pool:
        starts = range(0, options.episodes, 100)
        for task in SKILLS:
            parts = list(pool.map(draw_episodes, [task] * len(starts), starts, [100] * len(starts)))
            x = np.concatenate([part[0] for part in parts]).astype(np.float64)
            y = np.concatenate([part[1] for part in parts])
            training = slice(int(len(x) * HELD_OUT_SHARE), None)
            held_out = slice(0, training.start)
            error = np.linalg.norm(
                (x[held_out] @ fit(x[training], y[training]) - y[held_out]).reshape(-1, 2, 3), axis=2
            )
            median, tenth = np.median(error, axis=0) * 1000, np.quantile(error, 0.9, axis=0) * 1000
            print(f"{task}: median error of the object {median[0]:.0f} mm, of the goal {median[1]:.0f} mm", end="")
            print(f"; 90 % are below {tenth[0]:.0f} and {tenth[1]:.0f} mm", flush=True)
            saved[task] = fit(x, y).astype(np.float32)
    np.savez_compressed(options.out, **saved)


if __name__ == "__main__":
    main()
