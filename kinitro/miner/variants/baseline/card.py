"""Measure the policy and write MODEL_CARD.md: `python card.py [--episodes 100] [--workers 2]`.

It plays fresh episodes of every task at every level, beside Kinitro's scripted expert, random actions and no action,
and once more with the image of each camera in turn blackened. What is measured is kept in `card.json`: an interrupted
run goes on where it stopped, more episodes can be asked for later, and other weights begin anew.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median

import numpy as np
import workers
from policy import CAMERAS, CONTROL, PERCEPTION, TASKS, RobotPolicy
from protocol import OLD_ACTION, OLD_PROPRIOCEPTION
from teachers import GOAL, OBJECT

from kinitro import environments
from kinitro.environments.metaworld.experts import ScriptedExpert
from kinitro.scoring.intervals import normal_quantile, wilson_interval

SEED_BASE = 1 << 95
"""No training has these seeds."""
OTHERS = ("expert", "random", "idle")
BLINDED = tuple(f"without {camera}" for camera in CAMERAS)
BATCH_EPISODES = 5
RESULTS, CARD = Path("card.json"), Path("MODEL_CARD.md")
WRONG_MM = 15
"""An error of a position that makes the controller fail in half of the precise tasks (see distill.py)."""


@functools.cache
def make(task: str, level: str, cameras: tuple[str, ...]):
    """Each process makes an environment once."""
    if cameras and RobotPolicy.perception is None:
        RobotPolicy.load()
    return environments.make(f"metaworld/{task}", cameras=cameras, rewards=False, randomization=level)


def start(subject: str, environment, number: int) -> tuple[Callable[[], np.ndarray], RobotPolicy | None]:
    """What chooses the actions of one episode, and the policy behind it if that is the baseline."""
    if subject == "expert":
        return ScriptedExpert(environment).act, None
    if subject == "random":
        return functools.partial(np.random.default_rng(number).uniform, -1, 1, len(OLD_ACTION)), None
    if subject == "idle":
        return functools.partial(np.zeros, len(OLD_ACTION)), None
    policy, blackened = RobotPolicy(), subject.removeprefix("without ")
    asyncio.run(policy.reset({"env_id": environment.spec.id, "episode_id": str(number), "action": OLD_ACTION}))

    def act() -> np.ndarray:
        seen = environment.observe()
        images = {name: image * (name != blackened) for name, image in seen.pixels.items()}
        return policy.decide(seen.agent_pos, images)

    return act, policy


def measure(subject: str, level: str, task: str, first: int, last: int) -> dict:
    """Play the episodes from `first` up to, not including, `last`."""
    environment = make(task, level, () if subject in OTHERS else CAMERAS)
    failures = []
    for number in range(first, last):
        environment.reset(SEED_BASE + number)
        act, policy = start(subject, environment, number)
        done = environment.step(act())
        while not (done.terminated or done.truncated):
            done = environment.step(act())
        if not done.terminated:
            failures.append({"episode": number} | (errors_mm(environment, policy) if policy else {}))
    return {"subject": subject, "level": level, "task": task, "first": first, "last": last, "failures": failures}


def errors_mm(environment, policy: RobotPolicy) -> dict[str, float]:
    """How far object and goal are at the end from where the policy believes they are."""
    state = environment.privileged_state()
    away = np.linalg.norm(policy.average.positions - np.stack([state[OBJECT], state[GOAL]]), axis=1) * 1000
    return {"object_mm": round(float(away[0]), 1), "goal_mm": round(float(away[1]), 1)}


def digests() -> dict[str, str]:
    """SHA-256 of the weights."""
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in (PERCEPTION, CONTROL)}


def latency_ms() -> float:
    """Median processor time of one action."""
    RobotPolicy.load()
    policy, images, times = RobotPolicy(), dict.fromkeys(CAMERAS, np.zeros((84, 84, 3), np.uint8)), []
    task_config = {"env_id": f"metaworld/{TASKS[0]}", "episode_id": "latency", "action": OLD_ACTION}
    asyncio.run(policy.reset(task_config))
    for _ in range(100):
        began = time.process_time()
        policy.decide(np.zeros(len(OLD_PROPRIOCEPTION), np.float32), images)
        times.append(1000 * (time.process_time() - began))
    return round(median(times), 1)


def plan(levels: Iterable[str], episodes: int, blinded_episodes: int) -> list[tuple[str, str, str, int, int]]:
    """What is to be measured, in batches. Cameras are blackened at the first level only."""
    levels = list(levels)
    wanted = [(subject, level, episodes) for level in levels for subject in ("baseline", *OTHERS)]
    wanted += [(subject, levels[0], blinded_episodes) for subject in BLINDED]
    return [
        (subject, level, task, first, min(first + BATCH_EPISODES, count))
        for subject, level, count in wanted
        for first in range(0, count, BATCH_EPISODES)
        for task in TASKS
    ]


def load(weights: dict[str, str]) -> dict:
    """What an earlier run measured of these weights."""
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if kept.get("weights") == weights:
        return kept
    if kept:
        print(f"{RESULTS} is about other weights: everything is measured anew", file=sys.stderr)
    return {"weights": weights, "made_with": "", "minutes": 0.0, "batches": []}


def save(results: dict) -> None:
    """Write the results; the file appears as a whole."""
    draft = RESULTS.with_suffix(".part")
    draft.write_text(json.dumps(results, indent=1) + "\n")
    draft.rename(RESULTS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--episodes", type=int, default=100, help="Per task and level.")
    parser.add_argument("--blinded-episodes", type=int, default=20, help="Per task and blackened camera.")
    parser.add_argument("--randomization", default="standard,hard", help="Levels, separated by commas.")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--made-with", help="How the weights were made, in a sentence that the card repeats.")
    options = parser.parse_args()
    if missing := [file.name for file in (PERCEPTION, CONTROL) if not file.exists()]:
        sys.exit(f"There is no {' and no '.join(missing)}: run train.py and distill.py")
    results = load(digests())
    results["made_with"] = options.made_with or results["made_with"]
    results["latency_ms"] = latency_ms()
    batches = plan(options.randomization.split(","), options.episodes, options.blinded_episodes)
    measured = {(b["subject"], b["level"], b["task"], b["first"], b["last"]) for b in results["batches"]}
    left = [batch for batch in batches if batch not in measured]
    began, before = time.monotonic(), results["minutes"]
    for done, batch in enumerate(workers.run(measure, left, options.workers), len(batches) - len(left) + 1):
        results["batches"].append(batch)
        results["minutes"] = round(before + (time.monotonic() - began) / 60, 1)
        save(results)
        print(f"\rbatch {done} of {len(batches)} ", end="", file=sys.stderr, flush=True)
    save(results)
    CARD.write_text(write_card(results))
    print(f"\nwrote {CARD}", file=sys.stderr)


def count(results: dict, subject: str, level: str, task: str) -> tuple[int, int]:
    """Episodes solved, and played."""
    found = [b for b in results["batches"] if (b["subject"], b["level"], b["task"]) == (subject, level, task)]
    # a longer batch replaces the one that was cut short by a smaller number of episodes
    longest = {b["first"]: b for b in sorted(found, key=lambda b: b["last"])}.values()
    played = sum(b["last"] - b["first"] for b in longest)
    return played - sum(len(b["failures"]) for b in longest), played


def cell(solved: int, played: int) -> str:
    """A share in percent with its 95 % interval."""
    if not played:
        return ""
    low, high = wilson_interval(np.array([solved]), np.array([played]), normal_quantile(0.975))
    return f"{solved} of {played} ({100 * low[0]:.0f} to {100 * high[0]:.0f} %)"


def table(results: dict, subjects: Iterable[str], level: str) -> str:
    """Successes by task and subject, in Markdown."""
    subjects = list(subjects)
    rows = [["task", *subjects], ["---"] * (len(subjects) + 1)]
    for task in TASKS:
        rows.append([task, *(cell(*count(results, subject, level, task)) for subject in subjects)])
    totals = [np.sum([count(results, subject, level, task) for task in TASKS], axis=0) for subject in subjects]
    rows.append(["**all**", *(cell(*total) for total in totals)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def explain_failures(results: dict, level: str) -> str:
    """Which episodes the baseline failed at, and what it believed then."""
    lines = []
    for task in TASKS:
        batches = [b for b in results["batches"] if (b["subject"], b["level"], b["task"]) == ("baseline", level, task)]
        failures = {failure["episode"]: failure for batch in batches for failure in batch["failures"]}
        for number, failure in sorted(failures.items()):
            wrong = [what for what in ("object", "goal") if failure[f"{what}_mm"] > WRONG_MM]
            why = (
                f"the {' and the '.join(wrong)} believed elsewhere"
                if wrong
                else "positions right: the controller fails"
            )
            where = f"object {failure['object_mm']:.0f} mm, goal {failure['goal_mm']:.0f} mm"
            lines.append(f"- {task}, episode {number}: {why} (errors: {where})")
    return "\n".join(lines) or "None."


def write_card(results: dict) -> str:
    """The card in Markdown."""
    levels = list(dict.fromkeys(batch["level"] for batch in results["batches"]))
    size_mb = sum(file.stat().st_size for file in (PERCEPTION, CONTROL)) / 1e6
    parts = [
        "# Model card of the baseline",
        "Written by `card.py` from what it measured; `card.json` has every batch of episodes. "
        "Brackets: 95 % Wilson intervals.",
        f"One network sees where object and goal are, one acts on that: {size_mb:.1f} MB together, "
        f"{results['latency_ms']} ms of one core per action (median). It sees what `/act` gives and nothing else: "
        "three images, the position of the hand and the opening of the gripper, and the task's name. **Training used "
        "more**: the positions of objects and goals in simulation as labels, and the actions of scripted experts that "
        "know them. No seed of training is among those of the evaluation.",
        f"How the weights were made: {results['made_with'] or 'see README.md'}",
        "\n".join(f"- `{name}`: SHA-256 `{digest}`" for name, digest in results["weights"].items()),
    ]
    for level in levels:
        parts += [f"## Success at `{level}`", table(results, ("baseline", *OTHERS), level)]
    blinded = [name for name in BLINDED if any(batch["subject"] == name for batch in results["batches"])]
    if blinded:
        parts += ["## With one camera's image blackened", f"At `{levels[0]}`; it was never trained for that."]
        parts += [table(results, blinded, levels[0])]
    parts += [
        "## What fails",
        f"A position counts as believed elsewhere beyond {WRONG_MM} mm, at the end of the episode.",
    ]
    for level in levels:
        parts += [f"At `{level}`:", explain_failures(results, level)]
    parts += [
        f"Only these {len(TASKS)} tasks are known to it: in others the arm stands still. "
        "It imitates one way of doing each task, and has no memory but an average of positions.",
        f"The measurements took {results['minutes']} minutes: `python card.py`.",
    ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
