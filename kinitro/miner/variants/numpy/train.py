"""Fit weights.npz to demonstrations: `kinitro demos --format npz --out ../demos`, then `python train.py ../demos`."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from policy import WEIGHTS, compute_features, encode_task

RIDGE = 1e-2
"""The weight of the ridge penalty per sample."""


def main(dataset: Path) -> None:
    rows, targets = [], []
    files = sorted(dataset.glob("episodes/*/*.npz"))
    if not files:
        sys.exit(f"{dataset} has no episodes/*/*.npz: record some with `kinitro demos --format npz --out {dataset}`")
    learned = describe(files)
    for number, file in enumerate(files, 1):
        with np.load(file) as episode:
            task = encode_task(str(episode["instruction"]))
            images = {camera: episode[f"pixels.{camera}"] for camera in learned["cameras"].tolist()}
            for step, state in enumerate(episode["agent_pos"]):
                seen = {camera: frames[step] for camera, frames in images.items()}
                rows.append(compute_features(state, seen, task, learned))
            targets.append(episode["action"])
        print(f"\r{number} of {len(files)} episodes", end="", file=sys.stderr)
    x, y = np.stack(rows).astype(np.float64), np.concatenate(targets).astype(np.float64)
    weights = np.linalg.solve(x.T @ x + RIDGE * len(x) * np.eye(x.shape[1]), x.T @ y)
    np.savez_compressed(WEIGHTS, weights=weights, **learned)
    error = np.abs(np.clip(x @ weights, -1, 1) - y).mean()
    print(f"\n{len(x)} steps, mean absolute error {error:.3f} on what it was trained on; wrote {WEIGHTS.name}")


def describe(files: list[Path]) -> dict[str, np.ndarray]:
    """Describe what the demonstrations show: cameras, and centre and scale of the observations."""
    states = []
    for file in files:
        with np.load(file) as episode:
            states.append(episode["agent_pos"])
            cameras = [name.removeprefix("pixels.") for name in episode if name.startswith("pixels.")]
    found = np.concatenate(states).astype(np.float64)
    return {
        "cameras": np.array(cameras),
        "centre": found.mean(axis=0),
        "scale": 1 / np.maximum(found.std(axis=0), 1e-3),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
