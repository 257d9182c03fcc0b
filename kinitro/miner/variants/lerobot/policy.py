"""Serves a policy that LeRobot has saved: its folder (config.json, model.safetensors, processors) is ./model.

For policies that look at the present observation only (n_obs_steps = 1: ACT, SmolVLA, pi0 and others). Trained on a
dataset of `kinitro demos --format lerobot`, its inputs have the right names already.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from pathlib import Path

import numpy as np
import torch
from lerobot.configs.policies import PreTrainedConfig
from lerobot.policies.factory import get_policy_class, make_pre_post_processors

MODEL = Path(__file__).with_name("model")
CHUNK = 8
"""Actions of a predicted chunk that are executed before the next look."""


class RobotPolicy:
    """All episodes share one model and keep no state: a whole chunk is predicted from each observation."""

    max_concurrent_episodes = 8
    max_chunk = CHUNK
    turn = threading.Lock()

    @classmethod
    def load(cls) -> None:
        if not (MODEL / "config.json").exists():
            raise FileNotFoundError(
                f"{MODEL} has no config.json: put the pretrained_model folder of a checkpoint there"
            )
        config = PreTrainedConfig.from_pretrained(MODEL)
        if config.n_obs_steps != 1:
            raise ValueError(f"{config.type} looks back {config.n_obs_steps} observations; only 1 is served here")
        config.device = "cuda" if torch.cuda.is_available() else "cpu"
        cls.model = get_policy_class(config.type).from_pretrained(MODEL, config=config).eval()
        cls.before, cls.after = make_pre_post_processors(
            config, str(MODEL), preprocessor_overrides={"device_processor": {"device": config.device}}
        )

        blank = cls()
        blank.instruction = blank.episode_id = ""
        shapes = {name.rpartition(".")[2]: feature.shape for name, feature in config.image_features.items()}
        images = {camera: np.zeros((height, width, 3), np.uint8) for camera, (_, height, width) in shapes.items()}
        blank.predict(np.zeros(4, np.float32), images, 0)  # the first one is slow: not in an episode

    async def reset(self, task_config: dict) -> str:
        self.instruction = task_config["instruction"]
        self.episode_id = task_config["episode_id"]
        self.step = 0
        return self.episode_id

    async def act(self, observation: np.ndarray, images: dict | None) -> np.ndarray:
        self.step += 1
        return await asyncio.to_thread(self.predict, observation, images or {}, self.step)

    @torch.inference_mode()
    def predict(self, observation: np.ndarray, images: dict, step: int) -> np.ndarray:
        """(k, 4), k <= CHUNK"""
        batch = {"observation.state": torch.from_numpy(observation)[None], "task": [self.instruction]}
        for camera, image in images.items():
            batch[f"observation.images.{camera}"] = torch.from_numpy(image).permute(2, 0, 1)[None] / 255.0
        seed = hashlib.sha256(f"{self.episode_id} {step}".encode()).digest()
        with self.turn:
            torch.manual_seed(int.from_bytes(seed[:8], "big") >> 1)  # for policies that draw noise
            chunk = self.model.predict_action_chunk(self.before(batch))
            actions = [self.after(chunk[:, i]) for i in range(min(CHUNK, chunk.shape[1]))]
        return torch.stack(actions, 1)[0].float().cpu().numpy().clip(-1.0, 1.0)
