"""Every environment is a Gymnasium environment, without a warning from Gymnasium's checker."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from kinitro import environments
from kinitro.environments.gym import register_when_imported
from kinitro.environments.gym.environment import GymEnvironment

TASK = "metaworld/drawer-close-v3"


def made(env_id: str, **options: Any) -> GymEnvironment:
    environment = gymnasium.make(env_id, **options).unwrapped
    assert isinstance(environment, GymEnvironment)
    return environment


def test_all_ids_are_registered_and_registering_again_is_silent() -> None:
    register_when_imported()
    assert {spec.id for spec in environments.all_specs()} <= gymnasium.registry.keys()


@pytest.mark.parametrize("env_id", [TASK, "metaworld/peg-insert-v3"])
def test_the_checker_is_silent(env_id: str) -> None:
    environment = made(env_id, render_mode="rgb_array")
    check_env(environment)
    environment.close()


@pytest.mark.slow
@pytest.mark.parametrize("spec", environments.all_specs(), ids=lambda spec: spec.task_name)
def test_the_checker_is_silent_everywhere(spec: environments.EnvironmentSpec) -> None:
    environment = made(spec.id, render_mode="rgb_array")
    check_env(environment)
    environment.close()


def test_names_are_lerobots_and_seeds_are_the_evaluations() -> None:
    environment = made(TASK, cameras=("corner",), render_mode="rgb_array")
    assert environment.task_description == "close the drawer"
    seed = 2**127 + 5
    observation, info = environment.reset(seed=seed)
    assert observation.keys() == {"agent_pos", "pixels"}
    assert observation["pixels"]["corner"].shape == (84, 84, 3)
    assert info == {"is_success": False}
    plain = environments.make(TASK, cameras=())
    plain.reset(seed)
    assert plain.digest() == environment.environment.digest()
    assert np.array_equal(environment.render(), observation["pixels"]["corner"])
    environment.close()


def test_without_a_seed_episodes_differ_and_follow_the_generator() -> None:
    environment = made(TASK, cameras=())
    starts = []
    for _ in range(2):
        environment.reset(seed=1)
        for _ in range(2):
            environment.reset()
            starts.append(environment.environment.digest())
    assert starts[0] == starts[2]
    assert starts[1] == starts[3]
    assert starts[0] != starts[1]
    environment.close()


def test_the_vector_environment_computes_the_same() -> None:
    actions = np.random.default_rng(0).uniform(-1, 1, (15, 2, 4)).astype(np.float32)
    vector = gymnasium.make_vec(TASK, num_envs=2, vectorization_mode="sync", vector_kwargs={}, cameras=("gripper",))
    alone = [made(TASK, cameras=("gripper",)) for _ in range(2)]
    together, _ = vector.reset(seed=[3, 4])
    apart = [environment.reset(seed=seed)[0] for environment, seed in zip(alone, (3, 4), strict=True)]
    for action in actions:
        for index in range(2):
            assert np.array_equal(together["agent_pos"][index], apart[index]["agent_pos"])
            assert np.array_equal(together["pixels"]["gripper"][index], apart[index]["pixels"]["gripper"])
        together = vector.step(action)[0]
        apart = [environment.step(action[index])[0] for index, environment in enumerate(alone)]
    vector.close()
