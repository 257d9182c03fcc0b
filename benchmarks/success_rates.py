"""How often the scripted expert and uniformly random actions succeed: the figures in the registry.

    python benchmarks/success_rates.py --episodes 100 --all

An episode is a success if the task is solved at some step within the horizon, with standard randomization by default.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from kinitro import environments
from kinitro.environments import EnvironmentSpec
from kinitro.environments.metaworld.environment import MetaWorldEnvironment
from kinitro.environments.metaworld.experts import ScriptedExpert

FIRST_SEED = 10**9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--episodes", type=int, default=20)
    parser.add_argument("--all", action="store_true", help="all tasks, not only the scored ones")
    parser.add_argument("--tasks", nargs="+", help="only these, by MetaWorld's names, such as stick-pull")
    parser.add_argument("--randomization", default="standard")
    options = parser.parse_args()
    specs = environments.all_specs() if options.all or options.tasks else environments.scored_specs()
    if options.tasks:
        specs = tuple(spec for spec in specs if spec.task_name in options.tasks)
    print(f"{options.episodes} episodes each, {options.randomization} randomization")
    for spec in specs:
        expert = list(_episodes(spec, options.episodes, options.randomization, _expert))
        chance = list(_episodes(spec, options.episodes, options.randomization, _random))
        solved = [step for step in expert if step is not None]
        rates = f"expert {len(solved) / len(expert):.3f}  random {1 - chance.count(None) / len(chance):.3f}"
        print(f"{spec.id:40} {rates}  expert's steps (median) {np.median(solved or [np.nan]):.0f}", flush=True)


Actor = Callable[[MetaWorldEnvironment, int], Callable[[], npt.NDArray[np.float32]]]


def _episodes(spec: EnvironmentSpec, count: int, randomization: str, actor: Actor) -> Iterator[int | None]:
    """For each episode the step that succeeded, or None."""
    environment = environments.make(spec.id, cameras=(), randomization=randomization, rewards=False)
    assert isinstance(environment, MetaWorldEnvironment)
    for seed in range(FIRST_SEED, FIRST_SEED + count):
        environment.reset(seed)
        act = actor(environment, seed)
        yield next((step for step in range(1, spec.max_steps + 1) if environment.step(act()).success), None)
    environment.close()


def _expert(environment: MetaWorldEnvironment, _seed: int) -> Callable[[], npt.NDArray[np.float32]]:
    return ScriptedExpert(environment).act


def _random(_environment: MetaWorldEnvironment, seed: int) -> Callable[[], npt.NDArray[np.float32]]:
    generator = np.random.default_rng(seed)
    return lambda: generator.uniform(-1, 1, 4).astype(np.float32)


if __name__ == "__main__":
    main()
