"""What a policy learns from, and how it is asked afterwards."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import numpy as np

from kinitro.miner.datasets import write_npz
from kinitro.miner.demonstrations import STAGING, Demonstration
from kinitro.policies.client import HttpPolicy
from kinitro.policies.conformance import ConformanceVerdict, Subject, run_check
from kinitro.policies.probes import make_observations, make_task, run_episode

CHECKS = ("health", "environments", "json", "determinism", "interleaving", "garbage")


def conforms(url: str) -> None:
    for name in CHECKS:
        result = asyncio.run(run_check(name, Subject(url)))
        assert result.verdict is ConformanceVerdict.PASSED, result


def make_dataset(folder: Path) -> None:
    """Two made-up episodes in which the action is a simple function of what is seen."""
    (folder / STAGING).mkdir(parents=True)
    files = []
    for number in range(2):
        seen = make_observations(40, seed=number)
        state = np.stack([observation.agent_pos for observation in seen])
        pixels = {name: np.stack([observation.pixels[name] for observation in seen]) for name in seen[0].pixels}
        actions = state * np.array([0.2, 0.2, 0.2, 1.0], np.float32)
        files.append(folder / STAGING / f"{number}.npz")
        Demonstration("metaworld/push-v3", "push the puck to the goal", state, pixels, actions).save(files[-1])
    write_npz(files, folder)


async def act(url: str, observations: list) -> np.ndarray:
    policy = HttpPolicy(url, allow_private=True)
    try:
        await policy.health()
        task = msgspec.structs.replace(make_task(), instruction="push the puck to the goal")
        return await run_episode(policy, task, observations)
    finally:
        await policy.close()
