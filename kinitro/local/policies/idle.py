"""A policy that never moves."""

from __future__ import annotations

import numpy as np


class RobotPolicy:
    """Answers every observation with no motion."""

    max_concurrent_episodes = 16
    max_chunk = 1

    @classmethod
    def load(cls) -> None:
        """Do nothing, because there is nothing to load."""

    async def reset(self, task_config: dict) -> str:
        self.still = np.array([command["neutral"] for command in task_config["action"]])
        return task_config["episode_id"]

    async def act(self, observation: np.ndarray, images: dict | None) -> np.ndarray:
        return self.still
