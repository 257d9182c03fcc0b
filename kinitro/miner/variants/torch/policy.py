"""A policy in PyTorch: a small convolutional network that answers with chunks. `train.py` makes policy.pt."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import numpy as np
import torch
from torch import nn

CHECKPOINT = Path(__file__).with_name("policy.pt")
CAMERAS = ("corner", "corner4", "gripper")
CHUNK = 4
TASKS = 64
"""Instructions are distinguished by a hash with this many values."""


class Network(nn.Module):
    """The network: from state, images and instruction to CHUNK actions."""

    def __init__(self) -> None:
        super().__init__()
        self.eyes = nn.Sequential(
            nn.Conv2d(3 * len(CAMERAS), 32, 5, stride=2),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3, stride=2),
            nn.ReLU(),
            nn.Conv2d(64, 64, 3, stride=2),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(4),
            nn.Flatten(),
        )
        self.task = nn.Embedding(TASKS, 32)
        self.head = nn.Sequential(nn.Linear(64 * 16 + 32 + 4, 256), nn.ReLU(), nn.Linear(256, CHUNK * 4), nn.Tanh())

    def forward(self, state: torch.Tensor, images: torch.Tensor, task: torch.Tensor) -> torch.Tensor:
        """Predict from (n, 4), uint8 (n, 9, height, width) and (n,): (n, CHUNK, 4) in [-1, 1]."""
        seen = self.eyes(images.float() / 127.5 - 1.0)
        return self.head(torch.cat((seen, self.task(task), state), dim=1)).view(-1, CHUNK, 4)


class RobotPolicy:
    """All episodes share one network; only the instruction belongs to an episode."""

    max_concurrent_episodes = 16
    max_chunk = CHUNK
    network: Network
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    @classmethod
    def load(cls) -> None:
        """Load policy.pt; without it the network has not learned anything."""
        torch.manual_seed(0)
        cls.network = Network()
        if CHECKPOINT.exists():
            cls.network.load_state_dict(torch.load(CHECKPOINT, map_location="cpu", weights_only=True))
        else:
            logging.getLogger("uvicorn.error").warning("There is no %s: run train.py first", CHECKPOINT.name)
        cls.network.to(cls.device).eval()
        blank = cls()
        blank.task = 0
        images = dict.fromkeys(CAMERAS, np.zeros((84, 84, 3), np.uint8))
        blank.forward(np.zeros(4, np.float32), images)  # the first call is slow, so it is made before any episode

    async def reset(self, task_config: dict) -> str:
        self.task = number_task(task_config["instruction"])
        return task_config["episode_id"]

    async def act(self, observation: np.ndarray, images: dict | None) -> np.ndarray:
        return await asyncio.to_thread(self.forward, observation, images or {})  # other episodes go on meanwhile

    @torch.inference_mode()
    def forward(self, observation: np.ndarray, images: dict) -> np.ndarray:
        """Predict the next actions: (CHUNK, 4)."""
        state = torch.from_numpy(observation)[None].to(self.device)
        seen = torch.from_numpy(stack_images(images))[None].to(self.device)
        return self.network(state, seen, torch.tensor([self.task], device=self.device))[0].cpu().numpy()


def number_task(instruction: str) -> int:
    return sum(instruction.encode()) % TASKS


def stack_images(images: dict) -> np.ndarray:
    """Stack the images of all cameras: uint8 (3 * cameras, height, width)."""
    return np.concatenate([images[camera].transpose(2, 0, 1) for camera in CAMERAS])
