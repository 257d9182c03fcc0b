"""Train `control.npz`: `python distill.py [--rounds 12]`, some ten minutes on one core.

The controller imitates the scripted teachers (DAgger: Ross and others, AISTATS 2011, without images): it plays itself,
with positions that are as wrong as the perception's, and is told what the teacher would do in the true state.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from pathlib import Path

import numpy as np
import torch
from collect import put_on_rungs
from policy import CONTROL, TASKS, apply_layers, features, load_layers
from protocol import OLD_ACTION, OLD_PROPRIOCEPTION
from teachers import GOAL, OBJECT, make_teacher
from torch import nn

from kinitro import environments

SEED_BASE = 1 << 93
"""No evaluation has these seeds, nor has `collect.py`."""
OBJECT_BIAS_M, GOAL_BIAS_M = 0.004, 0.008
"""Standard deviations of an episode's constant errors: what the perception's errors look like."""
HELD_BIAS_M = 0.01
"""And of a further error of the object while the fingers hide it."""
NOISE_M = 0.002
"""Per step."""
NEAR_FINGERS_M = 0.06
EPISODE_STEPS = 300
STRETCH_STEPS, TEACHER_SHARE = 15, 0.15
"""So many steps at a time are played by the teacher, with this probability, or by the controller."""
EXAMINATION_SEED_BASE = (1 << 93) + (1 << 64)
PRECISE = ("pick-place-v3", "push-v3", "peg-insert-v3")
"""Tasks that need more episodes."""


class Dataset:
    """What was seen, and what the teacher would have done."""

    def __init__(self) -> None:
        self.inputs: list[np.ndarray] = []
        self.targets: list[np.ndarray] = []


class Errors:
    """What perception gets wrong in one episode: constant errors times `scale`, and noise."""

    def __init__(self, random: np.random.Generator, scale: float) -> None:
        self.random, self.scale = random, scale
        self.bias = scale * random.normal(0, [OBJECT_BIAS_M] * 3 + [GOAL_BIAS_M] * 3)
        self.held_bias = scale * random.normal(0, HELD_BIAS_M, 3)

    def believed(self, state: np.ndarray, observed: np.ndarray) -> np.ndarray:
        """MetaWorld's state (39,) with the hand as it is observed (4,), and wrong positions."""
        error = self.bias + min(self.scale, 1) * self.random.normal(0, NOISE_M, 6)
        if np.linalg.norm(state[:3] - state[OBJECT]) < NEAR_FINGERS_M:
            error[:3] += self.held_bias
        state = state.copy()
        state[:4] = observed
        state[OBJECT] += error[:3]
        state[GOAL] += error[3:]
        return state


def seen(task: int, state: np.ndarray) -> np.ndarray:
    """What the controller sees of a state."""
    return features(task, state[:4].astype(np.float32), state[OBJECT], state[GOAL])


def play(environment, task: int, seed: int, layers, data: Dataset) -> bool:
    """Record one episode, played by the controller in turns with the teacher; whether it was solved.

    Without a controller (`layers` is None) the teacher plays all of it.
    """
    random = np.random.default_rng([seed - SEED_BASE, 5])
    environment.reset(seed)
    teacher, errors = make_teacher(task), Errors(random, random.choice([0.5, 1, 2]))
    shaking = random.choice([0, 0, 0.4])
    by_teacher = True
    for step in range(EPISODE_STEPS):
        state = environment.privileged_state()
        believed = errors.believed(state, environment.observe().agent_pos)
        data.inputs.append(seen(task, believed))
        data.targets.append(teacher(state).astype(np.float32))
        if step % STRETCH_STEPS == 0:
            by_teacher = layers is None or random.random() < TEACHER_SHARE
        action = teacher(believed) if by_teacher else apply_layers(layers, data.inputs[-1])
        action = np.clip(action + random.normal(0, shaking, len(OLD_ACTION)) * (1, 1, 1, 0.2), -1, 1)
        if environment.step(action).terminated:
            return True
    return False


def examine(environment, task: int, layers, scale: float, episodes: int) -> float:
    """The share of fresh episodes that the controller solves with errors of this scale."""
    solved = 0
    for number in range(episodes):
        environment.reset(EXAMINATION_SEED_BASE + number)
        errors, done = Errors(np.random.default_rng([number, 6]), scale), None
        while done is None or not (done.terminated or done.truncated):
            believed = errors.believed(environment.privileged_state(), environment.observe().agent_pos)
            done = environment.step(apply_layers(layers, seen(task, believed)))
        solved += done.terminated
    return solved / episodes


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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--episodes", type=int, default=12, help="Per round of the precise tasks; of others a third.")
    parser.add_argument("--examine", type=int, default=20, help="Fresh episodes per task, level and size of errors.")
    parser.add_argument("--randomization", default="standard,hard", help="Levels, separated by commas, in turns.")
    parser.add_argument("--rungs", default="", help="Such as `delay,noise`; a task is on those that it has.")
    options = parser.parse_args()
    rungs = tuple(filter(None, options.rungs.split(",")))
    torch.set_num_threads(1)
    torch.manual_seed(0)
    made = [
        [
            environments.make(put_on_rungs(f"metaworld/{name}", rungs), cameras=(), rewards=False, randomization=level)
            for level in options.randomization.split(",")
        ]
        for name in TASKS
    ]
    network = nn.Sequential()
    width = len(features(0, np.zeros(len(OLD_PROPRIOCEPTION)), np.zeros(3), np.zeros(3)))
    for inputs, outputs in itertools.pairwise((width, 256, 256, 256)):
        network.extend([nn.Linear(inputs, outputs), nn.ReLU()])
    network.append(nn.Linear(256, len(OLD_ACTION)))
    optimizer = torch.optim.Adam(network.parameters())
    data, seed, layers = Dataset(), SEED_BASE, None
    for number in range(options.rounds):
        solved = {}
        for task, name in enumerate(TASKS):
            episodes = max(1, options.episodes if name in PRECISE else options.episodes // 3)
            episodes *= 1 if number else 3
            solved[name] = 0.0
            for n in range(episodes):
                seed += 1
                solved[name] += play(made[task][n % len(made[task])], task, seed, layers, data) / episodes
        last = number == options.rounds - 1
        loss = fit(network, optimizer, data, 25 if number == 0 or last else 6, 1e-3)
        save(network, CONTROL)
        layers = load_layers(CONTROL)
        print(f"round {number + 1} of {options.rounds}: {len(data.inputs)} steps, loss {loss:.4f}", file=sys.stderr)
        print(f"  solved while learning: {shown(solved)}", file=sys.stderr)
    print(f"wrote {CONTROL.name}; {options.examine} fresh episodes per task and level:", file=sys.stderr)
    for scale in (0.0, 1.0, 2.0):
        solved = {
            name: float(
                np.mean([examine(environment, task, layers, scale, options.examine) for environment in made[task]])
            )
            for task, name in enumerate(TASKS)
        }
        object_mm, goal_mm = 1000 * scale * OBJECT_BIAS_M, 1000 * scale * GOAL_BIAS_M
        print(f"  errors of {object_mm:.0f} mm (object), {goal_mm:.0f} mm (goal): {shown(solved)}", file=sys.stderr)


def shown(solved: dict[str, float]) -> str:
    """Shares by task, on one line."""
    return ", ".join(f"{name} {share:.2f}" for name, share in solved.items())


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(f"stopped; {CONTROL.name} is what the last finished round has learned, if one is finished")
