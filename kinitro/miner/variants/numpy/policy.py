"""A policy in NumPy alone: ridge regression on random features of what it sees. `train.py` makes its weights.npz."""

from __future__ import annotations

import functools
import logging
from pathlib import Path

import numpy as np

WEIGHTS = Path(__file__).with_name("weights.npz")
CELLS = 14
"""Images are averaged to CELLS x CELLS pixels."""
FEATURES = 1500
TASKS = 64
"""Instructions are distinguished by a hash with this many values."""


class RobotPolicy:
    """A policy that is linear in random features of the state, small images and the instruction.

    It serves environments with the robot and the cameras of the demonstrations that it learned from.
    """

    max_concurrent_episodes = 8
    max_chunk = 1
    learned: dict[str, np.ndarray] | None = None
    """What train.py writes: weights (FEATURES + 1, m), cameras, and centre and scale (p,) of the observations."""

    @classmethod
    def load(cls) -> None:
        """Load weights.npz; without it no action moves anything."""
        if not WEIGHTS.exists():
            logging.getLogger("uvicorn.error").warning("There is no %s: run train.py first", WEIGHTS.name)
            return
        with np.load(WEIGHTS) as saved:
            cls.learned = dict(saved)
        blank = dict.fromkeys(cls.learned["cameras"].tolist(), np.zeros((CELLS, CELLS, 3), np.uint8))
        # The first call is slow, so it is made before any episode.
        compute_features(cls.learned["centre"], blank, encode_task(""), cls.learned)

    async def reset(self, task_config: dict) -> str:
        self.task = encode_task(task_config["instruction"])
        self.low = [number["low"] for number in task_config["action"]]
        self.high = [number["high"] for number in task_config["action"]]
        self.neutral = np.array([number["neutral"] for number in task_config["action"]])
        return task_config["episode_id"]

    async def act(self, observation: np.ndarray, images: dict | None) -> np.ndarray:
        if self.learned is None:
            return self.neutral
        features = compute_features(observation, images or {}, self.task, self.learned)
        return np.clip(features @ self.learned["weights"], self.low, self.high)


def encode_task(instruction: str) -> np.ndarray:
    """Encode an instruction as a vector with a one at the place of its hash."""
    code = np.zeros(TASKS, np.float32)
    code[sum(instruction.encode()) % TASKS] = 1.0
    return code


def compute_features(observation: np.ndarray, images: dict, task: np.ndarray, learned: dict) -> np.ndarray:
    """Compute the features (FEATURES + 1,): cosines of random projections, and a one."""
    small = [shrink(images[camera]) for camera in learned["cameras"].tolist()]
    seen = np.concatenate([(observation - learned["centre"]) * learned["scale"], *small, 3.0 * task])
    projection, phase = draw_projection(len(seen))
    return np.append(np.cos(seen.astype(np.float32) @ projection + phase), 1.0)


@functools.cache
def draw_projection(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw the projection from a fixed seed, so that it is the same for training and serving."""
    random = np.random.default_rng(0)
    projection = random.normal(0.0, 0.15, (size, FEATURES)).astype(np.float32)
    return projection, random.uniform(0.0, 2 * np.pi, FEATURES).astype(np.float32)


def shrink(image: np.ndarray) -> np.ndarray:
    """Shrink an image to the means of equal cells: (CELLS * CELLS * 3,) in about [-1, 1]."""
    rows, columns = image.shape[0] // CELLS, image.shape[1] // CELLS
    cells = image[: rows * CELLS, : columns * CELLS].reshape(CELLS, rows, CELLS, columns, 3)
    return (cells.mean(axis=(1, 3)).ravel() / 127.5 - 1.0).astype(np.float32)
