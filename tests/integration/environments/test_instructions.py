"""On some rungs what is asked depends on the episode: everybody asks for what its seed says."""

from __future__ import annotations

from typing import Any, cast

import pytest

from kinitro import environments
from kinitro.client.messages import Task
from kinitro.client.verdicts import VerificationRule
from kinitro.environments.interface import read_instruction
from kinitro.evaluation import run_episode
from kinitro.executor.reruns import _compare
from tests.fakes.policies import ScriptedPolicy

STEPS = 3


@pytest.mark.parametrize("rung", ["choices", "wordings"])
async def test_a_rerun_asks_what_the_episode_asked(rung: str) -> None:
    env_id = f"metaworld/reach-v3@{rung}"
    environment = environments.make(env_id, cameras=())
    said = set()
    for seed in range(6):
        policy, again = ScriptedPolicy(), ScriptedPolicy()
        result = await run_episode(environment, policy, seed=seed, max_steps=STEPS)
        assert result.trace is not None
        version = environment.spec.version
        task = Task(1, 1, 1, "5" * 48, env_id, version, 0, f"{seed:032x}", "", STEPS, 1)
        assert await _compare(cast(Any, again), task, result.trace, VerificationRule(), None) == (STEPS, STEPS)
        assert again.tasks[0].instruction == policy.tasks[0].instruction == read_instruction(environment)
        said.add(policy.tasks[0].instruction)
    assert len(said) > 1
