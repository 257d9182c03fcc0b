"""Serves a policy saved by LeRobot: its folder (config.json, model.safetensors, processors) is ./model.

Trained on a dataset of `kinitro demos --format lerobot`, its inputs have the right names already. Policies that look at
the present observation only (ACT, SmolVLA, pi0) answer with chunks; those that look back (diffusion, VQ-BeT) see every
control step and answer with one action.
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
"""How many actions of a predicted chunk are executed before the next observation."""
MEMORY = ("_queues", "_action_queue")
"""The attributes in which LeRobot's policies keep past observations and future actions."""


class RobotPolicy:
    """All episodes share one model; what it remembers of an episode is put in its place for each call."""

    max_concurrent_episodes = 8 if torch.cuda.is_available() else 2
    """Episodes wait for one another: allow as many as fit into 500 ms. `kinitro check` measures it."""
    max_chunk = CHUNK
    turn = threading.Lock()

    @classmethod
    def load(cls) -> None:
        if not (MODEL / "config.json").exists():
            raise FileNotFoundError(
                f"{MODEL} has no config.json: put the pretrained_model folder of a checkpoint there"
            )
        config = PreTrainedConfig.from_pretrained(MODEL)
        config.device = "cuda" if torch.cuda.is_available() else "cpu"
        if hasattr(config, "pretrained_backbone_weights"):
            config.pretrained_backbone_weights = None  # the checkpoint has them; LeRobot would download others first
        cls.model = get_policy_class(config.type).from_pretrained(MODEL, config=config).eval()
        cls.before, cls.after = make_pre_post_processors(
            config, str(MODEL), preprocessor_overrides={"device_processor": {"device": config.device}}
        )
        cls.looks_back = config.n_obs_steps > 1
        cls.max_chunk = 1 if cls.looks_back else CHUNK
        cls.cameras = [name.removeprefix("observation.images.") for name in config.image_features]

        shapes = zip(cls.cameras, (feature.shape for feature in config.image_features.values()), strict=True)
        images = {camera: np.zeros((height, width, 3), np.uint8) for camera, (_, height, width) in shapes}
        blank = cls()
        blank.begin("", "")
        state = np.zeros(config.input_features["observation.state"].shape, np.float32)
        blank.predict(state, images)  # the first call is slow, so it is made before any episode

    async def reset(self, task_config: dict) -> str:
        self.begin(task_config["instruction"], task_config["episode_id"])
        self.low = [number["low"] for number in task_config["action"]]
        self.high = [number["high"] for number in task_config["action"]]
        return self.episode_id

    async def act(self, observation: np.ndarray, images: dict | None) -> np.ndarray:
        return (await asyncio.to_thread(self.predict, observation, images or {})).clip(self.low, self.high)

    def begin(self, instruction: str, episode_id: str) -> None:
        self.instruction = instruction
        self.episode_id = episode_id
        self.calls = 0
        with self.turn:
            self.model.reset()
            self.memory = {name: getattr(self.model, name) for name in MEMORY if hasattr(self.model, name)}

    @torch.inference_mode()
    def predict(self, observation: np.ndarray, images: dict) -> np.ndarray:
        """Predict the next actions: (k, m) with k <= max_chunk."""
        batch = {"observation.state": torch.from_numpy(observation)[None], "task": [self.instruction]}
        for camera in self.cameras:
            batch[f"observation.images.{camera}"] = torch.from_numpy(images[camera]).permute(2, 0, 1)[None] / 255.0
        seed = hashlib.sha256(f"{self.episode_id} {self.calls}".encode()).digest()
        self.calls += 1
        with self.turn:
            torch.manual_seed(int.from_bytes(seed[:8], "big") >> 1)  # for policies that draw noise
            for name, kept in self.memory.items():
                setattr(self.model, name, kept)
            if self.looks_back:
                chunk = self.model.select_action(self.before(batch))[:, None]
            else:
                chunk = self.model.predict_action_chunk(self.before(batch))
            self.memory = {name: getattr(self.model, name) for name in self.memory}
            actions = [self.after(chunk[:, i]) for i in range(min(self.max_chunk, chunk.shape[1]))]
        return torch.stack(actions, 1)[0].float().cpu().numpy()
