"""Prints digests of episodes as JSON: `python purity_probe.py MODE STEPS TASK...`. Run by test_purity in processes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from hashlib import blake2b

import numpy as np

from kinitro import environments
from kinitro.environments import Environment

SEEDS = (0, 12345, 2**128 - 1)


def episode(environment: Environment, seed: int, steps: int, rendering: bool) -> Iterator[dict[str, str]]:
    """Plays the beginning of an episode; yields after every step, with the digests so far."""
    physics, images = blake2b(digest_size=8), blake2b(digest_size=8)
    random = np.random.default_rng(seed)
    environment.reset(seed)
    for step in range(steps):
        physics.update(environment.digest())
        if rendering and step in (0, steps // 2, steps - 1):
            observation = environment.observe()
            physics.update(observation.agent_pos.tobytes())
            for image in observation.pixels.values():
                images.update(image.tobytes())
        elif step in (0, steps // 2, steps - 1):
            physics.update(environment.observe().agent_pos.tobytes())
        done = environment.step(random.uniform(-1, 1, 4))
        physics.update(repr((done.reward, done.success)).encode())
        yield {"physics": physics.hexdigest(), "images": images.hexdigest() if rendering else ""}
        if done.terminated:
            break


def last(digests: Iterator[dict[str, str]]) -> dict[str, str]:
    return list(digests)[-1]


def play_garbage(tasks: list[str], rounds: int) -> None:
    """Episodes that nobody asked for, of other tasks, broken off anywhere."""
    random = np.random.default_rng()
    for _ in range(rounds):
        environment = environments.make(tasks[random.integers(len(tasks))])
        for _ in range(2):
            last(episode(environment, int(random.integers(2**63)), int(random.integers(1, 30)), rendering=True))


def pairs(tasks: list[str]) -> list[list[str]]:
    return [tasks[start : start + 2] for start in range(0, len(tasks), 2)]


def play_crowded(tasks: list[str], steps: int) -> dict[str, dict[str, str]]:
    """Two tasks at a time, step by step in turns, rendered, after another episode, the last task and seed first."""
    found: dict[str, dict[str, str]] = {}
    for two in pairs(tasks[::-1]):
        opened = {task: environments.make(task, cameras=environments.scored_specs()[0].camera_names) for task in two}
        for environment in opened.values():
            last(episode(environment, 99, 3, rendering=True))
        for seed in reversed(SEEDS):
            players = {f"{task} {seed}": episode(opened[task], seed, steps, rendering=True) for task in two}
            for _ in range(steps):
                found |= {
                    name: digests for name, player in players.items() for digests in [next(player, None)] if digests
                }
        for environment in opened.values():
            environment.close()
    return found


def main(mode: str, steps: int, tasks: list[str]) -> None:
    if mode == "crowded":
        print(json.dumps(play_crowded(tasks, steps)))
        return
    rendering = mode != "blind"
    cameras = environments.scored_specs()[0].camera_names if rendering else ()
    found: dict[str, dict[str, str]] = {}
    for task in reversed(tasks) if mode == "reverse" else tasks:
        environment = environments.make(task, cameras=cameras)
        if mode == "garbage":
            play_garbage(tasks, rounds=1)
            last(episode(environment, 99, steps, rendering=True))
        if mode == "interleaved":
            twins = [environment, *(environments.make(task, cameras=cameras) for _ in SEEDS[1:])]
            games = [list[dict[str, str]]() for _ in SEEDS]
            players = [episode(twin, seed, steps, rendering) for twin, seed in zip(twins, SEEDS, strict=True)]
            for _ in range(steps):
                for game, player in zip(games, players, strict=True):
                    game.extend([digests for digests in [next(player, None)] if digests])
            found |= {f"{task} {seed}": game[-1] for seed, game in zip(SEEDS, games, strict=True)}
            continue
        for seed in reversed(SEEDS) if mode == "reverse" else SEEDS:
            found[f"{task} {seed}"] = last(episode(environment, seed, steps, rendering))
        environment.close()
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
