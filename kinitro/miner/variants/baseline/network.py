"""The perception network (PyTorch): images -> pixels of object and goal -> their positions in space.

One convolutional trunk per camera finds keypoints as the expectation of a softmax over a map of 21 x 21 cells. The two
fixed cameras together give positions in the world frame, the hand's camera gives them relative to the hand; each comes
with a standard deviation, and the two are fused by precision.
"""

from __future__ import annotations

import torch
from policy import CENTRE_M, LANDMARKS_M, SCALE_M, TASKS
from torch import nn
from torch.nn import functional

KEYPOINTS = 3
"""Object, goal, hand."""
FREE_KEYPOINTS = 8
"""Keypoints that have no label: the network finds its own use for them."""
ROWS = ((20, 76), (20, 76), (0, 84))
"""The rows of each camera's image that are looked at; above and below them nothing happens."""


def convolution(inputs: int, outputs: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    """Convolution, normalization, rectifier."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


def perceptron(inputs: int, outputs: int, width: int = 192) -> nn.Sequential:
    """Two hidden layers."""
    return nn.Sequential(
        nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, outputs)
    )


class Trunk(nn.Module):
    """One camera's image -> keypoints, how sure it is of them, free keypoints, a summary, and landmarks."""

    def __init__(self, landmarks: int, rows: tuple[int, int]) -> None:
        super().__init__()
        self.rows, self.height = rows, (rows[1] - rows[0]) // 4
        coarse = (self.height + 1) // 2
        self.fine = nn.Sequential(convolution(3, 16, 5, 2), convolution(16, 32, 3, 2), convolution(32, 32))
        self.coarse = nn.Sequential(convolution(32, 64, 3, 2), convolution(64, 64))
        self.up = nn.Conv2d(64, 32, 1)
        self.joint = convolution(32, 48)
        self.maps = nn.Conv2d(48, (2 * len(TASKS) + 1) * 3 + FREE_KEYPOINTS, 1)
        self.squeeze = nn.Conv2d(64, 16, 1)
        self.summary = nn.Sequential(nn.Linear(16 * coarse * 11, 96), nn.ReLU(), nn.Linear(96, 48))
        self.landmarks = nn.Linear(48 + 2 * FREE_KEYPOINTS + 2, 2 * landmarks) if landmarks else None
        x = (torch.arange(21) + 0.5) / 21 * 2 - 1
        y = (rows[0] + 4 * (torch.arange(self.height) + 0.5)) / 42 - 1
        self.register_buffer("x", x.repeat(self.height))
        self.register_buffer("y", y.repeat_interleave(21))

    def forward(self, image, task):
        """image (n, 3, 84, 84) in [-.5, .5], task (n,).

        Returns keypoints (n, 3, 2), right and down in [-1, 1]; how sure they are (n, 6); free keypoints (n, 16); a
        summary (n, 48); landmarks (n, 2 * landmarks) or None.
        """
        n = image.shape[0]
        with torch.autocast("cuda", torch.bfloat16, enabled=self.training and image.is_cuda):
            fine = self.fine(image[:, :, self.rows[0] : self.rows[1]])
            coarse = self.coarse(fine)
            joint = self.joint(fine + functional.interpolate(self.up(coarse), size=(self.height, 21), mode="nearest"))
        coarse, maps = coarse.float(), self.maps(joint.float()).flatten(2)
        per_task = maps[:, : (2 * len(TASKS) + 1) * 3].reshape(n, 2 * len(TASKS) + 1, 3, 21 * self.height)
        chosen = torch.stack((2 * task, 2 * task + 1, torch.full_like(task, 2 * len(TASKS))), 1)
        heat, dx, dy = per_task[torch.arange(n, device=image.device)[:, None], chosen].unbind(2)
        share = heat.softmax(-1)
        keypoints = torch.stack(
            ((share * (self.x + 0.1 * dx)).sum(-1), (share * (self.y + 0.1 * dy)).sum(-1)), -1
        )  # n, 3, 2
        sure = torch.cat((heat.logsumexp(-1) * 0.1, share.max(-1).values), 1)
        free = maps[:, (2 * len(TASKS) + 1) * 3 :].softmax(-1)
        free = torch.stack(((free * self.x).sum(-1), (free * self.y).sum(-1)), -1).flatten(1)
        summary = self.summary(self.squeeze(coarse).flatten(1))
        landmarks = self.landmarks(torch.cat((summary, free, keypoints[:, 2]), 1)) if self.landmarks else None
        return keypoints, sure, free, summary, landmarks


class Perception(nn.Module):
    """Images of three cameras, proprioception and task -> positions of object and goal."""

    def __init__(self) -> None:
        super().__init__()
        landmarks = len(LANDMARKS_M)
        self.trunks = nn.ModuleList([Trunk(landmarks, ROWS[0]), Trunk(landmarks, ROWS[1]), Trunk(0, ROWS[2])])
        known = 4 + len(TASKS)
        self.from_fixed = perceptron(2 * (4 * KEYPOINTS + 2 * landmarks) + known, 12)
        self.from_hand = perceptron(4 * KEYPOINTS + 2 * FREE_KEYPOINTS + 48 + known, 12)
        self.register_buffer("centre", torch.tensor(CENTRE_M, dtype=torch.float32))

    def forward(self, images, proprioception, task):
        """images (n, 3 cameras, 3, 84, 84) in [-.5, .5], proprioception (n, 4), task (n,).

        Returns keypoints (n, 3 cameras, 3, 2), landmarks (n, 2, 2 * landmarks), and three times (mean, log deviation):
        fused, from the fixed cameras, and from the hand's camera; (n, 6) each, in units of SCALE_M around CENTRE_M.
        """
        seen = [
            trunk(images[:, camera].contiguous(memory_format=torch.channels_last), task)
            for camera, trunk in enumerate(self.trunks)
        ]
        one_hot = functional.one_hot(task, len(TASKS)).float()
        hand = (proprioception[:, :3] - self.centre) / SCALE_M
        known = [hand, proprioception[:, 3:], one_hot]
        fixed = [part for kp, sure, _, _, marks in seen[:2] for part in (kp.flatten(1), sure, marks)]
        fixed = self.from_fixed(torch.cat(fixed + known, 1))
        keypoints, sure, free, summary, _ = seen[2]
        relative = self.from_hand(torch.cat([keypoints.flatten(1), sure, free, summary, *known], 1))
        fixed = fixed[:, :6], fixed[:, 6:].clamp(-5, 1.5)
        by_hand = hand.repeat(1, 2) + relative[:, :6], relative[:, 6:].clamp(-5, 1.5)
        weights = torch.exp(-2 * fixed[1]), torch.exp(-2 * by_hand[1])
        total = weights[0] + weights[1]
        fused = (weights[0] * fixed[0] + weights[1] * by_hand[0]) / total, -0.5 * torch.log(total)
        marks = torch.stack([seen[0][4], seen[1][4]], 1)
        return torch.stack([view[0] for view in seen], 1), marks, fused, fixed, by_hand


class Served(nn.Module):
    """What `perception.onnx` holds: from the images as they come to metres in the world frame."""

    def __init__(self, network: Perception) -> None:
        super().__init__()
        self.network = network

    def forward(self, images, proprioception, task):
        """images uint8 (1, 3, 84, 84, 3) -> mean (2, 3), standard deviation (2, 3)."""
        scaled = images.permute(0, 1, 4, 2, 3).float() / 255 - 0.5
        _, _, (mean, log_deviation), _, _ = self.network(scaled, proprioception, task)
        return mean.view(2, 3) * SCALE_M + self.network.centre, log_deviation.view(2, 3).exp() * SCALE_M
