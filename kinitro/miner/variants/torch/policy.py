"""A policy in PyTorch: a small convolutional network that answers with chunks. `train.py` makes policy.pt."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import numpy as np
import torch
from torch import nn

CHECKPOINT = Path(__file__).with_name("policy.pt")
CHUNK = 4
SIDE_PX = 84
"""Images are sampled to this height and width."""
TASKS = 64
"""Instructions are distinguished by a hash with this many values."""


class Network(nn.Module):
    """The network: from state, images and instruction to CHUNK actions."""

    def __init__(self, sizes: dict[str, int]) -> None:
        """Make a network for `sizes`: the numbers of cameras, of proprioceptive numbers and of an action's numbers."""
        super().__init__()
        self.action_size = sizes["action"]
        self.register_buffer("low", -torch.ones(sizes["action"]))
        self.register_buffer("high", torch.ones(sizes["action"]))
        self.eyes = nn.Sequential(
            nn.Conv2d(3 * sizes["cameras"], 32, 5, stride=2),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3, stride=2),
            nn.ReLU(),
            nn.Conv2d(64, 64, 3, stride=2),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(4),
            nn.Flatten(),
        )
        self.task = nn.Embedding(TASKS, 32)
        seen = 64 * 16 + 32 + sizes["state"]
        self.head = nn.Sequential(nn.Linear(seen, 256), nn.ReLU(), nn.Linear(256, CHUNK * sizes["action"]), nn.Tanh())

    def forward(self, state: torch.Tensor, images: torch.Tensor, task: torch.Tensor) -> torch.Tensor:
        """Predict from (n, p), uint8 (n, 3 * cameras, SIDE_PX, SIDE_PX) and (n,): (n, CHUNK, m) in [low, high]."""
        seen = self.eyes(images.float() / 127.5 - 1.0)
        unit = self.head(torch.cat((seen, self.task(task), state), dim=1)).view(-1, CHUNK, self.action_size)
        return self.low + (unit + 1) / 2 * (self.high - self.low)


class RobotPolicy:
    """All episodes share one network; only the instruction belongs to an episode.

    It serves environments with the robot and the cameras of the demonstrations that it learned from.
    """

    max_concurrent_episodes = 16
    max_chunk = CHUNK
    network: Network | None = None
    cameras: tuple[str, ...] = ()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    @classmethod
    def load(cls) -> None:
        """Load policy.pt; without it no action moves anything."""
        if not CHECKPOINT.exists():
            logging.getLogger("uvicorn.error").warning("There is no %s: run train.py first", CHECKPOINT.name)
            return
        saved = torch.load(CHECKPOINT, map_location="cpu", weights_only=True)
        cls.cameras = tuple(saved["cameras"])
        network = Network(saved["sizes"])
        network.load_state_dict(saved["network"])
        cls.network = network.to(cls.device).eval()
        blank = cls()
        blank.task = 0
        images = dict.fromkeys(cls.cameras, np.zeros((SIDE_PX, SIDE_PX, 3), np.uint8))
        state = np.zeros(saved["sizes"]["state"], np.float32)
        blank.forward(state, images)  # the first call is slow, so it is made before any episode

    async def reset(self, task_config: dict) -> str:
        self.task = number_task(task_config["instruction"])
        self.neutral = np.array([[number["neutral"] for number in task_config["action"]]])
        return task_config["episode_id"]

    async def act(self, observation: np.ndarray, images: dict | None) -> np.ndarray:
        if self.network is None:
            return self.neutral
        return await asyncio.to_thread(self.forward, observation, images or {})  # other episodes go on meanwhile

    @torch.inference_mode()
    def forward(self, observation: np.ndarray, images: dict) -> np.ndarray:
        """Predict the next actions: (CHUNK, m)."""
        state = torch.from_numpy(observation)[None].to(self.device)
        seen = torch.from_numpy(stack_images([images[camera] for camera in self.cameras]))[None].to(self.device)
        return self.network(state, seen, torch.tensor([self.task], device=self.device))[0].cpu().numpy()


def number_task(instruction: str) -> int:
    return sum(instruction.encode()) % TASKS


def stack_images(images: list[np.ndarray]) -> np.ndarray:
    """Sample and stack the cameras' images (..., height, width, 3): uint8 (..., 3 * cameras, SIDE_PX, SIDE_PX)."""
    sampled = []
    for image in images:
        rows, columns = (np.arange(SIDE_PX) * size // SIDE_PX for size in image.shape[-3:-1])
        sampled.append(np.moveaxis(image[..., rows, :, :][..., columns, :], -1, -3))
    return np.concatenate(sampled, axis=-3)
