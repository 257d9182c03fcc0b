"""The family against the interface, against stock LIBERO and robosuite, and against OpenGL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import kinitro_libero
import mujoco
import numpy as np
import pytest
from kinitro_libero.environment import LiberoEnvironment

from kinitro import environments
from kinitro.environments.conformance import EnvironmentConformance
from kinitro.errors import ConfigurationError

SPECS = kinitro_libero.specs()
STEPS = 200
TORQUE_BOUND_NM = 1e-4
"""The largest difference from robosuite's torques in equal states; it comes from a quaternion rounded to float32."""
IMAGE_BOUND = 8.0
"""The largest mean absolute difference from MuJoCo's OpenGL without shadows and reflections, of 255."""


def make(index: int, **options: Any) -> LiberoEnvironment:
    given = {"randomization": "none", "renderer": "software", "rewards": True, **options}
    made = kinitro_libero.make(replace(SPECS[index], cameras=()), **given)
    assert isinstance(made, LiberoEnvironment)
    return made


class TestConformance(EnvironmentConformance):
    def make_environment(self) -> environments.Environment:
        return kinitro_libero.make(SPECS[0], randomization="standard", renderer="software", rewards=True)


def test_the_entry_point_is_found() -> None:
    assert environments.get_spec("libero/object-milk").instruction == "pick up the milk and place it in the basket"


@pytest.fixture(params=range(len(SPECS)), ids=[spec.id for spec in SPECS])
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[Any, LiberoEnvironment]]:
    """Stock LIBERO and our environment in the same initial state, from stock's own sampler."""
    from libero.libero import get_libero_path
    from libero.libero.envs.env_wrapper import ControlEnv

    path = f"{get_libero_path('bddl_files')}/libero_object/{SPECS[request.param].task_name}.bddl"
    stock = ControlEnv(bddl_file_name=path, use_camera_obs=False, has_offscreen_renderer=False)
    stock.seed(request.param)
    stock.reset()
    ours = make(request.param)
    ours.reset(0)
    qpos = stock.sim.data._data.qpos
    ours.place({name: qpos[at : at + 7].copy() for name, at in ours._joints.items()})
    ours.data.qacc_warmstart[:] = stock.sim.data._data.qacc_warmstart
    # the first forward pass of an episode was done by stock's reset
    stock.env.robots[0].controller.new_update = True
    yield stock, ours
    stock.close()


@pytest.mark.filterwarnings("ignore")
def test_physics_are_stock_liberos_to_the_bit(
    pair: tuple[Any, LiberoEnvironment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With stock's torques the states are equal to the bit, and our torques are stock's but for rounding."""
    stock, ours = pair
    torques: list[Any] = []
    step, control = mujoco.mj_step, ours._controller.control

    def record(model: Any, data: Any, *rest: Any) -> None:
        torques.append(data.ctrl.copy())
        step(model, data, *rest)

    def follow(gripper: float) -> None:
        control(gripper)
        expected = torques.pop(0)
        assert np.abs(ours.data.ctrl - expected).max() < TORQUE_BOUND_NM
        ours.data.ctrl[:] = expected

    monkeypatch.setattr(mujoco, "mj_step", record)
    monkeypatch.setattr(ours._controller, "control", follow)
    random = np.random.default_rng(0)
    for _ in range(STEPS):
        action = random.uniform(-1, 1, 7).astype(np.float32)
        _, _, success, _ = stock.step(action.astype(np.float64))
        ours._advance(action.astype(np.float64))
        assert np.array_equal(ours.data.qpos, stock.sim.data._data.qpos)
        assert all(goal.is_reached() for goal in ours._goals) == bool(success)


@pytest.mark.filterwarnings("ignore")
def test_success_is_stock_liberos_predicate(pair: tuple[Any, LiberoEnvironment]) -> None:
    """Objects are put in a grid of places in and around the basket."""
    stock, ours = pair
    name, basket = ours.goal_objects[0]
    data, at, centre = stock.sim.data._data, ours._joints[name], ours.read_pose(basket)[0]
    found = set()
    for offset in np.random.default_rng(1).uniform(-0.12, 0.2, (300, 3)):
        for one, simulated in ((stock.sim.model._model, data), (ours.model, ours.data)):
            simulated.qpos[at : at + 3] = centre + offset
            mujoco.mj_kinematics(one, simulated)
        success = bool(stock.check_success())
        assert all(goal.is_reached() for goal in ours._goals) == success
        found.add(success)
    assert found == {True, False}


@pytest.mark.parametrize("index", range(len(SPECS)), ids=[spec.id for spec in SPECS])
def test_the_expert_solves_the_task(index: int) -> None:
    environment = make(index, randomization="standard")
    solved = 0
    for seed in range(5):
        environment.reset(seed)
        expert = kinitro_libero.make_expert(environment)
        while not (done := environment.step(expert.act())).terminated and not done.truncated:
            pass
        solved += done.success
    assert solved >= 4


@pytest.mark.skipif(os.environ.get("MUJOCO_GL") != "egl", reason="needs an OpenGL driver: MUJOCO_GL=egl")
@pytest.mark.parametrize("index", range(len(SPECS)), ids=[spec.id for spec in SPECS])
def test_images_are_opengls_but_for_details(index: int) -> None:
    seen = []
    for renderer in ("software", "gl"):
        environment = kinitro_libero.make(SPECS[index], randomization="none", renderer=renderer, rewards=True)
        environment.reset(3)
        seen.append(environment.observe().pixels)
        environment.close()
    for camera, image in seen[0].items():
        assert np.abs(image.astype(int) - seen[1][camera]).mean() < IMAGE_BOUND, camera


def test_bad_options_are_explained() -> None:
    with pytest.raises(ConfigurationError, match="choose different ones of agentview, eye_in_hand"):
        environments.make(SPECS[0].id, cameras=("corner",))
    with pytest.raises(ConfigurationError, match="Randomization cannot be 'harder'"):
        make(0, randomization="harder")
