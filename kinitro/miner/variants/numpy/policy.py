"""A policy in NumPy alone: ridge regression on random features of what it sees. `train.py` makes its weights.npz."""

from __future__ import annotations

import functools
import logging
from pathlib import Path

import numpy as np

WEIGHTS = Path(__file__).with_name("weights.npz")
CAMERAS = ("corner", "gripper")
CELLS = 14
"""Images are averaged to CELLS x CELLS pixels."""
FEATURES = 1500
TASKS = 64
"""Instructions are distinguished by a hash with this many values."""


class RobotPolicy:
    """A policy that is linear in random features of the state, two small images and the instruction."""

    max_concurrent_episodes = 8
    max_chunk = 1
    weights: np.ndarray

    @classmethod
    def load(cls) -> None:
        """Load weights.npz; without it all actions are zero."""
        if WEIGHTS.exists():
            with np.load(WEIGHTS) as saved:
                cls.weights = saved["weights"]
        else:
            logging.getLogger("uvicorn.error").warning("There is no %s: run train.py first", WEIGHTS.name)
            cls.weights = np.zeros((FEATURES + 1, 4))
        blank = dict.fromkeys(CAMERAS, np.zeros((84, 84, 3), np.uint8))
        # The first call is slow, so it is made before any episode.
        compute_features(np.zeros(4, np.float32), blank, encode_task(""))

    async def reset(self, task_config: dict) -> str:
        self.task = encode_task(task_config["instruction"])
        return task_config["episode_id"]

    async def act(self, observation: np.ndarray, images: dict | None) -> np.ndarray:
        return np.clip(compute_features(observation, images or {}, self.task) @ self.weights, -1.0, 1.0)


def encode_task(instruction: str) -> np.ndarray:
    """Encode an instruction as a vector with a one at the place of its hash."""
    code = np.zeros(TASKS, np.float32)
    code[sum(instruction.encode()) % TASKS] = 1.0
    return code


def compute_features(observation: np.ndarray, images: dict, task: np.ndarray) -> np.ndarray:
    """Compute the features (FEATURES + 1,): cosines of random projections, and a one."""
    small = [shrink(images[camera]) for camera in CAMERAS]
    seen = np.concatenate([(observation - (0.0, 0.6, 0.15, 0.5)) * (5.0, 5.0, 8.0, 2.0), *small, 3.0 * task])
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
    side = image.shape[0] // CELLS
    cells = image[: side * CELLS, : side * CELLS].reshape(CELLS, side, CELLS, side, 3)
    return (cells.mean(axis=(1, 3)).ravel() / 127.5 - 1.0).astype(np.float32)
