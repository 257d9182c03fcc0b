"""Record images with labels: `python collect.py [--frames 60000] [--workers 2] [--out data]`.

Scripted teachers play the tasks, disturbed so that the frames show more than success; every few steps one frame is kept.
The labels are privileged: where object and goal are, in space and in the images. They are used in training only.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import sys
from pathlib import Path

import numpy as np
from network import LANDMARKS_M
from policy import CAMERAS, TASKS
from teachers import GOAL, OBJECT, make_teacher

from kinitro import environments

CHUNK_FRAMES = 500
EPISODE_STEPS = 150
SEED_BASE = 1 << 92
"""Far from the seeds of `kinitro evaluate` and of cycles."""
HARDER = ("pick-place-v3", "push-v3", "peg-insert-v3", "reach-v3")
"""Tasks that need millimetres are played twice as often."""


class Chunks:
    """Frames on disk, CHUNK_FRAMES a file; a file appears as a whole."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name, self.frames, self.written = folder, name, [], 0

    def add(self, frame: dict) -> None:
        self.frames.append(frame)
        if len(self.frames) == CHUNK_FRAMES:
            arrays = {key: np.stack([frame[key] for frame in self.frames]) for key in self.frames[0]}
            draft = self.folder / f".{self.name}-{self.written:04d}.npz"
            np.savez(draft, **arrays)
            draft.rename(self.folder / draft.name[1:])
            self.frames, self.written = [], self.written + 1


def frame(environment, task: int, seed: int, step: int) -> dict:
    """One labelled frame."""
    seen, state = environment.observe(), environment.privileged_state()
    points = np.array([state[OBJECT], state[GOAL], seen.agent_pos[:3], *LANDMARKS_M])
    pixels = environment.privileged_pixels(points)
    return {
        "images": np.stack([seen.pixels[camera] for camera in CAMERAS]),
        "pixels": np.stack([pixels[camera] for camera in CAMERAS]).astype(np.float32),
        "positions": np.array([state[OBJECT], state[GOAL]], np.float32),
        "proprioception": seen.agent_pos,
        "task": np.int64(task),
        "episode": np.int64(seed - SEED_BASE),
        "step": np.int64(step),
    }


def play(environment, task: int, seed: int, chunks: Chunks) -> None:
    """One disturbed episode: biased positions, a detour, shaking, and fingers that never close."""
    random = np.random.default_rng([seed - SEED_BASE, 99])
    environment.reset(seed)
    teacher = make_teacher(task)
    bias_m = random.normal(0, random.choice([0, 0.003, 0.008, 0.015, 0.03]), 6)
    detour_steps = random.integers(4, 26) if random.random() < 0.35 else 0
    detour_m, detour_grip = random.uniform([-0.25, 0.42, 0.05], [0.3, 0.85, 0.32]), random.choice([-1.0, 0.0, 1.0])
    shaking, shake = random.choice([0, 0, 0.25, 0.5]), np.zeros(4)
    grasps = random.random() < 0.8
    next_frame = 0 if random.random() < 0.7 else int(random.integers(1, 12))
    for step in range(EPISODE_STEPS):
        if step == next_frame:
            chunks.add(frame(environment, task, seed, step))
            next_frame += int(random.integers(3, 15))
        state = environment.privileged_state().copy()
        state[OBJECT] += bias_m[:3]
        state[GOAL] += bias_m[3:]
        chosen = teacher(state)
        if step < detour_steps:
            chosen = np.array([*np.clip(8 * (detour_m - state[:3]), -1, 1), detour_grip])
        shake = 0.8 * shake + random.normal(0, shaking, 4) * 0.6
        chosen = np.clip(chosen + shake * (1, 1, 1, 0.3), -1, 1)
        if not grasps:
            chosen[3] = min(chosen[3], 0)
        if environment.step(chosen).terminated:
            break


def work(worker: int, workers: int, frames: int, out: Path, levels: list[str]) -> None:
    """Play until this worker's share of the frames is there."""
    chunks = Chunks(out, f"worker{worker}")
    order = [task for task, name in enumerate(TASKS) for _ in range(1 + (name in HARDER))]
    made: dict = {}
    for number in itertools.count(worker, workers):
        task, level = order[number // workers % len(order)], levels[number // workers // len(order) % len(levels)]
        if (task, level) not in made:
            made[task, level] = environments.make(
                f"metaworld/{TASKS[task]}", cameras=CAMERAS, rewards=False, randomization=level
            )
        play(made[task, level], task, SEED_BASE + number, chunks)
        if worker == 0:
            print(f"\r{(chunks.written * CHUNK_FRAMES + len(chunks.frames)) * workers} frames", end="", file=sys.stderr)
        if chunks.written * CHUNK_FRAMES * workers >= frames:
            return


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=60_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("data"))
    parser.add_argument("--randomization", default="standard,hard", help="Levels, separated by commas, in turns.")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    levels = options.randomization.split(",")
    context = multiprocessing.get_context("spawn")
    arguments = [(n, options.workers, options.frames, options.out, levels) for n in range(options.workers)]
    processes = [context.Process(target=work, args=each, daemon=True) for each in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    failed = [process.exitcode for process in processes if process.exitcode]
    print(f"\n{len(list(options.out.glob('*.npz'))) * CHUNK_FRAMES} frames in {options.out}", file=sys.stderr)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
