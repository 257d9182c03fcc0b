"""The rung `sealed`, measured: what it costs beside the same environment without it, and whether the expert solves it.

    python benchmarks/sealed.py --episodes 50 --tasks push pick-place reach

The pack is drawn from a fixed seed. CPU milliseconds are medians over episodes that take turns, of a step of physics
and of a step with the images of all cameras; what counts is their ratio.
"""

from __future__ import annotations

import argparse
import statistics
import time

from kinitro import environments
from kinitro.environments.packs.directory import SealedPack
from kinitro.environments.packs.format import digest_pack, encode_pack
from kinitro.environments.packs.making import make_pack

TASKS = [spec.id.removeprefix("metaworld/").removesuffix("-v3") for spec in environments.scored_specs()]
STEPS, TURNS = 60, 8
SEED = b"The pack of a benchmark: no exam"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", default=TASKS, choices=TASKS)
    parser.add_argument("--episodes", type=int, default=50, help="episodes of the expert per task")
    options = parser.parse_args()
    instructions = {spec.task_name: spec.instruction for spec in environments.scored_specs()}
    content = make_pack(SEED, instructions)
    pack = SealedPack(digest_pack(encode_pack(content)), content)
    print(f"{'task':14} {'expert':>9}  physics: without, with, ratio  images: without, with, ratio")
    for task in options.tasks:
        solved = sum(solve(task, pack, seed) for seed in range(options.episodes))
        costs = [compare_cost(task, pack, images=images) for images in (False, True)]
        shown = "   ".join(f"{a:6.3f} ms {b:6.3f} ms {b / a:5.2f}" for a, b in costs)
        print(f"{task:14} {solved:4}/{options.episodes:<4}  {shown}", flush=True)


def solve(task: str, pack: SealedPack, seed: int) -> bool:
    """Whether the scripted expert solves an episode."""
    env_id = f"metaworld/{task}-v3@sealed"
    environment = environments.make(env_id, cameras=(), rewards=False, pack=pack)
    environment.reset(seed)
    expert = environments.make_expert(environment)
    while True:
        done = environment.step(expert.act())
        if done.terminated or done.truncated:
            environment.close()
            return done.success


def compare_cost(task: str, pack: SealedPack, *, images: bool) -> tuple[float, float]:
    """CPU milliseconds of a step without and with the rung."""
    cameras = None if images else ()
    both = (
        environments.make(f"metaworld/{task}-v3", cameras=cameras, rewards=False),
        environments.make(f"metaworld/{task}-v3@sealed", cameras=cameras, rewards=False, pack=pack),
    )
    taken: tuple[list[float], list[float]] = ([], [])
    for turn in range(TURNS + 1):
        for environment, found in zip(both, taken, strict=True):
            environment.reset(turn)
            environment.observe()
            began = time.process_time()
            for _ in range(STEPS):
                environment.step((0.1, 0.0, 0.2, 1.0))  # up and away, so that nothing is solved by chance
                if images:
                    environment.observe()
            found.append((time.process_time() - began) / STEPS * 1000)
    return statistics.median(taken[0][1:]), statistics.median(taken[1][1:])


if __name__ == "__main__":
    main()
