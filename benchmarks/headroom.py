"""How much is left to learn: for each rung and task, how often expert, baseline and random actions succeed.

    python benchmarks/headroom.py [--episodes 50] [--rungs delay exam] [--journal headroom.jsonl] [--policy DIR]

The expert is MetaWorld's scripted one, which sees the state. The baseline is the policy that Kinitro ships, trained at
`standard` and `hard` without rungs, or the one in a directory. Cells say solved episodes of all with Wilson's 95 %
interval. What is in the journal is not played again, so that an interrupted run continues. Episodes have seeds of their
own, which are the same for all, with `standard` randomization.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import os
import sys
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from kinitro import environments
from kinitro.environments import EnvironmentSpec
from kinitro.environments.interface import Environment, Observation, read_instruction
from kinitro.environments.registry import list_rungs
from kinitro.environments.sets import EXAM, select_environments
from kinitro.environments.spec import RUNG_MARK
from kinitro.policies.messages import describe_task
from kinitro.scoring.intervals import normal_quantile, wilson_interval

FIRST_SEED = 1 << 94
PLAIN = "-"
"""What the table calls environments without rungs."""
PLAYERS = ("expert", "baseline", "random")
BASELINE = Path(environments.__file__).parents[1] / "miner/variants/baseline"
TEMPLATE = Path(environments.__file__).parents[1] / "miner/template"
Act = Callable[[Observation], Awaitable[Any]]
Cell = tuple[str, str, str]
"""Rung, task, player."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--episodes", type=int, default=50, help="in each cell")
    parser.add_argument("--rungs", nargs="+", help="by default all, none, and those of the exam")
    parser.add_argument("--tasks", nargs="+", help="such as push-v3; by default all of the exam")
    parser.add_argument("--players", nargs="+", default=PLAYERS, choices=PLAYERS)
    parser.add_argument("--policy", type=Path, default=BASELINE, help="the directory of another baseline")
    parser.add_argument("--journal", type=Path, default=Path("headroom.jsonl"))
    options = parser.parse_args()
    results = read_journal(options.journal)
    cells = list_cells(options.rungs, options.tasks)
    with options.journal.open("a") as journal:
        for rung, spec in cells:
            for player in options.players:
                key = rung, spec.base_id.partition("/")[2], player
                for number in range(len(results[key]), options.episodes):
                    results[key].append(play(spec, player, FIRST_SEED + number, options.policy))
                    journal.write(json.dumps([*key, results[key][-1]]) + "\n")
                    journal.flush()
                print(f"{'  '.join(key)}  {sum(results[key])}/{len(results[key])}", file=sys.stderr, flush=True)
    print(draw_table(results, options.players, options.episodes))


def read_journal(path: Path) -> defaultdict[Cell, list[bool]]:
    """By cell, which episodes were solved, in the order of their seeds."""
    results: defaultdict[Cell, list[bool]] = defaultdict(list)
    if path.exists():
        for line in path.read_text().splitlines():
            rung, task, player, solved = json.loads(line)
            results[rung, task, player].append(solved)
    return results


def list_cells(rungs: list[str] | None, tasks: list[str] | None) -> list[tuple[str, EnvironmentSpec]]:
    """Rung and environment of all cells; tasks that do not have a rung are left out."""
    exam = {spec.base_id: spec for spec in select_environments([EXAM])}
    specs = [environments.get_spec(env_id) for env_id in exam if not tasks or env_id.partition("/")[2] in tasks]
    names = rungs or [PLAIN, *dict.fromkeys(rung.name for spec in specs for rung in list_rungs(spec)), EXAM]
    found = []
    for name in names:
        for spec in specs:
            parts = name.split(RUNG_MARK)
            if name == PLAIN:
                found.append((name, spec))
            elif name == EXAM:
                found.append((name, exam[spec.id]))
            elif {rung.name for rung in list_rungs(spec)}.issuperset(parts):
                found.append((name, environments.get_spec(RUNG_MARK.join((spec.id, *parts)))))
    return found


def play(spec: EnvironmentSpec, player: str, seed: int, policy: Path) -> bool:
    """Play one episode; whether it was solved."""
    environment = environments.make(spec.id, cameras=None if player == "baseline" else (), rewards=False)
    environment.reset(seed)
    solved = asyncio.run(run(environment, make_player(environment, player, seed, policy)))
    environment.close()
    return solved


async def run(environment: Environment, act: Awaitable[Act]) -> bool:
    """Step until the episode is over."""
    choose = await act
    while True:
        done = environment.step(await choose(environment.observe()))
        if done.terminated or done.truncated:
            return done.success


async def make_player(environment: Environment, player: str, seed: int, policy: Path) -> Act:
    """A function from observations to actions, for the episode that the environment is in."""
    if player == "expert":
        expert = environments.make_expert(environment)
        return lambda _: returned(expert.act())
    if player == "random":
        random = np.random.default_rng(seed)
        return lambda _: returned(random.uniform(-1, 1, len(environment.spec.action)))
    robot = load_policy(policy)()
    instruction = read_instruction(environment)
    task = describe_task(environment.spec, "headroom", environment.spec.max_steps, instruction)
    await robot.reset(msgspec.to_builtins(task))
    return lambda seen: robot.act(seen.agent_pos, dict(seen.pixels))


async def returned(value: Any) -> Any:
    return value


LOADED: dict[Path, Any] = {}


def load_policy(directory: Path) -> Any:
    """The class of the policy in a directory, once."""
    if directory not in LOADED:
        sys.path[:0] = [str(directory), str(TEMPLATE)]
        spec = importlib.util.spec_from_file_location("policy", directory / "policy.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["policy"] = module
        spec.loader.exec_module(module)
        module.RobotPolicy.load()
        LOADED[directory] = module.RobotPolicy
    return LOADED[directory]


def draw_table(results: dict[Cell, list[bool]], players: list[str], episodes: int) -> str:
    """A table in Markdown: a row for each rung, a column for each player with the mean over tasks, and all cells."""
    by_rung: defaultdict[tuple[str, str], dict[str, list[bool]]] = defaultdict(dict)
    for (rung, task, player), solved in results.items():
        by_rung[rung, player][task] = solved
    lines = [f"{episodes} episodes in each cell", "", "| rung | " + " | ".join(players) + " | baseline by task |"]
    lines.append("|---" * (len(players) + 2) + "|")
    for rung in dict.fromkeys(rung for rung, _ in by_rung):
        row = [show([won for solved in by_rung[rung, player].values() for won in solved]) for player in players]
        tasks = ", ".join(f"{task.removesuffix('-v3')} {sum(won)}" for task, won in by_rung[rung, "baseline"].items())
        lines.append(f"| `{rung}` | {' | '.join(row)} | {tasks} |")
    return "\n".join(lines)


def show(solved: list[bool]) -> str:
    """Solved of all, and Wilson's 95 % interval in percent."""
    if not solved:
        return ""
    low, high = wilson_interval(np.array(sum(solved)), np.array(len(solved)), normal_quantile(0.975))
    return f"{sum(solved)} of {len(solved)} ({100 * low:.0f} to {100 * high:.0f} %)"


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
