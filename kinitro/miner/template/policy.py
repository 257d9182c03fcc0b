"""Your policy. This is the only file you have to change.

The server makes one `RobotPolicy` per episode, so whatever you keep on `self` belongs to one episode and many episodes
can run at once. What all episodes share (network weights) is loaded once, in `load`.
"""

from __future__ import annotations

import numpy as np


class RobotPolicy:
    """A policy of uniformly random actions: it conforms to the protocol and solves nothing."""

    max_concurrent_episodes = 16
    """How many episodes the evaluator may run on this server at once; with more, a cycle is over sooner."""
    max_chunk = 1
    """The largest number of actions in one answer. If above 1, `act` may return an array (k, m), executed open loop."""

    @classmethod
    def load(cls) -> None:
        """Load what all episodes share. Called once, in a thread, before the first episode.

        Until it returns, /health says "loading".
        """

    async def reset(self, task_config: dict) -> str:
        """Start an episode; returns its episode_id.

        task_config: env_id, task_name, instruction, episode_id, max_steps, control_hz, cameras, image_sizes,
        robot, proprioception (name, unit, low and high of each number of an observation), action (name, meaning, low,
        high, neutral and held of each number of an action), protocol.
        Draw random numbers from the episode_id only: equal observations in the same episode must give equal actions,
        because that is how the evaluator verifies that you deployed what you uploaded.
        """
        episode_id: str = task_config["episode_id"]
        self.low = np.array([number["low"] for number in task_config["action"]])
        self.high = np.array([number["high"] for number in task_config["action"]])
        self.random = np.random.default_rng(list(episode_id.encode()))
        return episode_id

    async def act(self, observation: np.ndarray, images: dict | None) -> np.ndarray:
        """Return the action for one control step. The whole call must take less than 500 ms, network included.

        observation: float32 (p,), described by task_config["proprioception"]. For MetaWorld: hand x, y, z in metres,
        gripper opening from 1 (open) to about 0.3 (closed).
        images: camera name (for MetaWorld "corner", "corner4", "gripper") -> uint8 (height, width, 3), RGB, upright.
        Returns (m,), described by task_config["action"], or (k, m). For MetaWorld: hand dx, dy, dz and gripper (+1
        closes, -1 opens), each in [-1, 1].
        """
        return self.low + (self.high - self.low) * self.random.random(len(self.low))
