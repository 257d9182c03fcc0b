"""Train `control.npz`: `python distill.py [--rounds 12]`.

The controller imitates the scripted teachers (DAgger: Ross and others, AISTATS 2011, without images): it plays itself,
with positions that are wrong as the perception's are, and is told what the teacher would do in the true state.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from policy import CONTROL, TASKS, apply_layers, features, load_layers
from teachers import GOAL, OBJECT, make_teacher
from torch import nn

from kinitro import environments

SEED_BASE = 1 << 93
"""Far from the seeds of `kinitro evaluate`, of cycles and of `collect.py`."""
OBJECT_BIAS_M, GOAL_BIAS_M = 0.004, 0.008
"""Standard deviations of an episode's constant errors: what the perception's errors look like."""
HELD_BIAS_M = 0.01
"""And of a further error of the object while the fingers hide it."""
NOISE_M = 0.002
"""Per step."""
NEAR_FINGERS_M = 0.06
STRETCH_STEPS = 15
"""So many steps at a time are played by the teacher or by the controller."""
PRECISE = ("pick-place-v3", "push-v3", "peg-insert-v3")
"""Tasks that need more episodes."""


class Dataset:
    """What was seen, and what the teacher would have done."""

    def __init__(self) -> None:
        self.inputs: list[np.ndarray] = []
        self.targets: list[np.ndarray] = []


def play(environment, task: int, seed: int, layers, teacher_share: float, data: Dataset | None) -> bool:
    """One episode; whether it was solved."""
    random = np.random.default_rng([seed - SEED_BASE, 5])
    environment.reset(seed)
    teacher = make_teacher(task)
    scale = random.choice([0.5, 1, 2])
    bias = np.concatenate([random.normal(0, OBJECT_BIAS_M, 3), random.normal(0, GOAL_BIAS_M, 3)]) * scale
    held_bias = random.normal(0, HELD_BIAS_M, 3) * scale
    shaking = random.choice([0, 0, 0.4]) if data is not None else 0.0
    by_teacher = False
    for step in range(300):
        state = environment.privileged_state()
        error = bias + random.normal(0, NOISE_M, 6)
        if np.linalg.norm(state[:3] - state[OBJECT]) < NEAR_FINGERS_M:
            error[:3] += held_bias
        thing, goal = state[OBJECT] + error[:3], state[GOAL] + error[3:]
        seen = features(task, state[:4].astype(np.float32), thing, goal)
        if data is not None:
            data.inputs.append(seen)
            data.targets.append(teacher(state).astype(np.float32))
        if step % STRETCH_STEPS == 0:
            by_teacher = random.random() < teacher_share
        if by_teacher or layers is None:
            believed = state.copy()
            believed[OBJECT], believed[GOAL] = thing, goal
            chosen = teacher(believed)
        else:
            chosen = apply_layers(layers, seen)
        if shaking:
            chosen = np.clip(chosen + random.normal(0, shaking, 4) * (1, 1, 1, 0.2), -1, 1)
        if environment.step(chosen).terminated:
            return True
    return False


def fit(network: nn.Sequential, optimizer: torch.optim.Optimizer, data: Dataset, epochs: float, rate: float) -> float:
    """Some epochs over all data, with a falling learning rate; the last loss."""
    inputs, targets = torch.from_numpy(np.stack(data.inputs)), torch.from_numpy(np.stack(data.targets))
    steps = max(1, int(epochs * len(inputs) / 512))
    loss = torch.zeros(())
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = rate * (1 - 0.9 * step / steps)
        chosen = torch.randint(0, len(inputs), (512,))
        loss = nn.functional.smooth_l1_loss(network(inputs[chosen]), targets[chosen], beta=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


def save(network: nn.Sequential, path: Path) -> None:
    """Weights and biases, layer by layer, as `policy.load_layers` reads them; the file appears as a whole."""
    arrays = {}
    for number, layer in enumerate(layer for layer in network if isinstance(layer, nn.Linear)):
        arrays[f"weight{number}"] = layer.weight.detach().numpy().T.astype(np.float32)
        arrays[f"bias{number}"] = layer.bias.detach().numpy().astype(np.float32)
    draft = path.with_suffix(".part.npz")
    np.savez(draft, **arrays)
    draft.rename(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--episodes", type=int, default=12, help="Per round of the precise tasks; of others a third.")
    parser.add_argument("--randomization", default="standard,hard", help="Levels, separated by commas, in turns.")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    levels = options.randomization.split(",")
    made = [
        [environments.make(f"metaworld/{name}", cameras=(), rewards=False, randomization=level) for level in levels]
        for name in TASKS
    ]
    width = len(features(0, np.zeros(4), np.zeros(3), np.zeros(3)))
    network = nn.Sequential(
        nn.Linear(width, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 4)
    )
    optimizer = torch.optim.Adam(network.parameters())
    data, seed = Dataset(), SEED_BASE
    for number in range(options.rounds):
        layers = load_layers(CONTROL) if number else None
        solved = {}
        for task, name in enumerate(TASKS):
            episodes = options.episodes if name in PRECISE else max(1, options.episodes // 3)
            episodes *= 1 if number else 3
            results = []
            for n in range(episodes):
                seed += 1
                environment = made[task][n % len(levels)]
                results.append(play(environment, task, seed, layers, 0.15 if number else 1.0, data))
            solved[name] = sum(results) / episodes
        last = number == options.rounds - 1
        loss = fit(network, optimizer, data, 25 if number == 0 or last else 6, 1e-3)
        save(network, CONTROL)
        shown = ", ".join(f"{name} {share:.2f}" for name, share in solved.items())
        print(f"round {number + 1}: {len(data.inputs)} steps, loss {loss:.4f}; solved while playing: {shown}", file=sys.stderr)
    print(f"wrote {CONTROL.name}", file=sys.stderr)


if __name__ == "__main__":
    main()
