"""An episode of a MetaWorld task is a function of its seed; bad input is refused by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kinitro import environments
from kinitro.environments import Environment
from kinitro.environments.errors import EpisodeNotRunning, InvalidAction, InvalidSeed, SimulationFailed
from kinitro.environments.metaworld.environment import MetaWorldEnvironment
from kinitro.errors import ConfigurationError

ACTIONS = np.random.default_rng(5).uniform(-1.2, 1.2, (40, 4))


def digests(environment: Environment, seed: int) -> list[bytes]:
    environment.reset(seed)
    found = [environment.digest()]
    for action in ACTIONS:
        over = environment.step(action)
        found.append(environment.digest())
        if over.terminated:
            break
    return found


@pytest.fixture(scope="module")
def push() -> Iterator[MetaWorldEnvironment]:
    environment = environments.make("metaworld/push-v3", cameras=())
    assert isinstance(environment, MetaWorldEnvironment)
    yield environment
    environment.close()


@pytest.mark.parametrize("spec", environments.scored_specs(), ids=lambda spec: spec.id)
def test_neither_history_nor_instance_matters(spec: environments.EnvironmentSpec) -> None:
    one, other = (environments.make(spec.id, cameras=()) for _ in range(2))
    first = digests(one, 11)
    other_seed = digests(one, 2**128 - 1)
    assert digests(other, 2**128 - 1) == other_seed
    assert digests(one, 11) == first
    assert first[0] != other_seed[0]
    one.close()
    other.close()


def test_success_ends_the_episode_and_so_does_the_horizon(push: MetaWorldEnvironment) -> None:
    push.reset(0)
    transitions = [push.step(np.zeros(4)) for _ in range(push.spec.max_steps)]
    assert [t.truncated for t in transitions] == [False] * (push.spec.max_steps - 1) + [True]
    assert not any(t.terminated for t in transitions)
    with pytest.raises(EpisodeNotRunning, match="over"):
        push.step(np.zeros(4))
    assert push.observe().agent_pos.shape == (4,)


def test_proprioception_is_hand_and_gripper(push: MetaWorldEnvironment) -> None:
    push.reset(3)
    opened = push.observe().agent_pos
    assert opened.dtype == np.float32
    assert opened[3] == 1.0
    for _ in range(30):
        push.step([1.0, 0.0, 0.0, 1.0])
    closed = push.observe().agent_pos
    assert closed[0] > opened[0] + 0.1
    assert 0.0 <= closed[3] < 0.6
    assert np.array_equal(closed, push.privileged_state()[:4].astype(np.float32))


@pytest.mark.parametrize(
    "action", [[0, 0, 0], np.zeros((1, 4)), [0, 0, 0, np.nan], [np.inf, 0, 0, 0], "left", None, [[0], [1, 2]], [{}] * 4]
)
def test_bad_actions_never_reach_the_simulator(push: MetaWorldEnvironment, action: object) -> None:
    push.reset(1)
    before = push.digest()
    with pytest.raises(InvalidAction):
        push.step(action)  # type: ignore[arg-type]
    assert push.digest() == before
    push.step(np.zeros(4))


def test_actions_are_clipped(push: MetaWorldEnvironment) -> None:
    found = []
    for scale in (1.0, 1e300):
        push.reset(1)
        push.step([scale, -scale, 0.0, scale])
        found.append(push.digest())
    assert found[0] == found[1]


@pytest.mark.parametrize("seed", [-1, 2**128, 0.5])
def test_bad_seeds_leave_the_episode_alone(push: MetaWorldEnvironment, seed: int) -> None:
    push.reset(1)
    before = push.digest()
    with pytest.raises(InvalidSeed):
        push.reset(seed)
    assert push.digest() == before


def test_before_reset_and_after_close() -> None:
    environment = environments.make("metaworld/reach-v3", cameras=())
    with pytest.raises(EpisodeNotRunning, match="never reset"):
        environment.step(np.zeros(4))
    with pytest.raises(EpisodeNotRunning):
        environment.observe()
    environment.close()
    environment.close()
    with pytest.raises(EpisodeNotRunning, match="closed"):
        environment.step(np.zeros(4))
    with pytest.raises(EpisodeNotRunning, match="closed"):
        environment.reset(0)


def test_textures_are_held_once() -> None:
    """The renderer has copies: those of the model are given back, and pictures stay the same."""
    one, other = (environments.make("metaworld/push-v3", cameras=("gripper",)) for _ in range(2))
    assert isinstance(one, MetaWorldEnvironment)
    one.reset(0)
    assert one._task.model.tex_data.any()
    first = one.observe().pixels["gripper"]
    assert not one._task.model.tex_data.any()
    assert first.std() > 5
    for seed in (1, 0):
        one.reset(seed)
    other.reset(0)
    assert np.array_equal(one.observe().pixels["gripper"], first)
    assert np.array_equal(other.observe().pixels["gripper"], first)
    one.close()
    other.close()


def test_a_diverging_simulation_is_an_error_and_leaves_no_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    environment = environments.make("metaworld/drawer-close-v3", cameras=())
    assert isinstance(environment, MetaWorldEnvironment)
    environment.reset(0)
    healthy = environment.digest()
    environment._task.data.qvel[0] = 1e11
    with pytest.raises(SimulationFailed, match="MuJoCo warned"):
        environment.step(np.zeros(4))
    with pytest.raises(EpisodeNotRunning):
        environment.step(np.zeros(4))
    environment.reset(0)
    assert environment.digest() == healthy
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "options",
    [
        {"cameras": ("corner9",)},
        {"cameras": ("corner", "corner")},
        {"image_size_px": 0},
        {"image_size_px": 99999},
        {"randomization": "wild"},
        {"renderer": "hardware"},
    ],
)
def test_bad_options_name_what_is_allowed(options: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match="choose"):
        environments.make("metaworld/reach-v3", **options)  # type: ignore[arg-type]


def test_the_fingerprint_is_stable_and_names_its_versions() -> None:
    found = environments.fingerprint()
    assert found == environments.fingerprint()
    assert found.startswith("mujoco-3.3.0+metaworld-3.1.1+")
