"""Every environment is a Gymnasium environment, without a warning from Gymnasium's checker."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.utils.env_checker import check_env
from gymnasium.wrappers import FlattenObservation, TimeAwareObservation

from kinitro import environments
from kinitro.environments.errors import EpisodeNotRunning
from kinitro.environments.gym import register_when_imported
from kinitro.environments.gym.environment import GymEnvironment
from kinitro.environments.gym.wrappers import FlatObservation
from kinitro.errors import ConfigurationError

TASK = "metaworld/drawer-close-v3"


def make_gym(env_id: str, **options: Any) -> GymEnvironment:
    environment = gymnasium.make(env_id, **options).unwrapped
    assert isinstance(environment, GymEnvironment)
    return environment


def test_all_ids_are_registered_and_registering_again_is_silent() -> None:
    register_when_imported()
    assert {spec.id for spec in environments.all_specs()} <= gymnasium.registry.keys()


@pytest.mark.parametrize("env_id", [TASK, "metaworld/peg-insert-v3"])
def test_the_checker_is_silent(env_id: str) -> None:
    environment = make_gym(env_id, render_mode="rgb_array")
    check_env(environment)
    environment.close()


@pytest.mark.slow
@pytest.mark.parametrize("spec", environments.all_specs(), ids=lambda spec: spec.task_name)
def test_the_checker_is_silent_everywhere(spec: environments.EnvironmentSpec) -> None:
    environment = make_gym(spec.id, render_mode="rgb_array")
    check_env(environment)
    environment.close()


def test_names_are_lerobots_and_seeds_are_the_evaluations() -> None:
    environment = make_gym(TASK, cameras=("corner",), render_mode="rgb_array")
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
    environment = make_gym(TASK, cameras=())
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
    alone = [make_gym(TASK, cameras=("gripper",)) for _ in range(2)]
    together, _ = vector.reset(seed=[3, 4])
    apart = [environment.reset(seed=seed)[0] for environment, seed in zip(alone, (3, 4), strict=True)]
    for action in actions:
        for index in range(2):
            assert np.array_equal(together["agent_pos"][index], apart[index]["agent_pos"])
            assert np.array_equal(together["pixels"]["gripper"][index], apart[index]["pixels"]["gripper"])
        together = vector.step(action)[0]
        apart = [environment.step(action[index])[0] for index, environment in enumerate(alone)]
    vector.close()


def steps_until_the_end(environment: Any, at_most: int) -> tuple[int, bool, bool]:
    environment.reset(seed=1)
    still = np.zeros(4, np.float32)
    for step in range(1, at_most + 1):
        _, _, terminated, truncated, _ = environment.step(still)
        if terminated or truncated:
            return step, terminated, truncated
    return at_most, False, False


def test_the_horizon_is_registered_and_can_be_another_one() -> None:
    environment = gymnasium.make("metaworld/reach-v3", cameras=())
    assert environment.spec is not None
    assert environment.spec.max_episode_steps == 500
    assert environment.get_wrapper_attr("_max_episode_steps") == 500  # what LeRobot's rollout asks for
    assert steps_until_the_end(environment, 600) == (500, False, True)
    TimeAwareObservation(FlattenObservation(environment)).reset(seed=1)
    environment.close()
    for wanted in (7, 620):
        environment = gymnasium.make("metaworld/reach-v3", cameras=(), max_episode_steps=wanted)
        assert steps_until_the_end(environment, 700) == (wanted, False, True)
        environment.close()
    environment = gymnasium.make("metaworld/reach-v3", cameras=(), max_episode_steps=-1)
    assert steps_until_the_end(environment, 600) == (600, False, False)
    environment.close()
    assert steps_until_the_end(GymEnvironment("metaworld/reach-v3", cameras=()), 600) == (500, False, True)
    with pytest.raises(ConfigurationError, match="cannot have 0 steps"):
        environments.make("metaworld/reach-v3", max_steps=0)


def test_rungs_are_an_option() -> None:
    """Gymnasium allows no @ in an id; a horizon that a rung shortens stays so."""
    environment = make_gym("metaworld/reach-v3", rungs=("noise", "delay"), cameras=())
    assert environment.environment.spec.id == "metaworld/reach-v3@delay@noise"
    environment.close()
    asked = make_gym("metaworld/reach-v3", rungs="choices", cameras=())
    said = set()
    for seed in range(8):
        asked.reset(seed=seed)
        said.add(asked.task_description)
    assert len(said) > 1
    asked.close()
    hurried = gymnasium.make("metaworld/reach-v3", rungs="hurry", cameras=())
    assert steps_until_the_end(hurried, 600) == (45, False, True)
    hurried.close()


def test_vectors_know_the_horizon_too() -> None:
    vector = gymnasium.make_vec("metaworld/reach-v3", num_envs=2, vectorization_mode="sync", cameras=())
    assert vector.call("_max_episode_steps") == (500, 500)  # type: ignore[attr-defined]
    vector.close()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda environment: pickle.loads(pickle.dumps(environment))])
@pytest.mark.parametrize("env_id", [TASK, "metaworld/peg-insert-v3"])
def test_a_copy_goes_on_where_the_original_is(env_id: str, copied: Any) -> None:
    actions = np.random.default_rng(0).uniform(-1, 1, (30, 4)).astype(np.float32)
    original = make_gym(env_id, cameras=("gripper",), render_mode="rgb_array")
    untouched = copied(original)
    original.reset(seed=5)
    for action in actions[:20]:
        original.step(action)
    other = copied(original)
    assert other.environment is not original.environment
    assert other.environment.digest() == original.environment.digest()
    assert np.array_equal(other.render(), original.render())
    for action in actions[20:]:
        (one, *rest), (two, *others) = original.step(action), other.step(action)
        assert rest == others
        assert np.array_equal(one["pixels"]["gripper"], two["pixels"]["gripper"])
        assert np.array_equal(one["agent_pos"], two["agent_pos"])
    original.reset()
    other.reset()
    assert other.environment.digest() == original.environment.digest(), "their random generators are equal too"
    untouched.reset(seed=5)
    untouched.close()
    closed = copied(untouched)
    with pytest.raises(EpisodeNotRunning):
        closed.step(actions[0])


def test_the_wrapped_environment_and_the_plain_one_can_be_copied() -> None:
    wrapped = gymnasium.make(TASK, cameras=())
    wrapped.reset(seed=1)
    wrapped.step(np.ones(4, np.float32))
    assert copy.deepcopy(wrapped).step(np.ones(4, np.float32))[1] == wrapped.step(np.ones(4, np.float32))[1]
    plain = environments.make(TASK)
    plain.reset(1)
    assert copy.deepcopy(plain).digest() == plain.digest()


def test_without_cameras_a_video_shows_a_camera_all_the_same() -> None:
    environment = gymnasium.make(TASK, cameras=(), render_mode="rgb_array", max_episode_steps=5)
    observation, _ = environment.reset(seed=3)
    assert observation.keys() == {"agent_pos"}
    image = environment.render()
    assert isinstance(image, np.ndarray)
    assert image.shape == (84, 84, 3)
    assert image.std() > 1
    for _ in range(5):
        environment.step(np.array([0, 0, -1, 1], np.float32))
    assert not np.array_equal(environment.render(), image)
    environment.close()
    with pytest.raises(ConfigurationError, match="render mode cannot be 'human'"):
        GymEnvironment(TASK, render_mode="human")


def test_the_name_of_one_camera_is_not_a_list_of_letters() -> None:
    environment = make_gym(TASK, cameras="corner")
    assert list(environment.observation_space["pixels"]) == ["corner"]
    assert list(environment.reset(seed=1)[0]["pixels"]) == ["corner"]
    environment.close()
    plain = environments.make(TASK, cameras="gripper")
    plain.reset(1)
    assert list(plain.observe().pixels) == ["gripper"]
    with pytest.raises(ConfigurationError, match="cameras cannot be 'top'"):
        environments.make(TASK, cameras="top")


def test_the_flat_observation_is_what_stable_baselines3_documents() -> None:
    """No nested spaces; an image is a Box of three dimensions, uint8, 0 to 255; NatureCNN needs 36 pixels each way."""
    environment = FlatObservation(gymnasium.make(TASK))
    space = environment.observation_space
    assert isinstance(space, spaces.Dict)
    assert list(space) == ["agent_pos", "corner", "corner4", "gripper"]
    for name, part in space.items():
        assert isinstance(part, spaces.Box)
        if name != "agent_pos":
            assert part.dtype == np.uint8
            assert len(part.shape) == 3
            assert (part.low == 0).all()
            assert (part.high == 255).all()
            assert part.shape[-1] in (1, 3, 4)
            assert min(part.shape[:2]) >= 36
    observation, _ = environment.reset(seed=3)
    assert observation in space
    assert np.array_equal(observation["corner"], make_gym(TASK).reset(seed=3)[0]["pixels"]["corner"])
    assert environment.spec is not None
    again = gymnasium.make(environment.spec)  # wrapped again
    assert again.observation_space == space
    with pytest.raises(ConfigurationError, match="needs observations of type Dict"):
        FlatObservation(FlattenObservation(gymnasium.make(TASK, cameras=())))
    assert list(FlatObservation(gymnasium.make(TASK, cameras=())).observation_space) == ["agent_pos"]
