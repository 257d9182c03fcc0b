"""Your policy. This is the only file you have to change.

The server makes one `RobotPolicy` per episode, so whatever you keep on `self` belongs to one episode and many episodes
can run at once. What all episodes share (network weights) is loaded once, in `load`.
"""

from __future__ import annotations

import numpy as np


class RobotPolicy:
    """Uniformly random actions: conforms to the protocol, solves nothing."""

    max_concurrent_episodes = 16
    """Episodes the evaluator may run on this server at once. More finish sooner, if every answer stays in time."""
    max_chunk = 1
    """Most actions in one answer. With more than 1, `act` may return an array (k, 4) that is executed open loop."""

    @classmethod
    def load(cls) -> None:
        """Called once, before the first episode, in a thread. /health says "loading" until it returns."""

    async def reset(self, task_config: dict) -> str:
        """Called at the start of each episode; returns its episode_id.

        task_config: env_id, task_name, instruction, episode_id, max_steps, control_hz, cameras, image_size,
        action_low, action_high, protocol.
        Draw random numbers from the episode_id only: equal observations in the same episode must give equal actions,
        because that is how the evaluator verifies that you deployed what you uploaded.
        """
        episode_id: str = task_config["episode_id"]
        self.random = np.random.default_rng(list(episode_id.encode()))
        return episode_id

    async def act(self, observation: np.ndarray, images: dict | None) -> np.ndarray:
        """The action for one control step. The whole call has to take less than 500 ms, network included.

        observation: float32 (4,): hand x, y, z in metres, gripper opening, 1 open, about .29 closed on nothing.
        images: camera name ("corner", "corner4", "gripper") -> uint8 (height, width, 3), RGB, upright.
        Returns (4,): hand dx, dy, dz and gripper (+1 closes, -1 opens), each in [-1, 1].
        """
        return self.random.uniform(-1.0, 1.0, 4)
