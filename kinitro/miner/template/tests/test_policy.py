"""What every policy must do, whatever it has learned. Run `pip install pytest`, then `python -m pytest`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from policy import RobotPolicy
from protocol import OLD_ACTION, OLD_PROPRIOCEPTION

CAMERAS = ("corner", "corner4", "gripper")


def task_config(episode_id: str = "episode-1") -> dict:
    return {
        "env_id": "metaworld/push-v3",
        "task_name": "push",
        "instruction": "push the puck to the goal",
        "episode_id": episode_id,
        "max_steps": 500,
        "control_hz": 80.0,
        "cameras": list(CAMERAS),
        "image_size": [84, 84],
        "action_low": -1.0,
        "action_high": 1.0,
        "protocol": 1,
        "robot": "sawyer",
        "proprioception": OLD_PROPRIOCEPTION,
        "action": OLD_ACTION,
        "image_sizes": {camera: [84, 84] for camera in CAMERAS},
    }


OBSERVATION = np.array([0.0, 0.6, 0.2, 1.0], np.float32)
IMAGES = {camera: np.full((84, 84, 3), 128, np.uint8) for camera in CAMERAS}


@pytest.fixture(scope="session", autouse=True)
def loaded() -> None:
    RobotPolicy.load()


def actions(episode_id: str, steps: int) -> list[np.ndarray]:
    async def run() -> list[np.ndarray]:
        policy = RobotPolicy()
        assert await policy.reset(task_config(episode_id)) == episode_id
        return [np.asarray(await policy.act(OBSERVATION, IMAGES)) for _ in range(steps)]

    return asyncio.run(run())


def test_actions_have_the_right_shape_and_are_finite() -> None:
    for action in actions("episode-1", 5):
        assert action.ndim == 1 or (action.ndim == 2 and action.shape[0] <= RobotPolicy.max_chunk)
        assert action.shape[-1] == len(OLD_ACTION)
        assert np.isfinite(action).all()


def test_the_same_episode_gives_the_same_actions_again() -> None:
    np.testing.assert_allclose(actions("episode-1", 5), actions("episode-1", 5), atol=1e-5)
