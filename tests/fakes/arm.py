"""The family of docs/examples/arm_family.py, as if a package that offers it were installed."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any
from unittest import mock

from kinitro.environments import registry

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
sys.path.append(str(EXAMPLES))
arm_family: Any = importlib.import_module("arm_family")

ENV_ID = "arm/origin-v0"
ArmEnvironment: Any = arm_family.ArmEnvironment

TO_THE_ORIGIN = """
import numpy as np

class RobotPolicy:
    max_concurrent_episodes = 8
    max_chunk = 3

    @classmethod
    def load(cls):
        pass

    async def reset(self, task_config):
        self.low = [number["low"] for number in task_config["action"]]
        self.high = [number["high"] for number in task_config["action"]]
        return task_config["episode_id"]

    async def act(self, observation, images):
        assert observation.shape == (9,)
        assert {name: image.shape for name, image in images.items()} == {"front": (48, 64, 3), "wrist": (128, 128, 3)}
        motion = np.concatenate([-observation[:3] / 3, np.zeros(3), [0.03]])
        return np.tile(motion.clip(self.low, self.high), (3, 1))
"""
"""A policy for the arm that answers with chunks."""


def install(folder: Path, entry: str = "arm = arm_family") -> dict[str, str]:
    """The environment variables of a process in which a distribution with this entry point is installed."""
    distribution = folder / "arm_family-1.0.dist-info"
    distribution.mkdir(parents=True)
    (distribution / "METADATA").write_text("Metadata-Version: 2.1\nName: arm-family\nVersion: 1.0\n")
    (distribution / "entry_points.txt").write_text(f"[kinitro.environments]\n{entry}\n")
    paths = [str(folder), str(EXAMPLES), *sys.path]
    return os.environ | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}


@contextmanager
def registered() -> Iterator[None]:
    """The family in the registry of this process."""
    entry = EntryPoint("arm", "arm_family", registry.ENTRY_POINT_GROUP)
    registry._load_environments.cache_clear()
    try:
        with mock.patch.object(registry, "entry_points", return_value=[entry]):
            yield
    finally:
        registry._load_environments.cache_clear()
