"""Behaviour cloning: `kinitro demos --format npz --out ../demos`, then `python train.py ../demos`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from policy import CHECKPOINT, CHUNK, Network, number_task, stack_images


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--batch-size", type=int, default=128)
    options = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    cameras, columns = load(options.dataset)
    data = [tensor.to(device) for tensor in columns]
    states, _, _, actions = data
    sizes = {"cameras": len(cameras), "state": states.shape[-1], "action": actions.shape[-1]}
    torch.manual_seed(0)
    network = Network(sizes).to(device)
    network.low.copy_(actions.amin(dim=(0, 1)))
    network.high.copy_(actions.amax(dim=(0, 1)))
    optimizer = torch.optim.AdamW(network.parameters(), 3e-4)
    for step in range(1, options.steps + 1):
        chosen = torch.randint(len(data[0]), (options.batch_size,), device=device)
        state, images, task, target = (column[chosen] for column in data)
        loss = (network(state, images, task) - target).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 100 == 0 or step == options.steps:
            print(f"step {step}: loss {loss.item():.3f}", flush=True)
            torch.save({"cameras": cameras, "sizes": sizes, "network": network.state_dict()}, CHECKPOINT)


def load(dataset: Path) -> tuple[list[str], list[torch.Tensor]]:
    """Load the names of the cameras, and states, images, tasks and chunks of actions, one row per control step.

    An episode's last action repeats.
    """
    rows: list[list[np.ndarray]] = [[], [], [], []]
    files = sorted(dataset.glob("episodes/*/*.npz"))
    if not files:
        sys.exit(f"{dataset} has no episodes/*/*.npz: record some with `kinitro demos --format npz --out {dataset}`")
    for file in files:
        with np.load(file) as episode:
            actions = episode["action"]
            steps = np.minimum(np.arange(len(actions))[:, None] + np.arange(CHUNK), len(actions) - 1)
            cameras = [name.removeprefix("pixels.") for name in episode if name.startswith("pixels.")]
            images = stack_images([episode[f"pixels.{camera}"] for camera in cameras])
            task = np.full(len(actions), number_task(str(episode["instruction"])))
            for column, values in zip(rows, (episode["agent_pos"], images, task, actions[steps]), strict=True):
                column.append(values)
    return cameras, [torch.from_numpy(np.concatenate(column)) for column in rows]


if __name__ == "__main__":
    main()
