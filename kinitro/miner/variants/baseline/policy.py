"""The baseline: one network says where object and goal are, another one acts.

`perception.onnx` estimates the position of the task's object and of its goal from the three images, with a standard
deviation for each; estimates are averaged over the episode; `control.npz` holds a small network that imitates scripted
experts on those positions. `collect.py`, `train.py` and `distill.py` make both files.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import numpy as np
from protocol import OLD_PROPRIOCEPTION

CAMERAS = ("corner", "corner4", "gripper")
CENTRE_M = np.array([0.0, 0.65, 0.12])
"""Middle of the workspace in the world frame; positions are given to the networks relative to it."""
SCALE_M = 0.15
LANDMARKS_M = ((-0.45, 0.35, 0), (-0.3, 0.9, 0), (0.3, 0.4, 0), (0.3, 0.9, 0.1), (0, 0.6, 0.25), (0, 0.75, 0))
"""Points of the world frame, whose pixels are predicted for each fixed camera: they tell where it stands, for the
cameras are moved."""
NEAR_M = 0.03
"""Differences of positions are given twice: in units of SCALE_M, and, clipped, in units of this."""
MEMORY = np.array([[0.6], [1.0]])
"""What is kept per step of earlier estimates of the object, which may move, and of the goal, which does not."""
GOAL_TRUST = np.array([[1.0], [0.9]])
"""By how much each estimate of the goal counts less than the one before: the hand hides it later, and the network then
guesses that it is near the hand."""
LEAST_DEVIATION_M = 0.002
"""Added to every standard deviation, so that no single estimate silences all others."""
FOLDER = Path(__file__).parent
TASKS = tuple((FOLDER / "tasks.txt").read_text().split())
"""The tasks it is trained for, in the order of the networks' task input; in others the arm stands still. To train for
others, write them into the file before collect.py: both networks depend on it."""
PERCEPTION, CONTROL = FOLDER / "perception.onnx", FOLDER / "control.npz"


class RobotPolicy:
    """Estimates positions, averages them by their precision, and acts on the averages."""

    max_concurrent_episodes = 16
    max_chunk = 1
    perception = None
    layers: list[tuple[np.ndarray, np.ndarray]]

    @classmethod
    def load(cls) -> None:
        """Read both networks; without them all actions are zero."""
        if not (PERCEPTION.exists() and CONTROL.exists()):
            wanted = f"{PERCEPTION.name} or {CONTROL.name}"
            logging.getLogger("uvicorn.error").warning("There is no %s: run train.py and distill.py", wanted)
            return
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        cls.perception = onnxruntime.InferenceSession(str(PERCEPTION), options, providers=["CPUExecutionProvider"])
        cls.layers = load_layers(CONTROL)
        blank = dict.fromkeys(CAMERAS, np.zeros((84, 84, 3), np.uint8))
        cls.estimate(
            np.zeros(len(OLD_PROPRIOCEPTION), np.float32), blank, 0
        )  # the first call is slow: not in an episode

    @classmethod
    def estimate(cls, observation: np.ndarray, images: dict, task: int) -> tuple[np.ndarray, np.ndarray]:
        """Positions of object and goal in the world frame: mean and standard deviation, (2, 3) each, in metres."""
        inputs = {
            "images": np.stack([images[camera] for camera in CAMERAS])[None],
            "proprioception": observation[None].astype(np.float32),
            "task": np.array([task]),
        }
        mean, deviation = cls.perception.run(None, inputs)
        return mean, deviation

    async def reset(self, task_config: dict) -> str:
        task = task_config["env_id"].partition("/")[2].partition("@")[0]
        self.task = TASKS.index(task) if task in TASKS else None
        self.average = RunningAverage()
        self.neutral = np.array([number["neutral"] for number in task_config["action"]])
        return task_config["episode_id"]

    async def act(self, observation: np.ndarray, images: dict | None) -> np.ndarray:
        if self.task is None or self.perception is None or not images:
            return self.neutral
        return await asyncio.to_thread(self.decide, observation, images)

    def decide(self, observation: np.ndarray, images: dict) -> np.ndarray:
        """The action (4,) for what is seen now."""
        thing, goal = self.average.update(*self.estimate(observation, images, self.task))
        return apply_layers(self.layers, features(self.task, observation, thing, goal))


class RunningAverage:
    """Precision-weighted averages of the positions of object and goal over an episode."""

    def __init__(self) -> None:
        self.precision, self.weighted, self.trust = np.zeros((2, 3)), np.zeros((2, 3)), np.ones((2, 1))

    def update(self, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
        """Take in one estimate, (2, 3) each; returns the averages (2, 3)."""
        weight = self.trust / (deviation**2 + LEAST_DEVIATION_M**2)
        self.trust = self.trust * GOAL_TRUST
        self.precision = self.precision * MEMORY + weight
        self.weighted = self.weighted * MEMORY + weight * mean
        return self.positions

    @property
    def positions(self) -> np.ndarray:
        """Of object and goal, (2, 3), in metres in the world frame."""
        return self.weighted / self.precision


def features(task: int, observation: np.ndarray, thing: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """What the controller sees: float32 (22 + tasks,), from proprioception (4,) and two positions (3,) in metres."""
    hand = observation[:3]
    parts = [(hand - CENTRE_M) / SCALE_M, [observation[3]], (thing - CENTRE_M) / SCALE_M, (goal - CENTRE_M) / SCALE_M]
    for way in (thing - hand, goal - hand):
        parts += [way / SCALE_M, np.clip(way / NEAR_M, -3, 3)]
    return np.concatenate([*parts, np.eye(len(TASKS))[task]]).astype(np.float32)


def load_layers(path: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weights and biases of the controller, layer by layer."""
    with np.load(path) as stored:
        return [(stored[f"weight{n}"], stored[f"bias{n}"]) for n in range(len(stored.files) // 2)]


def apply_layers(layers: list[tuple[np.ndarray, np.ndarray]], x: np.ndarray) -> np.ndarray:
    """The controller: a multilayer perceptron with rectifiers; action (4,) in [-1, 1]."""
    for number, (weight, bias) in enumerate(layers):
        x = x @ weight + bias
        if number < len(layers) - 1:
            x = np.maximum(x, 0)
    return np.clip(x, -1, 1)
