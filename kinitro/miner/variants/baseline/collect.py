"""Record images with labels: `python collect.py [--rounds 240] [--workers 2] [--out ../frames]`.

Scripted experts play the tasks, disturbed so that the frames show more than success; every few steps a frame is kept.
The labels are privileged: where object and goal are, in space and in the images. They are used in training only.
Equal options give equal frames with any number of workers. An interrupted recording goes on where it stopped.
"""

from __future__ import annotations

import argparse
import functools
import os
import sys
from pathlib import Path

import numpy as np
import workers
from policy import CAMERAS, LANDMARKS_M, TASKS
from protocol import OLD_ACTION
from teachers import GOAL, OBJECT, make_teacher

from kinitro import environments
from kinitro.environments.registry import list_rungs

EPISODE_STEPS = 150
SEED_BASE = 1 << 92
"""No evaluation has these seeds: those of cycles and of `kinitro evaluate` are hashes, and `card.py` has others."""
HARDER = ("pick-place-v3", "push-v3", "peg-insert-v3", "reach-v3")
"""Tasks that need millimetres are played twice as often."""
ORDER = [task for task, name in enumerate(TASKS) for _ in range(1 + (name in HARDER))]
"""The tasks of one round."""


def labelled_frame(environment, task: int, number: int, step: int) -> dict:
    """What is seen at this step of the episode `number`, and where things are."""
    seen, state = environment.observe(), environment.privileged_state()
    points = np.array([state[OBJECT], state[GOAL], seen.agent_pos[:3], *LANDMARKS_M])
    pixels = environment.privileged_pixels(points)
    return {
        "images": np.stack([seen.pixels[camera] for camera in CAMERAS]),
        "pixels": np.stack([pixels[camera] for camera in CAMERAS]).astype(np.float32),
        "positions": np.array([state[OBJECT], state[GOAL]], np.float32),
        "proprioception": seen.agent_pos,
        "task": np.int64(task),
        "episode": np.int64(number),
        "step": np.int64(step),
    }


def play(environment, task: int, number: int) -> list[dict]:
    """The frames of one episode, disturbed by wrong positions, a detour, shaking, and fingers that never close."""
    random = np.random.default_rng([number, 99])
    environment.reset(SEED_BASE + number)
    teacher = make_teacher(task)
    bias_m = random.normal(0, random.choice([0, 0.003, 0.008, 0.015, 0.03]), 6)
    detour_steps = random.integers(4, 26) if random.random() < 0.35 else 0
    detour_m, detour_grip = random.uniform([-0.25, 0.42, 0.05], [0.3, 0.85, 0.32]), random.choice([-1.0, 0.0, 1.0])
    shaking, shake = random.choice([0, 0, 0.25, 0.5]), np.zeros(len(OLD_ACTION))
    grasps = random.random() < 0.8
    next_frame = 0 if random.random() < 0.7 else int(random.integers(1, 12))
    frames = []
    for step in range(EPISODE_STEPS):
        if step == next_frame:
            frames.append(labelled_frame(environment, task, number, step))
            next_frame += int(random.integers(3, 15))
        believed = environment.privileged_state().copy()
        hand = believed[:3].copy()
        believed[OBJECT] += bias_m[:3]
        believed[GOAL] += bias_m[3:]
        action = teacher(believed)
        if step < detour_steps:
            action = np.array([*np.clip(8 * (detour_m - hand), -1, 1), detour_grip])
        shake = 0.8 * shake + random.normal(0, shaking, len(OLD_ACTION)) * 0.6
        action = np.clip(action + shake * (1, 1, 1, 0.3), -1, 1)
        if not grasps:
            action[3] = min(action[3], 0)
        if environment.step(action).terminated:
            break
    return frames


@functools.cache
def make(task: int, level: str, rungs: tuple[str, ...]):
    """Each process makes an environment once, on those of the rungs that it has."""
    env_id = put_on_rungs(f"metaworld/{TASKS[task]}", rungs)
    return environments.make(env_id, cameras=CAMERAS, rewards=False, randomization=level)


def put_on_rungs(env_id: str, rungs: tuple[str, ...]) -> str:
    """The id of an environment on those of the rungs that it has."""
    has = {rung.name for rung in list_rungs(environments.get_spec(env_id))}
    return "@".join((env_id, *sorted(has & set(rungs))))


def record(number: int, levels: tuple[str, ...], rungs: tuple[str, ...], file: Path) -> int:
    """Play every task of the round `number` at every level; the number of frames in the file, which appears whole."""
    frames = []
    for n, (level, task) in enumerate((level, task) for level in levels for task in ORDER):
        frames += play(make(task, level, rungs), task, number * len(levels) * len(ORDER) + n)
    draft = file.with_name(f".{file.name}")
    with draft.open("wb") as out:
        np.savez(out, **{key: np.stack([frame[key] for frame in frames]) for key in frames[0]})
    draft.rename(file)
    return len(frames)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=240, help="240 give 60,000 frames, 3.8 GB.")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, default=Path("../frames"), help="Not in the folder that is uploaded.")
    parser.add_argument("--randomization", default="standard,hard", help="Levels, separated by commas.")
    parser.add_argument("--rungs", default="", help="Such as `cameras,textures`; a task is on those that it has.")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    levels = tuple(options.randomization.split(","))
    rungs = tuple(filter(None, options.rungs.split(",")))
    name = f"{'-'.join((*levels, *rungs))}-%05d.npz"
    files = {number: options.out / (name % number) for number in range(options.rounds)}
    left = {number: file for number, file in files.items() if not file.exists()}
    tasks, frames = [(number, levels, rungs, file) for number, file in left.items()], 0
    for done, recorded in enumerate(workers.run(record, tasks, options.workers), len(files) - len(left) + 1):
        frames += recorded
        print(f"\rround {done} of {len(files)}, {frames} new frames", end="", file=sys.stderr)
    print(f"\n{options.out} has {len(files)} rounds", file=sys.stderr)


if __name__ == "__main__":
    main()
